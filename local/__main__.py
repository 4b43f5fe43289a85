"""Command line of the local stack: `run` it, `demo` it, `phone` it, `deploy` it once more with other parameters."""

import argparse
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import httpx

from local import stack
from local.cloud import ROOT, USUAL_PORT, USUAL_WEB_PORT, Cloud, DirectoryInUse, PortTaken, usual_port
from local.connection_limits import ConnectionLimits
from local.endpoints import Endpoints
from local.phone import GATEWAYS, Handset, PhoneNetwork
from local.stack import LocalStack
from local.steps import StepFailed, tail
from local.template import ParameterRefused, require_allowed

_HINTS = """
Nod is running.

  Pages       {web}
  HTTP        {http}
  WebSocket   {websocket}
  AWS         {emulator} (keys test and test, region us-east-1; the functions' logs are in its CloudWatch Logs)

  Try it:     open {web} in two browser windows, one of them private: two devices.
  By hand:    curl -i {http}/accounts -H 'content-type: application/json' -d \\
                '{{"login":"alice","password":"correct horse","device":{{"type":"phone","name":"My phone"}}}}'
              docs/flows/approval.md goes on from there; `make demo` plays it all on a stack of its own.
  Text it:    make phone FROM=+447700900123 TEXT="hello"
              docs/flows/phone.md says what to text.
  Change it:  .venv/bin/python -m local deploy --param ConcealAccounts=true
              builds and deploys anew, with new addresses and empty tables; what is not named is as in samconfig.toml.
"""


def main() -> int:
    """Carry out the command line; return the exit status."""
    options = _parser().parse_args()
    # Either unwinds the blocks that end the cloud. Shells start background jobs deaf to SIGINT: set that one as well.
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, _interrupted)
    try:
        return int(options.command(options))
    except KeyboardInterrupt:
        return 130
    except (
        StepFailed,
        DirectoryInUse,
        PortTaken,
        ParameterRefused,
        _NotRunning,
        FileExistsError,
        FileNotFoundError,
    ) as problem:
        print(problem, file=sys.stderr)
        return 1


def run(options: argparse.Namespace) -> int:
    """Serve in the foreground until interrupted; the status is 1 where the emulator ended by itself."""
    port, web_port = options.port or usual_port(USUAL_PORT), usual_port(USUAL_WEB_PORT)
    limits = ConnectionLimits(options.idle, options.life)
    with LocalStack.start(
        options.directory, port=port, web_port=web_port, parameters=options.param, limits=limits
    ) as running:
        print(_HINTS.format_map(asdict(running.endpoints)) + "  Stop it:    Ctrl-C\n", flush=True)
        try:
            status = running.cloud.wait()
        except KeyboardInterrupt:
            print("\nStopping.", flush=True)
            return 0
        print(f"The local cloud ended with status {status}:\n{tail(running.cloud.log)}", file=sys.stderr)
        return 1


def demo(options: argparse.Namespace) -> int:
    """Play the demo on a local stack of its own; return the play's status."""
    from local.demo import DEMANDING, play

    with LocalStack.start(options.directory, port=options.port, parameters=options.param) as running:
        demanding = running.deploy("nod-demanding", DEMANDING)
        return play(running.cloud, running.endpoints, demanding)


def phone(options: argparse.Namespace) -> int:
    """Text the running stack, as a phone does through its gateway; show what the gateway and the phone get back."""
    endpoints, cloud = _running(options.directory)
    handset = PhoneNetwork(endpoints, cloud).handset(options.sender)
    try:
        answer = handset.send(options.text, options.gateway)
    except httpx.HTTPError as error:
        print(f"The service does not answer at {endpoints.sms['public_url']}: {error}", file=sys.stderr)
        return 1
    print(f"The gateway {options.gateway} is answered {answer.status_code} {answer.text}".rstrip())
    if answer.is_success:
        texts = handset.unread() if options.gateway != "aws" else _soon(handset)
        print("".join(f"{handset.number} is texted: {text}\n" for text in texts) or "Nothing is texted back.\n", end="")
    return 0 if answer.is_success else 1


def _soon(handset: Handset) -> list[str]:
    # A topic answers before the service has read the message.
    try:
        return [handset.next_text()]
    except TimeoutError:
        return []


def deploy(options: argparse.Namespace) -> int:
    """Build again and deploy to the local cloud that `run` keeps up; data of a stack of the same name is lost."""
    running, cloud = _running(options.directory)
    require_allowed(options.param)
    template_url = stack.upload(cloud, stack.build(cloud.directory))
    endpoints = stack.deploy(cloud, template_url, options.name, options.param, web=running.web)
    if options.name == stack.STACK_NAME:
        endpoints.write(cloud.directory)
    print(_HINTS.format_map(asdict(endpoints)))
    return 0


class _NotRunning(Exception):
    """There is no local cloud to talk to."""


def _running(directory: Path) -> tuple[Endpoints, Cloud]:
    """The addresses of the stack that `run` keeps up, and the cloud that it runs on; `_NotRunning` otherwise."""
    if (directory / "endpoints.json").exists():
        endpoints = Endpoints.read(directory)
        cloud = Cloud(endpoints.emulator, directory.resolve())
        if cloud.answers():
            return endpoints, cloud
    raise _NotRunning("No local cloud is running: start one with `make run`.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="Nod on an emulator of AWS on this machine.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for command, directory in ((run, ".local"), (demo, ".local/demo"), (phone, ".local"), (deploy, ".local")):
        title = (command.__doc__ or "").partition(";")[0]
        sub = commands.add_parser(command.__name__, help=title, description=command.__doc__)
        sub.set_defaults(command=command)
        sub.add_argument(
            "--directory", type=Path, default=ROOT / directory, help=f"for its files (default: {directory})"
        )
        if command is phone:
            _add_text(sub)
            continue
        sub.add_argument(
            "--param", action=_Parameters, default={}, metavar="KEY=VALUE", help="a stack parameter; may be repeated"
        )
        if command is deploy:
            sub.add_argument("--name", default=stack.STACK_NAME, help="of the stack (default: %(default)s)")
        else:
            sub.add_argument("--port", type=int, help="on loopback (default: 4566, or a free one where that is taken)")
        if command is run:
            _add_limits(sub)
    return parser


def _add_text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="sender", required=True, metavar="NUMBER", help="such as +447700900123")
    parser.add_argument("--text", required=True, help="as in `sms.body` of the answer to POST /sign-ins")
    parser.add_argument("--gateway", choices=GATEWAYS, default="generic", help="whose way to go (default: %(default)s)")


def _add_limits(parser: argparse.ArgumentParser) -> None:
    aws = ConnectionLimits()
    for name, seconds, which in (("--idle", aws.idle, "a silent"), ("--life", aws.life, "any")):
        told = f"after which {which} WebSocket connection is ended (default: {seconds:.0f}, as on AWS)"
        parser.add_argument(name, type=float, default=seconds, metavar="SECONDS", help=told)


class _Parameters(argparse.Action):
    """Gathers repeated KEY=VALUE into a dict."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, *_: object
    ) -> None:
        key, equals, value = str(values).partition("=")
        if not equals:
            parser.error(f"{values}: not KEY=VALUE")
        setattr(namespace, self.dest, {**getattr(namespace, self.dest), key: value})


def _interrupted(*_: object) -> NoReturn:
    # Once is enough: a second one must not leave the cleaning up half done.
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

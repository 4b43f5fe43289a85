"""Nod on a local cloud: the same `template.yaml` as on AWS, built once and deployed as often as wanted."""

import contextlib
import json
import os
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from local import cloud as clouds
from local import gateways
from local.cloud import AWS_SETTINGS, ROOT, Cloud
from local.connection_limits import ConnectionLimits
from local.endpoints import Endpoints
from local.pages import Pages, parameters_of
from local.steps import StepFailed, run, timed
from local.template import digest_of_sources, require_allowed

SAM = ROOT / ".tools/sam/bin/sam"
STACK_NAME = "nod-local"
_BUCKET = "nod-artifacts"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class LocalStack:
    """A stack on a local cloud of its own, and the uploaded build from which more stacks can be made."""

    cloud: Cloud
    template_url: str
    endpoints: Endpoints

    @classmethod
    @contextlib.contextmanager
    def start(
        cls,
        directory: Path,
        *,
        port: int | None = None,
        web_port: int | None = None,
        parameters: Mapping[str, str] | None = None,
        limits: ConnectionLimits | None = None,
    ) -> Iterator[Self]:
        """Build, start a local cloud, deploy, write `endpoints.json`, serve the pages; end it all when the block does.

        Args:
            directory: for logs, the build and `endpoints.json`; two local clouds cannot share one.
            port: of the local cloud on loopback; None for any free one.
            web_port: of the pages on loopback; None for any free one.
            parameters: of the stack, over those that `samconfig.toml` gives for `local`.
            limits: of WebSocket connections; None for those of AWS.

        Raises:
            StepFailed, DirectoryInUse, ParameterRefused: nothing is left running.
        """
        require_allowed(parameters or {})
        with clouds.start(directory, port, limits) as cloud, Pages(cloud, web_port) as pages:
            # One that was killed outright leaves its own behind.
            (cloud.directory / "endpoints.json").unlink(missing_ok=True)
            template_url = upload(cloud, build(cloud.directory))
            endpoints = deploy(cloud, template_url, STACK_NAME, parameters or {}, web=pages.url)
            endpoints.write(cloud.directory)
            pages.serve(STACK_NAME)
            try:
                yield cls(cloud, template_url, endpoints)
            finally:
                (cloud.directory / "endpoints.json").unlink(missing_ok=True)

    def client(self, service: str) -> Any:
        """Return a botocore client of the local cloud's `service`, with every permission."""
        return self.cloud.client(service)

    def deploy(self, name: str, parameters: Mapping[str, str]) -> Endpoints:
        """Deploy the same build once more beside the first stack, as `name` and with other parameters."""
        return deploy(self.cloud, self.template_url, name, parameters, web=self.endpoints.web)


def build(directory: Path) -> Path:
    """Build the template's artefacts for this machine into `directory`; return the built template's path.

    What was built there from the same sources is used again, which also works without a network.
    """
    # What a built template names it names from where it really is, also where a link leads there.
    built, mark = (directory / "build").resolve(), directory / "build.digest"
    digest = f"{digest_of_sources()} {clouds.INTERPRETER}"
    if mark.exists() and mark.read_text() == digest and (built / "template.yaml").exists():
        return built / "template.yaml"
    mark.unlink(missing_ok=True)
    command: list[str | Path] = [SAM, "build", "--build-dir", built, "--template-file", ROOT / "template.yaml"]
    log = directory / "build.log"
    log.unlink(missing_ok=True)
    local = {"NOD_BUILD": "local", "NOD_PYTHON": str(clouds.INTERPRETER)}
    run("build functions and layer", command, cwd=ROOT, env=_environment() | local, log=log)
    mark.write_text(digest)
    return built / "template.yaml"


def upload(cloud: Cloud, template: Path) -> str:
    """Upload a built template and its artefacts to the cloud's own S3; return the template's address."""
    packaged = cloud.directory / "packaged.yaml"
    options: list[str | Path] = [
        "--template-file",
        template,
        "--s3-bucket",
        _BUCKET,
        "--output-template-file",
        packaged,
    ]
    cloud.client("s3").create_bucket(Bucket=_BUCKET)
    # SAM leaves the directories behind in which it packs.
    with TemporaryDirectory() as scratch:
        run(
            "upload them",
            [SAM, "package", *options],
            cwd=ROOT,
            env=_environment() | {"AWS_ENDPOINT_URL": cloud.url, "TMPDIR": scratch},
            log=cloud.directory / "build.log",
        )
    # From there a template may have a megabyte; in the request itself, as on AWS, 51,200 characters.
    cloud.client("s3").put_object(Bucket=_BUCKET, Key=packaged.name, Body=packaged.read_bytes())
    return f"{cloud.url}/{_BUCKET}/{packaged.name}"


def deploy(cloud: Cloud, template_url: str, name: str, parameters: Mapping[str, str], *, web: str) -> Endpoints:
    """Create the stack `name` from an uploaded template, for pages at `web`; return where it answers.

    An earlier stack of that name is deleted first, with its data: updates in place can lose stages on the emulator.

    Raises:
        ParameterRefused: the template has no such parameter, or does not allow it that value.
        StepFailed: a resource could not be created; the reasons are in the message.
    """
    cloudformation = cloud.client("cloudformation")
    chosen = local_parameters() | {"EmulatorHost": cloud.host} | parameters_of(web) | dict(parameters)
    require_allowed(chosen)
    with timed(f"deploy {name}"):
        cloudformation.delete_stack(StackName=name)
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=template_url,
            Capabilities=_CAPABILITIES,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in chosen.items()],
        )
        outputs = _outputs_when_complete(cloud, cloudformation, name)
        sms = _set_up_messaging(cloud, outputs, chosen)
    return Endpoints(outputs["HttpUrl"], outputs["WebSocketUrl"], cloud.url, web, sms)


def _set_up_messaging(cloud: Cloud, outputs: Mapping[str, str], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Do what an operator does by hand: give the stack the gateways' secrets, and verify its address with SES."""
    public_url = outputs["SmsUrl"].removesuffix("/sms")
    keys = {name: gateways.new_keys(name) for name in gateways.NAMES}
    known = {name: gateways.service_keys(name, keys[name]) for name in keys}
    cloud.client("secretsmanager").put_secret_value(
        SecretId=outputs["GatewaySecretsArn"], SecretString=json.dumps(known)
    )
    if sender := parameters.get("MailFrom"):
        cloud.client("ses").verify_email_identity(EmailAddress=sender)
    urls = {name: {**keys[name], "url": gateways.webhook_url(name, keys[name], public_url)} for name in keys}
    topic = {"topic_arn": outputs["InboundTextsTopicArn"]}
    return {"to": parameters.get("SmsNumber", ""), "public_url": public_url, **urls, "aws": topic}


def local_parameters() -> dict[str, str]:
    """Return the parameters that `samconfig.toml` gives for `local`."""
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())
    return dict(pair.split("=", 1) for pair in settings["local"]["deploy"]["parameters"]["parameter_overrides"])


def _outputs_when_complete(cloud: Cloud, cloudformation: Any, name: str) -> dict[str, str]:
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            break
        time.sleep(_POLL_SECONDS)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
        reasons = "".join(f"\n  {event['LogicalResourceId']}: {event['ResourceStatusReason']}" for event in failed)
        raise StepFailed(f"deploy {name}", stack["StackStatus"] + reasons, cloud.log)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _environment() -> dict[str, str]:
    """Return the environment of SAM: the user's, without their AWS settings and with our own tools in front."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = os.pathsep.join([str(ROOT / ".venv/bin"), os.environ.get("PATH", os.defpath)])
    # SAM keeps the time of its weekly look for news of itself here; it would ask at every run without it.
    private = {"PATH": path, "SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(ROOT / ".tools/sam/state")}
    return kept | AWS_SETTINGS | private

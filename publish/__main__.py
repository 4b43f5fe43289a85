"""Command line: publish the pages of a stack that was deployed with SAM, or take them away again."""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from publish import aws

SAMCONFIG = Path(__file__).resolve().parent.parent / "samconfig.toml"


def main(given: Sequence[str] | None = None) -> int:
    """Carry out the command line `given`, or the process's own; return the exit status."""
    options = _parser().parse_args(given)
    deployed = _deployed(options.config_env)
    session = botocore.session.get_session()
    clients = partial(session.create_client, region_name=options.region or deployed.get("region"))
    try:
        _publish(clients, options.stack_name or deployed["stack_name"], remove=options.remove)
    except aws.NoPages as problem:
        print(problem, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS could not be asked, or has refused: {error}", file=sys.stderr)
        print("The account and the region are those of `aws configure`, AWS_PROFILE and AWS_REGION.", file=sys.stderr)
        return 1
    return 0


def _publish(clients: aws.Clients, stack: str, *, remove: bool) -> None:
    site = aws.Site.of(clients, stack)
    if remove:
        print(f"Removed {aws.remove(clients, site)} files from {site.bucket}.")
        aws.invalidate(clients, site)
        return
    keys = []
    for key in aws.upload(clients, site):
        keys.append(key)
        print(f"  {key}", flush=True)
    aws.invalidate(clients, site)
    aws.clear_away(clients, site)
    print(f"Published {len(keys)} files: {site.url} (CloudFront may show the old ones for a minute).")


def _deployed(environment: str) -> dict[str, Any]:
    """What samconfig.toml says of an environment's stack."""
    settings = tomllib.loads(SAMCONFIG.read_text())
    parameters: dict[str, Any] = settings[environment]["deploy"]["parameters"]
    return parameters


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make publish ARGS=...", description="Publish the pages of web/ to the bucket of a deployed stack."
    )
    parser.add_argument("--config-env", default="default", choices=("default", "prod"), help="of samconfig.toml")
    parser.add_argument("--stack-name", help="where it is another than samconfig.toml says")
    parser.add_argument("--region", help="where it is another than samconfig.toml, AWS_REGION or your profile says")
    parser.add_argument("--remove", action="store_true", help="empty the bucket, before the stack is deleted")
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""How the demo tells its story, and stops where something is not as it should be."""

import httpx

from local.device import Unexpected


def scene(title: str) -> None:
    """Begin a scene."""
    print(f"\n{title}", flush=True)


def say(line: str) -> None:
    """Tell what happened."""
    print(f"  {line}", flush=True)


def check(holds: object, what: str) -> None:
    """Go on only if it holds."""
    if not holds:
        raise Unexpected(what)


def expect(response: httpx.Response, status: int) -> None:
    """Go on only with this status."""
    check(response.status_code == status, f"expected {status}, got {response.status_code} {response.text}")


def refused(response: httpx.Response, status: int, code: str) -> None:
    """Go on only if the service refuses with this status and code."""
    expect(response, status)
    check(response.json()["code"] == code, f"expected {code}, got {response.text}")
    say(f"Refused: {status} {code} - {response.json()['detail']}.")

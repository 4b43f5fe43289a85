"""What of `web/` is published, as what, and what the pages are told of their stack."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

WEB = Path(__file__).resolve().parent.parent / "web"
NOT_FOUND = "not-found.html"
CONFIG = "config.json"
# All that people's browsers need, and nothing of what checks and tests it.
_PUBLISHED = ("*.html", "*.css", "*.webmanifest", "icons/*", "nod/*.js", "pages/*.js", "ui/*.js", "words/*.js")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


def files() -> dict[str, Path]:
    """The files by their keys, such as `nod/index.js`."""
    found = (path for pattern in _PUBLISHED for path in WEB.glob(pattern))
    return {path.relative_to(WEB).as_posix(): path for path in sorted(found)}


def content_type(key: str) -> str:
    """The media type of a file."""
    return _TYPES[Path(key).suffix]


def key_of(path: str) -> str:
    """The file at the path of an address; pages are called by their name alone. CloudFront's function does the same."""
    if path == "/":
        return "index.html"
    return path[1:] if "." in path else f"{path[1:]}.html"


def config_of(stack: Mapping[str, Any]) -> dict[str, Any]:
    """What the pages are told of a stack, which CloudFormation has described (`config.json`)."""
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    return {
        "http": outputs_of(stack)["SmsUrl"].removesuffix("/sms"),
        "sign_up": parameters["PasswordSignUp"] == "true",
        "sms": parameters["SmsNumber"] != "",
    }


def outputs_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """The outputs of a stack, which CloudFormation has described."""
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}

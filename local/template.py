"""The template as data: what it defines, read without making anything of CloudFormation's own tags."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template.yaml"


class ParameterRefused(Exception):
    """The template has no such parameter, or does not allow it this value."""


class _Tags(yaml.SafeLoader):
    """A loader for which `!Ref X` is just X."""


def _untagged(loader: yaml.SafeLoader, _: str, node: yaml.ScalarNode | yaml.SequenceNode | yaml.MappingNode) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True)


_Tags.add_multi_constructor("!", _untagged)


@cache
def read() -> dict[str, Any]:
    """The template, as it was when this process first read it."""
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_Tags)  # noqa: S506 - a SafeLoader.
    return template


def require_allowed(parameters: Mapping[str, str]) -> None:
    """Check names and values of parameters before anything is built; `ParameterRefused` says what is wrong."""
    known: dict[str, dict[str, Any]] = read()["Parameters"]
    for name, value in parameters.items():
        if name not in known:
            raise ParameterRefused(f"No such parameter: {name}. There are: {', '.join(sorted(known))}.")
        if reason := _refusal(known[name], value):
            raise ParameterRefused(f"{name}={value}: {reason}.")


def digest_of_sources() -> str:
    """A digest of everything that a build is made of: the same digest, the same build."""
    digest = hashlib.sha256()
    sources = [TEMPLATE, *(ROOT / "functions").rglob("*"), *(ROOT / "layers").rglob("*")]
    for path in sorted(path for path in sources if path.is_file() and "__pycache__" not in path.parts):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _refusal(parameter: Mapping[str, Any], value: str) -> str | None:
    if (allowed := parameter.get("AllowedValues")) and value not in allowed:
        return f"it is one of {', '.join(allowed)}"
    if parameter["Type"] == "Number":
        least, most = parameter["MinValue"], parameter["MaxValue"]
        return None if value.isdecimal() and least <= int(value) <= most else f"it is a number from {least} to {most}"
    pattern = parameter.get("AllowedPattern")
    parts = value.split(",") if parameter["Type"] == "CommaDelimitedList" else [value]
    fits = not pattern or all(re.fullmatch(pattern, part) for part in parts)
    return None if fits else f"it must fit {pattern}"

"""The two files: their text, writing them, and telling where those on disk are behind the types."""

import difflib
from pathlib import Path
from typing import Any

import yaml

from docs.generate.agreement import disagreements
from docs.generate.asyncapi import asyncapi
from docs.generate.openapi import openapi

COMMAND = "python -m docs.generate"
LINES_SHOWN = 40
_HEAD = f"# Written by `{COMMAND}` from the types that parse requests and frames: change those, and run it again.\n"


class _Dumper(yaml.SafeDumper):
    """Indents lists, repeats what occurs twice, and writes paragraphs as they are."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - its.
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML calls it so.
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def text_of(document: dict[str, Any]) -> str:
    """A document as YAML for people: in the order it was made, lines of about 120 characters."""
    return _HEAD + yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=116, allow_unicode=True)


def texts() -> dict[str, str]:
    """The text of each file, by its path from the root of the project."""
    return {"docs/openapi.yaml": text_of(openapi()), "docs/asyncapi.yaml": text_of(asyncapi())}


def write(root: Path) -> list[str]:
    """Write the files. What is described otherwise than it is, one line each."""
    for name, text in texts().items():
        (root / name).write_text(text, encoding="utf-8")
    return disagreements(root)


def check(root: Path) -> list[str]:
    """What is wrong with the files on disk, and what is described otherwise than it is."""
    complaints = [drift(root / name, text, name) for name, text in texts().items()]
    return [*(complaint for complaint in complaints if complaint), *disagreements(root)]


def drift(path: Path, text: str, name: str) -> str:
    """How a file differs from what it should be, as a short diff; empty where it does not."""
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    if there == text:
        return ""
    lines = list(
        difflib.unified_diff(there.splitlines(), text.splitlines(), name, "what the types say", n=2, lineterm="")
    )
    left_out = [f"... and {len(lines) - LINES_SHOWN} more lines"] if len(lines) > LINES_SHOWN else []
    return "\n".join([f"{name} is not what the types say; run: {COMMAND}", *lines[:LINES_SHOWN], *left_out])

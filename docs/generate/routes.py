"""The routes of the HTTP API as they are: what the template deploys, and what the functions answer."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import yaml

from docs.generate.operations.operation import Part

Route = tuple[str, str]
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


class Handled(msgspec.Struct, frozen=True):
    """One route as its function answers it: the name of the type it reads, the statuses it answers with, its token.

    `flags`: the query parameters that it reads.
    `own_format`: what of it is in the caller's own format, as `Operation.own_format` says.
    """

    method: str
    path: str
    request: str | None
    statuses: frozenset[int]
    own_format: frozenset[Part]
    reads_token: bool
    flags: frozenset[str] = frozenset()


class _Loader(yaml.SafeLoader):
    """Reads a template, in which `!Ref` and its kin are of no interest here."""


_Loader.add_multi_constructor("!", lambda loader, _, node: _plain(loader, node))


def _plain(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


def deployed(template: Path) -> set[Route]:
    """Method and path of each route of the HTTP API in the template."""
    resources = yaml.load(template.read_text(), Loader=_Loader)["Resources"]  # noqa: S506 - a SafeLoader
    routes = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::ApiGatewayV2::Route"]
    keys = [route["RouteKey"] for route in routes if route["ApiId"] == "HttpApi"]
    return {(method, path) for method, path in (key.split(" ", 1) for key in keys)}


def handled(function: Path) -> list[Handled]:
    """The routes of a function, read from the source of its `app.py`."""
    tree = ast.parse((function / "app.py").read_text())
    return [
        _handler(node, method, path)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for method, path in _routes_of(node)
    ]


def _routes_of(node: ast.FunctionDef) -> Iterator[Route]:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="app"), attr=method), args=[ast.Constant(value=str(rule))]
            ) if method in _METHODS:
                yield method.upper(), re.sub(r"<(\w+)>", r"{\1}", rule)


def _handler(node: ast.FunctionDef, method: str, path: str) -> Handled:
    request, statuses, own_format, reads_token = None, set[int](), set[Part](), False
    flags = set[str]()
    for call in (part for part in ast.walk(node) if isinstance(part, ast.Call)):
        match _helper(call), call.args:
            case "http.body", [_, ast.Attribute(attr=name)]:
                request = name
            case "http.raw_body", _:
                own_format.add("request")
            case "http.flag", [_, ast.Constant(value=str(name))]:
                flags.add(name)
            case "http.answer", [ast.Constant(value=int(status)), *_]:
                statuses.add(status)
            case "http.answer_as", _:
                statuses.add(200)
                own_format.add("answer")
            case "http.bearer" | "_caller" | "_session", _:
                reads_token = True
    return Handled(method, path, request, frozenset(statuses), frozenset(own_format), reads_token, frozenset(flags))


def _helper(call: ast.Call) -> str:
    """What is called, as it is written: `http.answer`."""
    return ast.unparse(call.func)

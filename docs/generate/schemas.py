"""JSON Schemas of the wire types, as a reader of an API description wants them.

What msgspec says is kept, with these changes: a field whose type has a `title` refers to a component of that name;
times have their format; a field that is left out where it has nothing to say is not null besides; numbers of our
requirements and attacks are left out of descriptions.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec.inspect import CollectionType, DateTimeType, Metadata, NoneType, StructType, Type, UnionType

Schema = dict[str, Any]
_REFERENCE = "#/components/schemas/{name}"
_NUMBER = r"[RASQTI]\d{1,2}(\.\d)?"
_REQUIREMENTS = re.compile(rf"\s*\({_NUMBER}(, {_NUMBER})*\)")
_NULL = {"type": "null"}
_FIRST = ("description", "type", "const", "enum")


def reference(name: str) -> Schema:
    """A reference to a schema among the components."""
    return {"$ref": _REFERENCE.format(name=name)}


def schemas_of(types: Iterable[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type, and by name the components that they refer to.

    Raises `ValueError` where two different types would have one name.
    """
    types = list(types)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    structs = {info.cls.__name__: info for info in _structs(msgspec.inspect.multi_type_info(types))}
    if unnamed := components.keys() - structs.keys():
        raise ValueError(f"two types have one name: {', '.join(sorted(unnamed))}")
    for name, component in components.items():
        _polish_struct(component, structs[name])
    named: dict[str, Schema] = {}
    polished = [_polished(schema, named) for schema in schemas]
    for name, component in components.items():
        del component["title"]
        _name(named, name, _polished(component, named))
    return polished, dict(sorted(named.items()))


def prose(docstring: str | None) -> str:
    """A docstring as one paragraph, without the numbers of our requirements."""
    return " ".join(_REQUIREMENTS.sub("", docstring or "").split())


def _structs(infos: Iterable[Type]) -> Iterator[StructType]:
    """Every struct that the types are made of."""
    seen: set[type] = set()
    waiting = list(infos)
    while waiting:
        info = waiting.pop()
        if isinstance(info, StructType) and info.cls not in seen:
            seen.add(info.cls)
            waiting += [field.type for field in info.fields]
            yield info
        elif isinstance(info, Metadata):
            waiting.append(info.type)
        elif isinstance(info, CollectionType):
            waiting.append(info.item_type)
        elif isinstance(info, UnionType):
            waiting += info.types


def _polish_struct(component: Schema, struct: StructType) -> None:
    config = struct.cls.__struct_config__
    for field in struct.fields:
        schema = component["properties"][field.encode_name]
        if _is_time(field.type):
            schema["format"] = "date-time"
        if field.default is None:
            del schema["default"]
            # What clients send may be null as well; what they get is left out instead.
            if config.omit_defaults and not config.forbid_unknown_fields:
                schema["anyOf"].remove(_NULL)


def _is_time(info: Type) -> bool:
    while isinstance(info, Metadata):
        info = info.type
    if isinstance(info, UnionType):
        return all(isinstance(one, NoneType) or _is_time(one) for one in info.types)
    return isinstance(info, DateTimeType)


def _polished(schema: Any, named: dict[str, Schema]) -> Any:
    """The schema with all that is in it polished; parts with a title go to `named`."""
    if isinstance(schema, list):
        return [_polished(part, named) for part in schema]
    if not isinstance(schema, dict):
        return schema
    polished = _simplified({key: _polished(part, named) for key, part in schema.items()})
    title = polished.pop("title", None) if isinstance(schema.get("title"), str) else None
    if title is None:
        return polished
    _name(named, title, polished)
    return reference(title)


def _simplified(schema: Schema) -> Schema:
    if isinstance(schema.get("description"), str):
        schema["description"] = prose(schema["description"])
    if isinstance(schema.get("pattern"), str):
        # JSON Schema writes patterns as ECMA-262 does, where `$` is the very end.
        schema["pattern"] = schema["pattern"].replace(r"\Z", "$")
    if isinstance(schema.get("enum"), list):
        if all(isinstance(value, str) for value in schema["enum"]):
            schema["type"] = "string"
        if len(schema["enum"]) == 1:
            schema["const"] = schema.pop("enum")[0]
    schema = _with_fewer_branches(schema)
    return {key: schema[key] for key in (*_FIRST, *schema) if key in schema}


def _with_fewer_branches(schema: Schema) -> Schema:
    """`anyOf` of one schema is that schema; of a plain type and null it is a type that may be null."""
    branches = schema.get("anyOf")
    if not isinstance(branches, list):
        return schema
    others = [branch for branch in branches if branch != _NULL]
    if len(others) != 1:
        return schema
    (only,) = others
    outer = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(branches) == 1:
        return {**only, **outer}
    if isinstance(only.get("type"), str) and "enum" not in only:
        return {**only, "type": [only["type"], "null"], **outer}
    return schema


def _name(named: dict[str, Schema], name: str, schema: Schema) -> None:
    if named.setdefault(name, schema) != schema:
        raise ValueError(f"two different types are called {name}")

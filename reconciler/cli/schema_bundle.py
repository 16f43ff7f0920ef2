"""JSON Schemas as editors need them: open to variables, without automatic titles, each in one file.

Pure functions from the schemas that the models write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.documents.variables import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VARIABLE: Schema = {"type": "string", "pattern": r"\$\{var\.[A-Za-z_][A-Za-z0-9_-]*\}"}
_NAMED = ("properties", "patternProperties", "$defs")
_SINGLE = ("items", "additionalProperties", "if", "then", "else", "not")
_SEVERAL = ("anyOf", "allOf", "oneOf", "prefixItems")
_REMARKS = ("title", "description", "default", "examples", "deprecated")
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_LIMITS_OF_TEXT = ("enum", "pattern", "format")


def identified(name: str, schema: Schema, title: str) -> Schema:
    """A schema that is a file of its own, with an identity that says nothing of where it lies."""
    identity = f"urn:thunderphone-reconciler:schema:v1:{name}"
    return {"$schema": DIALECT, "$id": identity, **_without_titles(schema), "title": title}


def manifest(schema: Schema) -> Schema:
    """The schema of a manifest of one kind: values may be ``${var.NAME}`` where `variables.NEVER` allows them."""
    fixed = {path[-1] for path in NEVER if len(path) == 1}
    below = {path[-1] for path in NEVER if path[:1] == ("metadata",)}
    properties = {
        name: inner if name in fixed else _rewritten(inner, _taking_variables)
        for name, inner in schema["properties"].items()
    }
    definitions = dict(schema["$defs"])
    literal = _referred(definitions["Metadata"]["properties"][name] for name in below)
    for name, inner in schema["$defs"].items():
        if name == "Metadata":
            definitions[name] = _metadata(inner, below)
        elif name not in literal:
            definitions[name] = _rewritten(inner, _taking_variables)
    return {**schema, "properties": properties, "$defs": definitions}


def bundle(kinds: Mapping[str, Schema]) -> Schema:
    """One schema for a manifest of any kind, by the kind's name; each ``$ref`` stays inside it."""
    definitions: Schema = {}
    for name, schema in kinds.items():
        inner = {key: value for key, value in schema.items() if key not in ("$schema", "$id", "$defs")}
        own = schema.get("$defs", {})
        names = {each: _free(each, body, name, definitions) for each, body in own.items()}
        definitions |= {names[each]: _referring(body, names) for each, body in own.items()}
        definitions[name] = _referring(inner, names)
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"description": "What is declared.", "enum": list(kinds)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in kinds
        ],
        "$defs": definitions,
    }


def _rewritten(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """Every schema in a schema changed, the inner ones first."""
    if not isinstance(schema, dict):
        return schema
    found = dict(schema)
    for word in _NAMED:
        if word in found:
            found[word] = {name: _rewritten(inner, change) for name, inner in found[word].items()}
    for word in _SINGLE:
        if word in found:
            found[word] = _rewritten(found[word], change)
    for word in _SEVERAL:
        if word in found:
            found[word] = [_rewritten(inner, change) for inner in found[word]]
    return change(found)


def _referred(schemas: Iterable[Schema]) -> set[str]:
    """The definitions that these schemas name."""
    found: set[str] = set()

    def noted(schema: Schema) -> Schema:
        if "$ref" in schema:
            found.add(schema["$ref"].rpartition("/")[2])
        return schema

    for schema in schemas:
        _rewritten(schema, noted)
    return found


def _without_titles(schema: Schema) -> Schema:
    """Without the titles that the model library makes of names: editors show them beside the description."""

    def untitled(found: Schema) -> Schema:
        return {word: value for word, value in found.items() if word != "title"}

    changed: Schema = _rewritten(schema, untitled)
    return changed


def _metadata(schema: Schema, never: set[str]) -> Schema:
    properties = {
        name: inner if name in never else _rewritten(inner, _taking_variables)
        for name, inner in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _taking_variables(schema: Schema) -> Schema:
    """A scalar, or a choice with a scalar in it, that also takes ``${var.NAME}``."""
    if _is_limited_scalar(schema):
        remarks = {word: value for word, value in schema.items() if word in _REMARKS}
        return {**remarks, "anyOf": [{word: schema[word] for word in schema if word not in _REMARKS}, VARIABLE]}
    members = schema.get("anyOf", [])
    flat = [part for member in members for part in (member["anyOf"] if _is_wrapped(member) else [member])]
    if len(flat) == len(members):
        return schema
    rest = [part for part in flat if part != VARIABLE]
    takes_any_text = any(part.get("type") == "string" and not _is_limited_scalar(part) for part in rest)
    return {**schema, "anyOf": rest if takes_any_text else [*rest, VARIABLE]}


def _is_limited_scalar(schema: Schema) -> bool:
    """Whether it is for scalars and would refuse the text of a reference; a fixed word (``const``) stays fixed."""
    told = schema.get("type", ())
    types = {told} if isinstance(told, str) else {*told}
    if "const" in schema or not types & _SCALARS:
        return "enum" in schema and "const" not in schema
    return "string" not in types or any(word in schema for word in _LIMITS_OF_TEXT)


def _is_wrapped(schema: Schema) -> bool:
    return VARIABLE in schema.get("anyOf", ()) and set(schema) == {"anyOf"}


def _free(name: str, body: Schema, kind: str, taken: Schema) -> str:
    """The name of a definition in the bundle: its own, unless another kind means something else by it."""
    return name if taken.get(name, body) == body else f"{kind}{name}"


def _referring(schema: Schema, names: Mapping[str, str]) -> Schema:
    def renamed(found: Schema) -> Schema:
        if "$ref" not in found:
            return found
        return {**found, "$ref": f"#/$defs/{names[found['$ref'].rpartition('/')[2]]}"}

    changed: Schema = _rewritten(schema, renamed)
    return changed

"""Check values against the shipped schemas, as an editor would.

As much of JSON Schema as they use; an unknown keyword is an error, so that nothing passes unchecked.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Rule = Callable[["Schemas", Any, Any, dict[str, Any], dict[str, Any], str], Iterator[str]]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_REMARKS = frozenset({"$schema", "$id", "$defs", "title", "description", "default", "examples", "then"})


class Schemas:
    """The schemas of a folder, which refer to one another by file name."""

    def __init__(self, folder: Path) -> None:
        self._documents = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}

    def complaints(self, name: str, value: Any) -> list[str]:
        """What in the value does not fit the schema of that file; empty when all of it fits."""
        root = self._documents[name]
        return list(self.check(value, root, root, "$"))

    def check(self, value: Any, schema: Any, root: dict[str, Any], path: str) -> Iterator[str]:
        if isinstance(schema, bool):
            if not schema:
                yield f"{path}: not allowed"
            return
        for word, rule in schema.items():
            if word not in _REMARKS:
                yield from RULES[word](self, rule, value, schema, root, path)

    def fits(self, value: Any, schema: Any, root: dict[str, Any]) -> bool:
        return not any(True for _ in self.check(value, schema, root, ""))

    def referred(self, reference: str, root: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The schema a reference means, and the document it lies in."""
        file, _, pointer = reference.partition("#")
        document = self._documents[file] if file else root
        found: Any = document
        for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
            found = found[part]
        return found, document


def _ref(them: Schemas, rule: Any, value: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    schema, document = them.referred(rule, root)
    yield from them.check(value, schema, document, path)


def _type(_them: Schemas, rule: Any, value: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    names = [rule] if isinstance(rule, str) else rule
    truth = isinstance(value, bool)
    if not any(isinstance(value, _TYPES[name]) and truth == (name == "boolean") for name in names):
        yield f"{path}: not {' or '.join(names)}"


def _properties(them: Schemas, rule: Any, value: Any, schema: Any, root: Any, path: str) -> Iterator[str]:
    for name in rule.keys() & value.keys() if isinstance(value, dict) else ():
        yield from them.check(value[name], rule[name], root, f"{path}.{name}")


def _pattern_properties(them: Schemas, rule: Any, value: Any, schema: Any, root: Any, path: str) -> Iterator[str]:
    for name, inner in value.items() if isinstance(value, dict) else ():
        for pattern, below in rule.items():
            if re.search(pattern, name):
                yield from them.check(inner, below, root, f"{path}.{name}")


def _additional(them: Schemas, rule: Any, value: Any, schema: Any, root: Any, path: str) -> Iterator[str]:
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name not in known and not any(re.search(pattern, name) for pattern in patterns):
            yield from them.check(inner, rule, root, f"{path}.{name}")


def _required(_them: Schemas, rule: Any, value: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
    for name in rule if isinstance(value, dict) else ():
        if name not in value:
            yield f"{path}: `{name}` is missing"


def _items(them: Schemas, rule: Any, value: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    for index, inner in enumerate(value) if isinstance(value, list) else ():
        yield from them.check(inner, rule, root, f"{path}[{index}]")


def _any_of(them: Schemas, rule: Any, value: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    if not any(them.fits(value, choice, root) for choice in rule):
        yield f"{path}: fits none of {len(rule)}"


def _all_of(them: Schemas, rule: Any, value: Any, _schema: Any, root: Any, path: str) -> Iterator[str]:
    for part in rule:
        yield from them.check(value, part, root, path)


def _if(them: Schemas, rule: Any, value: Any, schema: Any, root: Any, path: str) -> Iterator[str]:
    if them.fits(value, rule, root):
        yield from them.check(value, schema["then"], root, path)


def _limit(holds: Callable[[Any, Any], bool], *types: type) -> Rule:
    def rule_of(_them: Schemas, rule: Any, value: Any, _schema: Any, _root: Any, path: str) -> Iterator[str]:
        if isinstance(value, types) and not isinstance(value, bool) and not holds(value, rule):
            yield f"{path}: outside {rule}"

    return rule_of


RULES: dict[str, Rule] = {
    "$ref": _ref,
    "type": _type,
    "const": _limit(lambda value, rule: bool(value == rule), object),
    "enum": _limit(lambda value, rule: value in rule, object),
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "required": _required,
    "items": _items,
    "anyOf": _any_of,
    "allOf": _all_of,
    "if": _if,
    "minimum": _limit(lambda value, rule: bool(value >= rule), int, float),
    "maximum": _limit(lambda value, rule: bool(value <= rule), int, float),
    "exclusiveMinimum": _limit(lambda value, rule: bool(value > rule), int, float),
    "minLength": _limit(lambda value, rule: len(value) >= rule, str),
    "maxLength": _limit(lambda value, rule: len(value) <= rule, str),
    "maxProperties": _limit(lambda value, rule: len(value) <= rule, dict),
    "pattern": _limit(lambda value, rule: re.search(rule, value) is not None, str),
}

"""As much of JSON Schema as our schema uses; an unknown keyword fails, so that nothing goes unchecked."""

from __future__ import annotations

import re
from numbers import Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Check = Callable[[Any, Any, dict[str, Any], str], Iterator[str]]

_TYPES: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "null": type(None),
    "number": Real,
    "boolean": bool,
}
_WORDS = frozenset({"$schema", "title", "description"})


def complaints(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """What in the value does not fit, with its path; empty when all of it fits."""
    rules = [(word, rule) for word, rule in schema.items() if word not in _WORDS]
    return [said for word, rule in rules for said in _CHECKS[word](value, rule, schema, path)]


def _type(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    names = [rule] if isinstance(rule, str) else rule
    truth = isinstance(value, bool)  # to Python it would be an integer too
    if not any(isinstance(value, _TYPES[name]) and truth == (name == "boolean") for name in names):
        yield f"{path}: not {names}"


def _enum(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if value not in rule:
        yield f"{path}: none of {rule}"


def _const(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if value != rule:
        yield f"{path}: not {rule}"


def _properties(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    for name in value.keys() & rule.keys() if isinstance(value, dict) else ():
        yield from complaints(value[name], rule[name], f"{path}.{name}")


def _required(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    yield from (f"{path}.{name}: missing" for name in rule if isinstance(value, dict) and name not in value)


def _closed(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    unknown = value.keys() - schema["properties"].keys() if isinstance(value, dict) else ()
    if isinstance(rule, dict):
        yield from (found for name in unknown for found in complaints(value[name], rule, f"{path}.{name}"))
    else:
        yield from (f"{path}.{name}: unknown" for name in unknown)


def _items(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        yield from complaints(item, rule, f"{path}[{index}]")


def _any_of(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if all(complaints(value, option, path) for option in rule):
        yield f"{path}: fits none of {len(rule)}"


def _most(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, dict) and len(value) > rule:
        yield f"{path}: more than {rule} keys"


def _least(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, int) and value < rule:
        yield f"{path}: below {rule}"


def _pattern(value: Any, rule: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(rule, value):
        yield f"{path}: does not match {rule}"


_CHECKS: dict[str, Check] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _closed,
    "items": _items,
    "anyOf": _any_of,
    "maxProperties": _most,
    "minimum": _least,
    "pattern": _pattern,
}

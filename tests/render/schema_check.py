"""As much of JSON Schema as our schema uses: an unknown keyword is an error, so nothing is checked by accident."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "null": (type(None),),
}
_WORDS = frozenset({"$schema", "title", "description"})


def complaints(value: Any, schema: dict[str, Any], path: str = "$") -> list[str]:
    """What in the value does not fit, with its path; empty when all of it fits."""
    return [
        said for word, rule in schema.items() if word not in _WORDS for said in _check(word, rule, value, schema, path)
    ]


def _check(word: str, rule: Any, value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    match word:
        case "type":
            names = [rule] if isinstance(rule, str) else rule
            fits = isinstance(value, tuple(kind for name in names for kind in _TYPES[name]))
            if not fits or isinstance(value, bool):
                yield f"{path}: not {names}"
        case "const" | "enum":
            if value not in ([rule] if word == "const" else rule):
                yield f"{path}: not {rule}"
        case "properties" if isinstance(value, dict):
            for name in value.keys() & rule.keys():
                yield from complaints(value[name], rule[name], f"{path}.{name}")
        case "required" if isinstance(value, dict):
            yield from (f"{path}.{name}: missing" for name in rule if name not in value)
        case "additionalProperties" if isinstance(value, dict):
            yield from (f"{path}.{name}: unknown" for name in value if name not in schema["properties"])
        case "items" if isinstance(value, list):
            for index, item in enumerate(value):
                yield from complaints(item, rule, f"{path}[{index}]")
        case "anyOf":
            if all(complaints(value, option, path) for option in rule):
                yield f"{path}: fits none of {len(rule)}"
        case "maxProperties" if isinstance(value, dict):
            if len(value) > rule:
                yield f"{path}: more than {rule} keys"
        case "minimum" if isinstance(value, int):
            if value < rule:
                yield f"{path}: below {rule}"
        case "pattern" if isinstance(value, str):
            if not re.search(rule, value):
                yield f"{path}: does not match {rule}"
        case "properties" | "required" | "additionalProperties" | "items" | "maxProperties" | "minimum" | "pattern":
            return
        case _:
            raise AssertionError(f"the check knows no `{word}`")

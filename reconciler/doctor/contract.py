"""Where the account's answers differ from what the vendor's SDK says: fields, types, words, envelopes.

No value is told, only names of fields, types, and words of an enumeration, so that it may be pasted into an issue.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TOLD_BY = "the vendor's Python SDK 0.2.0"
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,29}[0-9]{0,2}")  # nothing that could be a number or a key
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array"}


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One thing that is not as we were told: where, of what sort, what it is, and what it was to be."""

    path: str
    place: str
    sort: str
    found: str
    told: str = ""

    def __str__(self) -> str:
        place = f" `{self.place}`" if self.place else ""
        told = f" ({self.told})" if self.told else ""
        return f"GET {self.path}{place}: {self.sort}: {self.found}{told}"


def told() -> Mapping[str, Any]:
    """The shape of each answer by its path; ``{id}`` is the first object of the list above it."""
    text = resources.files("reconciler.doctor").joinpath("told.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def differences(path: str, shape: Mapping[str, Any], answer: Any) -> dict[Difference, int]:
    """What differs, and how often."""
    wrapped = _wrapped(shape, answer)
    if wrapped is None:
        return Counter(_of(path, shape, answer, ""))
    key, items = wrapped
    envelope = Difference(path, "", "envelope", f"an object with the list under `{_shown(key)}`", "a bare array")
    return Counter([envelope, *_of(path, shape, items, key)])


def unread(path: str, why: str) -> Difference:
    """An answer that did not come."""
    return Difference(path, "", "no answer", why)


def _wrapped(shape: Mapping[str, Any], answer: Any) -> tuple[str, Any] | None:
    """The one list in an answer that was to be a list itself."""
    if shape.get("types") != ["array"] or not isinstance(answer, dict):
        return None
    lists = [(key, value) for key, value in answer.items() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def _of(path: str, shape: Mapping[str, Any], value: Any, place: str) -> Iterator[Difference]:
    types = shape.get("types")
    if not types:
        return
    kind = _TYPES.get(type(value), "object")
    if kind not in types and not (kind == "integer" and "number" in types):
        yield Difference(path, place, "type", kind, " or ".join(types))
    elif kind == "string" and "words" in shape and value not in shape["words"]:
        word = f"`{value}`" if _WORD.fullmatch(value) else "a text that is no word"
        yield Difference(path, place, "unknown word", word, ", ".join(shape["words"]))
    elif kind == "array":
        yield from (it for item in value for it in _of(path, shape.get("items", {}), item, f"{place}[]"))
    elif kind == "object":
        yield from _of_object(path, shape.get("fields"), value, place)


def _of_object(
    path: str, fields: Mapping[str, Any] | None, value: Mapping[str, Any], place: str
) -> Iterator[Difference]:
    if fields is None:
        return
    for name, inner in value.items():
        where = f"{place}.{_shown(name)}".removeprefix(".")
        if name in fields:
            yield from _of(path, fields[name], inner, where)
        else:
            yield Difference(path, where, "unknown field", _TYPES.get(type(inner), "object"))
    for name, shape in fields.items():
        if shape.get("required") and name not in value:
            yield Difference(path, f"{place}.{name}".removeprefix("."), "missing field", "is not there", "always there")


def _shown(name: str) -> str:
    return name if _NAME.fullmatch(name) else "(no name)"


def lines(found: Iterable[tuple[Difference, int]]) -> list[str]:
    """Each difference as an item of a list."""
    return [f"- {it}" + (f", {count} times" if count > 1 else "") for it, count in found]


def as_json(found: Iterable[tuple[Difference, int]]) -> list[dict[str, Any]]:
    """Each difference for a program."""
    return [
        {"path": it.path, "place": it.place, "sort": it.sort, "found": it.found, "told": it.told, "times": count}
        for it, count in found
    ]

"""Damaged entries of the state: values that no version of this tool wrote, told by their key.

A hand edit, a merge of the state branch or a failing disk leaves a missing key, another type, a date that is none.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.errors import StoreError
from reconciler.schedule.clock import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.store import Entry

Noun = TypeVar("Noun")

_PLAIN: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "int | None": (int, type(None)),
    "CallState": (str,),
    "tuple[str, ...]": (tuple,),
    "Mapping[str, Any]": (dict,),
}
_INSTANTS = frozenset({"opens", "closes", "since", "held_until", "claimed_at", "sent_at"})


class Damaged(StoreError):
    """An entry of the state cannot be understood; ``key`` is where it is stored, without the organisation."""

    code = "RC503"

    def __init__(self, key: str, hint: str) -> None:
        super().__init__(f"the state's entry `{key}` is damaged", hint=hint)
        self.key = key


def understood(read: Callable[[Mapping[str, Any]], Noun], entry: Entry, *, key: str) -> Noun:
    """The noun that an entry holds; Damaged when it holds none."""
    try:
        noun = read(entry.value)
        _check(noun)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Damaged(key, _hint(key)) from None
    return noun


def _hint(key: str) -> str:
    what, _, rest = key.partition("/")
    way = f"`reconciler state forget {rest}`" if what == "binding" else "`reconciler calls adopt-history`"
    return f"restore the state from a backup (`reconciler state import`), or {way}"


def _check(noun: Any) -> None:
    """ValueError when a field is not of its declared type, or a date is none."""
    for name, types, instant in _expected(noun.__class__):
        value: Any = getattr(noun, name)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ValueError(name)
        if instant and value:
            parse_instant(str(value))


@cache
def _expected(noun: type[Any]) -> tuple[tuple[str, tuple[type, ...], bool], ...]:
    """The fields of a noun that are plain: their names, their types, and whether they are instants."""
    return tuple(
        (item.name, _PLAIN[str(item.type)], item.name in _INSTANTS) for item in fields(noun) if str(item.type) in _PLAIN
    )

"""Entries of a state with every keyed digest in them, wherever it stands, made anew from what it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.state_key import KEYED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.store import Entry, Write

_DIGEST = re.compile(rf"{KEYED}:[0-9a-f]{{64}}")


def rekeyed(entries: Iterable[Entry], grown: Callable[[str], str]) -> list[Write]:
    """What to write so that each digest is what ``grown`` makes of it; an entry that is named by one moves."""
    from reconciler.store import Write  # noqa: PLC0415 - keeps the module's types apart from its work

    writes = []
    for entry in entries:
        key, value = "/".join(_grown(part, grown) for part in entry.key.split("/")), _grown(entry.value, grown)
        if key != entry.key:
            writes += [Write(key, value, None), Write(entry.key, None, entry.version)]
        elif value != entry.value:
            writes.append(Write(key, value, entry.version))
    return writes


def _grown(value: Any, grown: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return grown(value) if _DIGEST.fullmatch(value) else value
    if isinstance(value, dict):
        return {_grown(name, grown): _grown(inner, grown) for name, inner in value.items()}
    return [_grown(inner, grown) for inner in value] if isinstance(value, list) else value

"""Bindings: which object of the account an address is, and what apply gave it last.

Values are digests where they could be somebody's number or words; a binding reads what an older version stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.model import Address
from reconciler.state.digests import PLAIN, Digests

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that was begun: recorded before it is sent, erased once its outcome is recorded.

    ``fields`` are digests of what was sent, by wire name, so that a draft of ours can be told from a
    colleague's after a crash. ``rivals`` are the ids that already had the name before a create.
    """

    step: str
    since: str
    fields: Mapping[str, str] = field(default_factory=dict)
    rivals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Binding:
    """Which vendor object an address is, and what it was given last.

    ``fields`` maps each declared field to two digests as of the last apply: of the declared value, and of
    the live value that was read back. ``id`` is "" while a create is under way. ``was`` are the names it had.
    ``kept_protected``: by a document that took it over and says nothing of protection. ``parent`` is the id of what
    it lives below, ``replaced`` are the ids it had and that are still to be deleted. ``project`` declared it.
    ``digests`` is how those of secrets were kept; it is no part of what is stored.
    """

    address: Address
    id: str = ""
    display: str = ""
    fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    protect: bool = False
    applied_at: str = ""
    commit: str = ""
    path: str = ""
    intent: Intent | None = None
    refused: str = ""
    was: tuple[str, ...] = ()
    kept_protected: bool = False
    parent: str = ""
    replaced: tuple[str, ...] = ()
    project: str = ""
    digests: Digests = field(default=PLAIN, compare=False, repr=False)


def stored(binding: Binding) -> dict[str, Any]:
    """A binding as it is stored."""
    intent = plain(binding.intent) if binding.intent else None
    value = plain(binding) | {"address": str(binding.address), "intent": intent}
    del value["digests"]
    return value


def plain(noun: Any) -> dict[str, Any]:
    """The fields of a noun with slots; not ``asdict``, which copies every digest: half of what recording cost."""
    return {name: getattr(noun, name) for name in noun.__slots__}


def read(value: Mapping[str, Any], digests: Digests = PLAIN) -> Binding:
    """A binding as it was stored, field by field: a plan reads one for every agent there is."""
    intent = value["intent"]
    return Binding(
        Address.parse(value["address"]),
        id=value["id"],
        display=value["display"],
        fields={name: (pair[0], pair[1]) for name, pair in value["fields"].items()},
        protect=value["protect"],
        applied_at=value["applied_at"],
        commit=value["commit"],
        path=value["path"],
        intent=Intent(**{**intent, "rivals": tuple(intent["rivals"])}) if intent else None,
        refused=value["refused"],
        was=tuple(value.get("was", ())),
        kept_protected=bool(value.get("kept_protected")),
        parent=value.get("parent", ""),
        replaced=tuple(value.get("replaced", ())),
        project=value.get("project", ""),
        digests=digests,
    )

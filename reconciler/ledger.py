"""This file exists to say in words what is remembered: bindings, protections and calls.

Everything is kept per organisation id, so the emulator and two accounts never mix. Values are digests
where they could be somebody's number or words; a key is ``<organisation>/<what>/<name>``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from reconciler.model import Address

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.store import Entry, Store

_BINDING = "binding"
_CALL = "call"
_HOLD = "hold"
_FINISHED_STATES = frozenset({"completed", "failed"})


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
    the live value that was read back. ``id`` is "" while a create is under way.
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


@dataclass(frozen=True, slots=True)
class Armed:
    """A scheduled call that apply has armed (or cancelled).

    ``spec`` is what was declared: plain where it says when and from where, digests where it is personal.
    ``opens`` and ``closes`` are instants in ISO 8601 (UTC): the window of a call that happens once, or ""
    and the end of a recurring one ("" for never). Occurrences due before ``since`` are not its business.
    ``held`` is why it must not be placed for now.
    """

    name: str
    state: str
    spec: Mapping[str, Any]
    opens: str
    closes: str
    armed_at: str
    since: str = ""
    path: str = ""
    callee: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one occurrence of a scheduled call: the record that makes it happen at most once.

    ``state`` is one of claimed, placed, refused, unknown, expired, cancelled, completed, failed. ``to`` is
    a digest of the callee's number. ``occurrence`` is the call's name, with its instant when it recurs.
    ``outcomes`` are the words of ``attempts.on`` that the finished call's own record bears out.
    """

    name: str
    occurrence: str
    attempt: int
    state: str
    key: str = ""
    to: str = ""
    owner: str = ""
    claimed_at: str = ""
    sent_at: str = ""
    closes: str = ""
    call_id: str = ""
    detail: str = ""
    code: str = ""
    status: str = ""
    end_reason: str = ""
    ended_at: str = ""
    duration_seconds: int | None = None
    recording: str = ""
    outcomes: tuple[str, ...] = ()


class Ledger:
    """Bindings and calls of one organisation, over any store; safe from several threads.

    Reads come from one listing made at first use and kept current by this ledger's own writes; each write
    is a compare-and-set against the version read, so another writer is noticed and never overwritten.
    Raises StoreError, or Conflict when another writer was first.
    """

    def __init__(self, store: Store, organization: str) -> None:
        """Keep everything under the organisation's id."""
        self.store = store
        self.organization = organization
        self._prefix = f"{organization}/"
        self._entries: dict[str, Entry] | None = None
        self._bindings: dict[Address, Binding] | None = None
        self._lock = Lock()

    def refresh(self) -> None:
        """Forget what was read; the next question asks the store again."""
        with self._lock:
            self._entries = self._bindings = None
        self.store.refresh()

    def bindings(self) -> Mapping[Address, Binding]:
        """Every binding, by address."""
        entries = self._under(_BINDING) if self._bindings is None else ()
        with self._lock:
            if self._bindings is None:
                found = (_binding(entry.value) for entry in entries)
                self._bindings = {binding.address: binding for binding in found}
            return dict(self._bindings)

    def binding(self, address: Address) -> Binding | None:
        """The binding of one address, or None."""
        entry = self._known().get(self._binding_key(address))
        return _binding(entry.value) if entry else None

    def bind(self, binding: Binding) -> None:
        """Write a binding over the one that was read."""
        self._put(self._binding_key(binding.address), _stored(binding))
        self._bindings = None

    def bind_all(self, bindings: Iterable[Binding]) -> None:
        """Write many bindings at once: all of them, or none."""
        from reconciler.store import Write  # noqa: PLC0415 - keeps the module's types apart from its work

        known = self._known()
        writes = []
        for binding in bindings:
            key = self._binding_key(binding.address)
            writes.append(Write(key, _stored(binding), known[key].version if key in known else None))
        for entry in self.store.put_many(writes):
            known[entry.key] = entry
        self._bindings = None

    def unbind(self, address: Address) -> None:
        """Forget an address; nothing happens when it is not bound."""
        self._delete(self._binding_key(address))
        self._bindings = None

    def armed(self) -> dict[str, Armed]:
        """Every armed or cancelled call, by name."""
        entries = (entry for entry in self._under(_CALL) if entry.key.endswith("/armed"))
        return {armed.name: armed for armed in (Armed(**_ours(Armed, entry.value)) for entry in entries)}

    def arm(self, armed: Armed) -> None:
        """Write what is armed over what was read."""
        self._put(f"{self._prefix}{_CALL}/{armed.name}/armed", asdict(armed))

    def hold_all(self, why: str) -> None:
        """Let no call be placed at all until ``hold_all("")``: the switch that needs no pull request."""
        self._put(f"{self._prefix}{_HOLD}", {"why": why})

    def held_all(self) -> str:
        """Why no call may be placed, or ""."""
        entry = self._known().get(f"{self._prefix}{_HOLD}")
        return str(entry.value.get("why", "")) if entry else ""

    def attempts(self) -> list[Attempt]:
        """Every attempt ever recorded, in the order of name, occurrence and attempt."""
        entries = (entry for entry in self._under(_CALL) if not entry.key.endswith("/armed"))
        return [_attempt(entry.value) for entry in entries]

    def attempt(self, occurrence: str, number: int) -> Attempt | None:
        """One attempt, or None when it was never claimed."""
        entry = self._known().get(self._attempt_key(occurrence, number))
        return _attempt(entry.value) if entry else None

    def record(self, attempt: Attempt) -> None:
        """Write an attempt over what was read of it; creating it is the claim: Conflict if it exists."""
        self._put(self._attempt_key(attempt.occurrence, attempt.attempt), asdict(attempt))

    def _attempt_key(self, occurrence: str, number: int) -> str:
        name, _, instant = occurrence.partition("@")
        return f"{self._prefix}{_CALL}/{name}/{instant or 'once'}/{number}"

    def _binding_key(self, address: Address) -> str:
        return f"{self._prefix}{_BINDING}/{address}"

    def _under(self, what: str) -> Iterable[Entry]:
        start = f"{self._prefix}{what}/"
        return [entry for key, entry in sorted(self._known().items()) if key.startswith(start)]

    def _known(self) -> dict[str, Entry]:
        with self._lock:
            if self._entries is None:
                self._entries = {entry.key: entry for entry in self.store.list(self._prefix)}
            return self._entries

    def _put(self, key: str, value: Mapping[str, Any]) -> None:
        known = self._known()
        before = known.get(key)
        entry = self.store.put(key, value, expected=before.version if before else None)
        with self._lock:
            known[key] = entry

    def _delete(self, key: str) -> None:
        known = self._known()
        if before := known.get(key):
            self.store.delete(key, expected=before.version)
            with self._lock:
                del known[key]


def next_number(last: Attempt, call: Armed) -> int:
    """The number of the next attempt; the same one while it is not finished, or when it was the last.

    A second try is decided from the finished call's own record, never from an HTTP error.
    """
    again = call.spec.get("attempts") or {}
    wanted = set(again.get("on", ("not_answered",)))
    more = last.attempt < int(again.get("max", 1))
    finished = last.state in _FINISHED_STATES and bool(last.ended_at)
    return last.attempt + 1 if finished and more and wanted & set(last.outcomes) else last.attempt


def stamp(instant: datetime) -> str:
    """An instant as the ledger writes it: ISO 8601, UTC, whole seconds unless there are more."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _stored(binding: Binding) -> dict[str, Any]:
    return asdict(binding) | {"address": str(binding.address)}


def _binding(value: Mapping[str, Any]) -> Binding:
    intent = value["intent"]
    return Binding(
        **{
            **_ours(Binding, value),
            "address": Address.parse(value["address"]),
            "fields": {name: (pair[0], pair[1]) for name, pair in value["fields"].items()},
            "intent": Intent(**{**intent, "rivals": tuple(intent["rivals"])}) if intent else None,
        }
    )


def _attempt(value: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**_ours(Attempt, value), "outcomes": tuple(value.get("outcomes", ()))})


def _ours(noun: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields this version knows: a state written by a newer one may hold more."""
    known = _KNOWN[noun]
    return {name: item for name, item in value.items() if name in known}


_KNOWN = {noun: frozenset(item.name for item in fields(noun)) for noun in (Intent, Binding, Armed, Attempt)}

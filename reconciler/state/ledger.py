"""Say in words what is remembered: bindings, protections and calls.

All is kept per organisation, so the emulator and two accounts never mix: ``<organisation>/<what>/<name>``. Values
are digests where they could be somebody's number or words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from reconciler.errors import StoreError
from reconciler.model import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.store import Entry, Store

Noun = TypeVar("Noun")
_BINDING, _CALL, _HOLD = "binding", "call", "hold"
_ARMED = "/armed"
_FINISHED_STATES = frozenset({"completed", "failed"})
_TO_THE_SECOND = len("2026-12-01T15:00:00")
_OPEN_STATES = frozenset({"claimed", "unknown", "refused"})


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


class DueWork(NamedTuple):
    """The calls of which something may be wanted now, their attempts, and when the next of the others opens."""

    armed: dict[str, Armed]
    attempts: list[Attempt]
    next_opening: str


class Ledger:
    """Bindings and calls of one organisation, over any store; safe from several threads.

    Reads come from one listing made at first use and kept current by this ledger's own writes; each write
    is a compare-and-set against the version read, so another writer is noticed and never overwritten.
    Nothing else may write the same keys through the same store object, or ``refresh`` would not notice.
    Raises StoreError, or Conflict when another writer was first.
    """

    def __init__(self, store: Store, organization: str) -> None:
        """Keep everything under the organisation's id."""
        self.store = store
        self.organization = organization
        self._prefix = f"{organization}/"
        self._entries: dict[str, Entry] = {}
        self._is_read = False
        self._mark: str | None = None
        self._bindings: dict[Address, Binding] | None = None
        self._nouns: dict[str, tuple[str, Any]] = {}
        self._callees: dict[str, dict[str, Attempt]] | None = None
        self._lock, self._looking = Lock(), Lock()
        self._asked = self._answered = 0

    def refresh(self) -> None:
        """Let the next question know what others wrote before this call; one look serves all threads that wait."""
        with self._lock:
            self._asked += 1
            mine = self._asked
        with self._looking:
            if self._answered >= mine:
                return
            asked = self._asked
            mark = self.store.refresh()
            with self._lock:
                if mark is None or mark != self._mark:
                    self._is_read, self._mark = False, mark
            self._answered = asked

    def bindings(self) -> Mapping[Address, Binding]:
        """Every binding, by address."""
        start, _ = f"{self._prefix}{_BINDING}/", self._known()
        with self._lock:
            if self._bindings is None:
                found = [self._entries[key].value for key in sorted(self._entries) if key.startswith(start)]
                self._bindings = {binding.address: binding for binding in map(_binding, found)}
            return dict(self._bindings)

    def binding(self, address: Address) -> Binding | None:
        """The binding of one address, or None."""
        return self.bindings().get(address)

    def bind(self, binding: Binding) -> None:
        """Write a binding over the one that was read."""
        self.bind_all([binding])

    def bind_all(self, bindings: Iterable[Binding], *, without: Iterable[Address] = ()) -> None:
        """Write many bindings at once, and forget the addresses in ``without``: all of it, or nothing."""
        wanted = {self._binding_key(binding.address): _stored(binding) for binding in bindings}
        self._write(wanted, without=map(self._binding_key, without))
        self._bindings = None

    def unbind(self, address: Address) -> None:
        """Forget an address; nothing happens when it is not bound."""
        self.bind_all([], without=[address])

    def armed(self) -> dict[str, Armed]:
        """Every armed or cancelled call, by name."""
        entries = (entry for entry in self._under(_CALL) if entry.key.endswith(_ARMED))
        return {armed.name: armed for armed in (self._noun(_armed, entry) for entry in entries)}

    def armed_call(self, name: str) -> Armed | None:
        """One armed or cancelled call, or None."""
        entry = self._known().get(f"{self._prefix}{_CALL}/{name}{_ARMED}")
        return self._noun(_armed, entry) if entry else None

    def due_work(self, now: datetime) -> DueWork:
        """What a dispatch has to look at, however many calls wait for their time or are over.

        Left out, by their stored words alone, are calls that happen once and open later, were cancelled, or rang
        and have no second try; not those of which an attempt is uncertain or was refused.
        """
        calls, tried = self._calls()
        found, second, later = DueWork({}, [], ""), stamp(now)[:_TO_THE_SECOND], []
        for call in calls:
            name, opens, own = call.value["name"], call.value["opens"], tried.get(call.value["name"], ())
            if opens and not any(entry.value["state"] in _OPEN_STATES for entry in own):
                if call.value["state"] != "armed" or (own and not call.value["spec"].get("attempts")):
                    continue
                if not own and opens.endswith("Z") and opens[:_TO_THE_SECOND] > second:
                    later.append(opens)
                    continue
            found.armed[name] = self._noun(_armed, call)
            found.attempts.extend(self._noun(_attempt, entry) for entry in own)
        return found._replace(next_opening=min(later, default=""))

    def has_calls(self) -> bool:
        """Whether any call was ever armed."""
        return bool(self._under(_CALL))

    def arm(self, armed: Armed) -> None:
        """Write what is armed over what was read."""
        self._write({f"{self._prefix}{_CALL}/{armed.name}{_ARMED}": asdict(armed)})

    def hold_all(self, why: str) -> None:
        """Let no call be placed at all until ``hold_all("")``: the switch that needs no pull request."""
        self._write({f"{self._prefix}{_HOLD}": {"why": why}})

    def held_all(self) -> str:
        """Why no call may be placed, or ""."""
        entry = self._known().get(f"{self._prefix}{_HOLD}")
        return str(entry.value.get("why", "")) if entry else ""

    def attempts(self, state: str = "") -> list[Attempt]:
        """Every attempt ever recorded, or those in one state, in the order of name, occurrence and attempt."""
        entries = (entry for entry in self._under(_CALL) if not entry.key.endswith(_ARMED))
        return [self._noun(_attempt, entry) for entry in entries if state in ("", entry.value["state"])]

    def attempts_to(self, callee: str) -> list[Attempt]:
        """Every attempt to one person, by the digest of the number."""
        self._known()
        with self._lock:
            if self._callees is None:
                self._callees = {}
                for entry in self._entries.values():
                    self._count(entry, self._callees)
            return list(self._callees.get(callee, {}).values())

    def _count(self, entry: Entry, callees: dict[str, dict[str, Attempt]]) -> None:
        if entry.key.startswith(f"{self._prefix}{_CALL}/") and not entry.key.endswith(_ARMED):
            attempt = self._noun(_attempt, entry)
            callees.setdefault(attempt.to, {})[entry.key] = attempt

    def attempt(self, occurrence: str, number: int) -> Attempt | None:
        """One attempt, or None when it was never claimed."""
        entry = self._known().get(self._attempt_key(occurrence, number))
        return self._noun(_attempt, entry) if entry else None

    def record(self, attempt: Attempt) -> None:
        """Write an attempt over what was read of it; creating it is the claim: Conflict if it exists."""
        self._write({self._attempt_key(attempt.occurrence, attempt.attempt): _plain(attempt)})

    def supersede(self, before: Attempt | None, attempt: Attempt) -> bool:
        """Write an attempt over ``before`` (None: over nothing, which claims it); False when that is not there now."""
        key, known = self._attempt_key(attempt.occurrence, attempt.attempt), self._known()
        found = self._noun(_attempt, known[key]) if key in known else None
        if found == before:
            self._write({key: _plain(attempt)}, known=known)  # what is listed again meanwhile was not compared
        return found == before

    def _attempt_key(self, occurrence: str, number: int) -> str:
        name, _, instant = occurrence.partition("@")
        return f"{self._prefix}{_CALL}/{name}/{instant or 'once'}/{number}"

    def _binding_key(self, address: Address) -> str:
        return f"{self._prefix}{_BINDING}/{address}"

    def _calls(self) -> tuple[list[Entry], dict[str, list[Entry]]]:
        """What is stored of the calls: what is armed, and the attempts by name; both in order."""
        calls, tried = [], defaultdict(list)
        for entry in self._under(_CALL):
            if entry.key.endswith(_ARMED):
                calls.append(entry)
            else:
                tried[entry.value["name"]].append(entry)
        return calls, tried

    def _under(self, what: str) -> list[Entry]:
        start, known = f"{self._prefix}{what}/", self._known()
        with self._lock:
            return [known[key] for key in sorted(key for key in known if key.startswith(start))]

    def _known(self) -> dict[str, Entry]:
        with self._lock:
            if not self._is_read:
                self._entries = {entry.key: entry for entry in self.store.list(self._prefix, self._entries)}
                self._bindings = self._callees = None
                self._is_read = True
            return self._entries

    def _noun(self, read: Callable[[Mapping[str, Any]], Noun], entry: Entry) -> Noun:
        """What an entry says, read once for each version of it."""
        version, noun = self._nouns.get(entry.key, ("", None))
        if version != entry.version:
            self._nouns[entry.key] = (entry.version, noun := read(entry.value))
        return cast("Noun", noun)

    def _write(
        self, wanted: Mapping[str, Any], *, without: Iterable[str] = (), known: dict[str, Entry] | None = None
    ) -> None:
        """Write these values over what was read (``known``) of their keys, and remove ``without``: all or nothing."""
        from reconciler.store import Write  # noqa: PLC0415 - keeps the module's types apart from its work

        known = self._known() if known is None else known
        gone = [key for key in without if key in known]
        writes = [Write(key, wanted[key], known[key].version if key in known else None) for key in wanted]
        writes += [Write(key, None, known[key].version) for key in gone]
        if not writes:
            return
        try:
            stored = self.store.put_many(writes)
        except StoreError:
            self._mark = None  # what was read may be old, and by a write of our own
            raise
        with self._lock:
            # Where all was listed again meanwhile, it is there already, or what another wrote over it.
            for entry in stored:
                if self._entries.get(entry.key) is known.get(entry.key):
                    self._entries[entry.key] = entry
                    if self._callees is not None:
                        self._count(entry, self._callees)
            for key in gone:
                if key in self._entries and self._entries[key] is known.get(key):
                    del self._entries[key]


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
    intent = _plain(binding.intent) if binding.intent else None
    return _plain(binding) | {"address": str(binding.address), "intent": intent}


def _plain(noun: Binding | Intent | Attempt) -> dict[str, Any]:
    """The fields of a noun; not ``asdict``, which copies every digest: half of what recording a binding cost."""
    return {name: getattr(noun, name) for name in noun.__slots__}


def _binding(value: Mapping[str, Any]) -> Binding:
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
    )


def _armed(value: Mapping[str, Any]) -> Armed:
    return Armed(**_ours(Armed, value))


def _attempt(value: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**_ours(Attempt, value), "outcomes": tuple(value.get("outcomes", ()))})


def _ours(noun: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields this version knows: a state written by a newer one may hold more."""
    known = _KNOWN[noun]
    return {name: item for name, item in value.items() if name in known}


_KNOWN = {noun: frozenset(item.name for item in fields(noun)) for noun in (Intent, Binding, Armed, Attempt)}

"""The ledger: bindings, protections and the records of calls of one organisation, over any store.

All is kept per organisation, so the emulator and two accounts never mix: ``<organisation>/<what>/<name>``. The name of
a call may hold slashes (a row of a list). Bindings and armed calls say which project declared them.
"""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from reconciler.errors import StoreError
from reconciler.schedule.call_report import standstill
from reconciler.schedule.call_states import CallState
from reconciler.schedule.occurrences import idempotency_key, parts_of
from reconciler.state import bindings as binding_records
from reconciler.state.call_records import (
    Armed,
    Attempt,
    DueWork,
    common_zone,
    read_armed,
    read_attempt,
    stored_armed,
    stored_attempt,
)  # fmt: skip - one line of names
from reconciler.state.damage import Damaged, understood
from reconciler.state.digests import Digests
from reconciler.state.stored_words import Asleep, by_name, happens_once, is_open, retries, to_the_second
from reconciler.state.switches import ARMED, Switches
from reconciler.state_key import NO_KEY, StateKey
from reconciler.store.shared_look import SharedLook

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from reconciler.model import Address
    from reconciler.state.bindings import Binding
    from reconciler.state.stored_words import Calls
    from reconciler.store import Entry, Store

Noun = TypeVar("Noun")
_BINDING = "binding"
_CALL = "call"
_LEASE = "lease"
_HISTORY = "history"


class Ledger(Switches):
    """Bindings and calls of one organisation, over any store; safe from several threads.

    Reads come from one listing made at first use and kept current by this ledger's own writes; each write
    is a compare-and-set against the version read, so another writer is noticed and never overwritten.
    Nothing else may write the same keys through the same store object, or ``refresh`` would not notice.
    What another project declared is not answered, but by what is named foreign, and not written. Raises StoreError.
    """

    def __init__(
        self, store: Store, organization: str, project: str = "", *, key: StateKey = NO_KEY, unread: bool = False
    ) -> None:
        """Keep all under the organisation's id, in a project's name; ``unread``: one could not be read."""
        self._digests, self._keying, self._lock = Digests(organization, key), Lock(), Lock()
        self.store, self.unread = store, unread
        self.organization, self.project = organization, project
        self._prefix = f"{organization}/"
        self._calls_start = f"{self._prefix}{_CALL}/"
        self._entries: dict[str, Entry] = {}
        self._is_read = False
        self._mark: str | None = None
        self._bindings: dict[Address, Binding] | None = None
        self._nouns: dict[str, tuple[str, Any]] = {}
        self._damaged: dict[str, Damaged] = {}
        self._callees: dict[str, dict[str, Attempt]] | None = None
        self._keys_of_call: dict[str, set[str]] = {}
        self._listed: dict[str, list[Entry]] = {}
        self._sorted: dict[bool, tuple[list[Entry], Calls]] = {}
        self._asleep = Asleep()
        self._others = SharedLook(self._look)
        self._opt_outs: frozenset[str] | None = None

    def refresh(self) -> None:
        """Let the next question know what others wrote before this call; one look serves all threads that wait."""
        self._others.now()

    def _look(self, begun: Callable[[], None]) -> None:
        mark = self.store.look(begun)
        with self._lock:
            if mark is None or mark != self._mark:
                self._is_read, self._mark = False, mark

    def read(self) -> None:
        """Read everything once; raises StoreError where the store cannot be read."""
        self._known()

    def is_empty(self) -> bool:
        """Whether nothing at all is remembered of the organisation, by any project; a lease is no memory, nor a key."""
        return all(key == self._check_key or key.startswith(f"{self._prefix}{_LEASE}/") for key in self._known())

    def note_history(self, at: str) -> None:
        """Remember that the platform's history was read into this state, which is not a lost one from then on."""
        self._write({f"{self._prefix}{_HISTORY}": {"read_at": at}})

    def is_bound(self, address: Address) -> bool:
        """Whether anything is remembered of an address, be it damaged."""
        return self._binding_key(address) in self._known()

    def bindings(self) -> Mapping[Address, Binding]:
        """Every binding, by address."""
        start, _ = f"{self._prefix}{_BINDING}/", self._known()
        with self._lock:
            if self._bindings is None:
                found = [self._entries[key] for key in sorted(self._entries) if key.startswith(start)]
                own = [entry for entry in found if not self._foreign(entry)]
                read = partial(binding_records.read, digests=self.reading)
                bindings = (understood(read, entry, key=self._shown(entry)) for entry in own)
                self._bindings = {binding.address: binding for binding in bindings}
            return dict(self._bindings)

    def binding(self, address: Address) -> Binding | None:
        """The binding of one address, or None."""
        return self.bindings().get(address)

    def bind(self, binding: Binding) -> None:
        """Write a binding over the one that was read."""
        self.bind_all([binding])

    def bind_all(self, bindings: Iterable[Binding], *, without: Iterable[Address] = ()) -> None:
        """Write many bindings at once, and forget the addresses in ``without``: all of it, or nothing."""
        stored = ((binding.address, binding_records.stored(binding)) for binding in bindings)
        wanted = {self._binding_key(address): value | {"project": self.project} for address, value in stored}
        forgotten = [self._binding_key(address) for address in without]
        self._nothing_foreign((*wanted, *forgotten))
        self._write(wanted, without=forgotten)
        self._bindings = None

    def unbind(self, address: Address) -> None:
        """Forget an address; nothing happens when it is not bound."""
        self.bind_all([], without=[address])

    def foreign_bindings(self) -> list[Binding]:
        """What other projects declared."""
        found = (entry for entry in self._under(_BINDING) if self._foreign(entry))
        return [understood(binding_records.read, entry, key=self._shown(entry)) for entry in found]

    def foreign_calls(self) -> dict[str, str]:
        """The calls that other projects armed, but those that were cancelled and never tried: name and project."""
        calls, tried = self._calls(foreign=True)
        taken = (it for it in calls.items() if it[1].value.get("state") != CallState.CANCELLED or it[0] in tried)
        return {name: str(entry.value["project"]) for name, entry in taken}

    def projects(self) -> list[str]:
        """The projects that declared anything, by name."""
        entries = [*self._under(_BINDING), *self._under(_CALL)]
        return sorted({str(entry.value.get("project", "")) for entry in entries} - {""})

    def move_project(self, old: str, new: str) -> int:
        """Give what one project declared to another name of it; how many entries that were."""
        entries = [*self._under(_BINDING), *self._under(_CALL)]
        moved = {it.key: {**it.value, "project": new} for it in entries if it.value.get("project") == old}
        self._write(moved)
        self._bindings = None
        return len(moved)

    def take_calls(self, names: Iterable[str]) -> None:
        """Call these ours, where an older version armed them and wrote down no project."""
        keys = (f"{self._prefix}{_CALL}/{name}{ARMED}" for name in names)
        known = self._known()
        unnamed = [known[key] for key in keys if key in known and not known[key].value.get("project")]
        if self.project:
            self._write({entry.key: {**entry.value, "project": self.project} for entry in unnamed})

    def _foreign(self, entry: Entry) -> bool:
        return entry.value.get("project", "") not in ("", self.project)

    def _nothing_foreign(self, keys: Iterable[str]) -> None:
        """Raise StoreError rather than write over what another project declared."""
        known = self._known()
        for key in keys:
            if key in known and self._foreign(known[key]) and known[key].value.get("state") != CallState.CANCELLED:
                name, whose = key.removeprefix(self._prefix), known[key].value["project"]
                hint = "declare it in one project; `reconciler state move --project OLD NEW` renames a project"
                raise StoreError(f"`{name}` belongs to the project `{whose}`", hint=hint)

    def armed(self) -> dict[str, Armed]:
        """Every armed or cancelled call, by name; without those of which an entry is damaged."""
        found = {armed.name: armed for armed in self._nouns_of(self._read_armed, self._calls()[0].values())}
        return {name: armed for name, armed in found.items() if name not in self._damaged} if self._damaged else found

    def standstill(self, now: datetime) -> str:
        """That every call is held, by the clock that all of them are declared in, else by UTC; "" where none is."""
        hold = self.held_all(now)
        return standstill(*hold, place=common_zone(self.armed().values())) if hold else ""

    @property
    def damaged(self) -> Mapping[str, Damaged]:
        """The calls of which an entry that was read cannot be understood, by name."""
        return dict(self._damaged)

    def armed_call(self, name: str) -> Armed | None:
        """One armed or cancelled call; None where there is none that can be understood."""
        entry = self._known().get(f"{self._prefix}{_CALL}/{name}{ARMED}")
        ours = [entry] if entry and not self._foreign(entry) else []
        return next(iter(self._nouns_of(self._read_armed, ours)), None)

    def due_work(self, now: datetime, without: Collection[str] = ()) -> DueWork:
        """What a dispatch has to look at, however many calls wait for their time or are over, or are in ``without``.

        Left out, by their stored words alone, are calls that happen once and open later, were cancelled, or rang
        and have no second try; not those of which an attempt is uncertain or was refused.
        """
        calls, tried = self._calls()
        found, later, second = DueWork({}, [], ""), [], to_the_second(now)
        for name, call in calls.items():
            own = tried.get(name, ()) if tried else ()
            if without and name in without:
                continue
            if not own and (opens := self._asleep.opening(name, call, second)):
                later.append(opens)
                continue
            over = call.value.get("state") != CallState.ARMED or (own and not retries(call))
            if over and happens_once(call) and not any(map(is_open, own)):
                continue
            armed, attempts = self._nouns_of(self._read_armed, [call]), self._nouns_of(self._read_attempt, own)
            if len(armed) + len(attempts) == 1 + len(own):
                found.armed[name] = armed[0]
                found.attempts.extend(attempts)
        return found._replace(next_opening=min(later, default=""))

    def has_calls(self) -> bool:
        """Whether any call was ever armed."""
        return bool(self._under(_CALL))

    def arm(self, armed: Armed) -> None:
        """Write what is armed over what was read."""
        self.arm_all([armed])

    def arm_all(self, calls: Iterable[Armed]) -> None:
        """As ``arm``, many at once: all of them, or none."""
        wanted = {f"{self._prefix}{_CALL}/{it.name}{ARMED}": stored_armed(it) for it in calls}
        self._nothing_foreign(wanted)
        self._write({key: value | {"project": self.project} for key, value in wanted.items()})

    def key(self, occurrence: str, number: int) -> str:
        """The idempotency key of one attempt: the organisation's, the project's, and its own."""
        return idempotency_key(self.organization, occurrence, number, project=self.project)

    def attempts(self, state: CallState | None = None) -> list[Attempt]:
        """Every attempt ever recorded, or those in one state, in the order of name, occurrence and attempt.

        What is damaged is left out: ``damaged_calls`` says of which calls.
        """
        entries = (entry for own in self._calls()[1].values() for entry in own)
        return self._nouns_of(self._read_attempt, (it for it in entries if state in (None, it.value.get("state"))))

    def attempts_to(self, callee: str) -> list[Attempt]:
        """Every attempt to one person, by the digest of the number."""
        self._known()
        with self._lock:
            if self._callees is None:
                self._callees = {}
                for entry in self._entries.values():
                    self._count(entry, self._callees)
            return list(self._callees.get(callee, {}).values())

    def holder(self, call_id: str, *, but: Attempt) -> Attempt | None:
        """Which other attempt is known to be a call of the platform's; None when there is none."""
        self.attempts_to("")
        with self._lock:
            found = [self._entries[key] for key in self._keys_of_call.get(call_id, ()) if key in self._entries]
        others = (it for it in self._nouns_of(self._read_attempt, found) if it.call_id == call_id and it.key != but.key)
        return next((it for it in others if it.state.certain), None)

    def _count(self, entry: Entry, callees: dict[str, dict[str, Attempt]]) -> None:
        if entry.key.startswith(f"{self._prefix}{_CALL}/") and not entry.key.endswith(ARMED):
            for attempt in self._nouns_of(self._read_attempt, [entry]):
                callees.setdefault(attempt.to, {})[entry.key] = attempt
                self._keys_of_call.setdefault(attempt.call_id, set()).add(entry.key)

    def attempt(self, occurrence: str, number: int) -> Attempt | None:
        """One attempt, or None when it was never claimed."""
        entry = self._known().get(self._attempt_key(occurrence, number))
        return self._noun(self._read_attempt, entry) if entry else None

    def record(self, attempt: Attempt) -> None:
        """Write an attempt over what was read of it; creating it is the claim: Conflict if it exists."""
        self._write({self._attempt_key(attempt.occurrence, attempt.attempt): stored_attempt(attempt)})

    def supersede(self, before: Attempt | None, attempt: Attempt) -> bool:
        """Write an attempt over ``before`` (None: over nothing, which claims it); False when that is not there now."""
        key, known = self._attempt_key(attempt.occurrence, attempt.attempt), self._known()
        found = self._noun(self._read_attempt, known[key]) if key in known else None
        if found == before:
            self._write({key: stored_attempt(attempt)}, known=known)  # what is listed again meanwhile was not compared
        return found == before

    def _read_armed(self, value: Mapping[str, Any]) -> Armed:
        return read_armed(value, self._as_kept)

    def _read_attempt(self, value: Mapping[str, Any]) -> Attempt:
        return read_attempt(value, self._as_kept)

    def _attempt_key(self, occurrence: str, number: int) -> str:
        name, instant = parts_of(occurrence)
        return f"{self._prefix}{_CALL}/{name}/{instant or 'once'}/{number}"

    def _binding_key(self, address: Address) -> str:
        return f"{self._prefix}{_BINDING}/{address}"

    def _calls(self, *, foreign: bool = False) -> Calls:
        """What is stored of our calls, or of the ``foreign`` ones: what is armed, and attempts, by name; in order."""
        entries, known = self._under(_CALL), self._sorted.get(foreign)
        if known is None or known[0] is not entries:
            known = entries, by_name(entries, self._name, lambda it: self._foreign(it) is foreign)
            self._sorted[foreign] = known
        return known[1]

    def _under(self, what: str) -> list[Entry]:
        """The entries of one sort by key; the same list as long as none of all is written or read anew."""
        start, _ = f"{self._prefix}{what}/", self._known()
        with self._lock:
            if what not in self._listed:
                known = self._entries
                self._listed[what] = [known[key] for key in sorted(key for key in known if key.startswith(start))]
            return self._listed[what]

    def _known(self) -> dict[str, Entry]:
        with self._lock:
            if not self._is_read:
                self._entries = {entry.key: entry for entry in self.store.list(self._prefix, self._entries)}
                self._bindings = self._callees = self._opt_outs = None
                self._listed = {}
                self._damaged, self._nouns = {}, {key: it for key, it in self._nouns.items() if key in self._entries}
                self._is_read = True
            return self._entries

    def _learn(self, stored: Iterable[Entry]) -> None:
        with self._lock:
            self._entries |= {entry.key: entry for entry in stored}
            self._callees, self._opt_outs, self._listed = None, None, {}

    def _noun(self, read: Callable[[Mapping[str, Any]], Noun], entry: Entry) -> Noun:
        """What an entry says, read once for each version of it."""
        version, noun = self._nouns.get(entry.key, ("", None))
        if version != entry.version:
            self._nouns[entry.key] = (entry.version, noun := understood(read, entry, key=self._shown(entry)))
        return cast("Noun", noun)

    def _nouns_of(self, read: Callable[[Mapping[str, Any]], Noun], entries: Iterable[Entry]) -> list[Noun]:
        """What entries of calls say; a damaged one is remembered as that of its call, and left out."""
        found = []
        for entry in entries:
            try:
                found.append(self._noun(read, entry))
            except Damaged as damaged:
                self._damaged[self._name(entry)] = damaged
        return found

    def _shown(self, entry: Entry) -> str:
        """The key of an entry, as `state export` writes it."""
        return entry.key.removeprefix(self._prefix)

    def _name(self, entry: Entry) -> str:
        """The call that an entry belongs to, by its key alone: its value may be damaged."""
        key, start = entry.key, self._calls_start
        rest = key[len(start) :] if key.startswith(start) else self._shown(entry)
        return rest[: -len(ARMED)] if rest.endswith(ARMED) else rest.rsplit("/", 2)[0]

    def _write(
        self, wanted: Mapping[str, Any], *, without: Iterable[str] = (), known: dict[str, Entry] | None = None
    ) -> None:
        """Write these values over what was read (``known``) of their keys, and remove ``without``: all or nothing."""
        from reconciler.store import Write  # noqa: PLC0415 - keeps the module's types apart from its work

        self.use_key()
        known = self._known() if known is None else known
        gone = [key for key in without if key in known]
        version = {key: known[key].version if key in known else None for key in wanted}
        writes = [Write(key, wanted[key], version[key], wakes=self._wakes(key)) for key in wanted]
        writes += [Write(key, None, known[key].version) for key in gone]
        if not writes:
            return
        try:
            stored = self.store.put_many(writes)
        except StoreError:
            self._mark = None  # what was read may be old, and by a write of our own
            raise
        with self._lock:
            self._listed = {}
            # Where all was listed again meanwhile, it is there already, or what another wrote over it.
            for entry in stored:
                if self._entries.get(entry.key) is known.get(entry.key):
                    self._entries[entry.key] = entry
                    if self._callees is not None:
                        self._count(entry, self._callees)
            for key in gone:
                if key in self._entries and self._entries[key] is known.get(key):
                    del self._entries[key]

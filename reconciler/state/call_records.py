"""Records of scheduled calls: what is armed, and each attempt of each occurrence.

Numbers and words of callees are digests. Fields that a newer version added to a record are left out when it is read.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.redaction import mask, storable
from reconciler.schedule import timezones
from reconciler.schedule.call_report import spoken_end
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, stamp, zone
from reconciler.schedule.occurrences import parts_of
from reconciler.schedule.planned_call import PlannedCall, with_digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from reconciler.state.digests import Digests

_NOT_STORED = ("recording",)
_MOST_HOLDS = 20
BY_THE_MANIFEST = "its manifest"


class Hold(NamedTuple):
    """A hold: why, since when and until when (ISO 8601, UTC, "" for no end), and by whom; false when there is none.

    It ends by itself at that instant; ``until`` of one that was released is when it was.
    """

    why: str = ""
    since: str = ""
    by: str = ""
    until: str = ""

    def __bool__(self) -> bool:
        return bool(self.why)

    def lifted(self, until: str) -> Hold:
        """As it is remembered once it was released, or had ended by itself before."""
        ended = self.until and until and parse_instant(self.until) <= parse_instant(until)
        return self if ended else self._replace(until=until)

    def in_force(self, now: datetime) -> bool:
        """Whether it still stops calls, whatever the clock of the machine that set it showed."""
        return bool(self) and (not self.until or now < parse_instant(self.until))

    def lasts_to(self, closes: datetime) -> bool:
        """Whether one that is in force still is when a window closes."""
        return not self.until or closes <= parse_instant(self.until)

    def spoken(self, place: str = "") -> str:
        """``held until Mon 28 Dec 2026 00:00 New York: flooded``, by the clock of a zone, "" for UTC."""
        return f"held{spoken_end(self.until, place)}: {self.why}"

    def covers(self, instant: datetime) -> bool:
        """Whether it was in force at an instant; one of an older state is not dated and always was."""
        began = not self.since or parse_instant(self.since) <= instant
        return bool(self) and began and (not self.until or instant < parse_instant(self.until))


def common_zone(calls: Iterable[Armed]) -> str:
    """The zone that all armed calls are declared in; "" where there are several, or none is told."""
    specs = (it.spec for it in calls if it.state is CallState.ARMED)
    zones = {str(it.get("timezone") or (it.get("schedule") or {}).get("timezone") or "") for it in specs}
    return zones.pop() if len(zones) == 1 else ""


class Window(NamedTuple):
    """When a call that happens once may be placed, ``opens <= now < closes``."""

    opens: datetime
    closes: datetime | None


@dataclass(frozen=True)
class Armed:
    """A scheduled call that apply has armed (or cancelled).

    ``spec`` is what was declared: plain where it says when and from where, digests where it is personal.
    ``opens`` and ``closes`` are instants in ISO 8601 (UTC): the window of a call that happens once, or ""
    and the end of a recurring one ("" for never). Occurrences due before ``since`` are not its business.
    ``hold`` is why it must not be placed for now (``held`` in older states), ``past_holds`` what was held and
    released again, ``occurrence_holds`` the holds of single occurrences by their wall time. ``tzdata`` is the version
    of the time-zone data by which the instants were read, ``rules`` a digest of what it says of the zone.
    ``project`` says whose call it is, ``masked`` whom it rings as far as a reader is ever shown: it is told with a call
    that no manifest declares any more.
    """

    name: str
    state: CallState
    spec: Mapping[str, Any]
    opens: str
    closes: str
    armed_at: str
    since: str = ""
    path: str = ""
    callee: str = ""
    held: str = ""
    held_since: str = ""
    held_by: str = ""
    held_until: str = ""
    past_holds: tuple[Hold, ...] = ()
    occurrence_holds: Mapping[str, Hold] = field(default_factory=dict)
    tzdata: str = ""
    project: str = ""
    rules: str = ""
    masked: str = ""

    @cached_property
    def call(self) -> PlannedCall:
        """What was declared, as far as the ledger keeps it: no callee, no words."""
        return PlannedCall.remembered(self.name, self.spec, path=self.path, masked=self.masked)

    @property
    def hold(self) -> Hold:
        """The hold over the whole call; a false one when there is none."""
        return Hold(self.held, self.held_since, self.held_by, self.held_until)

    @property
    def declared_hold(self) -> Hold:
        """The hold that its manifest asks for, since it was armed so; a false one when it asks for none."""
        asked = self.call.hold if self.spec.get("held") else None  # most calls need not be understood for that
        if asked is None:
            return Hold()
        until = stamp(asked.until) if asked.until else ""
        return Hold(storable(asked.why), self.armed_at, BY_THE_MANIFEST, until)

    def holds_now(self, now: datetime, occurrence: str = "") -> Hold:
        """The hold that stops the call, or one of its occurrences, at this time; a false one where none does."""
        if not (self.held or self.occurrence_holds or self.spec.get("held")):
            return Hold()
        own = (self.occurrence_holds.get(parts_of(occurrence)[1], Hold()), self.hold, self.declared_hold)
        return next((hold for hold in own if hold.in_force(now)), Hold())

    def holds(self, occurrence: str) -> Iterator[Hold]:
        """Every hold there is or was over one of its occurrences, the present ones first."""
        present = (self.occurrence_holds.get(parts_of(occurrence)[1], Hold()), self.hold, self.declared_hold)
        yield from (hold for hold in (*present, *self.past_holds) if hold)

    def switched(self, hold: Hold) -> Armed:
        """Held, or released where ``hold`` is a false one; what was held until then is remembered."""
        past = (*self.past_holds, self.hold.lifted(hold.since))[-_MOST_HOLDS:] if self.hold else self.past_holds
        return replace(
            self, held=hold.why, held_since=hold.since, held_by=hold.by, held_until=hold.until, past_holds=past
        )  # fmt: skip - one call

    @cached_property
    def window(self) -> Window:
        """The window of a call that happens once, by the newer of the data it was armed by and the data here.

        A zone's rules may change after a call was armed: it is the declared wall time that counts.
        """
        stored = Window(parse_instant(self.opens), parse_instant(self.closes) if self.closes else None)
        if self.tzdata and self.tzdata >= timezones.version():
            return stored
        call = self.call
        return stored if call.at is None else Window(call.at, call.closes)

    @property
    def is_by_newer_rules(self) -> bool:
        """Whether it was armed by newer time-zone data than there is here, which say something else of its zone."""
        newer = bool(self.tzdata) and self.tzdata > timezones.version()
        return newer and self.rules != timezones.rules(self.call.zone or "UTC", parse_instant(self.armed_at).year)

    @property
    def was_moved(self) -> bool:
        """Whether the time-zone data here are newer, and say something else than what it was armed by."""
        if self.tzdata and self.tzdata >= timezones.version():
            return False
        if self.opens:
            return self.window.opens != parse_instant(self.opens)
        place = self.call.zone or "UTC"
        return bool(self.rules) and self.rules != timezones.rules(place, parse_instant(self.armed_at).year)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one occurrence of a scheduled call: the record that makes it happen at most once.

    ``to`` is a digest of the callee's number. ``occurrence`` is the call's name, with its wall time when it
    recurs. ``outcomes`` are the words of ``attempts.on`` that the finished call's own record confirms, and
    ``outcome`` says whether anybody was reached. ``recording`` is a link that is shown and never stored.
    ``earlier`` counts the missed
    occurrences before this one that were told with it.
    """

    name: str
    occurrence: str
    attempt: int
    state: CallState
    key: str = ""
    to: str = ""
    owner: str = ""
    claimed_at: str = ""
    sent_at: str = ""
    placed_at: str = ""
    closes: str = ""
    call_id: str = ""
    detail: str = ""
    code: str = ""
    status: str = ""
    end_reason: str = ""
    ended_at: str = ""
    duration_seconds: int | None = None
    cost_cents: int | None = None
    recording: str = ""
    outcome: str = ""
    outcomes: tuple[str, ...] = ()
    earlier: int = 0

    @property
    def shown_state(self) -> CallState:
        """As a reader is told: a call that the answer itself calls failed has failed, whatever is recorded yet."""
        failed = self.state is CallState.PLACED and self.status == CallState.FAILED
        return CallState.FAILED if failed else self.state


class Holds(NamedTuple):
    """The hold over all calls, a false one when there is none, and those that were released."""

    now: Hold = Hold()
    past: tuple[Hold, ...] = ()

    def switched(self, hold: Hold) -> Holds:
        """As ``Armed.switched``."""
        past = (*self.past, self.now.lifted(hold.since))[-_MOST_HOLDS:] if self.now else self.past
        return Holds(hold, past)

    def all(self) -> tuple[Hold, ...]:
        """The present one first."""
        return (self.now, *self.past) if self.now else self.past


class DueWork(NamedTuple):
    """The calls of which something may be wanted now, their attempts, and when the next of the others opens."""

    armed: dict[str, Armed]
    attempts: list[Attempt]
    next_opening: str


def armed_now(call: PlannedCall, now: datetime, before: Armed | None = None, *, digests: Digests) -> Armed:
    """What apply writes for a declared call; of what was armed ``before`` its holds, and since when it counts, stay."""
    goes_on = before is not None and before.state == CallState.ARMED
    same_times = goes_on and before is not None and _same_times(before, call, now)
    place = call.zone or "UTC"
    kept = (
        {}
        if before is None
        else {
            name: getattr(before, name) for name in ("held", "held_since", "held_by", "held_until", "occurrence_holds")
        }
        | {"past_holds": _past_holds(before, call, now)}
    )  # fmt: skip - one table
    return Armed(
        name=call.name,
        state=CallState.CANCELLED if call.cancelled else CallState.ARMED,
        spec=with_digests(call.spec, digests.of),
        opens=stamp(call.at) if call.at else "",
        closes=stamp(call.closes) if call.closes else "",
        armed_at=stamp(now),
        since=before.since if before is not None and same_times and before.since else stamp(now),
        path=call.location.path,
        callee=digests.number(call.to_number),
        masked=mask(call.to_number),
        tzdata=timezones.version(),
        rules="" if call.at else timezones.rules(place, now.year),
        **kept,
    )


def _past_holds(before: Armed, call: PlannedCall, now: datetime) -> tuple[Hold, ...]:
    """What was held until now; a hold of the manifest that it asks for no more is over from now on."""
    ended = before.declared_hold if call.hold is None else Hold()
    return (*before.past_holds, *([ended.lifted(stamp(now))] if ended else []))[-_MOST_HOLDS:]


def _same_times(before: Armed, call: PlannedCall, now: datetime) -> bool:
    """Whether what was due so far is due by the new declaration too: an exception of a past day may not be lifted."""
    was, now_is = before.call.schedule, call.schedule
    if was is None or now_is is None:
        return was is now_is
    lifted = was.exceptions - now_is.exceptions
    past = now.astimezone(zone(was.timezone)).date()
    return was.meaning == now_is.meaning and all(day > past for day in lifted)


def next_number(last: Attempt, call: Armed) -> int:
    """The number of the next attempt; the same one while it is not finished, or when it was the last.

    A second try is decided from the finished call's own record, never from an HTTP error.
    """
    retry = call.call.retry
    if retry is None or not (last.state.ended and last.ended_at) or last.attempt >= retry.most:
        return last.attempt
    return last.attempt + 1 if set(retry.on) & set(last.outcomes) else last.attempt


def stored_armed(armed: Armed) -> dict[str, Any]:
    """What is armed, as it is stored: without what says nothing, which was half of what a long list left behind."""
    return _telling(armed)


def stored_attempt(attempt: Attempt) -> dict[str, Any]:
    """An attempt as it is stored: without what says nothing, and links that open a recording to whoever reads it."""
    return {name: value for name, value in _telling(attempt).items() if name not in _NOT_STORED}


def read_armed(value: Mapping[str, Any], as_kept: Callable[[str], str] = str) -> Armed:
    """What is armed, as it was stored; ValueError and its like where what was declared cannot be understood.

    ``as_kept`` gives the digest of the callee, which an older version may have stored, as it is kept now.
    """
    holds, past = value.get("occurrence_holds"), value.get("past_holds")
    armed = Armed(
        **{
            **_known(Armed, value),
            "state": CallState(value["state"]),
            "callee": as_kept(value.get("callee", "")),
            "past_holds": tuple(Hold(*hold) for hold in past) if past else (),
            "occurrence_holds": {wall: Hold(*hold) for wall, hold in holds.items()} if holds else {},
        }
    )
    armed.call  # noqa: B018 - read now, where a damaged entry is told from a whole one
    return armed


def read_attempt(value: Mapping[str, Any], as_kept: Callable[[str], str] = str) -> Attempt:
    """An attempt as it was stored; ``as_kept`` as for ``read_armed``."""
    read = {"state": CallState(value["state"]), "to": as_kept(value.get("to", ""))}
    forgotten = {"recording": ""}  # older versions stored it
    return Attempt(**{**_known(Attempt, value), **read, **forgotten, "outcomes": tuple(value.get("outcomes", ()))})


def keyed(value: Mapping[str, Any], as_kept: Callable[[str], str]) -> Mapping[str, Any]:
    """What is stored of a call or an attempt, each digest in it as it is kept now."""
    own = {name: as_kept(value[name]) for name in ("to", "callee") if isinstance(value.get(name), str)}
    spec = value.get("spec")
    return {**value, **own, **({"spec": with_digests(spec, as_kept)} if isinstance(spec, dict) else {})}


def _telling(noun: Armed | Attempt) -> dict[str, Any]:
    """The fields that are not as where nothing is said of them; not ``asdict``, which copies what nobody changes."""
    values = ((name, getattr(noun, name), default) for name, default in _DEFAULTS[type(noun)].items())
    return {name: value for name, value, default in values if value != default}


def _known(noun: type[Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields this version knows: a state written by a newer one may hold more."""
    known = _DEFAULTS[noun]
    return value if value.keys() <= known.keys() else {name: it for name, it in value.items() if name in known}


def _default(item: Field[Any]) -> Any:
    """What a field says of nothing; what no value is equal to, where there is always something to be said."""
    return item.default if item.default_factory is MISSING else item.default_factory()


_DEFAULTS = {noun: {item.name: _default(item) for item in fields(noun)} for noun in (Armed, Attempt)}

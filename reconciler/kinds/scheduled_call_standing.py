"""How an armed call stands for a plan: what is remembered of it, its phase, and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.kinds.scheduled_call_checks import wrong
from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.left_out import list_of
from reconciler.model import Finding, Observed, Phase, Resource
from reconciler.redaction import storable
from reconciler.schedule import clock
from reconciler.schedule.call_report import spoken_end, spoken_moment
from reconciler.schedule.call_states import CallState
from reconciler.state.call_records import Armed, Attempt, next_number

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.schedule.planned_call import PlannedCall

_SHORT, _LONGEST_NAME = 2, 63


def observed_call(
    armed: Armed, attempts: Sequence[Attempt], spec: Mapping[str, Any], *, released: bool = False
) -> Observed:
    """An armed call as the engine sees a live object; ``released``: its manifest calls it off no more.

    ``spec`` is what was declared of it, with the plain digests in it that are told from the kept ones.
    """
    phase, history = _standing(armed, attempts, released=released)
    return Observed(
        kind="ScheduledCall",
        id=armed.name,
        body=_as_armed(armed, spec),
        identity=armed.name,
        name=armed.name,
        phase=phase,
        history=history,
        source=armed.path,
    )


def called_off(resources: Iterable[Resource], known: Container[str]) -> Iterator[Observed]:
    """The declared calls that their manifests call off, but those ``known`` otherwise: nothing is to be done."""
    for resource in resources:
        name = resource.address.name
        if name not in known and not resource.manifest.absent and (why := cancelled(resource)):
            history = f"is cancelled in its manifest: {storable(why)}"
            yield Observed("ScheduledCall", name, {}, name, name, Phase.SETTLED, history=history)


def cancelled(resource: Resource | None) -> str:
    """Why the manifest calls a call off; "" where it does not."""
    spec = resource.spec if resource else None
    return spec.cancelled.why if isinstance(spec, ScheduledCallSpec) and spec.cancelled else ""


def switched(made: PlannedCall) -> str:
    """What a switch in the manifest comes to: ``held until Mon 28 Dec 2026 00:00 New York: flooded``."""
    if made.cancelled or made.hold is None:
        return f"cancelled: {storable(made.cancelled)}"
    until = clock.stamp(made.hold.until) if made.hold.until else ""
    return f"held{spoken_end(until, made.zone)}: {storable(made.hold.why)}"


def untold(resources: Iterable[Resource]) -> Iterator[Observed]:
    """The declared calls where no state can be read: each may have been placed, so none is armed, or counted."""
    for resource in resources:
        if isinstance(resource.spec, ScheduledCallSpec) and not resource.manifest.absent:
            name = resource.address.name
            yield Observed("ScheduledCall", name, {}, name, name, Phase.UNKNOWN, history=_UNTOLD)


_UNTOLD = "is unknown: the state cannot be read, so it may have been placed"


def _as_armed(armed: Armed, spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was declared; where the zone's rules have changed since, with the wall time that was armed by the old ones.

    So the plan shows that the instant moved, and apply arms it anew.
    """
    if armed.state != CallState.ARMED or not armed.was_moved:
        return spec
    by = f"by time-zone data {armed.tzdata}" if armed.tzdata else "by older time-zone data"
    if not armed.opens:
        schedule = dict(spec["schedule"])
        return {**spec, "schedule": {**schedule, "timezone": f"{schedule['timezone']} {by}"}}
    wall = clock.parse_instant(armed.opens).astimezone(clock.zone(armed.call.zone or "UTC"))
    return {**spec, "at": f"{wall:%Y-%m-%dT%H:%M:%S} {by}"}


_BY_HAND = "was cancelled"  # by `calls cancel`: an attempt that is recorded so has no other origin

_STANDING: dict[CallState, tuple[Phase, str]] = {
    CallState.CLAIMED: (Phase.MOVING, "is being placed"),
    CallState.PLACED: (Phase.MOVING, "already placed on {when}"),
    CallState.UNKNOWN: (Phase.MOVING, "has an unknown outcome since {when}"),
    CallState.COMPLETED: (Phase.SETTLED, "already placed on {when}"),
    CallState.FAILED: (Phase.SETTLED, "already placed on {when}, and failed"),
    CallState.EXPIRED: (Phase.SETTLED, "was missed: its window closed unplaced"),
    CallState.CANCELLED: (Phase.SETTLED, _BY_HAND),
}


IS_ARMED = "is armed"


def of_the_one(armed: Armed, attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts of a call that happens once, in their order; none of a recurring one's."""
    if not attempts:
        return []
    own = [attempt for attempt in attempts if armed.opens and attempt.occurrence == armed.name]
    return sorted(own, key=lambda attempt: attempt.attempt)


def _standing(armed: Armed, attempts: Sequence[Attempt], *, released: bool) -> tuple[Phase, str]:
    """Where the call stands: a refused attempt rang nobody, so it may still be changed and tried again.

    So may one whose next try is to come. A recurring call has no last attempt that would settle it: there is
    always a next occurrence.
    """
    own = of_the_one(armed, attempts)
    rang = [attempt for attempt in own if attempt.state in _STANDING]
    if not rang:
        return Phase.STEADY, IS_ARMED
    last = own[-1]
    phase, history = _STANDING[rang[-1].state]
    if last.state == CallState.REFUSED or next_number(last, armed) != last.attempt:
        over = armed.state != CallState.ARMED and not (released and armed.call.cancelled)
        phase = Phase.SETTLED if over else Phase.STEADY
        history += "; its next try was cancelled" if over else "; its next try is to come"
    when = rang[-1].sent_at or rang[-1].claimed_at
    return phase, history.format(when=_to_the_minute(when, armed.call.zone) if when else "an unknown date")


def _to_the_minute(when: str, place: str) -> str:
    """A stored instant, which is in UTC, by the clock of the call."""
    return spoken_moment(f"{when[:16]}Z", place)


def never_again(resource: Resource, observed: Observed | None, now: datetime) -> Finding | None:
    """A call that is over does not ring again, whatever its document says: whoever set a new time must hear of it."""
    if observed is None or observed.phase is Phase.STEADY or cancelled(resource):
        return None
    if not isinstance(resource.spec, ScheduledCallSpec):
        return None
    spec = resource.spec
    if spec.at is None or clock.nominal(spec.at, spec.timezone).instant <= now:
        return None
    name = resource.address.name
    return wrong(
        resource,
        "at",
        "RC222",
        f"will not ring at `{spec.at}`: `{name}` {observed.history}, and a name means one call",
        _way_out(resource, observed),
    )


def _way_out(resource: Resource, observed: Observed) -> str:
    """A new name for a new call; one that was cancelled by hand and declared as it was is to be called off first."""
    name, own = resource.address.name, list_of(resource.address)
    hint = f"give the new call a new name, for example `{_another(name)}`"
    if own:
        hint = f"give the row a new key to call again, for example `{_another(name).removeprefix(f'{own}/')}`"
    same = all(resource.declared.get(key) == observed.body.get(key) for key in ("at", "timezone"))
    if observed.history != _BY_HAND or not same:
        return hint
    off = "remove its row" if own else "remove the document, or write `cancelled: {why: …}` in it"
    return f"{off}; only to call after all: {hint}"


def _another(name: str) -> str:
    """A name for the call that comes after this one: ``confirm-jane-2``."""
    stem, _, number = name.rpartition("-")
    following = f"{stem}-{int(number) + 1}" if stem and number.isdecimal() and len(number) <= _SHORT else f"{name}-2"
    return following if len(following) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 2].rstrip('-')}-2"

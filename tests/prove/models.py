"""List the small models: the situations in which a call could be placed twice, or lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from prove.actors import apply, cancel, crew, document, hold, hold_all, keys_of, manifests, settle_by_list, tick
from prove.explore import Event, Model, Part, at
from prove.world import World

if TYPE_CHECKING:
    from prove.actors import Manifests

_NAME = "confirm"
_AT = "at: 2026-12-01T18:00:00Z"  # ten in the morning where the callee is
_ONCE = manifests(document(_NAME, _AT))
_EDITED = manifests(document(_NAME, _AT, more="variables: {time: noon}"))
_MOVED = manifests(document(_NAME, "at: 2026-12-01T18:04:00Z"))
_RENAMED_FILE = manifests(document(_NAME, _AT), file="other.yaml")
_NOTHING = manifests()
_TWICE = manifests(document(_NAME, _AT, late="3h", more="attempts: {max: 2, gap: 30m}"))
_RECURRING = manifests(document(_NAME, 'schedule: {cron: "*/5 18 * * *", timezone: UTC}', late="8m"))
_EVENING = manifests(document(_NAME, "at: 2026-12-02T04:50:00Z", late="30m"))  # ten to nine in the evening there
_PAIR = manifests(document("first", _AT), document("second", _AT))
_STRANGERS = manifests(document("first", _AT), document("second", _AT, to="+14155550123"))

_KEYS = keys_of((_NAME, "first", "second"), (), 3)
_NIGHT = at("04:50:00") + timedelta(days=1)
_OF_NETWORK = frozenset({"crash", "unreachable", "lost before", "lost after", "lost late"})
_OF_ANSWERS = frozenset({"crash", "402", "409 not final", "409 final", "429", "401", "lost after", "lags"})
_OF_STORE = frozenset({"crash", "fails", "fails before", "fails after", "lost after"})


def _passes(**amount: float) -> Event:
    """True time goes on, whatever anybody is doing."""
    span = timedelta(**amount)

    def happen(world: World) -> None:
        world.now += span

    return Event(f"{span} pass", happen)


_LOSS = Event("the store is lost", World.lose_store)


def _slow(*dispatchers: tuple[str, float]) -> tuple[Part, ...]:
    return tuple(Part(name, tick(_ONCE), skew) for name, skew in dispatchers)


def _workers(declared: Manifests) -> tuple[Part, ...]:
    first, second = crew(declared)
    return Part("first worker", first, process="crew"), Part("second worker", second, process="crew")


_ONE = Model(
    name="one dispatcher, three faults",
    start=at("18:01:00"),
    prepare=(apply(_ONCE),),
    parts=_slow(("A", 0.0)),
    final=_ONCE,
    keys=_KEYS,
    events=(_passes(minutes=5), _passes(minutes=8)),
    switches=0,
    faults=3,
    happenings=2,
)
_TWO = replace(
    _ONE,
    name="two dispatchers, no lease",
    parts=_slow(("A", 0.0), ("B", 0.0)),
    leases=False,
    switches=2,
    faults=1,
    happenings=1,
    events=(_passes(minutes=9, seconds=30),),
    _kept={},
)  # fmt: skip - a model reads as one thought


def _like(model: Model, name: str, **changes: object) -> Model:
    """Another model with the same beginning."""
    return replace(model, name=name, _kept={}, **changes)  # type: ignore[arg-type]  # the fields of Model


MODELS: tuple[Model, ...] = (
    _ONE,
    _TWO,
    _like(_TWO, "two dispatchers, no lease, two faults of the network", faults=2, happenings=0, allowed=_OF_NETWORK),
    _like(_TWO, "two dispatchers, no lease, two faulty answers", faults=2, happenings=0, allowed=_OF_ANSWERS),
    _like(_TWO, "two dispatchers, no lease, two faults of the store", faults=2, happenings=0, allowed=_OF_STORE),
    _like(_TWO, "two dispatchers with a lease, two faults", leases=True, switches=0, faults=2, happenings=1),
    _like(
        _TWO,
        "two dispatchers whose clocks differ, around the opening",
        start=at("17:59:45"),
        parts=_slow(("A", 29.0), ("B", -29.0)),
        events=(_passes(seconds=20), _passes(seconds=30)),
    ),
    _like(
        _TWO,
        "two dispatchers whose clocks differ, around the end",
        start=at("18:09:20"),
        parts=_slow(("A", 29.0), ("B", -29.0)),
        events=(_passes(seconds=30), _passes(seconds=60)),
    ),
    _like(
        _TWO,
        "three dispatchers, no lease",
        parts=_slow(("A", 0.0), ("B", 0.0), ("C", 0.0)),
        happenings=0,
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "three dispatchers, ticks one after the other, three faults",
        leases=True,
        switches=0,
        faults=3,
        parts=_slow(("A", 0.0), ("B", 5.0), ("C", -5.0)),
        happenings=0,
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "the window closes while two dispatch",
        start=at("18:09:00"),
        events=(_passes(minutes=2),),
    ),
    _like(
        _TWO,
        "the document is removed meanwhile",
        leases=True,
        happenings=0,
        parts=(*_slow(("A", 0.0)), Part("apply", apply(_NOTHING), lease="apply"), *_slow(("B", 0.0))),
    ),
    _like(
        _TWO,
        "the document is removed and comes back",
        leases=True,
        happenings=0,
        parts=(
            *_slow(("A", 0.0)),
            Part("removal", apply(_NOTHING), lease="apply"),
            Part("return", apply(_RENAMED_FILE), lease="apply"),
            *_slow(("B", 0.0)),
        ),
    ),
    _like(
        _TWO,
        "variables are edited, and reverted",
        happenings=0,
        parts=(
            *_slow(("A", 0.0)),
            Part("edit", apply(_EDITED), lease="apply"),
            Part("B", tick(_EDITED)),
            Part("revert", apply(_ONCE), lease="apply"),
        ),
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "the time is edited meanwhile",
        final=_MOVED,
        leases=True,
        switches=2,
        parts=(*_slow(("A", 0.0)), Part("edit", apply(_MOVED), lease="apply"), Part("B", tick(_MOVED))),
        events=(_passes(minutes=4),),
    ),
    _like(
        _TWO,
        "the store is lost, and apply arms anew",
        events=(_LOSS, _passes(minutes=2)),
        happenings=2,
        parts=(*_slow(("A", 0.0)), Part("apply", apply(_ONCE), lease="apply"), *_slow(("B", 0.0))),
        allowed=_OF_NETWORK,
        faults=1,
        switches=1,
    ),
    _like(
        _TWO,
        "the call is held meanwhile",
        happenings=0,
        faults=1,
        parts=(*_slow(("A", 0.0)), Part("hold", hold(_NAME)), *_slow(("B", 0.0))),
    ),
    _like(
        _TWO,
        "the call is held, and released",
        happenings=0,
        faults=1,
        allowed=_OF_NETWORK,
        parts=(*_slow(("A", 0.0)), Part("hold", hold(_NAME)), Part("release", hold(_NAME, "")), *_slow(("B", 0.0))),
    ),
    _like(
        _TWO,
        "every call is held meanwhile",
        happenings=0,
        faults=1,
        allowed=_OF_NETWORK,
        parts=(*_slow(("A", 0.0)), Part("hold", hold_all), *_slow(("B", 0.0))),
    ),
    _like(
        _TWO,
        "the call is cancelled by hand meanwhile",
        happenings=0,
        faults=1,
        parts=(*_slow(("A", 0.0)), Part("cancel", cancel(_NAME)), *_slow(("B", 0.0))),
    ),
    _like(
        _TWO,
        "somebody resolves it meanwhile",
        happenings=0,
        faults=2,
        switches=1,
        allowed=_OF_NETWORK,
        parts=(*_slow(("A", 0.0)), Part("resolve", settle_by_list(_ONCE, _NAME)), *_slow(("B", 0.0))),
    ),
    _like(
        _TWO,
        "the callee's evening ends",
        start=_NIGHT,
        prepare=(apply(_EVENING),),
        final=_EVENING,
        parts=(Part("A", tick(_EVENING)), Part("B", tick(_EVENING))),
        events=(_passes(minutes=15),),
    ),
    _like(
        _TWO,
        "a second try",
        prepare=(apply(_TWICE),),
        final=_TWICE,
        happenings=2,
        leases=True,
        switches=0,
        faults=2,
        parts=tuple(Part(name, tick(_TWICE)) for name in "ABC"),
        events=(_passes(minutes=32), _passes(minutes=33)),
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "a second try, no lease",
        prepare=(apply(_TWICE),),
        final=_TWICE,
        happenings=2,
        switches=1,
        faults=1,
        parts=tuple(Part(name, tick(_TWICE)) for name in "ABC"),
        events=(_passes(minutes=2), _passes(minutes=31)),
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "a second try after an answered call",
        prepare=(apply(_TWICE),),
        final=_TWICE,
        happenings=1,
        faults=1,
        parts=tuple(Part(name, tick(_TWICE)) for name in "AB"),
        events=(_passes(minutes=32),),
        answered=True,
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "a call that recurs, two windows that overlap",
        prepare=(apply(_RECURRING),),
        final=_RECURRING,
        prepared_at=timedelta(minutes=3),
        keys=keys_of((_NAME,), tuple(at(f"18:{minute:02}:00") for minute in range(0, 60, 5)), 1),
        parts=tuple(Part(name, tick(_RECURRING)) for name in "AB"),
        events=(_passes(minutes=5), _passes(minutes=4)),
        happenings=2,
        switches=1,
        faults=1,
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "two calls to one person",
        prepare=(apply(_PAIR),),
        final=_PAIR,
        happenings=0,
        switches=1,
        faults=2,
        parts=tuple(Part(name, tick(_PAIR)) for name in "AB"),
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "two workers of one run, calls to two people",
        prepare=(apply(_STRANGERS),),
        final=_STRANGERS,
        happenings=0,
        faults=1,
        parts=_workers(_STRANGERS),
    ),
    _like(
        _TWO,
        "two workers of one run, two calls to one person",
        prepare=(apply(_PAIR),),
        final=_PAIR,
        happenings=0,
        faults=1,
        parts=_workers(_PAIR),
        allowed=_OF_NETWORK | _OF_STORE,
    ),
    _like(
        _TWO,
        "two workers of one run, and another run",
        prepare=(apply(_STRANGERS),),
        final=_STRANGERS,
        happenings=0,
        faults=1,
        parts=(*_workers(_STRANGERS), Part("B", tick(_STRANGERS))),
        allowed=_OF_NETWORK,
    ),
    _like(
        _TWO,
        "two workers of one run, one call is held meanwhile",
        prepare=(apply(_STRANGERS),),
        final=_STRANGERS,
        happenings=0,
        faults=1,
        parts=(*_workers(_STRANGERS), Part("hold", hold("second"), lease="none")),
        allowed=_OF_NETWORK,
    ),
)  # fmt: skip - one model, one thought

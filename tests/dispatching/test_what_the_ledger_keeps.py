"""Judge that a ledger reads again what others wrote, and only that."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reconciler.calls.due import agenda, todo
from reconciler.errors import Conflict, StoreError
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp
from reconciler.state import ledger as ledger_of_calls
from reconciler.state.call_records import (
    Armed,
    Attempt,
    Hold,
    read_armed,
    read_attempt,
    stored_armed,
    stored_attempt,
)
from reconciler.state.ledger import Ledger
from reconciler.store import Entry, Store, Write, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
CLAIM = Attempt("jane", "jane", 1, CallState.CLAIMED, key="k", to="someone")


class Watched(Store):
    """A store that counts how often it is listed, and fails when told to."""

    description = "watched"

    def __init__(self, store: Store) -> None:
        self._store = store
        self.listed = 0
        self.fails_after_writing = False

    def get(self, key: str) -> Entry | None:
        return self._store.get(key)

    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> list[Entry]:
        self.listed += 1
        return self._store.list(prefix, known)

    def put_many(self, writes: Sequence[Write]) -> Any:
        made = self._store.put_many(writes)
        if self.fails_after_writing:
            raise StoreError("it is not known whether that was stored")
        return made

    def refresh(self) -> str | None:
        return self._store.refresh()

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Watched]:
    with Watched(open_store("sqlite:state.db", root=tmp_path, read_only=False)) as store:
        yield store


@pytest.fixture
def other(tmp_path: Path, store: Watched) -> Iterator[Ledger]:
    del store
    with open_store("sqlite:state.db", root=tmp_path, read_only=False) as opened:
        yield Ledger(opened, "42")


def test_nothing_is_listed_again_while_nobody_else_writes(store: Watched) -> None:
    ledger = Ledger(store, "42")
    ledger.refresh()
    ledger.record(CLAIM)
    for state in (CallState.PLACED, CallState.COMPLETED):
        ledger.refresh()
        ledger.record(replace(CLAIM, state=state))
    assert [one.state for one in ledger.attempts()] == ["completed"]
    assert [one.state for one in ledger.attempts_to("someone")] == ["completed"]
    assert store.listed == 1


def test_what_another_wrote_is_known_after_refreshing(store: Watched, other: Ledger) -> None:
    ledger = Ledger(store, "42")
    ledger.refresh()
    ledger.record(CLAIM)
    assert ledger.attempts_to("someone") == [CLAIM]
    other.record(replace(CLAIM, owner="the other"))
    other.hold_all(Hold("stop"))
    ledger.refresh()
    assert ledger.attempt("jane", 1) == replace(CLAIM, owner="the other")
    assert ledger.attempts_to("someone") == [replace(CLAIM, owner="the other")]
    assert ledger.held_all().why == "stop"
    assert store.listed == 2


def test_a_write_of_unknown_outcome_is_looked_up_by_the_next_refresh(store: Watched) -> None:
    ledger = Ledger(store, "42")
    ledger.refresh()
    assert ledger.attempts() == []
    store.fails_after_writing = True
    with pytest.raises(StoreError):
        ledger.record(CLAIM)
    ledger.refresh()
    assert ledger.attempts() == [CLAIM]


def test_a_conflict_is_looked_up_by_the_next_refresh(store: Watched) -> None:
    mine, yours = Ledger(store, "42"), Ledger(store, "42")
    for ledger in (mine, yours):
        ledger.refresh()
        assert ledger.attempts() == []
    yours.record(CLAIM)
    with pytest.raises(Conflict):
        mine.record(CLAIM)
    mine.refresh()
    assert mine.attempts() == [CLAIM]


def test_threads_that_write_and_refresh_at_once_lose_nothing(store: Watched, other: Ledger) -> None:
    ledger, together = Ledger(store, "42"), Barrier(5)

    def write(number: int) -> None:
        together.wait()
        for step in range(10):
            ledger.record(replace(CLAIM, name=f"call-{number}", occurrence=f"call-{number}", attempt=step + 1))
            ledger.refresh()

    def write_elsewhere() -> None:
        together.wait()
        for step in range(10):
            other.record(replace(CLAIM, name="other", occurrence="other", attempt=step + 1))

    threads = [Thread(target=write, args=(number,)) for number in range(4)] + [Thread(target=write_elsewhere)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.refresh()
    assert len(ledger.attempts()) == len(ledger.attempts_to("someone")) == 50


def test_a_call_of_the_platform_is_held_by_the_attempt_that_names_it_now(store: Watched) -> None:
    ledger = Ledger(store, "42")
    ours = replace(CLAIM, occurrence="ours", key="ours")
    one, other = (replace(CLAIM, occurrence=name, key=name, state=CallState.PLACED) for name in ("one", "other"))
    ledger.record(replace(one, call_id="7"))
    ledger.record(replace(other, call_id="8"))
    assert ledger.holder("7", but=ours) == replace(one, call_id="7")
    assert ledger.holder("7", but=one) is None
    ledger.record(replace(one, call_id="9"))
    assert ledger.holder("7", but=ours) is None
    ledger.record(replace(other, call_id="7"))
    assert Ledger(store, "42").holder("7", but=ours) == ledger.holder("7", but=ours) == replace(other, call_id="7")


STATES = ("claimed", "placed", "refused", "unknown", "expired", "cancelled", "completed", "failed")
CALLS = some.lists(
    some.tuples(
        some.sampled_from(("armed", "cancelled")),
        some.integers(-3, 3),
        some.sampled_from((None, {"max": 2, "gap": "1s", "on": ["not_answered"]})),
        some.lists(some.sampled_from(STATES), max_size=2),
        some.booleans(),
    ),
    max_size=5,
)


@given(CALLS)
def test_what_is_left_out_of_the_pressing_calls_has_nothing_to_do(calls: list[Any]) -> None:
    memory = Journal()
    for number, (state, offset, again, tried, recurs) in enumerate(calls):
        name, opens = f"call-{number}", NOW + timedelta(minutes=20 * offset)
        schedule = {"schedule": {"cron": "*/30 * * * *", "timezone": "UTC"}}
        spec = {"attempts": again, **(schedule if recurs else {})} if again or recurs else {}
        since = stamp(NOW - timedelta(hours=1))
        armed = Armed(name, state, spec, "" if recurs else stamp(opens), "", since, since)
        memory.entries[f"42/call/{name}/armed"] = asdict(armed)
        for place, came_of_it in enumerate(tried, start=1):
            occurrence = f"{name}@{stamp(opens)}" if recurs else name
            attempt = Attempt(name, occurrence, place, came_of_it, ended_at=since, outcomes=("not_answered",))
            key = f"42/call/{name}/{stamp(opens) if recurs else 'once'}/{place}"
            memory.entries[key] = asdict(attempt)
    ledger = Ledger(memory, "42")
    for now in (NOW, NOW + timedelta(minutes=20), NOW + timedelta(hours=3)):  # what was not due then may be by now
        everything = agenda(ledger.armed(), ledger.attempts(), key=ledger.key, now=now)
        assert todo(ledger, now=now) == everything


def test_a_call_is_stored_without_the_words_that_say_nothing_and_read_as_it_was() -> None:
    plain = Armed("jane", CallState.ARMED, {"at": "2026-12-01T15:00:00Z"}, stamp(NOW), "", stamp(NOW))
    assert set(stored_armed(plain)) == {"name", "state", "spec", "opens", "closes", "armed_at"}
    held = replace(plain, held="ill", past_holds=(Hold("flooded", stamp(NOW)),), tzdata="2026a", project="east")
    for armed in (plain, held):
        assert read_armed(json.loads(json.dumps(stored_armed(armed)))) == armed
    assert set(stored_attempt(CLAIM)) == {"name", "occurrence", "attempt", "state", "key", "to"}
    ended = replace(CLAIM, outcomes=("not_answered",), duration_seconds=0, cost_cents=None, recording="https://r")
    assert read_attempt(json.loads(json.dumps(stored_attempt(ended)))) == replace(ended, recording="")


def test_calls_that_wait_for_their_time_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Journal()
    for number in range(1000):
        opens = stamp(NOW + timedelta(hours=1 if number else 0))
        armed = Armed(f"call-{number}", CallState.ARMED, {}, opens, "", stamp(NOW))
        memory.entries[f"42/call/{armed.name}/armed"] = asdict(armed)
    read: list[str] = []

    def counted(value: Mapping[str, Any], _as_kept: Callable[[str], str]) -> Armed:
        read.append(value["name"])
        return Armed(**value)

    monkeypatch.setattr(ledger_of_calls, "read_armed", counted)
    found = Ledger(memory, "42").due_work(NOW)
    assert (list(found.armed), read) == (["call-0"], ["call-0"])


@pytest.mark.parametrize("tzdata", ["", "9999z"])
def test_a_damaged_opening_stops_no_other_call(tzdata: str) -> None:
    memory = Journal()
    for name, opens in (("damaged", "2026-13-01T20:00:00Z"), ("jane", stamp(NOW + timedelta(days=400)))):
        armed = Armed(name, CallState.ARMED, {"timezone": "Europe/Rome"}, opens, "", stamp(NOW), tzdata=tzdata)
        memory.entries[f"42/call/{name}/armed"] = stored_armed(armed)
    ledger = Ledger(memory, "42")
    assert todo(ledger, now=NOW).next_opening == NOW + timedelta(days=400)
    assert list(ledger.damaged) == ["damaged"]


class Journal(Store):
    """Entries in a dictionary, to be read."""

    description = "memory"

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> Entry | None:
        raise NotImplementedError

    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> list[Entry]:
        return [Entry(key, value, "1") for key, value in sorted(self.entries.items())]

    def put_many(self, writes: Sequence[Write]) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""

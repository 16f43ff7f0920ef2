from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from prove.explore import Model, Part, everything, walks
from prove.judge import Violation
from prove.models import MODELS
from prove.world import SimulatedStore
from reconciler.calls import dispatch, due, gates, not_placed
from reconciler.schedule.call_states import CallState
from reconciler.schedule.planned_call import PlannedCall
from reconciler.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from prove.world import Actor, World
    from reconciler.calls.context import DispatchContext
    from reconciler.calls.due import Due
    from reconciler.state.call_records import Attempt

_BY_NAME = {model.name: model for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_no_schedule_places_a_call_twice_or_outside_its_window_or_loses_it(model: Model) -> None:
    explored = everything(model, limit=80)
    explored += walks(model, seed=7, count=80)
    assert explored > 40


def test_a_schedule_that_does_not_repeat_itself_is_no_exploration() -> None:
    """What is not simulated, a clock or a thread, would skip schedules in silence."""
    times = itertools.count()

    def program(_: World, actor: Actor) -> None:
        for _read in range(next(times) + 2):
            actor.at("read")

    model = replace(MODELS[0], parts=(Part("one", program),), faults=1)
    with pytest.raises(RuntimeError, match=r"choice \d+ has \d+ ways, \d+ a run ago"):
        everything(model, limit=20)


def _blind_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(ledger: Ledger, wanted: Mapping[str, Any], **_: Any) -> None:
        for key, value in wanted.items():
            found = ledger.store.get(key)
            ledger._known()[key] = ledger.store.put(key, value, expected=found.version if found else None)

    monkeypatch.setattr(Ledger, "_write", write)


def _fresh_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    request, numbers = PlannedCall.request, itertools.count()

    def fresh(order: PlannedCall, *, agent_id: Any, key: str) -> Any:
        return request(order, agent_id=agent_id, key=f"{key}-{next(numbers)}")

    monkeypatch.setattr(PlannedCall, "request", fresh)


def _settling_by_a_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(api: Any, attempt: Attempt, request: Any, **_: Any) -> Attempt:
        body = {**request, "idempotency_key": f"{attempt.key}-again"}
        reply = api.exchange("POST", "/v1/call", body, attempts=1)
        return replace(attempt, state=CallState.PLACED, call_id=str(reply.json["call_id"]))

    monkeypatch.setattr(dispatch, "settle", settle)


def _no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "GATES", tuple(gate for gate in gates.GATES if gate is not gates._window))


def _no_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gates, "GATES", tuple(gate for gate in gates.GATES if gate is not gates._hours))


def _no_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_stopped", lambda *_: None)


def _tries_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def number(last: Attempt, _: Any) -> int:
        return last.attempt + bool(last.ended_at)

    monkeypatch.setattr(due, "_next_number", number)


def _silence_about_the_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = not_placed.missed

    def silent(line: DispatchContext, due: Due, *, dry_run: bool) -> None:
        missed(line, due, dry_run=dry_run)

    monkeypatch.setattr(dispatch, "missed", silent)


def _lost_answers_taken_for_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: DispatchContext, claimed: Attempt, *__: Any) -> Attempt:
        return replace(claimed, state=CallState.REFUSED)

    monkeypatch.setattr(dispatch, "_settled", refused)


def _claims_over_whatever_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def record(line: DispatchContext, _: Due, attempt: Attempt) -> bool:
        line.ledger.refresh()
        line.ledger.record(attempt)
        return True

    monkeypatch.setattr(dispatch, "recorded", record)


def _a_store_that_never_tells_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def refresh(store: SimulatedStore) -> str:
        store._reading()
        return "as before"

    monkeypatch.setattr(SimulatedStore, "refresh", refresh)


def _explored(model: Model) -> None:
    everything(model, limit=300)
    for seed in range(20):
        walks(model, seed=seed, count=300)


@pytest.mark.parametrize(
    ("mutation", "model", "said"),
    [
        (_blind_writes, "the call is cancelled by hand meanwhile", "rang|missed|went from"),
        (_fresh_keys, "one dispatcher, three faults", "rang twice|no occurrence asked for"),
        (_settling_by_a_new_key, "one dispatcher, three faults", "rang twice"),
        (_no_window, "the window closes while two dispatch", "window"),
        (_no_hours, "the callee's evening ends", "hours of the callee"),
        (_no_second_look, "the document is removed meanwhile", "rang"),
        (_tries_without_a_reason, "a second try after an answered call", "not over and unanswered"),
        (_silence_about_the_missed, "the window closes while two dispatch", "nobody said so"),
        (_lost_answers_taken_for_refusals, "the window closes while two dispatch", "rang"),
        (_claims_over_whatever_is_there, "the call is cancelled by hand meanwhile", "rang|missed|went from"),
        (_a_store_that_never_tells_of_others, "the call is held meanwhile", "rang"),
        (_no_second_look, "two workers of one run, one call is held meanwhile", "rang"),
    ],
)
def test_the_checker_notices_when_a_safeguard_is_taken_out(
    monkeypatch: pytest.MonkeyPatch, mutation: Callable[[pytest.MonkeyPatch], None], model: str, said: str
) -> None:
    # Its own memory: what is known of the ends of schedules holds only for the code as it is.
    weakened = replace(_BY_NAME[model], _kept={})
    mutation(monkeypatch)
    with pytest.raises(Violation, match=said):
        _explored(weakened)

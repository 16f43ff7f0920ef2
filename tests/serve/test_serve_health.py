"""Health: a condition that never answers keeps neither the others nor the probe waiting."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import pytest

from reconciler.serve import health
from reconciler.serve.health import Check, Health

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def silence() -> Iterator[Event]:
    ends = Event()
    yield ends
    ends.set()


def test_a_condition_that_does_not_answer_is_told_as_that_and_the_others_as_they_are(
    silence: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> Check:
        silence.wait()
        return Check(ok=True)

    monkeypatch.setattr(health, "PATIENCE", 1.0)
    api = Check(ok=True, detail="fine")
    found = Health({}, {"state": never, "api": lambda: api})
    found.ready()
    assert found.ready() == {"state": Check(ok=False, detail="no answer for 1 s"), "api": api}


def test_a_condition_is_asked_once_for_many_who_ask_within_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def check() -> Check:
        asked.append(1)
        return Check(ok=True)

    monkeypatch.setattr(health, "FRESH", 60.0)
    found = Health({}, {"clock": check})
    assert [found.ready(), found.ready()] == [{"clock": Check(ok=True)}] * 2
    assert asked == [1]

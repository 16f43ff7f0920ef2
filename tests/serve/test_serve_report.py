"""The report of the service: a state that fails is known for a while, and what goes on failing is said once."""

from __future__ import annotations

from typing import Any, cast

import pytest

from reconciler.cli import serve_report
from reconciler.cli.serve_report import Report
from reconciler.errors import Conflict, ReconcilerError, StoreError
from reconciler.serve.metrics import Metrics

FULL = StoreError("sqlite state.db cannot grow: the disk is full")


class Said:
    def __init__(self) -> None:
        self.words: list[str] = []

    def say(self, message: str, **_: Any) -> None:
        self.words.append(message)


def report(said: Said) -> Report:
    return Report(cast("Any", said), Metrics(), cast("Any", None))


def test_a_state_that_cannot_be_written_fails_until_it_has_not_failed_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = report(Said())
    assert found.state_fails == ""
    found.failed("dispatching", FULL)
    assert found.state_fails == FULL.message
    monkeypatch.setattr(serve_report, "_LATELY", 0.0)
    assert found.state_fails == ""


@pytest.mark.parametrize("error", [Conflict("another was first"), ReconcilerError("the platform is away")])
def test_who_came_second_and_what_is_not_of_the_state_says_nothing_against_it(error: ReconcilerError) -> None:
    found = report(Said())
    found.failed("dispatching", error)
    assert found.state_fails == ""


def test_an_error_that_goes_on_is_said_once_a_minute_and_another_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said()
    found = report(said)
    for error in (FULL, FULL, StoreError("gone"), FULL):
        found.failed("dispatching", error)
    assert said.words == [f"dispatching failed: {FULL.message}", "dispatching failed: gone"]
    monkeypatch.setattr(serve_report, "_SAID_AGAIN", 0.0)
    found.failed("dispatching", FULL)
    assert len(said.words) == 3

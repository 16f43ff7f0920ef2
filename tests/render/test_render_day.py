from __future__ import annotations

from datetime import UTC, datetime

import pytest

from reconciler.model import Target
from reconciler.render.html_day import page
from reconciler.schedule.call_report import CallList, CallRow
from reconciler.schedule.call_states import CallState

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("states", "verdict", "tone"),
    [
        ("completed failed armed placed held", "Nothing missed, refused or unknown.", "clean"),
        ("refused armed", "1 refused", "stopped"),
        ("expired expired unknown refused", "2 missed, 1 of unknown outcome, 1 refused", "stopped"),
        ("", "No call within a day before or after now.", "clean"),
    ],
)
def test_its_verdict_names_what_makes_it_red(states: str, verdict: str, tone: str) -> None:
    rows = tuple(CallRow(f"call-{n}", f"call-{n}", 1, NOON, "", CallState(it)) for n, it in enumerate(states.split()))
    shown = page(CallList(Target("https://api.example", "42", "Acme"), rows), NOON, switches=False)
    assert f'<p class="verdict {tone}">{verdict}</p>' in shown

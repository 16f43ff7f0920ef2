"""Live values in the words of a manifest."""

from __future__ import annotations

import pytest

from reconciler.adoption.live import as_written
from reconciler.kinds.agent_spec import AgentSpec
from reconciler.kinds.campaign_spec import CampaignSpec


@pytest.mark.parametrize(
    ("name", "live", "said"),
    [
        ("daily_window_start", "09:00:00", "09:00"),
        ("daily_window_end", "17:30:00", "17:30"),
        ("timezone", "America/New_York", "America/New_York"),
        ("timezone", "Nowhere/At_All", "Nowhere/At_All"),
        ("max_attempts", 2, 2),
        ("start_at", None, None),
    ],
)
def test_a_live_text_is_spelt_as_a_manifest_spells_it(name: str, live: object, said: object) -> None:
    assert as_written(CampaignSpec, name, live) == said


@pytest.mark.parametrize("text", ["Hello.\n", "  two  blanks ", "${x} and $5", "{{name}}"])
def test_a_text_that_is_spoken_stays_as_it_is(text: str) -> None:
    assert as_written(AgentSpec, "prompt", text) == text

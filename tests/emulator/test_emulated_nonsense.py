"""Nonsense in every field of every route: refused or taken, and never the end of the platform."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.emulator.routing import ADMINISTRATION, ROUTES

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator import Platform

NONSENSE: tuple[Any, ...] = (
    *(None, True, 0, -1, 1001, 3.5, 10**30, "", "x", "9" * 22, "*", "http://[", "\ud83d", "2026-01-01", "+14155550142"),
    *([], {}, [1], ["a"], [None], [[]], {"a": 1}, [{"key": "a"}], {"frequency": "daily", "hour": 99}),
)
SENSE: dict[str, Any] = {
    **dict.fromkeys(("name", "title", "label", "display_name", "scenario_prompt", "content", "query"), "text"),
    "url": "https://a.example.com",
    "spec": {"function": {"name": "f"}},
    "consent_to_charge": True,
    "channel": "web",
    "target_type": "agent",
    "target_id": 1001,
    "agent_id": 1001,
    "provider": "telnyx",
    "to_number": "+14155550142",
    "from_number": "+15551230001",
    "prompt": "Hi.",
    "voice": "maya",
}
WORDS = """
accepted_responses agent allowed_domains allowed_source_cidrs audio_conditions business_hours config connection_id
contacts count credentials criteria daily_window_start draft_integration_ids embed_config event_type events
failing_turn_index file headers kind knowledge_document_ids labels matrix number numbers phone_number_id retry_on
run_count scenario_ids scenario_prompts schedule sip_config start_at status subaccount_sids timezone turn_index
variables verification_evidence_id
"""
FIELDS = sorted({*SENSE, *WORDS.split()})


def made(answered: httpx.Response) -> list[Any]:
    """The ids an answer tells of."""
    try:
        told = answered.json()
    except ValueError:
        return []
    entries = told if isinstance(told, list) else [told]
    return [entry.get("id") or entry.get("public_id") for entry in entries if isinstance(entry, dict)]


@pytest.mark.parametrize("seed", range(3))
def test_no_nonsense_ends_the_platform(http: httpx.Client, platform: Platform, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - a repeatable choice
    routes = [route for route in ROUTES if not route.path.startswith(ADMINISTRATION)]
    ids: dict[str, list[Any]] = {"int": [1001], "uuid": ["6f0a4c1e-0000-4000-8000-000000000003"], "word": ["x"]}
    for turn in range(700):
        route = rng.choice(routes)
        path = re.sub(r"\{(\w+)\}", lambda found: str(rng.choice(ids[found[1]])), route.path)
        body = dict(SENSE) if rng.random() < 0.6 else {}
        body |= {rng.choice(FIELDS): rng.choice(NONSENSE) for _ in range(rng.randint(0, 4))}
        answered = http.request(
            route.method, path, content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert answered.status_code < 500, (route, body)
        for key in made(answered):
            if isinstance(key, int | str):
                sort = ids["int" if isinstance(key, int) else "uuid"]
                sort[:] = [*sort, key][-30:]
        if turn % 50 == 0:
            platform.advance(rng.choice([1, 60, 4000]))

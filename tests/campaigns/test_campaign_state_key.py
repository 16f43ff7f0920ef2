"""Nobody who reads the state finds out who is in a campaign, and no run without its key loads or starts one."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import TYPE_CHECKING

import pytest

from campaigns.project import BEFORE, START, Campaigns, campaigns
from reconciler.contract.equality import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = "+12125550100"
VARIABLE = "RECONCILER_STATE_KEY"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Campaigns]:
    monkeypatch.delenv(VARIABLE, raising=False)
    with campaigns() as found:
        found.declare(NUMBER, start="2026-12-07T09:00")
        yield found


def kept(made: Campaigns) -> str:
    with sqlite3.connect(made.folder.root / ".reconciler" / "state.db") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(repr(row) for name in tables for row in database.execute(f"SELECT * FROM {name}"))  # noqa: S608 - our own tables


def unkeyed(made: Campaigns) -> tuple[str, ...]:
    file = (made.folder.root / "manifests" / "contacts.csv").read_bytes()
    body = [{"phone_number": NUMBER, "name": "Person 0"}]
    return hashlib.sha256(file).hexdigest(), digest(body), NUMBER


def test_a_campaign_of_one_contact_tells_nobody_who_that_is(made: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a long random secret")
    assert made.run("apply", "--yes", now=BEFORE).code == 0
    assert [found for found in unkeyed(made) if found in kept(made)] == []
    assert made.run("plan", "--detailed-exitcode", now=BEFORE).code == 0
    assert made.run("dispatch", now=START).code == 0
    assert any(request.endswith("/start") for request in made.requests)


def test_a_key_that_comes_later_loads_no_contact_again(made: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made.run("apply", "--yes", now=BEFORE).code == 0
    monkeypatch.setenv(VARIABLE, "a long random secret")
    assert made.run("plan", "--detailed-exitcode", now=BEFORE).code == 0
    made.requests.clear()
    assert made.run("dispatch", now=START).code == 0
    assert [request for request in made.requests if "contacts" in request] == []
    assert any(request.endswith("/start") for request in made.requests)
    assert [found for found in unkeyed(made) if found in kept(made)] == []


def test_a_run_without_the_states_key_starts_no_campaign(made: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "a long random secret")
    assert made.run("apply", "--yes", now=BEFORE).code == 0
    monkeypatch.setenv(VARIABLE, "another one")
    made.requests.clear()
    assert made.run("dispatch", now=START).code == 1
    assert [request for request in made.requests if not request.startswith("GET")] == []

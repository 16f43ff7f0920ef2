from __future__ import annotations

import json
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from postgres_server import PostgresServer, running_server
from waiting import until

from serve.site_under_test import call, whole_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serve.site_under_test import Site

CALLS = 24
RATE = 8
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


def test_three_replicas_on_one_database_keep_the_rate_and_lose_nothing_when_one_is_killed(
    site: Site, postgres: PostgresServer
) -> None:
    settings = (site.root / "reconciler.yaml").read_text()
    settings = settings.replace("calls_per_run: 1000", f"calls_per_run: 1000, calls_per_second: {RATE}")
    (site.root / "reconciler.yaml").write_text(f"{settings}state: {postgres.url()}\n")
    site.apply()
    replicas = [site.serve("--every", "1h") for _ in range(3)]
    assert len({it.url for it in replicas}) == 3
    at = whole_second(ahead=site.patience)
    site.declare(*(call(f"call-{number}", at, f"+1415556{1000 + number}") for number in range(CALLS)))
    site.apply()
    until(lambda: len(site.dialled()) > CALLS // 3, "the first third")
    max(replicas, key=lambda it: len(it.said("call")) or len(it.lines)).stop(signal.SIGKILL)
    until(lambda: len({to for _, to in site.dialled()}) == CALLS, "every call")
    times = sorted(when for when, _ in site.dialled())
    assert times[0] >= at
    assert len(site.ask("GET", "/v1/calls", params={"limit": 100})["results"]) == CALLS
    for second in range(1, CALLS // RATE):
        assert sum(when - at < timedelta(seconds=second) for when in times) <= RATE * second + 1


def test_a_database_that_loses_every_connection_again_and_again_makes_no_call_twice_or_lost(
    site: Site, postgres: PostgresServer
) -> None:
    settings = (site.root / "reconciler.yaml").read_text()
    (site.root / "reconciler.yaml").write_text(f"{settings}state: {postgres.url()}\n")
    site.apply()
    replicas = [site.serve() for _ in range(2)]
    assert len({it.url for it in replicas}) == 2
    at = whole_second(ahead=2 * site.patience)
    people = [f"+1415557{2000 + number}" for number in range(CALLS)]
    site.declare(*(call(f"call-{to[-4:]}", at + timedelta(seconds=n // 4), to) for n, to in enumerate(people)))
    site.apply()
    until(site.dialled, "the first call")
    for _ in range(4):
        postgres.execute(CUT)
        until(lambda: all(it.get("/healthz").status_code == 200 for it in replicas), "life")
    until(lambda: len({to for _, to in site.dialled()}) == CALLS, "every call")
    assert len(site.ask("GET", "/v1/calls", params={"limit": 100})["results"]) == CALLS
    until(lambda: all(it.get("/readyz").status_code == 200 for it in replicas), "ready again")
    until(lambda: states(site) == {"placed"}, "every call is recorded")


def states(site: Site) -> set[str]:
    shown = json.loads(site.run("state", "show", "--format", "json").stdout)
    attempts = {key: it for key, it in shown["entries"].items() if key.startswith("call/") and key.endswith("/1")}
    return {"placed" if it["call_id"] else str(it["state"]) for it in attempts.values()}

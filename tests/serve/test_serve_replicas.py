from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from postgres_server import PostgresServer, running_server

from serve.site_under_test import call, until, whole_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serve.site_under_test import Site

CALLS = 24
RATE = 8


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
    early = [when for when in times if (when - times[0]).total_seconds() < 1]
    assert len(early) <= RATE + 1

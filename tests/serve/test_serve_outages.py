"""Replicas on one PostgreSQL server of their own that is restarted, stopped for a while, and hangs."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from postgres_server import PostgresServer, running_server
from waiting import until

from serve.site_under_test import call, event, whole_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serve.site_under_test import Service, Site

CALLS = 24


@pytest.fixture
def postgres(site: Site) -> Iterator[PostgresServer]:
    with running_server() as server:
        settings = (site.root / "reconciler.yaml").read_text()
        (site.root / "reconciler.yaml").write_text(f"{settings}state: {server.url()}\n")
        yield server


def replicas(site: Site) -> list[Service]:
    site.apply()
    found = [site.serve() for _ in range(2)]
    assert len({it.url for it in found}) == 2
    return found


def declare(site: Site) -> set[str]:
    at = whole_second(ahead=2 * site.patience)
    people = [f"+1415557{2000 + number}" for number in range(CALLS)]
    site.declare(*(call(f"call-{to[-4:]}", at + timedelta(seconds=n // 4), to) for n, to in enumerate(people)))
    site.apply()
    until(site.dialled, "the first call")
    return set(people)


def is_ready(service: Service) -> bool:
    return service.get("/readyz").status_code == 200


def placed_once_each(site: Site, people: set[str]) -> None:
    until(lambda: {to for _, to in site.dialled()} == people, "every call")
    until(lambda: states(site) == {"placed"}, "every call is recorded")
    assert len(site.ask("GET", "/v1/calls", params={"limit": 100})["results"]) == len(people)


def states(site: Site) -> set[str]:
    shown = json.loads(site.run("state", "show", "--format", "json").stdout)
    attempts = {key: it for key, it in shown["entries"].items() if key.startswith("call/") and key.endswith("/1")}
    return {"placed" if it["call_id"] else str(it["state"]) for it in attempts.values()}


def test_a_server_that_is_restarted_in_the_middle_of_a_burst_costs_no_call_and_makes_none_twice(
    site: Site, postgres: PostgresServer
) -> None:
    serving = replicas(site)
    people = declare(site)
    for how in (signal.SIGINT, signal.SIGQUIT):
        postgres.restart(how)
    placed_once_each(site, people)
    until(lambda: all(map(is_ready, serving)), "ready again")
    assert [it for service in serving for it in service.words if "Traceback" in it] == []


def test_while_the_server_is_stopped_a_replica_is_alive_not_ready_and_says_what_it_cannot_show(
    site: Site, postgres: PostgresServer
) -> None:
    serving = replicas(site)
    people = declare(site)
    postgres.stop()
    try:
        until(lambda: not any(map(is_ready, serving)), "not ready")
        asked = {path: serving[0].get(path).status_code for path in ("/healthz", "/metrics", "/")}
        assert asked == {"/healthz": 200, "/metrics": 200, "/": 503}
        assert serving[0].send(event("telephony.complete", "while-away", call_id=1)).status_code == 503
    finally:
        postgres.start()
    placed_once_each(site, people)
    until(lambda: all(map(is_ready, serving)), "ready again")
    assert serving[0].get("/").status_code == 200
    assert [it for service in serving for it in service.words if "Traceback" in it] == []


def test_while_the_server_hangs_probes_are_answered_and_afterwards_every_call_is_placed_once(
    site: Site, postgres: PostgresServer
) -> None:
    serving = replicas(site)
    people = declare(site)
    with postgres.frozen():
        until(lambda: not any(map(is_ready, serving)), "not ready")
        found = serving[0].get("/readyz").json()["checks"]
        assert (found["state"], serving[0].get("/healthz").status_code) == (
            {"ok": False, "detail": "no answer for 3 s"},
            200,
        )
    placed_once_each(site, people)
    until(lambda: all(map(is_ready, serving)), "ready again")

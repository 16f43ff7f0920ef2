from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from waiting import PATIENCE, until

from reconciler.store.sqlite import SqliteStore
from serve.site_under_test import LATE, call, whole_second

if TYPE_CHECKING:
    from serve.site_under_test import Site

HANGS = 25.0  # seconds
KEY = "900001/lease/dispatch"


def hang(site: Site, method: str, path: str, times: int = 1, *, seconds: float = HANGS) -> None:
    site.ask("POST", "/emulator/faults", json={"method": method, "path": path, "delay": seconds, "times": times})


def lateness(site: Site, due: dict[str, datetime]) -> dict[str, timedelta]:
    """How late each was dialled that was not dialled in time."""
    left = max(due.values()) - datetime.now(UTC)
    until(lambda: len(site.dialled()) >= len(due), "requests to dial", patience=left.total_seconds() + PATIENCE)
    late = {whom: when - due[whom] for when, whom in site.dialled()}
    return {whom: each for whom, each in late.items() if not timedelta(0) <= each <= LATE}


def test_a_request_to_dial_that_hangs_delays_neither_its_own_burst_nor_the_later_ones(site: Site) -> None:
    site.apply()
    site.serve()
    at = whole_second(ahead=2 * site.patience)
    due = {f"+1415557{1000 + number}": at + timedelta(seconds=number // 2) for number in range(10)}
    hang(site, "POST", "/v1/call")
    site.declare(*(call(f"call-{to[-4:]}", when, to) for to, when in due.items()))
    site.apply()
    assert lateness(site, due) == {}


def test_as_many_hanging_requests_as_may_be_in_flight_do_not_hold_the_next(site: Site) -> None:
    site.apply()
    site.serve()
    at = whole_second(ahead=2 * site.patience)
    due = {f"+1415558{1000 + number}": at + timedelta(seconds=number // 8) for number in range(12)}
    hang(site, "POST", "/v1/call", times=8)
    site.declare(*(call(f"call-{to[-4:]}", when, to) for to, when in due.items()))
    site.apply()
    assert lateness(site, due) == {}


def test_more_hanging_requests_than_there_are_workers_do_not_keep_the_next_calls_waiting(site: Site) -> None:
    site.apply()
    site.serve()
    at, hanging = whole_second(ahead=2 * site.patience), 32
    due = {f"+1415558{2000 + number}": at + timedelta(seconds=6 * (number // hanging)) for number in range(hanging + 2)}
    hang(site, "POST", "/v1/call", times=hanging)
    site.declare(*(call(f"call-{to[-4:]}", when, to) for to, when in due.items()))
    site.apply()
    late = lateness(site, due)
    assert {to: late[to] for to in list(due)[hanging:] if to in late} == {}


@pytest.mark.parametrize("path", ["/v1/agents", "/v1/calls"])
def test_a_look_at_the_account_that_hangs_makes_no_call_late(site: Site, path: str) -> None:
    site.apply()
    site.serve()
    at = whole_second(ahead=2 * site.patience)
    due = {f"+1415559{1000 + number}": at + timedelta(seconds=20 * number) for number in range(2)}
    site.declare(*(call(f"call-{to[-4:]}", when, to) for to, when in due.items()))
    site.apply()
    until(site.dialled, "the first call")
    hang(site, "GET", path)
    assert lateness(site, due) == {}


def test_the_lease_of_a_replica_that_died_on_another_host_is_taken_over_within_six_seconds(site: Site) -> None:
    site.apply()
    service = site.serve("--every", "1h")
    assert service.url
    at = whole_second(ahead=2 * site.patience)
    site.declare(call("one", at, "+14155551000"))
    site.apply()
    now = datetime.now(UTC)
    left_behind = {
        "owner": "a replica on another host",
        "since": now.isoformat(),
        "expires": (now + timedelta(hours=1)).isoformat(),
        "silence": 5.0,
    }
    with SqliteStore(site.root, ".reconciler/state.db") as store:
        found = store.get(KEY)
        store.put(KEY, left_behind, expected=found.version if found else None)
    looked = max(at - timedelta(seconds=3), now)  # a turn begins so long before an instant
    until(site.dialled, "the call", patience=(at - now).total_seconds() + PATIENCE)
    ((when, _),) = site.dialled()
    assert at <= when <= looked + timedelta(seconds=6) + LATE


def test_asked_to_stop_it_leaves_to_others_what_has_no_answer_when_the_announced_time_is_over(site: Site) -> None:
    site.apply()
    service = site.serve()
    hang(site, "POST", "/v1/call", seconds=50.0)
    at = whole_second(ahead=2 * site.patience)
    site.declare(call("one", at, "+14155551000", ", late: 30m"))
    site.apply()
    until(site.dialled, "the call", patience=(at - datetime.now(UTC)).total_seconds() + PATIENCE)
    assert service.stop() == 0
    site.ask("DELETE", "/emulator/faults")
    site.serve()
    until(lambda: site.attempt("one").get("call_id"), "whoever comes next settles it")
    assert len(site.ask("GET", "/v1/calls")["results"]) == 1


def test_asked_to_stop_it_waits_for_the_answer_that_is_in_flight_and_records_it(site: Site) -> None:
    site.apply()
    service = site.serve()
    hang(site, "POST", "/v1/call")
    at = whole_second(ahead=2 * site.patience)
    site.declare(call("one", at, "+14155551000"), call("later", at + timedelta(minutes=5), "+14155551001"))
    site.apply()
    until(site.dialled, "the call", patience=(at - datetime.now(UTC)).total_seconds() + PATIENCE)
    assert service.stop() == 0
    assert datetime.now(UTC) < at + timedelta(minutes=5)
    assert (site.attempt("one")["call_id"] != "", site.attempt("later")) == (True, {})

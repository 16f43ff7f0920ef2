"""A service that is always on, at a platform that signs, delivers, doubles, delays and is cut off."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from waiting import PATIENCE, until

from acceptance.platform import Fault
from acceptance.projects import PROJECT, call
from acceptance.service import Service, service, whole_second
from acceptance.webhooks import Postman

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

SECOND = timedelta(seconds=1)
LATE = 10 * SECOND  # more than a busy machine needs, less than the next look would cost
PEOPLE = [f"+1415555{number}" for number in range(1000, 1012)]


def declare(project: Project, people: list[str]) -> dict[str, datetime]:
    """A call to each of them, two a second; when each is due."""
    began = time.monotonic()
    assert project.run("apply", "--yes").code == 0
    at = whole_second(ahead=10 + 4 * (time.monotonic() - began))
    due = {to: at + (number // 2) * SECOND for number, to in enumerate(people)}
    project.write("reconciler.yaml", f"{PROJECT}limits: {{calls_per_run: 1000}}\n")
    documents = [call(f"call-{to[-4:]}", at=when.isoformat(), to=to) for to, when in due.items()]
    project.write("manifests/calls.yaml", "---\n".join(documents))
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said
    return due


def calls_by_person(platform: SecondPlatform) -> Counter[str]:
    return Counter(it["to_number"] for it in platform.dialled)


def end(platform: SecondPlatform, one: dict[str, Any]) -> None:
    """One call's people hang up."""
    now = datetime.now(UTC).isoformat()
    with platform.lock:
        one |= {"status": "completed", "end_reason": "agent_end", "duration_seconds": 1, "end_time": now}


def life(platform: SecondPlatform, postman: Postman, count: int) -> None:
    """Every call ends, and is told of, the newest of those under way first."""
    told: set[int] = set()
    while len(told) < count:
        under_way = until(lambda: [it for it in platform.dialled if it["call_id"] not in told], "a call")
        for one in reversed(under_way):
            end(platform, one)
            postman.deliver(one)
            told.add(one["call_id"])


def test_every_call_is_at_its_instant_none_is_placed_twice_and_every_end_is_known_once_it_is_told(
    project: Project, platform: SecondPlatform
) -> None:
    with service(project, "--every", "1h") as serving:
        postman = Postman(serving.url, copies=3)
        due = declare(project, PEOPLE)
        living = Thread(target=life, args=(platform, postman, len(due)), daemon=True)
        living.start()
        left = (max(due.values()) - datetime.now(UTC)).total_seconds()
        until(lambda: len(serving.ended()) == len(due), "every end", patience=left + PATIENCE)
        living.join()
        known = serving.ended()
    began = {it["to_number"]: datetime.fromisoformat(it["start_time"]) for it in platform.dialled}
    assert {to: began[to] - when for to, when in due.items() if not timedelta(0) <= began[to] - when <= LATE} == {}
    assert calls_by_person(platform) == dict.fromkeys(due, 1)
    late = {id_: known[id_] - told for id_, told in postman.delivered.items() if known[id_] - told > LATE}
    assert late == {}


def test_an_end_that_is_told_before_the_request_that_dialled_is_answered_is_known_all_the_same(
    project: Project, platform: SecondPlatform
) -> None:
    with service(project, "--every", "1h") as serving:
        postman = Postman(serving.url)

        def dialled(one: dict[str, Any]) -> None:
            end(platform, one)
            postman.deliver(one)

        platform.when_dialled = dialled
        declare(project, PEOPLE[:1])
        until(lambda: len(serving.ended()) == 1, "its end")
    assert calls_by_person(platform) == {PEOPLE[0]: 1}


def test_an_end_that_the_platform_shows_only_after_it_told_of_it_is_known_without_another_event(
    project: Project, platform: SecondPlatform
) -> None:
    with service(project, "--every", "1h") as serving:
        postman = Postman(serving.url)
        declare(project, PEOPLE[:1])
        (one,) = until(lambda: platform.dialled, "the call")
        until(lambda: placed(serving) == 1, "it is known to be placed")
        postman.deliver(one)
        until(lambda: asked(platform, one), "the question how it ended")
        end(platform, one)
        until(lambda: len(serving.ended()) == 1, "its end")


def asked(platform: SecondPlatform, one: dict[str, Any]) -> bool:
    return any(it.path == f"/v1/calls/{one['call_id']}" for it in platform.requests)


def test_an_end_of_which_no_event_tells_is_found_by_asking(project: Project, platform: SecondPlatform) -> None:
    with service(project, "--every", "1s") as serving:
        assert serving.url
        declare(project, PEOPLE[:2])
        until(lambda: len(platform.dialled) == 2, "the calls")
        platform.end_calls()
        until(lambda: len(serving.ended()) == 2, "their ends")


@pytest.mark.parametrize("acts", [False, True], ids=["nothing arrives", "every answer is lost"])
def test_a_platform_that_is_cut_off_for_a_while_gets_every_call_once(
    project: Project, platform: SecondPlatform, *, acts: bool
) -> None:
    with service(project) as serving:
        assert serving.url
        due = declare(project, PEOPLE[:4])
        platform.faults += [
            Fault("POST", "/v1/call", how="cut", acts=acts, times=6),
            Fault("GET", "/v1/calls", how="cut", times=6),
        ]
        until(lambda: not any(it.times for it in platform.faults) or len(platform.dialled) == 4, "the cut")
        for fault in platform.faults:
            fault.times = 0
        until(lambda: set(calls_by_person(platform)) == set(due), "every call")
        until(lambda: placed(serving) == 4, "every call is known to be placed")
    assert calls_by_person(platform) == dict.fromkeys(due, 1)


def placed(serving: Service) -> int:
    return len({it["name"] for it in serving.said("call") if it["state"] == "placed"})

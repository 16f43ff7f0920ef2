"""Judge that many calls under way are asked about by one list, and few by a request each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from reconciler.api import Reply
from reconciler.calls.follow import follow
from reconciler.errors import Rejected
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp
from reconciler.state.call_records import Attempt
from reconciler.state.digests import PLAIN

if TYPE_CHECKING:
    from reconciler.api import Api

NOW = datetime(2026, 12, 1, 15, 0, tzinfo=UTC)
ENDED = {"status": "completed", "end_time": "2026-12-01T15:00:30Z", "sip_answered_at": None}


class Platform:
    """The list of calls, and each call's own record; only the record tells how one ended."""

    def __init__(self) -> None:
        self.ended: set[int] = set()
        self.unlisted: set[int] = set()
        self.lists = True
        self.asked: list[Any] = []

    def server_offset(self) -> float:
        return 2.0

    def items(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        self.asked.append((path, params["start_date"]))
        if not self.lists:
            raise Rejected("no", method="GET", path=path, status=400)
        shown = [number for number in range(1, 200) if number not in self.unlisted]
        return [
            {"call_id": one, "status": "completed" if one in self.ended else "in_progress", "duration_seconds": 7}
            for one in shown
        ]

    def exchange(self, method: str, path: str, *, attempts: int, timeout: float) -> Reply:
        assert (method, attempts) == ("GET", 1)
        number = int(path.rpartition("/")[2])
        self.asked.append(number)
        return Reply(200, {"call_id": number, **(ENDED if number in self.ended else {"status": "in_progress"})}, {})


def placed(count: int, *, first: int = 1, sent: datetime = NOW) -> list[Attempt]:
    return [
        Attempt(f"call-{one}", f"call-{one}", 1, CallState.PLACED, call_id=f"{one}", sent_at=stamp(sent))
        for one in range(first, first + count)
    ]


@pytest.fixture
def platform() -> Platform:
    return Platform()


def followed(platform: Platform, attempts: list[Attempt]) -> list[Attempt]:
    return follow(cast("Api", platform), attempts, PLAIN)


def test_a_burst_is_asked_about_by_one_list(platform: Platform) -> None:
    told = followed(platform, placed(60))
    assert platform.asked == [("/v1/calls", "2026-12-01T14:59:57+00:00")]
    assert [(one.call_id, one.state, one.status) for one in told] == [
        (f"{number}", "placed", "in_progress") for number in range(1, 61)
    ]


def test_how_one_of_many_ended_is_told_by_its_own_record(platform: Platform) -> None:
    platform.ended = {7}
    told = followed(platform, placed(60))
    assert platform.asked[1:] == [7]
    assert [one.call_id for one in told if one.state == "completed"] == ["7"]
    assert told[6].outcomes == ("not_answered",)


def test_what_the_list_does_not_show_is_asked_about_by_itself(platform: Platform) -> None:
    platform.unlisted = {3, 9}
    told = followed(platform, placed(60))
    assert sorted(platform.asked[1:]) == [3, 9]
    assert {one.state for one in told} == {"placed"}


def test_a_list_that_cannot_be_read_costs_a_request_each(platform: Platform) -> None:
    platform.lists = False
    assert {one.status for one in followed(platform, placed(60))} == {"in_progress"}
    assert sorted(platform.asked[1:]) == list(range(1, 61))


def test_few_are_asked_about_each(platform: Platform) -> None:
    followed(platform, placed(5))
    assert sorted(platform.asked) == [1, 2, 3, 4, 5]


def test_what_was_placed_long_ago_does_not_make_the_list_longer(platform: Platform) -> None:
    long_ago = placed(60, first=100, sent=NOW - timedelta(days=7))
    platform.unlisted = set(range(100, 160))
    followed(platform, long_ago + placed(60))
    assert platform.asked[0] == ("/v1/calls", "2026-12-01T14:59:57+00:00")
    assert sorted(platform.asked[1:]) == list(range(100, 160))

"""Contacts are loaded once, whatever happens to the requests; and what is wrong with them is said at its line."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from campaigns.project import Campaigns, campaigns, people
from reconciler.kinds import campaign_load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Send = Callable[..., httpx.Response]

ERROR, REFUSED, IN_PART = 1, 3, 4
CONTACTS = "/contacts"


class Killed(BaseException):
    """Nothing is done any more."""


@pytest.fixture
def project() -> Iterator[Campaigns]:
    with campaigns() as made:
        yield made


@pytest.fixture
def chunks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign_load, "MOST", 2)


def _lost(request: httpx.Request, send: Send) -> httpx.Response:
    send()
    raise httpx.ReadError("cut", request=request)


def _never_sent(request: httpx.Request, send: Send) -> httpx.Response:
    del send
    raise httpx.ConnectError("down", request=request)


def _cut_before(request: httpx.Request, send: Send) -> httpx.Response:
    del send
    raise httpx.ReadError("cut", request=request)


def _fails_after(request: httpx.Request, send: Send) -> httpx.Response:
    send()
    return httpx.Response(502, request=request)


def _fails_before(request: httpx.Request, send: Send) -> httpx.Response:
    del send
    return httpx.Response(503, request=request)


def _killed_before(request: httpx.Request, send: Send) -> httpx.Response:
    raise Killed


def _killed_after(request: httpx.Request, send: Send) -> httpx.Response:
    send()
    raise Killed


def _garbled(request: httpx.Request, send: Send) -> httpx.Response:
    send()
    return httpx.Response(201, text="<html>", request=request)


def _throttled(request: httpx.Request, send: Send) -> httpx.Response:
    del send
    return httpx.Response(429, request=request)


FAULTS = [
    _lost,
    _never_sent,
    _cut_before,
    _fails_after,
    _fails_before,
    _killed_before,
    _killed_after,
    _garbled,
    _throttled,
]  # fmt: skip - one list of names


def at(place: int, fault: Any) -> Callable[[httpx.Request, Send], httpx.Response]:
    """The fault at one of the requests that load contacts."""
    seen = iter(range(100))

    def through(request: httpx.Request, send: Send) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith(CONTACTS) and next(seen) == place:
            answer: httpx.Response = fault(request, send)
            return answer
        return send()

    return through


def attempt(project: Campaigns, through: Any) -> None:
    with contextlib.suppress(Killed):
        project.apply(through=through)


def test_contacts_are_loaded_by_the_apply_that_creates_the_campaign(project: Campaigns) -> None:
    project.declare(*people(3))
    project.applied()
    assert project.loaded() == dict.fromkeys(people(3), 1)
    clean = project.run("plan", "--detailed-exitcode")
    assert clean.code == 0, clean.text
    project.applied()
    assert project.sent(CONTACTS) == 1


@pytest.mark.usefixtures("chunks_of_two")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.lstrip("_"))
@pytest.mark.parametrize("place", range(3))
def test_nobody_is_loaded_twice_whatever_happens_at_any_chunk(project: Campaigns, place: int, fault: Any) -> None:
    project.declare(*people(5))
    attempt(project, at(place, fault))
    assert max(project.loaded().values(), default=0) <= 1
    attempt(project, at(0, fault))
    assert max(project.loaded().values(), default=0) <= 1
    project.applied()
    assert project.loaded() == dict.fromkeys(people(5), 1)
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_request_that_arrived_although_its_answer_was_lost_is_not_sent_again(project: Campaigns) -> None:
    project.declare(*people(3))
    said = project.apply(through=at(0, _lost))
    assert (said.code, project.sent(CONTACTS)) == (0, 1), said.text


def test_another_file_after_the_load_is_an_error_that_names_the_ways_out(project: Campaigns) -> None:
    project.declare(*people(3))
    project.applied()
    project.declare(*people(4))
    said = project.run("plan")
    assert said.code == ERROR
    assert "the file is not the one that was loaded" in said.text
    assert "campaign of a new name" in " ".join(said.text.split())
    assert project.apply().code == IN_PART
    assert project.loaded() == dict.fromkeys(people(3), 1)


def _with(request: httpx.Request, contacts: list[Any]) -> httpx.Request:
    """The same request with other contacts."""
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    return httpx.Request("POST", request.url, json={"contacts": contacts}, headers=headers)


def test_contacts_that_somebody_else_put_there_are_not_added_to(project: Campaigns) -> None:
    def by_a_colleague(request: httpx.Request, send: Send) -> httpx.Response:
        send(_with(request, [{"phone": f"+1212555099{place}"} for place in range(3)]))
        raise httpx.ReadError("cut", request=request)

    project.declare(*people(2))
    assert project.apply(through=at(0, by_a_colleague)).code == IN_PART
    again = project.apply()
    assert again.code == IN_PART, again.text
    assert "it holds 3 contacts" in again.text
    assert project.loaded().total() == 3


def test_a_campaign_of_the_dashboard_with_contacts_is_adopted_and_not_loaded(project: Campaigns) -> None:
    project.declare(*people(2))
    project.applied()
    for file in (project.folder.root / ".reconciler").glob("state.db*"):
        file.unlink()
    said = project.apply()
    assert "it holds 2 contacts that this tool did not load" in said.text
    assert project.loaded() == dict.fromkeys(people(2), 1)


def test_rows_that_the_platform_refuses_are_named_by_line_and_nothing_is_started(project: Campaigns) -> None:
    def second_is_refused(request: httpx.Request, send: Send) -> httpx.Response:
        contacts = json.loads(request.content)["contacts"]
        contacts[1]["phone"] = "no number"
        return send(_with(request, contacts))

    project.declare(*people(3), start="2026-12-07T09:00")
    said = project.apply(through=at(0, second_is_refused))
    assert said.code == IN_PART
    assert "refused 1 of 3 contacts (line 3)" in said.text
    assert people(3)[1] not in said.text
    again = project.run("plan")
    assert "RC242" in again.text


@pytest.mark.parametrize(
    ("table", "code", "where"),
    [
        ("phone,name\n+12125550101,A\n+12125550101,B\n", "RC177", "contacts.csv:3:1"),
        ("name,phone\nA,12\n", "RC176", "contacts.csv:2:3"),
        ("name,phone\nA,\n", "RC176", "contacts.csv:2:3"),
        ("name\nA\n", "RC171", "contacts.csv:1:1"),
        ("", "RC171", "contacts.csv:1:1"),
        ("phone,phone_number\n+12125550101,+12125550102\n", "RC171", "contacts.csv:1:1"),
        ("phone\n+12125550101,x\n", "RC171", "contacts.csv:2:1"),
    ],
)
def test_a_wrong_row_is_said_at_its_line_and_column(project: Campaigns, table: str, code: str, where: str) -> None:
    project.declare()
    (project.folder.root / "manifests" / "contacts.csv").write_text(table)
    said = project.run("validate")
    assert said.code == ERROR
    assert code in said.text
    assert where in said.text
    assert "+12125550101" not in said.text


def test_a_table_without_rows_loads_nobody(project: Campaigns) -> None:
    project.declare(table="phone,name\n")
    project.applied()
    assert project.sent(CONTACTS) == 0


def test_more_contacts_than_the_limit_are_refused(project: Campaigns) -> None:
    (project.folder.root / "reconciler.yaml").write_text("limits: {contacts_per_campaign: 2}\n")
    project.declare(*people(3))
    said = project.apply()
    assert (said.code, project.requests) == (REFUSED, [])
    assert "3 contacts, limit 2" in said.text


def test_contacts_where_it_is_night_within_the_daily_window_are_named_by_line(project: Campaigns) -> None:
    (project.folder.root / "reconciler.yaml").write_text('calling_hours: {start: "08:00", end: "21:00"}\n')
    window = {"daily_window_start": "09:00", "daily_window_end": "17:00"}
    project.declare(people(1)[0], "+18085550102", start="2026-12-07T09:00", **window)
    said = project.run("plan")
    assert said.code == ERROR
    assert "where 1 contact may be: line 3" in said.text


@pytest.mark.parametrize(
    ("hours", "window", "fits"),
    [
        (("00:00", "24:00"), ("00:00", "23:59"), True),  # whatever the clock there shows
        (("03:00", "11:00"), ("09:00", "17:00"), True),  # in Guam, a day later
        (("04:00", "11:00"), ("09:00", "17:00"), False),
        (("08:00", "21:00"), ("09:00", "17:00"), False),
        (("08:00", "21:00"), ("14:00", "23:59"), True),
        (("08:00", "21:00"), ("13:00", "23:59"), False),
    ],
)
def test_the_daily_window_is_read_by_the_clock_there_whatever_the_date_is(
    project: Campaigns, hours: tuple[str, str], window: tuple[str, str], fits: object
) -> None:
    (project.folder.root / "reconciler.yaml").write_text(f'calling_hours: {{start: "{hours[0]}", end: "{hours[1]}"}}\n')
    project.declare(
        "+16715550102",
        start="2026-12-07T09:00",
        daily_window_start=window[0],
        daily_window_end=window[1],
        timezone="America/Los_Angeles",
    )
    assert ("RC243" not in project.run("plan").text) is fits


def test_the_plan_says_whom_it_rings_for_how_much_and_when(project: Campaigns) -> None:
    project.declare(*people(3), start="2026-12-07T09:00", max_attempts=2)
    said = project.run("plan", "--format", "json")
    change = next(it for it in json.loads(said.out)["changes"] if it["action"] == "arm")
    assert change["sentence"].startswith("rings 3 people, at most $0.24, between 00:00 and 23:59 America/New_York")
    assert change["consequences"] == ["rings_a_person", "spends_money"]

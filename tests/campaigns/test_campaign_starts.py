"""A campaign is started by dispatch alone, at most once, inside its window, and paused by hold."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from campaigns.project import BEFORE, START, Campaigns, campaigns, people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Send = Callable[..., httpx.Response]

SPEC: dict[str, Any] = {"daily_window_start": "09:00", "daily_window_end": "17:00", "max_concurrent_calls": 1}
REFUSED, IN_PART, MISSED = 3, 4, 5
LATER, TOO_LATE = "2026-12-07T14:01:00Z", "2026-12-07T15:00:00Z"


class Killed(BaseException):
    """Nothing is done any more."""


@pytest.fixture
def project() -> Iterator[Campaigns]:
    with campaigns() as made:
        made.declare(
            *people(60),
            max_concurrent_calls=1,
            start="2026-12-07T09:00",
            daily_window_start="09:00",
            daily_window_end="17:00",
        )
        made.applied()
        yield made


def dispatch(project: Campaigns, now: str = START, through: Any = None) -> Any:
    return project.run("dispatch", now=now, through=through)


def at_start(fault: Callable[[httpx.Request, Send], httpx.Response]) -> Callable[..., httpx.Response]:
    def through(request: httpx.Request, send: Send) -> httpx.Response:
        return fault(request, send) if request.url.path.endswith("/start") else send()

    return through


def test_nothing_is_started_before_its_time_and_it_is_started_once_at_it(project: Campaigns) -> None:
    assert dispatch(project, BEFORE).code == 0
    assert project.sent("/start") == 0
    said = dispatch(project)
    assert said.code == 0, said.text
    assert "started: 60 contacts" in said.text
    assert "placed  Mon 7 Dec 09:00 New York  Campaign/recall" in said.out
    assert "start started Mon 7 Dec 2026 09:00 New York" in project.run("campaigns").out
    assert dispatch(project, LATER).code == 0
    assert project.sent("/start") == 1
    assert project.statuses() == ["running"]


def test_a_rehearsal_starts_nothing(project: Campaigns) -> None:
    said = project.run("dispatch", "--dry-run", now=START)
    assert "would be started now" in said.text
    assert project.sent("/start") == 0


def test_a_start_that_is_missed_is_told_once_and_never_made_up_for(project: Campaigns) -> None:
    missed = dispatch(project, TOO_LATE)
    assert missed.code == MISSED
    assert "missed: it could be started until Mon 7 Dec 10:00 New York" in missed.out
    assert dispatch(project, TOO_LATE).code == 0
    project.apply(now=TOO_LATE)
    dispatch(project, TOO_LATE)
    assert project.sent("/start") == 0


def test_a_later_start_after_a_missed_one_is_armed_anew(project: Campaigns) -> None:
    dispatch(project, TOO_LATE)
    project.declare(
        *people(60),
        max_concurrent_calls=1,
        start="2026-12-08T09:00",
        daily_window_start="09:00",
        daily_window_end="17:00",
    )
    project.applied(now=TOO_LATE)
    assert dispatch(project, "2026-12-08T14:00:00Z").code == 0
    assert project.sent("/start") == 1


def _lost(request: httpx.Request, send: Send) -> httpx.Response:
    send()
    raise httpx.ReadError("cut", request=request)


def _cut_before(request: httpx.Request, send: Send) -> httpx.Response:
    del send
    raise httpx.ReadError("cut", request=request)


def _killed_after(request: httpx.Request, send: Send) -> httpx.Response:
    send()
    raise Killed


def _killed_before(request: httpx.Request, send: Send) -> httpx.Response:
    raise Killed


def _fails_after(request: httpx.Request, send: Send) -> httpx.Response:
    send()
    return httpx.Response(502, request=request)


def _refused(request: httpx.Request, send: Send) -> httpx.Response:
    del send
    return httpx.Response(402, json={"detail": "no money"}, request=request)


FAULTS = [_lost, _cut_before, _killed_after, _killed_before, _fails_after, _refused]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.lstrip("_"))
def test_whatever_happens_to_the_start_it_is_started_exactly_once(project: Campaigns, fault: Any) -> None:
    accepted: list[int] = []

    def counting(request: httpx.Request, send: Send) -> httpx.Response:
        def sent() -> httpx.Response:
            answer = send()
            accepted.append(answer.status_code)
            return answer

        return fault(request, sent)  # type: ignore[no-any-return]

    with suppress(Killed):
        dispatch(project, through=at_start(counting))

    def plain(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        accepted.append(answer.status_code)
        return answer

    dispatch(project, LATER, through=at_start(plain))
    dispatch(project, LATER, through=at_start(plain))
    assert accepted == [200]
    assert project.statuses() == ["running"]


def test_four_dispatchers_start_it_once(project: Campaigns) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        import subprocess  # noqa: PLC0415 - processes of their own share nothing but the state
        import sys  # noqa: PLC0415

        root = project.folder.root
        words = [sys.executable, "-m", "reconciler", "dispatch", "--emulator", "--now", START]
        done = list(pool.map(lambda _: subprocess.run(words, cwd=root, capture_output=True, check=False), range(4)))
    assert sum(b"started: 60 contacts" in it.stdout for it in done) == 1, [it.stdout + it.stderr for it in done]
    assert project.statuses() == ["running"]


def test_a_hold_over_all_pauses_what_calls_and_its_release_resumes_just_that(project: Campaigns) -> None:
    dispatch(project)
    held = project.run("calls", "hold", "--all", "--why", "flooded", now=LATER)
    assert held.code == 0, held.text
    assert project.statuses() == ["paused"]
    released = project.run("calls", "release", "--all", now=LATER)
    assert released.code == 0, released.text
    assert project.statuses() == ["running"]


def test_a_hold_that_ends_by_itself_lets_go_on_what_it_paused_at_the_next_dispatch(project: Campaigns) -> None:
    dispatch(project)
    project.run("calls", "hold", "--all", "--until", "2026-12-07T20:00Z", now=LATER)
    assert project.statuses() == ["paused"]
    dispatch(project, "2026-12-07T19:59:00Z")
    assert project.statuses() == ["paused"]
    said = project.run("dispatch", now="2026-12-07T20:00:00Z")
    assert "Campaign/recall: resumed, the hold over all calls has ended" in said.err
    assert project.statuses() == ["running"]
    sent = project.sent("/start")
    dispatch(project, "2026-12-07T20:05:00Z")
    assert project.sent("/start") == sent


def test_a_hold_that_ends_by_itself_leaves_what_was_paused_by_hand(project: Campaigns) -> None:
    dispatch(project)
    assert project.run("campaigns", "pause", "recall", now=LATER).code == 0
    project.run("calls", "hold", "--all", "--until", "2026-12-07T20:00Z", now=LATER)
    dispatch(project, "2026-12-07T20:05:00Z")
    assert project.statuses() == ["paused"]


def test_a_release_leaves_what_was_paused_by_hand(project: Campaigns) -> None:
    dispatch(project)
    assert project.run("campaigns", "pause", "recall", now=LATER).code == 0
    project.run("calls", "hold", "--all", now=LATER)
    project.run("calls", "release", "--all", now=LATER)
    assert project.statuses() == ["paused"]
    assert project.run("campaigns", "resume", "recall", now=LATER).code == 0
    assert project.statuses() == ["running"]


def test_nothing_is_started_under_a_hold(project: Campaigns) -> None:
    project.run("calls", "hold", "--all", now=BEFORE)
    dispatch(project)
    assert project.sent("/start") == 0
    project.run("calls", "release", "--all", now=LATER)
    dispatch(project, LATER)
    assert project.statuses() == ["running"]


def test_what_is_paused_before_its_start_is_not_started(project: Campaigns) -> None:
    project.run("campaigns", "pause", "recall")
    dispatch(project)
    assert project.sent("/start") == 0


def test_the_definition_of_a_running_one_is_refused_with_the_command_that_pauses_it(project: Campaigns) -> None:
    dispatch(project)
    window = {"daily_window_start": "09:00", "daily_window_end": "16:00"}
    project.declare(*people(60), start="2026-12-07T09:00", max_concurrent_calls=1, **window)
    said = project.apply(now=LATER)
    assert said.code == REFUSED, said.text
    assert "reconciler campaigns pause recall" in project.run("plan", now=LATER).text
    project.run("campaigns", "pause", "recall", now=LATER)
    project.applied(now=LATER)
    assert project.statuses() == ["paused"]


def test_cancel_asks_or_takes_yes(project: Campaigns) -> None:
    assert project.run("campaigns", "cancel", "recall").code == REFUSED
    assert project.statuses() == ["draft"]
    assert project.run("campaigns", "cancel", "recall", "--yes").code == 0
    assert project.statuses() == ["cancelled"]


def test_what_is_not_as_armed_is_not_started(project: Campaigns) -> None:
    project.declare(
        *people(60),
        max_concurrent_calls=1,
        start="2026-12-07T09:00",
        daily_window_start="09:00",
        daily_window_end="18:00",
    )
    said = dispatch(project)
    assert (said.code, project.sent("/start")) == (IN_PART, 0), said.text
    assert "not what was armed" in said.text


def test_a_campaign_without_a_start_is_never_started(project: Campaigns) -> None:
    project.declare(*people(60), max_concurrent_calls=1, daily_window_start="09:00", daily_window_end="17:00")
    project.applied()
    dispatch(project)
    assert project.sent("/start") == 0


def test_cancel_calls_off_the_start(project: Campaigns) -> None:
    assert project.run("campaigns", "cancel", "recall", "--yes").code == 0
    assert "armed" not in project.run("campaigns", "show", "recall").text
    said = dispatch(project)
    assert (said.code, "recall" in said.text) == (0, False), said.text


def test_one_that_was_cancelled_in_the_dashboard_is_told_once_as_cancelled_and_never_as_started(
    project: Campaigns,
) -> None:
    def cancelled(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        if request.url.path != "/v1/campaigns":
            return answer
        return httpx.Response(200, text=answer.text.replace('"draft"', '"cancelled"'), request=request)

    said = dispatch(project, through=cancelled)
    assert (said.code, project.sent("/start")) == (0, 0), said.text
    assert "cancelled before its start" in " ".join(said.text.split())
    assert "started already" not in said.text
    assert "started" not in project.run("campaigns", "show", "recall", now=LATER, through=cancelled).text
    assert "recall" not in dispatch(project, LATER, cancelled).text


def test_an_armed_start_goes_with_its_document_and_the_campaign_stays(project: Campaigns) -> None:
    document = (project.folder.root / "manifests" / "all.yaml").read_text().split("\n---\n")[0]
    project.folder.write({"all.yaml": document})
    said = project.run("plan", "--detailed-exitcode")
    assert (said.code, "cancel" in said.text) == (2, True), said.text
    assert json.loads(project.run("plan", "--format", "json").out)["summary"]["cancel"] == 1
    project.applied()
    assert project.statuses() == ["draft"]
    assert project.run("plan", "--detailed-exitcode").code == 0
    said = dispatch(project)
    assert (said.code, project.sent("/start")) == (0, 0), said.text


def test_an_armed_start_goes_with_a_campaign_that_is_deleted(project: Campaigns) -> None:
    document = (project.folder.root / "manifests" / "all.yaml").read_text().split("\n---\n")[0]
    project.folder.write({"all.yaml": document})
    project.applied("--prune")
    assert project.statuses() == []
    said = dispatch(project)
    assert (said.code, "recall" in said.text) == (0, False), said.text


def test_a_document_that_comes_back_arms_the_start_anew(project: Campaigns) -> None:
    file = project.folder.root / "manifests" / "all.yaml"
    text = file.read_text()
    file.write_text(text.split("\n---\n")[0])
    project.applied()
    file.write_text(text)
    project.applied()
    assert dispatch(project).code == 0
    assert (project.sent("/contacts"), project.sent("/start")) == (1, 1)

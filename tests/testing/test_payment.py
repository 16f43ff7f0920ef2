"""What tests cost is said and consented to first, and no batch is paid for twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from testing.conftest import is_execute

if TYPE_CHECKING:
    from testing.conftest import Send, Tested


class Killed(BaseException):
    """The process is gone."""


def test_without_consent_and_without_a_terminal_nothing_is_begun(tested: Tested) -> None:
    tested.apply("Books")
    said = tested.folder.run("test")
    assert (said.code, said.written) == (3, [])
    assert "expected to cost about $0.12" in said.err


def test_more_than_the_most_is_refused_before_anything_is_begun(tested: Tested) -> None:
    tested.apply("Books")
    assert tested.run("--max-cost-cents", "11").code == 3
    assert tested.executed == []


def test_an_empty_budget_is_refused_before_anything_is_begun(tested: Tested) -> None:
    tested.apply("Books")

    def poor(request: httpx.Request, send: Send) -> httpx.Response:
        if request.url.path != "/v1/billing":
            return send()
        return httpx.Response(200, json={"test_call_budget_remaining_cents": 0})

    assert tested.run(through=poor).code == 3
    assert tested.executed == []


def test_a_prompt_that_is_not_deployed_is_not_tested(tested: Tested) -> None:
    tested.apply("Books")
    tested.declare("Books", prompt="You answer otherwise.")
    said = tested.run()
    assert said.code == 3
    assert "all.yaml:4:16: error RC311" in said.err
    assert "(`prompt`)" in said.err
    assert tested.executed == []


def test_an_agent_without_scenarios_is_not_green(tested: Tested) -> None:
    tested.apply()
    assert tested.run().code == 1


def test_the_request_says_nothing_that_was_not_asked_for(tested: Tested) -> None:
    tested.apply("Books")
    tested.run()
    body = json.loads(tested.executed[0].read())
    assert body == {"channel": "web", "consent_to_charge": True, "scenario_ids": [9001]}


def test_a_batch_whose_answer_was_lost_is_found_by_listing(tested: Tested) -> None:
    tested.apply("Books")

    def lossy(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        if is_execute(request):
            raise httpx.ReadError("cut", request=request)
        return answer

    assert tested.run(through=lossy).code == 0
    assert len(tested.executed) == 1


def test_a_batch_of_which_nothing_is_known_is_told_and_not_begun_again_in_the_same_run(tested: Tested) -> None:
    tested.apply("Books")

    def lossy(request: httpx.Request, send: Send) -> httpx.Response:
        if is_execute(request):
            raise httpx.ReadError("cut", request=request)
        return send()

    said = tested.run(through=lossy)
    assert said.code == 4
    assert "may be paid for" in said.out
    assert len(tested.executed) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after the request"])
def test_a_run_that_is_killed_in_the_request_is_paid_for_once(tested: Tested, *, after: bool) -> None:
    tested.apply("Books")
    arrived = []

    def deadly(request: httpx.Request, send: Send) -> httpx.Response:
        if not is_execute(request):
            return send()
        if after:
            arrived.append(send())
        raise Killed

    with pytest.raises(Killed):
        tested.run(through=deadly)
    assert tested.run().code == 0
    assert len(tested.executed) == (1 if after else 2)


def test_a_run_that_is_killed_while_it_waits_goes_on_with_its_batch(tested: Tested) -> None:
    tested.apply("Books")
    reads = []

    def deadly(request: httpx.Request, send: Send) -> httpx.Response:
        if request.method == "GET" and "/test-runs/" in request.url.path:
            reads.append(request)
            raise Killed
        return send()

    with pytest.raises(Killed):
        tested.run(through=deadly)
    assert tested.run("--resume").code == 0
    assert len(tested.executed) == 1
    assert tested.run("--resume").code == 1


def test_what_is_still_running_is_taken_up_by_the_next_run(tested: Tested) -> None:
    tested.apply("Books and hangs")
    assert tested.run().code == 4
    again = tested.run("--format", "json")
    assert again.code == 4
    assert tested.result(again)["agents"][0]["resumed"] is True
    assert len(tested.executed) == 1


def test_what_is_left_running_says_the_whole_command_that_goes_on_with_it(tested: Tested) -> None:
    tested.apply("Books and hangs")
    said = tested.run("--format", "json")
    (agent,) = json.loads(said.out)["agents"]
    assert agent["hint"] == f"`reconciler test --resume {tested.folder.root} --emulator` goes on with it"


def test_a_scenario_that_is_named_is_the_only_one_that_is_paid_for(tested: Tested) -> None:
    tested.apply("Books", "Cancels")
    assert tested.run("--target", "TestScenario/scenario-1").code == 0
    assert json.loads(tested.executed[0].read())["scenario_ids"] == [9002]


def lost(request: httpx.Request, send: Send) -> httpx.Response:
    """The platform, where the begin of a batch comes to nothing without an answer."""
    if is_execute(request):
        raise httpx.ReadError("cut", request=request)
    return send()


def test_after_a_lost_answer_a_list_without_the_batch_is_believed_only_a_quarter_of_an_hour_later(
    tested: Tested,
) -> None:
    tested.apply("Books")
    assert tested.run(through=lost).code == 4
    soon = tested.run("--now", "2026-12-01T12:05:00Z")
    assert soon.code == 4
    assert "`reconciler test --again Agent/front-desk" in soon.out
    assert tested.run("--now", "2026-12-01T12:20:00Z").code == 0
    assert len(tested.executed) == 2


def test_what_cannot_be_told_is_begun_again_when_a_person_says_so(tested: Tested) -> None:
    tested.apply("Books")
    assert tested.run(through=lost).code == 4
    assert tested.run("--again", "Agent/front-desk").code == 0
    assert len(tested.executed) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--again", "front-desk"), "RC124"),
        (("--again", "Agent/front-dsk"), "did you mean `Agent/front-desk`?"),
        (("--target", "TestScenario/scenario-O"), "did you mean `TestScenario/scenario-0`?"),
        (("-l", "team=none"), "what was chosen has no scenario"),
    ],
)
def test_a_name_that_is_none_tests_nothing(tested: Tested, options: tuple[str, str], said: str) -> None:
    tested.apply("Books")
    ran = tested.run(*options)
    assert (ran.code, tested.executed) == (1, [])
    assert said in " ".join(ran.err.split())

"""An error about one call stops that call: everything else is applied, and every other call armed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account, Ran

    Having = Callable[..., Account]

ERROR, IN_PART = 1, 4
AGENT = (
    "{apiVersion: reconciler/v1, kind: Agent, metadata: {name: desk}, spec: {name: d, prompt: %s, voice: olivia%s}}\n"
)
CALL = """\
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: %s}
spec: {from_number: "%s", to_number: "%s", agent: desk, at: "%s"}
"""
SOON, PAST, VOIP, NOBODYS = "2036-12-01T18:00:00Z", "2020-12-01T18:00:00Z", "+15551230001", "+15550000000"


def call(name: str, at: str = SOON, number: str = VOIP, to: str = "+14155550199") -> str:
    return CALL % (name, number, to, at)


WRONG = {
    "its time has passed": call("wrong", at=PAST),
    "its number is not on the account": call("wrong", number=NOBODYS),
    "its time does not exist": call("wrong", at="2036-99-01T18:00:00Z"),
    "a field is unknown": call("wrong").replace("agent: desk", "agent: desk, agnet: desk"),
    "its agent is not declared": call("wrong").replace("agent: desk", "agent: nobody"),
}


def results(ran: Ran) -> list[tuple[str, str]]:
    return [(each["address"], each["outcome"]) for each in ran.json["results"]]


@pytest.fixture
def account(having: Having) -> Account:
    account = having()
    account.write("manifests/a.yaml", AGENT % ("Hello.", "") + call("old"))
    account.apply()
    return account


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_everything_else_is_applied_and_the_wrong_call_is_first_in_the_report(account: Account, wrong: str) -> None:
    account.write("manifests/a.yaml", AGENT % ("Changed.", "") + wrong + call("right", to="+14155550142"))
    plan = account.run("plan", "--format", "json")
    assert plan.code == ERROR
    assert {each["address"] for each in plan.json["findings"] if each["severity"] == "error"} == {"ScheduledCall/wrong"}
    done = account.run("apply", "--yes", "--format", "json")
    assert done.code == IN_PART
    assert results(done) == [
        ("ScheduledCall/wrong", "failed"),
        ("Agent/desk", "done"),
        ("ScheduledCall/right", "done"),
        ("ScheduledCall/old", "done"),
    ]
    calls: Any = {each["name"]: each["state"] for each in account.run("calls", "--format", "json").json["calls"]}
    assert calls.get("right") == "armed"
    assert calls.get("wrong") != "armed"


@pytest.mark.parametrize("wrong", [WRONG["a field is unknown"], WRONG["its number is not on the account"]])
def test_a_call_that_was_armed_and_is_wrong_now_is_neither_changed_nor_cancelled(account: Account, wrong: str) -> None:
    account.write("manifests/a.yaml", AGENT % ("Hello.", "") + wrong.replace("wrong", "old"))
    assert account.run("apply", "--yes").code == IN_PART
    account.write("manifests/a.yaml", AGENT % ("Hello.", "") + call("old"))
    assert account.plan().code == 0


def test_an_error_about_anything_else_stops_all(account: Account) -> None:
    account.write("manifests/a.yaml", AGENT % ("Changed.", ", tempo: 3") + call("old") + call("new"))
    account.platform.forget_requests()
    assert account.run("apply", "--yes").code == ERROR
    assert account.writes() == []


def test_a_person_is_told_which_call_is_left_out(account: Account) -> None:
    account.write("manifests/a.yaml", AGENT % ("Changed.", "") + call("old") + call("wrong", at=PAST))
    assert "1 error: apply would leave out ScheduledCall/wrong, and do the rest" in account.run("plan").out
    said = account.run("apply", "--yes").out
    assert said.startswith("failed   ScheduledCall/wrong")

"""A saved plan is what was approved, all of it: what it shows, where it was made, and nothing that is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]

ERROR, REFUSED = 1, 3
AGENT = (
    "{apiVersion: reconciler/v1, kind: Agent, metadata: {name: desk}, spec: {name: D, prompt: Hello., voice: olivia}}"
)


@pytest.fixture
def account(having: Having) -> Account:
    """An agent that is planned and not applied."""
    account = having()
    account.write("manifests/a.yaml", AGENT)
    assert account.run("plan", "--out", "plan.json").code == 0
    return account


def edited(account: Account, edit: Callable[[Any], Any]) -> int:
    document = json.loads(account.read("plan.json"))
    edit(document)
    account.write("plan.json", json.dumps(document))
    return account.run("apply", "--plan", "plan.json").code


def test_a_plan_as_it_was_saved_is_applied(account: Account) -> None:
    assert account.run("apply", "--plan", "plan.json").code == 0


def test_so_is_one_from_standard_output(account: Account) -> None:
    account.write("plan.json", account.run("plan", "--format", "json").out)
    assert account.run("apply", "--plan", "plan.json").code == 0


@pytest.mark.parametrize(
    "edit",
    [
        lambda it: it["changes"][0]["fields"][0].update(after="Something nicer."),
        lambda it: it["changes"][0].update(sentence="does nothing"),
        lambda it: it["changes"][0].update(consequences=["x"]),
        lambda it: it["summary"].update(create=0),
        lambda it: it["findings"].clear(),
        lambda it: it["target"].update(url="https://api.example.com"),
        lambda it: it["target"]["organization"].update(name="Ours"),
    ],
    ids=["a field", "a sentence", "a consequence", "the summary", "the findings", "the url", "the organisation"],
)
def test_a_plan_that_shows_anything_else_than_was_planned_is_refused(
    account: Account, edit: Callable[[Any], Any]
) -> None:
    account.write("manifests/a.yaml", AGENT + "\n---\n" + AGENT.replace("desk", "b").replace("name: D", "name: B"))
    account.run("plan", "--out", "plan.json")
    document = json.loads(account.read("plan.json"))
    before = json.dumps(document)
    edit(document)
    if json.dumps(document) == before:
        document["findings"].append({})
    account.write("plan.json", json.dumps(document))
    account.platform.forget_requests()
    ran = account.run("apply", "--plan", "plan.json")
    assert ran.code == REFUSED
    assert "was changed after it was saved" in " ".join(ran.err.split())
    assert account.writes() == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda it: it["changes"][0].update(address=["Agent/desk"]),
        lambda it: it["changes"][0].update(action={"create": 1}),
        lambda it: it["changes"][0].update(fingerprint=None),
        lambda it: it.update(changes={}),
        lambda it: it.update(changes=[[]]),
        lambda it: it.update(target=[]),
        lambda it: it["target"].update(url=7),
        lambda it: it.pop("seal"),
    ],
)
def test_what_is_no_saved_plan_is_rc125_and_never_a_crash(account: Account, edit: Callable[[Any], Any]) -> None:
    assert edited(account, edit) == ERROR
    assert "RC125" in account.run("apply", "--plan", "plan.json").err


@pytest.mark.parametrize("text", ["[" * 100_000, "{}", "[]", "null", "1e999", '"x"', ""])
def test_neither_is_any_other_text(account: Account, text: str) -> None:
    account.write("plan.json", text)
    ran = account.run("apply", "--plan", "plan.json")
    assert (ran.code, "RC125" in ran.err) == (ERROR, True)

"""A protection ends in a reviewed change of its own, and not by a rename or a takeover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account, Ran

    Having = Callable[..., Account]

PENDING, REFUSED = 2, 3
AGENT = """\
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: %s%s}
spec: {name: %s, prompt: %s, voice: olivia}
"""
OTHERS = "".join(AGENT % (f"other-{number}", "", f"other {number}", "Hello.") for number in range(5))


def desk(more: str = "", name: str = "desk", prompt: str = "Hello.") -> str:
    return AGENT % (name, more, "Desk", prompt)


def actions(ran: Ran) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for change in ran.json["changes"]:
        if change["action"] != "keep":
            found.setdefault(change["address"], []).append(change["action"])
    return found


@pytest.fixture
def account(having: Having) -> Account:
    """Six agents, one of them protected."""
    account = having()
    account.write("manifests/a.yaml", OTHERS + desk(", protect: true"))
    account.apply()
    return account


def is_protected(account: Account, declared: str = OTHERS) -> bool:
    account.write("manifests/a.yaml", declared)
    ran = account.run("plan", "--prune")
    return ran.code == REFUSED and "but protected" in ran.out


@pytest.mark.parametrize("more", ["", ", protect: false"])
def test_lifting_a_protection_is_a_change_that_the_plan_shows(account: Account, more: str) -> None:
    account.write("manifests/a.yaml", OTHERS + desk(more))
    ran = account.run("plan", "--detailed-exitcode", "--format", "json")
    assert ran.code == PENDING
    assert actions(ran) == {"Agent/desk": ["unprotect"]}
    (change,) = [each for each in ran.json["changes"] if each["action"] == "unprotect"]
    assert (change["sentence"], change["consequences"]) == ("its protection is lifted", ["lifts_protection"])
    assert "may be deleted from then on" in account.run("plan").out
    account.platform.forget_requests()
    account.apply()
    assert account.writes() == []
    assert account.plan().code == 0
    assert not is_protected(account)


def test_a_protection_that_was_not_lifted_outlives_its_document(account: Account) -> None:
    account.write("manifests/a.yaml", OTHERS + desk())
    assert account.plan().code == PENDING
    assert is_protected(account)


def taken_over(account: Account, how: str, more: str = "", prompt: str = "Hello.") -> str:
    id_: Any = account.id("Desk")
    claim = ", was: [desk]" if how == "rename" else f", id: {id_}"
    return OTHERS + desk(claim + more, name="reception", prompt=prompt)


@pytest.mark.parametrize("how", ["rename", "takeover"])
@pytest.mark.parametrize("prompt", ["Hello.", "Changed."])
def test_who_takes_a_protected_thing_over_keeps_it_protected(account: Account, how: str, prompt: str) -> None:
    account.write("manifests/a.yaml", taken_over(account, how, prompt=prompt))
    account.apply()
    assert account.plan().code == 0
    assert is_protected(account)


@pytest.mark.parametrize("how", ["rename", "takeover"])
def test_who_takes_it_over_may_lift_the_protection_in_so_many_words(account: Account, how: str) -> None:
    account.write("manifests/a.yaml", taken_over(account, how))
    account.apply()
    account.write("manifests/a.yaml", taken_over(account, how, ", protect: false"))
    assert actions(account.run("plan", "--format", "json")) == {"Agent/reception": ["unprotect"]}
    account.apply()
    assert account.plan().code == 0
    assert not is_protected(account)

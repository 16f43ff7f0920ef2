"""What was deleted in the dashboard is told, also where the document names its id, as every exported one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]

PENDING, REFUSED = 2, 3
AGENT = """\
{apiVersion: reconciler/v1, kind: Agent, metadata: {name: desk%s}, spec: {name: Desk, prompt: Hello., voice: olivia}}
"""
NUMBER = '---\n{apiVersion: reconciler/v1, kind: PhoneNumber, metadata: {name: line}, spec: {number: "+15551230001"}}\n'


@pytest.fixture
def named(having: Having) -> Account:
    """An agent that is bound, declared with its id, and deleted in the dashboard."""
    account = having()
    account.write("manifests/a.yaml", AGENT % "")
    account.apply()
    id_ = account.id("Desk")
    account.write("manifests/a.yaml", AGENT % f", id: {id_}")
    account.platform.change(agents=[{"id": id_, "delete": True}])
    return account


def test_drift_lists_it(named: Account) -> None:
    ran = named.run("drift", "--format", "json")
    assert ran.code == PENDING
    assert [(each["address"], each["what"]) for each in ran.json["drift"]] == [("Agent/desk", "deleted_outside")]


def test_the_plan_says_so_and_names_both_ways_out(named: Account) -> None:
    ran = named.run("plan")
    assert ran.code == REFUSED
    said = " ".join(ran.out.split())
    assert "was deleted outside (id 1001)" in said
    assert "remove the document, or leave `metadata.id` out to create it anew" in said


def test_without_its_id_it_is_created_anew(named: Account) -> None:
    named.write("manifests/a.yaml", AGENT % "")
    named.apply()
    assert named.plan().code == 0


def test_without_its_document_nothing_is_left_to_do(named: Account) -> None:
    named.write("manifests/a.yaml", NUMBER)
    assert named.plan().code == 0


def test_an_id_that_was_never_bound_here_is_drift_too(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", AGENT % ", id: 105")
    assert account.run("drift").code == PENDING
    assert "was deleted outside (id 105)" in account.run("plan").out


def test_a_number_without_settings_has_nothing_that_could_drift(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", NUMBER)
    assert account.run("drift", "--format", "json").json["unknown"] == []


def test_what_was_never_applied_is_named_once(having: Having) -> None:
    account = having(agents=[{"name": "Desk", "prompt": "Other.", "voice": "olivia"}])
    account.write("manifests/a.yaml", AGENT % "")
    assert account.run("drift", "--format", "json").json["unknown"] == ["Agent/desk"]

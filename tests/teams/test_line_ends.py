"""Spellings are no edits: the base of a comparison is made of what the comparison compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.contract.equality import digest, digests, same
from reconciler.contract.fields import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]

AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: desk}
spec: {name: desk, voice: olivia, prompt: {file: p.md}}
"""
WORDS = "You answer.\nBe brief."


@pytest.fixture
def account(having: Having) -> Account:
    account = having()
    account.write("manifests/a.yaml", AGENT)
    account.write("manifests/p.md", WORDS)
    account.apply()
    return account


SPELT = [f"{WORDS}\n", f"\n{WORDS}\n\n", WORDS.replace("\n", "\r\n")]


@pytest.mark.parametrize("spelt", SPELT)
def test_a_line_end_here_and_an_edit_in_the_dashboard_is_an_edit_in_the_dashboard(account: Account, spelt: str) -> None:
    account.write("manifests/p.md", spelt)
    assert account.plan().code == 0
    account.edit("desk", prompt="You answer.\nBe very brief.")
    assert account.run("drift", "--write").code == 0
    assert account.read("manifests/p.md").split() == ["You", "answer.", "Be", "very", "brief."]
    assert account.plan().code == 0


@pytest.mark.parametrize("spelt", SPELT)
def test_a_line_end_there_and_an_edit_here_is_an_edit_here(account: Account, spelt: str) -> None:
    account.edit("desk", prompt=spelt)
    account.write("manifests/p.md", "You answer.\nBe very brief.")
    ran = account.run("plan", "--format", "json")
    (change,) = [each for each in ran.json["changes"] if each["action"] == "update"]
    assert change["reason"] == "changed"


def test_a_saved_plan_is_not_stale_for_a_line_end(account: Account) -> None:
    account.write("manifests/p.md", "Changed.")
    assert account.run("plan", "--out", "plan.json").code == 0
    account.write("manifests/p.md", "Changed.\r\n")
    assert account.run("apply", "--plan", "plan.json").code == 0


TEXT, ANY_ORDER, PLAIN = Policy(text=True), Policy(unordered=True), Policy()
_VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["a", " a", "a\r\n", "09:00", "09:00:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2),
    max_leaves=5,
)


@given(value=_VALUES, other=_VALUES, policy=st.sampled_from([TEXT, ANY_ORDER, PLAIN]))
def test_what_is_the_same_has_one_digest_and_what_has_one_digest_is_the_same(
    value: Any, other: Any, policy: Policy
) -> None:
    alike = same(policy, value, other) and same(policy, other, value)
    assert alike == (digests(policy, value)[0] == digests(policy, other)[0])


@pytest.mark.parametrize(
    ("policy", "one", "two"),
    [
        (TEXT, "a\r\nb\n", "a\nb"),
        (PLAIN, "2026-12-01T13:00Z", "2026-12-01T14:00:00+01:00"),
        (PLAIN, "09:00", "09:00:00.000"),
        (PLAIN, {"open": "09:00", "n": 1}, {"open": "09:00:00", "n": 1.0}),
        (ANY_ORDER, ["b", "a"], ["a", "b"]),
    ],
)
def test_two_spellings_of_one_value_have_one_digest(policy: Policy, one: Any, two: Any) -> None:
    assert digests(policy, one)[0] == digests(policy, two)[0]


@pytest.mark.parametrize("written", ["a\n", "a", "09:00:00"])
def test_the_digest_that_an_earlier_version_recorded_is_still_known(written: str) -> None:
    assert digest(written) in digests(TEXT, written)
    assert digest(written) in digests(PLAIN, written)

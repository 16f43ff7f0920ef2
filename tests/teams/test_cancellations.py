"""Cancelling many armed calls at once has a brake, as deleting has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]

REFUSED = 3
AGENT = (
    "{apiVersion: reconciler/v1, kind: Agent, metadata: {name: desk}, spec: {name: d, prompt: Hello, voice: olivia}}\n"
)
CALL = """\
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: call-%d}
spec: {from_number: "+15551230001", to_number: "+141555501%02d", agent: desk, at: "2036-12-01T18:00:00Z"}
"""


def calls(count: int) -> str:
    return "".join(CALL % (number, number) for number in range(count))


@pytest.fixture
def armed(having: Having) -> Callable[[int], Account]:
    def make(count: int, project: str = "") -> Account:
        account = having()
        account.write("reconciler.yaml", project)
        account.write("manifests/agents/a.yaml", AGENT)
        account.write("manifests/calls/c.yaml", calls(count))
        account.apply()
        return account

    return make


def test_a_manifest_folder_that_leaves_all_calls_out_cancels_none_of_them(armed: Callable[[int], Account]) -> None:
    account = armed(40)
    account.write("reconciler.yaml", "manifests: manifests/agents\n")
    for command in (("plan",), ("apply", "--yes")):
        ran = account.run(*command)
        assert ran.code == REFUSED
        assert "40 cancellations, limit 10" in " ".join((ran.out + ran.err).split())
    account.write("reconciler.yaml", "")
    assert account.plan().code == 0


def test_a_changed_limit_lifts_the_refusal(armed: Callable[[int], Account]) -> None:
    account = armed(12)
    limits = "limits: {cancellations: 12, cancellations_percent: 100}\n"
    account.write("reconciler.yaml", f"manifests: manifests/agents\n{limits}")
    assert account.run("apply", "--yes").code == 0


@pytest.mark.parametrize(
    ("before", "after", "code"), [(3, 0, 0), (4, 3, 0), (4, 2, REFUSED), (40, 30, 0), (12, 8, REFUSED)]
)
def test_a_quarter_of_the_armed_calls_may_be_cancelled_at_once(
    armed: Callable[[int], Account], before: int, after: int, code: int
) -> None:
    account = armed(before)
    account.write("manifests/calls/c.yaml", calls(after))
    assert account.run("apply", "--yes").code == code


def test_cancelled_calls_are_no_deletions(armed: Callable[[int], Account]) -> None:
    account = armed(4)
    account.write("reconciler.yaml", "limits: {deletions: 0}\n")
    account.write("manifests/calls/c.yaml", calls(3))
    assert account.run("apply", "--yes").code == 0

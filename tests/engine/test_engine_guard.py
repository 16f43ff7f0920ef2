"""Show what is refused although it is understood, with its numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest

from reconciler.contract.account import Account
from reconciler.errors import InputError, PlanRefused, StalePlan, UnsafePlan, WrongAccount
from reconciler.model import Action, Address, Change, Finding, Observed, Plan, Severity, Target
from reconciler.planning import guard
from reconciler.settings import Settings, find_project

if TYPE_CHECKING:
    from pathlib import Path

TARGET = Target("https://api.example", "42", "Acme")


def change(name: str, action: Action, *, live: bool = True) -> Change:
    observed = Observed("Agent", name, {}) if live else None
    return Change(Address("Agent", name), action, "why", "because", observed=observed, fingerprint=f"print-{name}")


def plan(*changes: Change, findings: tuple[Finding, ...] = ()) -> Plan:
    return Plan(TARGET, changes, findings, "f")


def account(**limits: Any) -> Account:
    settings = Settings.model_validate({"limits": limits})
    return Account("42", datetime(2026, 12, 1, tzinfo=UTC), settings, {}, {"Agent/a": ANY})


def applicable(found: Plan, seen: Account) -> None:
    """What a plan with its limits comes to, as a survey makes it."""
    limited = replace(found, findings=(*guard.limits(found, seen), *found.findings))
    guard.applicable(limited, seen, skip_refused=False)


def approved(*changes: Change) -> dict[str, Any]:
    rows = [{"address": str(each.address), "action": each.verb, "fingerprint": each.fingerprint} for each in changes]
    return {"target": {"url": TARGET.url, "organization": {"id": 42}}, "changes": rows}


def test_another_organisation_is_refused() -> None:
    guard.right_account(TARGET, Settings.model_validate({}))
    guard.right_account(TARGET, Settings.model_validate({"organization": 42}))
    guard.right_account(TARGET, Settings.model_validate({"organization": "42"}))
    with pytest.raises(WrongAccount, match="42"):
        guard.right_account(TARGET, Settings.model_validate({"organization": 43}))


def test_an_error_or_a_refusal_stops_everything() -> None:
    wrong = Finding(Severity.ERROR, "RC202", "cannot work")
    with pytest.raises(InputError, match="1 error"):
        guard.applicable(plan(findings=(wrong,)), account(), skip_refused=True)
    refused = plan(change("a", Action.REFUSE), change("b", Action.CREATE, live=False))
    with pytest.raises(PlanRefused, match="Agent/a"):
        guard.applicable(refused, account(), skip_refused=False)
    guard.applicable(refused, account(), skip_refused=True)
    warning = Finding(Severity.WARNING, "RC210", "may not work")
    guard.applicable(plan(findings=(warning,)), account(), skip_refused=False)


def test_too_many_deletions_are_refused_with_their_numbers() -> None:
    many = plan(*(change(f"a{n}", Action.DELETE) for n in range(3)), *(change(f"k{n}", Action.KEEP) for n in range(3)))
    with pytest.raises(UnsafePlan, match="3 deletions, limit 2"):
        applicable(many, account(deletions=2))
    with pytest.raises(UnsafePlan, match=r"3 deletions of 6 \(50%\), limit 25%"):
        applicable(many, account(deletions=9))
    applicable(many, account(deletions=3, deletions_percent=50))


def test_a_project_that_declares_nothing_undoes_nothing() -> None:
    empty = Account("42", datetime(2026, 12, 1, tzinfo=UTC), Settings.model_validate({}), {}, {})
    with pytest.raises(UnsafePlan, match="declares anything"):
        guard.applicable(plan(change("a", Action.DELETE)), empty, skip_refused=False)
    guard.applicable(plan(change("a", Action.KEEP)), empty, skip_refused=False)


def test_what_was_approved_may_be_done_and_less_too() -> None:
    one, two = change("a", Action.UPDATE), change("b", Action.CREATE, live=False)
    guard.same_or_less(plan(one, two), approved(one, two))
    guard.same_or_less(plan(one), approved(one, two))
    guard.same_or_less(plan(change("c", Action.KEEP)), approved())


def test_more_or_other_than_was_approved_is_refused_by_name() -> None:
    one, two = change("a", Action.UPDATE), change("b", Action.CREATE, live=False)
    with pytest.raises(StalePlan, match="Agent/b"):
        guard.same_or_less(plan(one, two), approved(one))
    with pytest.raises(StalePlan, match="Agent/a"):
        guard.same_or_less(plan(change("a", Action.DELETE)), approved(one))
    stripped = approved(one)
    del stripped["changes"][0]["fingerprint"]
    with pytest.raises(StalePlan):
        guard.same_or_less(plan(one), stripped)
    with pytest.raises(WrongAccount):
        guard.same_or_less(plan(one), approved(one) | {"target": {"url": TARGET.url, "organization": {"id": 43}}})
    with pytest.raises(WrongAccount, match="was made for https://other"):
        guard.same_or_less(
            plan(one), approved(one) | {"target": {"url": "https://other", "organization": {"id": 42}}}
        )  # fmt: skip - one call


def test_the_nearest_project_file_upwards_is_the_projects(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("organization: 5\nenvironments: {x: {organization: 6}}\n", "utf-8")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    assert find_project(tmp_path / "deep" / "er").root == tmp_path.resolve()
    assert find_project(tmp_path).settings.organization == 5
    assert find_project(tmp_path, "x").settings.organization == 6
    with pytest.raises(InputError, match="staging"):
        find_project(tmp_path, "staging")


@pytest.mark.parametrize("hours", [("21:00", "08:00"), ("09:00", "09:00"), ("24:00", "24:00"), ("8", "21:00")])
def test_hours_that_never_open_are_refused_in_the_project_file(tmp_path: Path, hours: tuple[str, str]) -> None:
    text = f'calling_hours: {{start: "{hours[0]}", end: "{hours[1]}"}}\n'
    (tmp_path / "reconciler.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        find_project(tmp_path)
    assert refused.value.findings[0].location is not None

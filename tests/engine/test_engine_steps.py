"""Show that writes come in an order in which nothing points at what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds import KINDS
from reconciler.model import Action, Address, Change, Plan, Target
from reconciler.planning.steps import Step, Verb, steps

if TYPE_CHECKING:
    from collections.abc import Iterable


def waves(*changes: tuple[str, Action]) -> list[list[tuple[str, Verb]]]:
    plan = Plan(
        Target("u", "42", "Acme"),
        tuple(Change(Address.parse(name), action, "why", "because") for name, action in changes),
        (),
        "f",
    )
    return [_told(wave) for wave in steps(plan, KINDS)]


def _told(wave: Iterable[Step]) -> list[tuple[str, Verb]]:
    return [(str(step.change.address), step.verb) for step in wave]


def test_agents_come_before_numbers_before_money_before_calls() -> None:
    found = waves(
        ("ScheduledCall/c", Action.CREATE),
        ("AutoReload/b", Action.UPDATE),
        ("PhoneNumber/n", Action.UPDATE),
        ("Agent/a", Action.CREATE),
    )
    assert [wave[0][0] for wave in found] == ["Agent/a", "PhoneNumber/n", "AutoReload/b", "ScheduledCall/c"]


def test_every_draft_is_written_before_any_is_deployed() -> None:
    found = waves(("Agent/a", Action.UPDATE), ("Agent/b", Action.UPDATE))
    assert found == [
        [("Agent/a", Verb.STAGE), ("Agent/b", Verb.STAGE)],
        [("Agent/a", Verb.DEPLOY), ("Agent/b", Verb.DEPLOY)],
    ]


def test_an_agent_is_adopted_before_it_is_corrected() -> None:
    found = waves(("Agent/a", Action.UPDATE), ("Agent/a", Action.ADOPT))
    assert [wave[0][1] for wave in found] == [Verb.ADOPT, Verb.STAGE, Verb.DEPLOY]


def test_removals_come_last_and_the_other_way_round() -> None:
    found = waves(("Agent/old", Action.DELETE), ("ScheduledCall/c", Action.DELETE), ("Agent/new", Action.CREATE))
    assert [wave[0][0] for wave in found] == ["Agent/new", "ScheduledCall/c", "Agent/old"]


def test_what_is_kept_or_refused_takes_no_step() -> None:
    assert waves(("Agent/a", Action.KEEP), ("Agent/b", Action.REFUSE)) == []

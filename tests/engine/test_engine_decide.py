"""Restate the decision table, row by row."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from reconciler.contract.kind import Orphans
from reconciler.model import Action, Phase
from reconciler.planning.decide import Declared, Draft, Live, Situation, decide

HERE = Situation(Declared.PRESENT, Live.FOUND, ids=("7",))
GONE = Situation(Declared.NOT, Live.FOUND, ids=("7",))
ABSENT = Situation(Declared.ABSENT, Live.FOUND, ids=("7",))

ROWS = [
    (replace(HERE, live=Live.NOTHING), "create missing"),
    (replace(HERE, live=Live.NOTHING), "create missing"),
    (replace(HERE, live=Live.NOTHING, expired=True), "keep will_not_fire"),
    (replace(HERE, live=Live.VANISHED), "create deleted_outside"),
    (replace(HERE, live=Live.VANISHED, expired=True), "keep will_not_fire"),
    (replace(HERE, live=Live.SEVERAL, ids=("7", "8")), "refuse ambiguous"),
    (replace(HERE, live=Live.CONTESTED, ids=("7", "8")), "refuse contested"),
    (replace(HERE, live=Live.UNKNOWN_ID), "refuse unknown_id"),
    (HERE, "keep unchanged"),
    (replace(HERE, differs=True), "update changed"),
    (replace(HERE, differs=True), "update changed"),
    (replace(HERE, differs=True, phase=Phase.SETTLED), "keep settled"),
    (replace(HERE, differs=True, phase=Phase.MOVING), "keep moving"),
    (replace(HERE, live=Live.OURS, secret_lost=True), "refuse secret_lost"),
    (replace(HERE, live=Live.OURS, secret_lost=True, phase=Phase.MOVING), "refuse secret_lost"),
    (replace(HERE, live=Live.OURS, phase=Phase.MOVING), "keep moving"),
    (replace(HERE, differs=True, draft=Draft.FOREIGN), "refuse foreign_draft"),
    (replace(HERE, differs=True, draft=Draft.OURS), "update unfinished"),
    (replace(HERE, draft=Draft.OURS), "update unfinished"),
    (replace(HERE, draft=Draft.FOREIGN), "keep unchanged"),
    (replace(GONE), "keep not_declared"),
    (replace(GONE, prune=True), "delete not_declared"),
    (replace(GONE, prune=True, protected=True), "refuse protected"),
    (replace(GONE, prune=True, draft=Draft.FOREIGN), "refuse foreign_draft"),
    (replace(GONE, prune=True, live=Live.VANISHED), "keep gone"),
    (replace(GONE, prune=True, orphans=Orphans.NEVER_OURS), "keep not_declared"),
    (replace(GONE, orphans=Orphans.RETIRED), "delete not_declared"),
    (replace(GONE, orphans=Orphans.RETIRED, phase=Phase.SETTLED), "keep settled"),
    (replace(GONE, orphans=Orphans.RETIRED, phase=Phase.MOVING), "keep moving"),
    (replace(ABSENT), "delete declared_absent"),
    (replace(ABSENT, live=Live.NOTHING), "keep absent"),
    (replace(ABSENT, live=Live.SEVERAL, ids=("7", "8")), "refuse ambiguous"),
    (replace(ABSENT, protected=True), "refuse protected"),
    (replace(ABSENT, orphans=Orphans.NEVER_OURS), "refuse never_removed"),
    (replace(ABSENT, draft=Draft.FOREIGN), "refuse foreign_draft"),
    (replace(ABSENT, phase=Phase.SETTLED), "keep settled"),
]


@pytest.mark.parametrize(("situation", "decision"), ROWS, ids=[f"{n}-{row[1]}" for n, row in enumerate(ROWS)])
def test_a_row_of_the_table(situation: Situation, decision: str) -> None:
    (made,) = decide(situation)
    assert f"{made.action} {made.reason}" == decision


def test_a_namesake_is_adopted_and_then_corrected() -> None:
    namesake = replace(HERE, live=Live.NAMESAKE)
    assert [made.action for made in decide(namesake)] == [Action.ADOPT]
    assert [made.action for made in decide(replace(namesake, differs=True))] == [Action.ADOPT, Action.UPDATE]


def test_a_refusal_names_the_ids_it_is_about() -> None:
    (made,) = decide(replace(HERE, live=Live.SEVERAL, ids=("71", "82")))
    assert "71" in made.sentence
    assert "82" in made.sentence


YES_OR_NO = (False, True)
ALL = [
    Situation(*facts, ids=("7",))
    for facts in itertools.product(Declared, Live, YES_OR_NO, Draft, Phase, YES_OR_NO, YES_OR_NO, YES_OR_NO, Orphans)
]


def test_every_situation_has_an_answer_with_words() -> None:
    for situation in ALL:
        made = decide(replace(situation, history="already placed"))
        assert 1 <= len(made) <= 2, situation
        assert all(each.reason and each.sentence for each in made), situation


def test_nothing_is_ever_deleted_that_is_protected_moving_settled_or_not_ours() -> None:
    for situation in ALL:
        deletes = any(made.action is Action.DELETE for made in decide(situation))
        if deletes:
            assert situation.declared is not Declared.PRESENT
            assert situation.phase is Phase.STEADY
            assert situation.orphans is not Orphans.NEVER_OURS
            assert not situation.protected or situation.orphans is Orphans.RETIRED
            assert situation.draft is not Draft.FOREIGN or situation.orphans is Orphans.RETIRED


def test_a_foreign_draft_is_never_written_over() -> None:
    for situation in ALL:
        if situation.draft is Draft.FOREIGN and situation.live is Live.FOUND:
            assert Action.UPDATE not in [made.action for made in decide(situation)], situation

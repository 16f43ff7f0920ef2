"""Changes that ask their kind for what it tells of them only when somebody reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from reconciler.contract.kind import Kind
from reconciler.model import Action, Address, Change, Consequence, FieldDiff, Sort, Target
from reconciler.planning.deferred_changes import deferred
from reconciler.planning.fingerprints import PlanFingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.contract.account import Account, Look
    from reconciler.model import Observed

NO_ACCOUNT = cast("Account", None)
PAID = Consequence(Sort.SPENDS_MONEY)
FINAL = Consequence(Sort.CANNOT_BE_UNDONE)


class Telling(Kind):
    """A kind that counts how often it is asked."""

    name = "Telling"
    spec = cast("Any", None)

    def __init__(self, words: str = "", *consequences: Consequence) -> None:
        self.words, self.own = words, consequences
        self.asked: list[str] = []

    def observe(self, look: Look) -> Iterable[Observed]:
        return ()

    def summary(self, change: Change, account: Account) -> str:
        self.asked.append("sentence")
        return f"{change.sentence}; {self.words}" if self.words else ""

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        self.asked.append("consequences")
        return self.own


def made(kind: Kind, action: Action = Action.KEEP, **facts: Any) -> Change:
    given = {"action": action, "verb": action.value, "reason": "why", "sentence": "differs", **facts}
    return deferred(kind, NO_ACCOUNT, address=Address("Telling", "one"), **given)


def test_a_change_that_is_only_counted_asks_its_kind_for_nothing() -> None:
    kind = Telling("and more")
    change = made(kind, diffs=(FieldDiff("a", 1, 2),))
    assert (change.pending, change.verb, change.diffs[0].path, change.quiet) == (False, "keep", "a", False)
    assert kind.asked == []


def test_the_sentence_of_a_kind_adds_to_that_of_the_decision_once_however_often_it_is_read() -> None:
    kind = Telling("and more")
    change = made(kind)
    assert [change.sentence, change.sentence] == ["differs; and more", "differs; and more"]
    assert kind.asked == ["sentence"]


def test_a_kind_without_words_keeps_the_sentence_of_the_decision() -> None:
    assert made(Telling()).sentence == "differs"


def test_the_kind_decides_what_a_due_action_means_wherever_it_says_anything() -> None:
    due: dict[str, Any] = {"consequences": (PAID,)}
    assert made(Telling(), **due).consequences == (PAID,)
    assert made(Telling("", FINAL), **due).consequences == (FINAL,)
    assert made(Telling("and more"), **due).consequences == ()


def test_what_is_made_of_a_change_tells_what_the_change_told() -> None:
    kind = Telling("and more", FINAL)
    refused = replace(made(kind), action=Action.REFUSE, verb="refuse")
    assert (refused.sentence, refused.consequences, refused.fingerprint) == ("differs; and more", (FINAL,), "")


def test_a_change_has_no_fields_beyond_those_of_a_change() -> None:
    with pytest.raises(AttributeError):
        _ = cast("Any", made(Telling())).sentences


def test_the_fingerprint_of_a_plan_reads_the_same_for_the_same_changes() -> None:
    target = Target("https://api.example.com", "7", "Acme")
    one, two = (PlanFingerprint(target, (made(Telling()),)) for _ in range(2))
    assert one == two == str(one)
    assert len(str(one)) == len("0123456789abcdef")
    assert one != PlanFingerprint(target, ())

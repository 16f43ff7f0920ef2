from __future__ import annotations

import re
from dataclasses import replace
from time import thread_time
from typing import TYPE_CHECKING

from big_plans import big, calls, edited
from forecasts_to_render import ASLEEP, FORECAST
from plans_to_render import ARM, RESCHEDULE, plan_of

from reconciler.model import Action, Address, Finding, Severity
from reconciler.render import html, markdown, text
from reconciler.render.call_groups import groups

if TYPE_CHECKING:
    from reconciler.planning.outlook import Outlook


def planned(count: int, agents: int = 3) -> Outlook:
    changes, rings = calls(count, agents)
    return replace(plan_of(*changes), forecast=replace(FORECAST, rings=tuple(rings)))


def test_a_few_calls_are_told_with_their_fields() -> None:
    printed = text.plan(planned(5))
    assert printed.count("! ScheduledCall/visit-") == 5
    assert printed.count("variables") == 5


def test_many_calls_are_a_line_for_each_agent_and_day_and_a_line_each_below() -> None:
    printed = text.plan(planned(30))
    assert "! 2 calls to arm: practice-00, Mon 30 Nov 09:00\N{EN DASH}09:09 New York, 2 people" in printed
    assert "    09:09 New York  +1•••••••0015  visit-015" in printed
    assert len(re.findall(r"visit-\d", printed)) == 30 + 5  # and five of them in "To come"
    assert "variables" not in printed


def test_calls_of_more_agents_and_days_than_anybody_reads_are_a_line_for_each_day() -> None:
    plan = planned(200, agents=29)
    printed, page = text.plan(plan, brief=True), markdown.plan(plan)
    assert "! 40 calls to arm: 29 agents, Mon 30 Nov" in printed
    assert len(re.findall(r"^! .* calls to arm: ", printed, re.MULTILINE)) == 5
    assert "| 40 calls of 29 agents | arm | Mon 30 Nov" in page
    assert "| practice-00 |" in page


def test_a_plan_says_of_findings_that_say_the_same_how_many_more_there_are_unless_it_is_full() -> None:
    found = [Finding(Severity.WARNING, "RC705", "olivya is no voice", address=ARM.address)] * 40
    other = Finding(Severity.WARNING, "RC705", "jon is no voice", address=ARM.address)
    plan = plan_of(ARM, findings=[*found, other])
    assert text.plan(plan).count("olivya") == 3
    assert "… and 37 more RC705 that say the same; --full lists them" in text.plan(plan)
    assert "jon is no voice" in text.plan(plan)
    assert text.plan(plan, full=True).count("olivya") == 40


def test_a_full_plan_tells_every_call_with_its_fields() -> None:
    assert text.plan(planned(30), full=True).count("variables") == 30


def test_a_brief_plan_of_thirty_agents_and_two_hundred_calls_fits_on_two_screens() -> None:
    printed = text.plan(big(), brief=True)
    assert len(printed.splitlines()) < 120
    assert "To come: 200 calls to 200 people" in printed
    assert all(f"Agent/practice-{number:02}" in printed for number in range(30))


def test_a_brief_plan_says_of_alike_findings_how_many_more_there_are() -> None:
    found = [Finding(Severity.WARNING, "RC705", f"agent {number}") for number in range(40)]
    printed = text.plan(plan_of(ARM, findings=[replace(it, address=ARM.address) for it in found]), brief=True)
    assert printed.count("warning RC705") == 3
    assert "… and 37 more RC705" in printed


def test_a_moved_call_among_many_says_what_moves() -> None:
    plan = planned(6)
    ring = replace(plan.forecast.rings[0], address=RESCHEDULE.address) if plan.forecast else None
    assert plan.forecast is not None
    assert ring is not None
    moved = replace(
        plan, changes=(*plan.changes, RESCHEDULE), forecast=replace(plan.forecast, rings=(ring, *plan.forecast.rings))
    )
    for page in (text.plan(moved, width=110), markdown.plan(moved)):
        assert "at: 2026-12-02T09:00:00 → 2026-12-02T10:00:00" in page
        assert "8f14e45fceea167a" not in page


def test_cancelled_calls_are_the_first_group_and_keep_their_sentence() -> None:
    lost = [
        replace(
            ARM,
            address=Address("ScheduledCall", f"lost-{n}"),
            action=Action.DELETE,
            verb="cancel",
            sentence=f"not declared {n}",
            consequences=(),
        )
        for n in range(7)
    ]
    plan = planned(8)
    found = groups((*plan.changes, *lost), plan.forecast)
    assert [it.verb for it in found[:2]] == ["cancel", "arm"]
    printed = text.plan(replace(plan, changes=(*plan.changes, *lost)))
    assert "- 7 calls to cancel" in printed
    assert "not declared 6" in printed


def test_recurring_calls_are_a_group_of_their_own_by_agent() -> None:
    plan = planned(6)
    assert plan.forecast is not None
    weekly = replace(ARM, address=ASLEEP.address)
    forecast = replace(plan.forecast, rings=(*plan.forecast.rings, ASLEEP))
    (*_, last) = groups((*plan.changes, weekly), forecast)
    assert last.title == "1 recurring call"
    assert last.sentence == "first on Thu 3 Dec 09:00 New York, 1 person"


def test_calls_without_a_forecast_are_one_group() -> None:
    changes = planned(9).changes
    (only,) = groups(changes, None)
    assert (only.title, only.agent, only.sentence) == ("9 calls", "", changes[0].sentence)
    (several,) = groups([*changes, replace(changes[0], sentence="another")], None)
    assert several.sentence == ""


def test_the_page_shows_many_calls_behind_a_line_each_with_their_fields_inside() -> None:
    page = html.plan(planned(30))
    assert page.count('id="group-') == 15
    assert page.count('id="change-') == 30
    glance = page[page.index('class="glance"') : page.index("</ul>", page.index('class="glance"'))]
    assert glance.count("<li>") == 15


def test_ten_times_the_changes_take_about_ten_times_as_long() -> None:
    def seconds(count: int) -> float:
        changes, rings = calls(count // 2)
        agents = tuple(edited(number) for number in range(count // 2))
        plan = replace(plan_of(*agents, *changes), forecast=replace(FORECAST, rings=tuple(rings)))
        start = thread_time()
        text.plan(plan, brief=True)
        markdown.plan(plan)
        return thread_time() - start

    seconds(100)
    assert seconds(5_000) < 20 * seconds(500)  # a square would be a hundred

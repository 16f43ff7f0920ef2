from __future__ import annotations

from dataclasses import replace

import pytest
from forecasts_to_render import ASLEEP, CAMPAIGN, FORECAST, FORESEEN, JANE
from plans_to_render import CALLEE, FULL
from schema_check import complaints

from reconciler.render import html, json, markdown, text
from reconciler.render.json_schema import PLAN_SCHEMA
from reconciler.render.terminal import columns


def test_the_calls_to_come_are_told_in_the_callees_own_time() -> None:
    printed = text.plan(FORESEEN, width=100)
    start = printed.index("To come:")
    assert printed[start : printed.index("Plan: ", start)] == (
        "To come: 3 calls to 2 people, for $1.10 at most\n"
        "    Tue 1 Dec 12:00 Los Angeles                 +1•••••••0199  confirm-jane\n"
        "  ! Thu 3 Dec 04:00 Honolulu to 09:00 New York  +1•••••••0123  weekly\n"
        "    … and up to 1 second try\n"
        "    ! 1 of 2 outside the calling hours where the callee is: not placed then\n"
        "    ! the balance of $1.00 covers 1 of 2: until Thu 3 Dec 09:00 New York\n"
        "    priced at the longest an agent allows; rates read on 30 Sep 2026 · 1 call without a limit taken\n"
        "    as 10 min · recurring calls counted until 22 Dec 2026 · every second try counted · auto-reload\n"
        "    may charge up to $200.00 a month\n"
        "\n"
    )


def test_a_plan_without_calls_or_auto_reload_says_nothing_of_them() -> None:
    nobody = replace(FORECAST, rings=(), reloads=False)
    assert text.plan(replace(FULL, forecast=nobody)) == text.plan(FULL)
    assert markdown.plan(replace(FULL, forecast=nobody)) == markdown.plan(FULL)


def test_auto_reload_alone_is_told_too() -> None:
    printed = text.plan(replace(FULL, forecast=replace(FORECAST, rings=())))
    assert "No calls to come.\n    auto-reload may charge up to $200.00 a month\n" in printed


def test_a_balance_that_nothing_refills_and_a_card_without_a_limit_are_warned_of() -> None:
    broke = replace(FORECAST, balance_cents=0, reloads=False)
    assert "! the balance of $0.00 covers 0 of 2: until Tue 1 Dec 15:00 New York, and nothing refills it" in text.plan(
        replace(FULL, forecast=broke), width=120
    )
    boundless = replace(FORECAST, reload_limit_cents=None)
    assert "! auto-reload may charge without a limit" in text.plan(replace(FULL, forecast=boundless))


def test_a_sum_that_stopped_counting_is_no_bound_and_says_so() -> None:
    printed = text.plan(replace(FULL, forecast=replace(FORECAST, whole=False)))
    assert "To come: more than 3 calls to 2 people, for more than $1.10" in printed


def test_only_a_few_are_listed_unless_all_are_asked_for() -> None:
    many = tuple(replace(JANE, address=JANE.address._replace(name=f"call-{index}")) for index in range(40))
    plan = replace(FULL, forecast=replace(FORECAST, rings=many))
    assert "… and 35 more" in text.plan(plan)
    assert text.plan(plan, full=True).count("  call-") == 40


@pytest.mark.parametrize("width", [44, 60, 80, 120])
def test_no_line_of_a_forecast_is_wider_than_asked(width: int) -> None:
    assert all(columns(line) <= width for line in text.plan(FORESEEN, width=width).splitlines())


def test_no_format_shows_a_callee_unless_numbers_were_asked_for() -> None:
    for page in (text.plan(FORESEEN), markdown.plan(FORESEEN), json.dumps(json.plan(FORESEEN))):
        assert CALLEE not in page
    assert CALLEE in text.plan(FORESEEN, show_numbers=True)


def test_the_forecast_in_json_fits_the_schema() -> None:
    document = json.plan(replace(FORESEEN, forecast=replace(FORECAST, campaigns=(CAMPAIGN,))))
    assert complaints(document, PLAN_SCHEMA) == []
    forecast = document["forecast"]
    assert (forecast["calls_at_most"], forecast["people"], forecast["cents_at_most"]) == (3, 2, 110)
    assert forecast["rings_covered"] == 1
    assert forecast["calls"][0]["callee_local"] == ["2026-12-01T12:00:00-08:00"]
    assert forecast["campaigns"][0]["cents_at_most"] == 80_000
    assert json.plan(FULL)["forecast"] is None


def test_a_comment_tells_the_sum_and_the_first_call() -> None:
    page = markdown.plan(FORESEEN)
    assert "**To come: 3 calls to 2 people, for \\$1.10 at most**" in page
    assert "the first on Tue 1 Dec 12:00 Los Angeles where they are" in page


def test_one_wall_time_in_two_zones_is_told_once() -> None:
    twice = replace(ASLEEP, places=("America/New_York", "America/Toronto"), awake=True)
    assert "Thu 3 Dec 09:00 New York  " in text.plan(
        replace(FULL, forecast=replace(FORECAST, rings=(twice,))), width=120
    )


def to_come(printed: str) -> list[str]:
    """The lines of a plan that tell what is to come."""
    start = printed.index("To come:")
    return printed[start : printed.index("\n\n", start)].splitlines()


def test_a_campaign_is_told_with_its_people_its_hours_and_the_most_it_may_cost() -> None:
    only = replace(FORESEEN, forecast=replace(FORECAST, rings=(), campaigns=(CAMPAIGN,)))
    assert to_come(text.plan(only, width=120)) == [
        "To come: 1 campaign to 5,000 people, for $800.00 at most",
        "    Mon 7 Dec 09:00 New York: recall rings 5,000 people between 09:00 and 17:00, for $800.00 at most",
        "    ! the balance of $1.00 may not cover the campaigns",
        (
            "    priced at the longest an agent allows; rates read on 30 Sep 2026 · auto-reload may charge up to "
            "$200.00 a month"
        ),
    ]
    assert "from Mon 7 Dec 09:00 New York on" in markdown.plan(only)


def test_the_page_shows_a_campaign_among_the_sums_on_its_day_and_in_the_calendar() -> None:
    page = html.plan(replace(FORESEEN, forecast=replace(FORECAST, campaigns=(CAMPAIGN,))))
    assert "1 campaign at most" in page
    assert "<strong>1 campaign</strong>" in page
    assert "each day 09:00 to 17:00 New York" in page
    assert page.count("5,000 people") == 2


def test_a_campaign_of_which_nobody_knows_how_often_it_rings_has_no_bound_and_says_so() -> None:
    loose = replace(CAMPAIGN, cents=None, tries=None)
    said = text.plan(replace(FORESEEN, forecast=replace(FORECAST, campaigns=(CAMPAIGN, loose))), width=120)
    assert "2 campaigns to 10,000 people, how often each is rung is not declared" in said
    assert "without a limit of its own" in said


def test_a_page_with_campaigns_alone_counts_no_calls() -> None:
    page = html.plan(replace(FORESEEN, forecast=replace(FORECAST, rings=(), campaigns=(CAMPAIGN,))))
    assert "They cost at most" not in page
    assert "1 campaign at most" in page


def test_the_sign_of_an_open_card_is_a_minus_and_no_code_of_one() -> None:
    assert 'content: "\\2212"' in html.plan(FORESEEN)

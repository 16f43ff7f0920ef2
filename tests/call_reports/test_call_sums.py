"""Sums of calls add up, each call counted once, in every form they are told in."""

from __future__ import annotations

import csv
import io
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Target
from reconciler.render import call_sums, html_call_sums
from reconciler.schedule.call_report import OUTCOMES, CallRow
from reconciler.schedule.call_states import CallState
from reconciler.schedule.call_sums import CampaignCounts, Sums, report, total

NOW = datetime(2026, 12, 5, 12, tzinfo=UTC)
TARGET = Target("https://api.example", "42", "Lakeside Clinic")
TEN = datetime(2026, 12, 2, 4, 30, tzinfo=UTC)  # still the first of December in Los Angeles
REACHED = CallRow(
    "week/1",
    "week/1",
    1,
    TEN,
    "America/Los_Angeles",
    CallState.COMPLETED,
    outcome="reached",
    agent="caller",
    placed_at=TEN + timedelta(minutes=1),
    duration_seconds=90,
    cost_cents=4,
    call_id="1",
)  # fmt: skip - one call
BUSY = replace(
    REACHED,
    name="week/2",
    occurrence="week/2",
    state=CallState.FAILED,
    outcome="not_reached",
    duration_seconds=0,
    cost_cents=0,
)
AGAIN = replace(BUSY, attempt=2, state=CallState.COMPLETED, outcome="voicemail", duration_seconds=30, cost_cents=2)
MISSED = CallRow("daily", "daily@2026-12-03T09:00", 1, TEN + timedelta(days=1), "", CallState.EXPIRED, earlier=4)
SPRING = CampaignCounts("spring", "running", 120, 12, 3, 2)
EVERY = [REACHED, BUSY, AGAIN, MISSED]

ROWS = st.builds(
    CallRow,
    name=st.sampled_from(["a", "week/1", "week/2", "other/1"]),
    occurrence=st.just("o"),
    attempt=st.integers(1, 3),
    when=st.none() | st.integers(0, 5_000).map(lambda hours: TEN + timedelta(hours=hours)),
    zone=st.sampled_from(["", "America/Los_Angeles", "Asia/Tokyo"]),
    state=st.sampled_from(CallState),
    outcome=st.sampled_from(["", *OUTCOMES]),
    duration_seconds=st.none() | st.integers(0, 900),
    cost_cents=st.none() | st.integers(0, 90),
    agent=st.sampled_from(["", "caller"]),
    earlier=st.integers(0, 3),
)


def test_each_call_counts_once_and_a_second_try_is_one_more_that_was_placed() -> None:
    assert total(EVERY) == Sums(
        calls=7,
        placed=3,
        answered=1,
        voicemail=1,
        not_answered=1,
        missed=5,
        second_tries=1,
        duration_seconds=120,
        cost_cents=6,
    )


def test_what_was_kept_back_on_purpose_is_no_miss() -> None:
    held = replace(MISSED, code="RC615")
    closed_day = replace(MISSED, state=CallState.SKIPPED, earlier=0)
    assert total([held, closed_day, MISSED]) == Sums(calls=11, missed=5, kept_back=5, skipped=1)


@given(st.lists(ROWS, max_size=12))
def test_whatever_the_calls_the_figures_of_each_group_add_up_to_the_totals(rows: list[CallRow]) -> None:
    told = report(TARGET, rows, now=NOW)
    it = told.totals
    assert it.placed == it.answered + it.voicemail + it.not_answered + it.under_way + it.untold
    for groups in (told.by_agent, told.by_list, told.by_day):
        assert sum((sums for _, sums in groups), Sums()) == it
    assert sum(row.attempt == 1 for row in rows) <= it.calls


def test_a_day_is_one_of_the_clock_that_the_call_was_declared_in() -> None:
    told = report(TARGET, EVERY, now=NOW)
    assert [day for day, _ in told.by_day] == ["2026-12-01", "2026-12-03"]


def test_a_report_reads_as_a_table_with_the_period_and_whose_clock_it_is() -> None:
    told = report(TARGET, EVERY, now=NOW, period=("2026-12-01", ""))
    assert call_sums.text(told, width=110) == (
        "reconciler calls report · Lakeside Clinic (organisation 42) · api.example\n"
        "Calls from 2026-12-01: Tue 1 Dec 20:31 Los Angeles to Thu 3 Dec 04:30 UTC; times and days by the clock that\n"
        "each call was declared in.\n"
        "\n"
        "                                                           not          second\n"
        "                  calls  placed  answered  voicemail  answered  missed   tries  minutes   cost\n"
        "  all calls           7       3         1          1         1       5       1      2.0  $0.06\n"
        "by agent\n"
        "  no agent named      5       0         0          0         0       5       0      0.0  $0.00\n"
        "  caller              2       3         1          1         1       0       1      2.0  $0.06\n"
        "by list\n"
        "  single calls        5       0         0          0         0       5       0      0.0  $0.00\n"
        "  week                2       3         1          1         1       0       1      2.0  $0.06\n"
        "by day\n"
        "  Tue 1 Dec 2026      2       3         1          1         1       0       1      2.0  $0.06\n"
        "  Thu 3 Dec 2026      5       0         0          0         0       5       0      0.0  $0.00\n"
    )


def test_what_all_calls_have_in_common_is_said_once_and_no_table_repeats_the_totals() -> None:
    said = call_sums.text(report(TARGET, [REACHED, BUSY], now=NOW), width=110)
    assert "All of agent caller, list week." in said
    assert "by " not in said.split("All of")[0].split("\n\n")[1]


def test_what_makes_the_figures_provisional_is_said_below_them() -> None:
    going = replace(REACHED, state=CallState.PLACED, outcome="", duration_seconds=None, cost_cents=None)
    lost = replace(REACHED, state=CallState.UNKNOWN, outcome=CallState.UNKNOWN, cost_cents=None)
    free = replace(REACHED, cost_cents=None)
    told = call_sums.remarks(report(TARGET, [going, lost, free], now=NOW, campaigns=[SPRING]))
    assert [text.partition(":")[0] for text in told[1:]] == [
        "1 call not ended yet, or not recorded",
        "1 call may have rung",
        "The platform told no cost of 1 call.",
        "Campaign spring, running",
    ]
    assert told[-1].endswith(": 12 of 120 contacts completed, 3 failed, 2 in call; not among the calls above")


def test_a_report_tells_of_campaigns_also_where_there_is_no_call_in_it() -> None:
    told = report(TARGET, [], now=NOW, campaigns=[SPRING])
    for form in (call_sums.text, call_sums.markdown, html_call_sums.report):
        assert "12 of 120 contacts completed" in " ".join(form(told).split())
    assert call_sums.document(told)["by_campaign"] == [
        {
            "campaign": "spring",
            "status": "running",
            "contacts": 120,
            "completed": 12,
            "failed": 3,
            "in_progress": 2,
        }
    ]


@pytest.mark.parametrize("form", [call_sums.text, call_sums.markdown, html_call_sums.report])
def test_a_report_of_no_call_says_so(form: object) -> None:
    assert "No calls." in form(report(TARGET, [], now=NOW))  # type: ignore[operator]


def test_csv_has_a_line_for_each_campaign_with_its_own_counts() -> None:
    lines = list(
        csv.DictReader(io.StringIO(call_sums.table_of(report(TARGET, [REACHED], now=NOW, campaigns=[SPRING]))))
    )
    last = {name: value for name, value in lines[-1].items() if value}
    assert last == {
        "of": "campaign",
        "name": "spring",
        "status": "running",
        "contacts": "120",
        "completed": "12",
        "failed": "3",
        "in_progress": "2",
    }
    assert lines[0]["contacts"] == ""


def test_csv_has_a_line_for_the_totals_and_each_group_and_no_cell_is_a_formula() -> None:
    risky = replace(REACHED, agent="=cmd()")
    lines = list(csv.DictReader(io.StringIO(call_sums.table_of(report(TARGET, [risky, AGAIN], now=NOW)))))
    assert [(it["of"], it["name"], it["placed"]) for it in lines] == [
        ("total", "", "2"),
        ("agent", "'=cmd()", "1"),
        ("agent", "caller", "1"),
        ("list", "week", "2"),
        ("day", "2026-12-01", "2"),
    ]


def test_json_names_every_figure_of_every_group() -> None:
    told = call_sums.document(report(TARGET, EVERY, now=NOW))
    figures = {item.name for item in fields(Sums)} | {"minutes"}
    assert told["format"] == "reconciler.report/v1"
    for group in (told["totals"], *told["by_agent"], *told["by_list"], *told["by_day"]):
        assert figures <= group.keys()
    assert [it["list"] for it in told["by_list"]] == [None, "week"]
    assert told["first"] == "2026-12-01T20:31:00-08:00"


def test_the_page_shows_the_totals_and_each_group_and_runs_nothing_of_what_is_named() -> None:
    risky = replace(REACHED, agent="<script>alert(1)</script>")
    page = html_call_sums.report(report(TARGET, [risky, *EVERY], now=NOW))
    assert "<script" not in page
    for heading in ("All calls", "By agent", "By list", "By day"):
        assert heading in page

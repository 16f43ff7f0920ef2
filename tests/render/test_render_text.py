from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from plans_to_render import (
    ARM,
    CALLEE,
    CLEAN,
    CREATE,
    DELETE,
    FULL,
    KEPT,
    MONEY,
    NEW_PROMPT,
    OLD_PROMPT,
    PLACED,
    PLANS,
    REFUSING,
    REPORT,
    RESCHEDULE,
    UPDATE,
    VERIFY,
    WARNING,
    change,
    plan_of,
)

from reconciler.model import (
    Action,
    Address,
    ChangedBy,
    Consequence,
    FieldDiff,
    Finding,
    Location,
    Outcome,
    Report,
    Result,
    Severity,
    Sort,
)
from reconciler.render import html, markdown, saved_plan, text
from reconciler.render import json as json_render
from reconciler.render.terminal import columns

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (60, 80, 120)
AGAIN = "RECONCILER_WRITE_GOLDEN"  # set it to write the expected texts anew, then read what changed


def compare(name: str, printed: str) -> None:
    path = GOLDEN / name
    if os.environ.get(AGAIN):
        path.write_text(printed, encoding="utf-8")
    assert printed == path.read_text(encoding="utf-8")


def test_expected_texts_are_all_in_use() -> None:
    names = {f"plan-{name}-{width}.txt" for name in PLANS for width in WIDTHS}
    names |= {f"report-{width}.txt" for width in WIDTHS} | {"plan-full-brief.txt", "plan-full-long.txt"}
    names |= {f"comment-{name}.md" for name in (*PLANS, "report")}
    assert {path.name for path in GOLDEN.iterdir()} == names


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PLANS)
def test_a_plan_reads_as_expected(name: str, width: int) -> None:
    compare(f"plan-{name}-{width}.txt", text.plan(PLANS[name], width=width))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_reads_as_expected(width: int) -> None:
    compare(f"report-{width}.txt", text.report(REPORT, width=width))


def test_a_brief_plan_is_one_row_a_change() -> None:
    compare("plan-full-brief.txt", text.plan(FULL, brief=True))


def test_a_full_plan_lists_what_is_unchanged_and_prints_new_texts() -> None:
    compare("plan-full-long.txt", text.plan(FULL, full=True))


@pytest.mark.parametrize("width", [*WIDTHS, 44])
@pytest.mark.parametrize("name", PLANS)
def test_no_line_is_wider_than_asked_where_addresses_are_short(name: str, width: int) -> None:
    assert all(columns(line) <= width for line in text.plan(PLANS[name], width=width).splitlines())


def test_every_pending_change_and_every_refusal_is_named() -> None:
    for plan in PLANS.values():
        for it in (*plan.pending, *plan.refusals):
            assert str(it.address) in text.plan(plan)
            assert str(it.address) in text.plan(plan, brief=True)


def test_colour_adds_nothing_but_colour() -> None:
    for plan in PLANS.values():
        plain = re.sub(r"\x1b\[[0-9;]*m", "", text.plan(plan, color=True))
        assert [line.rstrip() for line in plain.splitlines()] == text.plan(plan).splitlines()
    assert "\x1b[" in text.plan(FULL, color=True)


def test_a_callee_is_masked_unless_numbers_were_asked_for() -> None:
    assert CALLEE not in text.plan(FULL)
    assert CALLEE in text.plan(FULL, show_numbers=True)


def test_the_digest_kept_in_place_of_a_number_is_not_shown_either() -> None:
    assert "8f14e45fceea167a" not in text.plan(plan_of(RESCHEDULE), show_numbers=True)


def test_a_number_among_the_variables_of_a_call_is_masked() -> None:
    diffs = (FieldDiff("variables", None, {"callback": "+1 (415) 555-0123"}),)
    assert "0123" in text.plan(plan_of(replace(ARM, diffs=diffs)))
    assert "555-0123" not in text.plan(plan_of(replace(ARM, diffs=diffs)))


def test_the_number_a_call_comes_from_is_shown() -> None:
    diffs = (FieldDiff("from_number", None, "+15551230001"),)
    assert "+15551230001" in text.plan(plan_of(replace(ARM, diffs=diffs)))


def test_two_callees_that_look_alike_when_masked_are_said_to_differ() -> None:
    diffs = (FieldDiff("to_number", "+14155550199", "+14165550199", personal=True),)
    assert "they differ in what is not shown" in text.plan(plan_of(replace(RESCHEDULE, diffs=diffs)))


def test_a_secret_is_never_shown() -> None:
    diffs = (FieldDiff("token", "old-hush", "new-hush", secret=True),)
    assert "hush" not in text.plan(plan_of(replace(UPDATE, diffs=diffs)), show_numbers=True)


def test_a_prompt_cannot_command_the_terminal() -> None:
    diffs = (FieldDiff("prompt", "calm\n\nwords", "calm\n\n\x1b]0;owned\x07words \u202egnirts", personal=False),)
    printed = text.plan(plan_of(replace(UPDATE, diffs=diffs)))
    assert "\x1b" not in printed
    assert "\\x1b]0;owned\\x07words" in printed
    assert "\\u202e" in printed


def test_each_consequence_is_said_in_words() -> None:
    printed = text.plan(plan_of(ARM, MONEY, DELETE))
    assert "! rings a person, spends money" in printed
    assert "! cannot be undone" in printed
    assert "rings 1 person · may charge up to $200.00 a month · 1 change cannot be undone" in printed


def test_no_monthly_limit_is_said_at_the_top() -> None:
    boundless = replace(MONEY, consequences=(Consequence(Sort.SPENDS_MONEY, cents=None, per="month"),))
    assert "may charge the card without a monthly limit" in text.plan(plan_of(boundless))


def test_refusals_come_first_then_what_is_lost_then_money_then_agents_then_calls() -> None:
    printed = text.plan(plan_of(CREATE, UPDATE, ARM, VERIFY, DELETE, *REFUSING.refusals))
    names = ("Agent/reminders", "Agent/retired", "Agent/front-desk", "PhoneNumber/main-line")
    places = [printed.index(name) for name in (*names, "Agent/appointment-confirmations", "ScheduledCall/confirm-jane")]
    assert places == sorted(places)


def test_a_cancelled_call_is_read_before_those_that_will_ring() -> None:
    cancelled = replace(
        ARM, address=Address("ScheduledCall", "lost"), action=Action.DELETE, verb="cancel", consequences=()
    )
    printed = text.plan(plan_of(ARM, cancelled))
    assert printed.index("ScheduledCall/lost") < printed.index("ScheduledCall/confirm-jane")


def test_findings_stand_below_the_headline_and_what_doubts_the_whole_plan_above_its_count() -> None:
    doubt = Finding(Severity.WARNING, "RC502", "the state cannot be read", "check the remote")
    printed = text.plan(plan_of(ARM, findings=[WARNING, doubt]))
    places = [
        printed.index(it) for it in ("RC502", "1 to arm", "rings 1 person", "RC210", "ScheduledCall/confirm-jane")
    ]
    assert places == sorted(places)


def test_the_head_says_whose_edits_are_overwritten() -> None:
    drift = FieldDiff("voice", "a", "b", ChangedBy.DASHBOARD)
    other = replace(UPDATE, address=Address("Agent", "other"), diffs=(drift,))
    number = replace(UPDATE, address=Address("PhoneNumber", "main"), diffs=(drift,))
    printed = text.plan(plan_of(UPDATE, other, number), width=120)
    assert "overwrites a colleague's edits on 2 agents and 1 phone number" in printed


def test_a_plan_that_keeps_a_field_overwrites_nobody() -> None:
    kept = replace(UPDATE, action=Action.REFUSE)
    assert "overwrites" not in text.plan(plan_of(kept))


def test_a_clean_plan_says_that_there_is_nothing_to_do() -> None:
    assert text.plan(CLEAN).splitlines()[-1] == "No changes: the account is as declared."
    assert "Next:" not in text.plan(CLEAN)


def test_a_history_of_many_calls_is_counted_rather_than_listed() -> None:
    calls = [replace(PLACED, address=PLACED.address._replace(name=f"call-{index}")) for index in range(40)]
    printed = text.plan(plan_of(*calls))
    assert printed.count("already placed") == 5
    assert "… and 35 more: settled" in printed
    assert text.plan(plan_of(*calls), full=True).count("already placed") == 40


def test_an_unchanged_resource_with_a_remark_is_listed() -> None:
    remark = replace(KEPT[0], notes=("`voice` is no longer declared: left as it is",))
    assert "note: `voice` is no longer declared" in text.plan(plan_of(remark))


def test_the_place_of_a_reworded_passage_is_a_line_of_its_own_file() -> None:
    assert "prompts/front-desk.md:7" in text.plan(FULL)


def test_an_inline_prompt_names_no_other_file() -> None:
    at = Location("manifests/agents.yaml", 14)
    diffs = (FieldDiff("prompt", "one\ntwo", "one\nthree", location=at),)
    printed = text.plan(plan_of(replace(UPDATE, diffs=diffs)))
    assert "[two → three]" in printed
    assert printed.count("manifests/agents.yaml") == 1


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, "x", "none → x"),
        ("", "beep", '"" → beep'),
        ("none", None, '"none" → none'),
        (1000, 2500, "1000 → 2500"),
        (["en", "de"], ["de", "fr"], "- en"),
        ({"a": 1, "b": 2}, {"b": 3}, "b: 2 → 3"),
        ([1, 1], [1], "- 1"),
        ("word " * 20, None, "1 line, 20 words → none"),
        (None, "word " * 20, "1 line, 20 words"),
        ({"deep": {"er": True}}, {"deep": {"er": False}}, "deep.er: true → false"),
        (True, 1, "true → 1"),
        ("a  b c\n", "a b c", '"a  b c " → a b c'),
        ("word\n" * 20, "word \n" * 20 + "\n", "white space only"),
    ],
)
def test_what_differs_inside_a_value_is_visible(before: object, after: object, expected: str) -> None:
    diffs = (FieldDiff("field", before, after),)
    printed = text.plan(plan_of(replace(UPDATE, diffs=diffs, notes=())))
    assert expected in printed


def test_who_moved_a_field_is_said() -> None:
    diffs = (FieldDiff("voice", "a", "b", ChangedBy.DASHBOARD), FieldDiff("name", "a", "b", ChangedBy.BOTH))
    printed = text.plan(plan_of(replace(UPDATE, diffs=diffs)))
    assert "drift: changed in the dashboard" in printed
    assert "conflict: changed here and in the dashboard" in printed


def test_a_wide_letter_counts_as_two_columns() -> None:
    diffs = (FieldDiff("prompt", "a\nb", "今日は" * 60 + "\nb"),)
    printed = text.plan(plan_of(replace(UPDATE, diffs=diffs)), width=60)
    assert all(columns(line) <= 60 for line in printed.splitlines())


def test_a_report_without_problems_proposes_nothing() -> None:
    made = change("Agent/new", Action.CREATE, "does not exist")
    done = Report(plan_of(made), (Result(made.address, Action.CREATE, Outcome.DONE, id="1"),))
    assert text.report(done) == "done     Agent/new  create\n\nApplied: 1 done.\n"


def test_an_agent_that_was_deployed_with_a_warning_says_so_and_why() -> None:
    warned = Result(UPDATE.address, UPDATE.action, Outcome.DONE, "deployed, with a warning: 1 of 1 example failed")
    rows = text.report(Report(plan_of(UPDATE), (warned,))).splitlines()
    assert rows[0].startswith("done     Agent/")
    assert rows[1] == "         deployed, with a warning: 1 of 1 example failed"


def test_a_file_is_told_alike_in_every_output_whether_it_is_new_or_changed() -> None:
    said = "file of 1,096 bytes, sha256 9fa71aaa"
    diffs = (FieldDiff("content", None, {"sha256": "9fa71aaa" + "0" * 56, "size": 1096}),)
    made = replace(change("KnowledgeDocument/dishes", Action.CREATE, "does not exist"), diffs=diffs)
    for page in (plan_of(made), plan_of(replace(UPDATE, diffs=diffs))):
        saved = json_render.plan(page)
        assert saved["changes"][0]["fields"][0]["after"] == said
        for told in (text.plan(page), markdown.plan(page), html.plan(page), saved_plan.text(saved)):
            assert said in told


def test_a_mapping_inside_a_new_value_begins_on_a_line_of_its_own() -> None:
    spec = {
        "type": "function",
        "function": {
            "name": "book_a_table",
            "description": "Books a table for a day, an hour and a number of people at the restaurant.",
            "parameters": {"type": "object"},
        },
    }
    made = change("Integration/book", Action.CREATE, "does not exist")
    printed = text.plan(plan_of(replace(made, diffs=(FieldDiff("spec", None, spec),))), width=60)
    assert (
        """\
    spec  type: function
          function:
            name: book_a_table
            description: 1 line, 16 words
            parameters: {type: object}
"""
        in printed
    )


def interrupted(*names: str) -> list[Result]:
    why = "interrupted before it was begun"
    return [Result(Address("Agent", name), Action.CREATE, Outcome.SKIPPED, why) for name in names]


def test_an_interrupted_apply_lists_a_few_of_what_was_skipped_and_says_only_how_to_go_on() -> None:
    done = Result(Address("Agent", "a"), Action.CREATE, Outcome.DONE)
    skipped = interrupted(*(f"b-{n:04}" for n in range(1234)))
    *rows, _, verdict, onward = text.report(Report(FULL, (done, *skipped))).splitlines()
    assert rows[0] == "done     Agent/a  create"
    assert rows[-1] == "         … and 1,229 more skipped: interrupted before it was begun"
    assert [row for row in rows if row.startswith("skipped")] == [f"skipped  Agent/b-{n:04}  create" for n in range(5)]
    assert verdict == "Applied in part: 1 done, 1,234 skipped."
    assert onward == "Next: reconciler apply"


def test_what_failed_is_to_be_mended_although_the_rest_was_only_interrupted() -> None:
    failed = Result(Address("Agent", "a"), Action.CREATE, Outcome.FAILED, "no such voice")
    printed = text.report(Report(FULL, (failed, *interrupted("b"))))
    assert printed.splitlines()[-1] == "Next: fix what failed (Agent/a) as it says there, then reconciler apply"


def test_whatever_was_not_skipped_is_listed_however_much_it_is() -> None:
    failed = [Result(Address("Agent", f"a-{n}"), Action.CREATE, Outcome.FAILED, "no such voice") for n in range(30)]
    printed = text.report(Report(FULL, tuple(failed)))
    assert printed.count("no such voice") == 30


def test_a_report_of_nothing_says_so() -> None:
    assert text.report(Report(CLEAN, ())) == "Nothing to apply: the account is as declared.\n"


def test_a_report_masks_numbers_in_the_vendors_words() -> None:
    failed = Result(ARM.address, ARM.action, Outcome.FAILED, f"cannot call {CALLEE}", verb=ARM.verb)
    assert CALLEE not in text.report(Report(FULL, (failed,)))
    assert CALLEE in text.report(Report(FULL, (failed,)), show_numbers=True)


def test_a_report_of_armed_calls_says_what_places_them() -> None:
    done = Report(plan_of(ARM), (Result(ARM.address, ARM.action, Outcome.DONE, verb=ARM.verb),))
    assert text.report(done).splitlines()[-1].startswith("Next: reconciler dispatch")


def test_people_are_counted_not_calls() -> None:
    again = replace(ARM, address=Address("ScheduledCall", "confirm-john-again"))
    called = [
        replace(it, consequences=(Consequence(Sort.RINGS_A_PERSON, people=1, callee=CALLEE),)) for it in (ARM, again)
    ]
    other = replace(ARM, consequences=(Consequence(Sort.RINGS_A_PERSON, people=1, callee="+14155550100"),))
    assert "rings 1 person" in text.plan(plan_of(*called))
    assert "rings 2 people" in text.plan(plan_of(*called, other))


def test_a_command_is_never_broken() -> None:
    command = "reconciler apply --env staging --plan plans/2030-01-14.json --state sqlite:.reconciler/state.db"
    printed = text.plan(plan_of(ARM), width=60, next_command=command)
    assert printed.endswith(f"Next:\n{command}\n")
    finding = Finding(
        Severity.ERROR, "RC220", "a " * 40, f"look at it, then `{command}`, or reconciler calls adopt-history"
    )
    told = text.findings([finding], width=50).splitlines()
    assert f"    `{command}`," in told
    assert "    or reconciler calls adopt-history" in told


def test_a_full_plan_prints_both_sides_of_a_long_text_whole() -> None:
    printed = text.plan(plan_of(UPDATE), width=120, full=True)
    for line in {*OLD_PROMPT.splitlines(), *NEW_PROMPT.splitlines()}:
        assert line in printed
    assert "…" not in printed


def test_a_change_of_white_space_alone_names_the_line_and_shows_the_letter() -> None:
    after = OLD_PROMPT.replace("for Acme", "for\u00a0Acme")
    diff = FieldDiff("prompt", OLD_PROMPT, after, location=Location("prompts/front-desk.md"))
    plan = plan_of(replace(UPDATE, diffs=(diff,), notes=()))
    for page in (text.plan(plan), markdown.plan(plan)):
        assert "white space only" in page
        assert "prompts/front-desk.md:3" in page
        assert "[· → ⍽]Acme" in page

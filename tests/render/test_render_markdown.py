from __future__ import annotations

import re
from dataclasses import replace

import pytest
from big_plans import big
from plans_to_render import (
    ARM,
    CALLEE,
    CREATE,
    DELETE,
    ERROR,
    FULL,
    KEPT,
    MONEY,
    PLANS,
    REFUSED,
    REPORT,
    TARGET,
    UPDATE,
    WARNING,
    change,
    plan_of,
)
from test_render_text import compare

from reconciler.model import Action, FieldDiff, Finding, Outcome, Result, Severity
from reconciler.planning.outlook import Outlook
from reconciler.render import markdown


@pytest.mark.parametrize("name", PLANS)
def test_a_comment_reads_as_expected(name: str) -> None:
    compare(f"comment-{name}.md", markdown.plan(PLANS[name]))


def test_a_comment_on_an_apply_reads_as_expected() -> None:
    compare("comment-report.md", markdown.report(REPORT))


def test_the_verdict_is_the_first_line() -> None:
    assert markdown.plan(FULL).splitlines()[0].startswith("**Plan: 1 to create")
    assert markdown.plan(plan_of(*KEPT)).splitlines()[0] == "**No changes: the account is as declared.**"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a|b", r"a\|b"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("ask @octocat", "ask @&#8203;octocat"),
        ("*bold* _it_ `x`", r"\*bold\* \_it\_ <code>x</code>"),
        ("[link](http://x)", r"\[link\](http://x)"),
        ("snake_case", "snake_case"),
        ("fixes #12", r"fixes \#12"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("two\nlines", "two lines"),
        ("`<b>|@x`", r"<code>&lt;b&gt;\|@&#8203;x</code>"),
        ("a ` b", r"a \` b"),
        (r"back\slash", r"back\\slash"),
    ],
)
def test_data_does_not_become_markup(written: str, shown: str) -> None:
    row = markdown.plan(plan_of(change("Agent/a", Action.CREATE, written)))
    assert f"| + | <code>Agent/a</code> | create | {shown} |" in row


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    diffs = (FieldDiff("prompt", None, "a\n`````\n</details>\n"),)
    page = markdown.plan(plan_of(replace(UPDATE, diffs=diffs)))
    assert page.count("``````") == 2
    assert "\n``````diff\n" in page


def test_the_place_in_a_folds_summary_is_html() -> None:
    assert MONEY.resource is not None
    odd = replace(MONEY.resource.manifest.location, path="<b>_*@x.yaml")
    resource = replace(MONEY.resource, manifest=replace(MONEY.resource.manifest, location=odd))
    assert "&lt;b&gt;_*@&#8203;x.yaml" in markdown.plan(plan_of(replace(MONEY, resource=resource)))


def test_callees_are_masked() -> None:
    assert CALLEE not in markdown.plan(FULL)
    assert CALLEE in markdown.plan(FULL, show_numbers=True)
    failed = Result(ARM.address, ARM.action, Outcome.FAILED, f"no {CALLEE}")
    assert CALLEE not in markdown.report(replace(REPORT, results=(failed,)))


def test_prompts_go_before_the_line_of_a_deletion_or_a_charge_and_before_the_name_of_a_call() -> None:
    diffs = (FieldDiff("prompt", "old\n" * 600, "new\n" * 600),)
    updates = [change(f"Agent/a-{index}", Action.UPDATE, "x " * 200, diffs=diffs) for index in range(300)]
    page = markdown.plan(plan_of(*updates, ARM, MONEY, DELETE, REFUSED))
    assert len(page) <= markdown.LIMIT
    assert "left out" in page
    for it in (MONEY, DELETE, REFUSED):
        assert f"<code>{it.address}</code> | {it.verb}" in page
    assert f"arm <code>{ARM.address}</code>" in page


def test_calls_too_many_for_a_table_are_still_all_named() -> None:
    calls = [replace(ARM, address=ARM.address._replace(name=f"call-{index}")) for index in range(1000)]
    page = markdown.plan(plan_of(*calls, CREATE))
    assert len(page) <= markdown.LIMIT
    assert all(f"<code>call-{index}</code>" in page for index in range(1000))


def test_calls_too_many_for_a_comment_are_counted() -> None:
    calls = [replace(ARM, address=ARM.address._replace(name=f"call-{index}")) for index in range(9000)]
    page = markdown.plan(plan_of(*calls))
    assert len(page) <= markdown.LIMIT
    named = len(re.findall("<code>call-", page))
    assert f"**Too long for a comment:** {9000 - named:,} calls left out" in page


def test_a_comment_has_every_prompt_of_a_big_plan_and_every_call_in_one_fold() -> None:
    page = markdown.plan(big())
    assert len(page) <= markdown.LIMIT
    assert "left out" not in page
    assert page.count("<ins>NEVER]</ins>") == page.count("six tells") == page.count("<ins>kind.]</ins>") == 30
    assert page.count("<details>") == 30 + 2 + 1  # the agents, a refusal and the charge, the calls
    assert all(f"<code>visit-{number:03}</code>" in page for number in range(200))
    assert (
        "| ! | 14 calls of <code>practice-00</code> | arm | Mon 30 Nov 09:00\N{EN DASH}10:57 New York, 14 people |"
        in page
    )


def test_what_is_read_first_in_a_big_plan_is_what_cannot_be_undone() -> None:
    page = markdown.plan(big())
    lines = [line for line in page.splitlines() if line.startswith(("| x", "| !", "| ~"))]
    assert ["reminders" in lines[0], "retired" in lines[1], "practice-00" in lines[2]] == [True] * 3
    assert page.index("warning RC210") < page.index("| x |")


def test_calls_are_left_out_before_prompts_and_prompts_from_the_last_one_on() -> None:
    page = markdown.plan(big(agents=120, count=400))
    assert len(page) <= markdown.LIMIT
    shown = page.count("<ins>NEVER]</ins>")
    told = re.search(r"\*\*Too long for a comment:\*\* details of (\d+) agents, \d+ calls left out", page)
    assert told is not None
    assert shown + int(told[1]) == 120
    assert all(f"prompts/practice-{number:02}.md" in page for number in range(shown))


def test_a_rewritten_manual_does_not_take_the_page_from_the_other_prompts() -> None:
    manual = FieldDiff("prompt", "old words\n\n" * 2_000, "new things\n\n" * 2_000)
    page = markdown.plan(plan_of(replace(UPDATE, diffs=(manual,)), *big(count=0).changes))
    assert page.count("<ins>NEVER]</ins>") == 30
    assert "more places" in page


def test_the_words_of_a_paragraph_that_differ_are_marked_and_the_rest_is_left_out() -> None:
    before = "Say hello. " * 60 + "Always ask for the name. " + "Be kind. " * 20
    diffs = (FieldDiff("prompt", before, before.replace("Always", "Never #12 <b>@all")),)
    page = markdown.plan(plan_of(replace(UPDATE, diffs=diffs)))
    assert page.count("Say hello.") < 5
    assert "<del>[Always</del> → <ins>Never #&#8203;12 &lt;b&gt;@&#8203;all]</ins> ask for the name. …" in page


def test_what_doubts_the_whole_plan_is_the_first_line_of_its_comment() -> None:
    doubt = Finding(Severity.WARNING, "RC502", "the state cannot be read")
    assert markdown.plan(plan_of(ARM, findings=[WARNING, doubt])).startswith("- **warning RC502**")


def test_an_endless_name_of_an_account_does_not_take_the_page() -> None:
    plan = Outlook(replace(TARGET, organization_name="a" * 100_000), FULL.changes, (), "")
    assert len(markdown.plan(plan)) <= markdown.LIMIT


def test_findings_are_a_list_within_the_limit() -> None:
    assert markdown.findings([ERROR]).startswith("- **error RC201** <code>manifests/numbers.yaml:4:11</code>: ")
    many = markdown.findings([WARNING] * 2000)
    assert len(many) <= markdown.LIMIT
    assert "findings left out" in many
    assert markdown.findings([]) == "No findings.\n"


def test_what_went_wrong_is_reported_first_and_within_the_limit() -> None:
    done = [replace(REPORT.results[0], detail="word " * 50)] * 3000
    page = markdown.report(replace(REPORT, results=(*done, REPORT.results[1])))
    assert len(page) <= markdown.LIMIT
    assert page.index("**failed**") < page.index("| done |")


def test_a_remark_on_each_of_many_calls_takes_no_room_from_the_prompts() -> None:
    plan = big()
    remarks = [replace(WARNING, code="RC711", location=None, address=it.address) for it in plan.changes[31:231]]
    page = markdown.plan(replace(plan, findings=(ERROR, ERROR, ERROR, ERROR, *remarks)))
    assert page.count("error RC201") == 4
    assert page.count("warning RC711") == 3
    assert "- … and 197 more RC711" in page
    assert page.count("<ins>NEVER]</ins>") == 30

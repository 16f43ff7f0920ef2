from __future__ import annotations

import json as parser
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plans_to_render import TARGET, resource
from schema_check import complaints

from reconciler.model import (
    Action,
    Address,
    Change,
    ChangedBy,
    Consequence,
    FieldDiff,
    Finding,
    Location,
    Observed,
    Outcome,
    Report,
    Result,
    Severity,
    Sort,
    Target,
)
from reconciler.planning.outlook import Outlook
from reconciler.render import annotation, drift, html, json, junit, markdown, sarif, text
from reconciler.render.json_schema import PLAN_SCHEMA
from reconciler.render.terminal import clean, columns, obeyed
from reconciler.schedule.call_report import CallRow
from reconciler.schedule.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Callable

ANYTHING = st.text(st.characters(), max_size=60)  # control characters and lone surrogates too
WORDS = st.text(st.sampled_from("ab #`\n|<@\x1b\u202e今"), max_size=80)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANYTHING | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANYTHING, inner, max_size=3),
    max_leaves=6,
)
LOCATIONS = st.none() | st.builds(Location, ANYTHING, st.integers(1, 99), st.integers(1, 99))
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
ADDRESSES = st.builds(Address, st.sampled_from(["Agent", "PhoneNumber", "ScheduledCall"]), NAMES)
DIFFS = st.builds(
    FieldDiff,
    st.text(st.sampled_from("abc_.\x1b"), min_size=1, max_size=40),
    VALUES,
    VALUES,
    st.sampled_from(ChangedBy),
    location=LOCATIONS,
)


@st.composite
def changes(draw: st.DrawFn) -> Change:
    address, at = draw(ADDRESSES), draw(LOCATIONS)
    return Change(
        address,
        draw(st.sampled_from(Action)),
        draw(ANYTHING),
        draw(ANYTHING),
        id=draw(st.none() | ANYTHING),
        resource=resource(address, {}, at) if at else None,
        observed=draw(st.none() | st.just(Observed(address.kind, "1", {}))),
        diffs=tuple(draw(st.lists(DIFFS, max_size=3))),
        consequences=tuple(map(Consequence, draw(st.sets(st.sampled_from(Sort))))),
        notes=tuple(draw(st.lists(ANYTHING, max_size=1))),
    )


FINDINGS = st.builds(
    Finding,
    st.sampled_from(Severity),
    st.just("RC210"),
    ANYTHING,
    ANYTHING,
    st.none() | ADDRESSES,
    LOCATIONS,
)
PLANS = st.builds(
    Outlook,
    st.just(TARGET),
    st.lists(changes(), max_size=5).map(tuple),
    st.lists(FINDINGS, max_size=2).map(tuple),
    st.just("f"),
)
NUMBERS = st.from_regex(r"\+[1-9][0-9]{8,13}", fullmatch=True)


def harmless(page: str) -> bool:
    """Every letter is shown by a terminal rather than obeyed, and the text can be encoded."""
    return all(letter == "\n" or clean(letter) == letter for letter in page) and bool(page.encode())


@given(PLANS, st.integers(40, 140))
def test_no_plan_commands_a_terminal(plan: Outlook, width: int) -> None:
    assert harmless(text.plan(plan, width=width))
    assert harmless(text.plan(plan, width=width, full=True, show_numbers=True))
    assert harmless(text.plan(plan, width=width, brief=True))
    assert harmless(markdown.plan(plan))
    assert harmless(json.dumps(json.plan(plan)))


def tame(page: str) -> bool:
    """Nothing in it is obeyed by a terminal, a browser or a runner, and it can be encoded."""
    return all(letter == "\n" or not obeyed(letter) for letter in page) and bool(page.encode())


FORMATS = ["text", "findings", "report", "markdown", "json", "annotation", "junit", "sarif", "html"]
FORMATS += ["drift", "drift-markdown", "calls", "calls-markdown", "calls-html"]
RUDE = "a\x1b]0;x\x07\x9b\u202eb\u2028::error::\ud800<b>"
RUDE_PLAN = Outlook(
    Target("https://x", RUDE, RUDE),
    tuple(
        Change(
            Address("Agent", f"{RUDE}{action}"),
            action,
            RUDE,
            RUDE,
            id=RUDE,
            resource=resource(Address("Agent", RUDE), {}, Location(f"m/{RUDE}.yaml", 3, 5)),
            observed=Observed("Agent", "1", {}),
            diffs=(FieldDiff(RUDE, RUDE, RUDE + "!", location=Location(f"p/{RUDE}.md")),),
            notes=(RUDE,),
        )
        for action in Action
    ),
    (Finding(Severity.ERROR, "RC110", RUDE, RUDE, Address("Agent", RUDE), Location(f"m/{RUDE}.yaml", 3, 5)),),
    RUDE,
)


@pytest.mark.parametrize(
    "written",
    [
        lambda plan: text.plan(plan, full=True),
        lambda plan: text.findings(plan.findings, sources=lambda _: [RUDE] * 9),
        lambda plan: text.report(
            Report(plan, tuple(Result(it.address, it.action, Outcome.FAILED, RUDE, RUDE, RUDE) for it in plan.changes))
        ),
        markdown.plan,
        lambda plan: json.dumps(json.plan(plan)),
        lambda plan: "\n".join(annotation.plan(plan, folder=RUDE)),
        junit.plan,
        lambda plan: json.dumps(sarif.plan(plan, folder=RUDE)),
        html.plan,
        lambda plan: drift.text(
            [replace(it, reason="drift") for it in plan.changes],
            plan.target,
            [plan.changes[0].address],
            width=80,
            color=False,
            show_numbers=True,
        ),
        lambda plan: drift.markdown(
            [replace(it, reason="drift") for it in plan.changes], [plan.changes[0].address], show_numbers=True
        ),
        lambda plan: text.calls(
            [
                CallRow(
                    RUDE,
                    RUDE,
                    1,
                    None,
                    "",
                    CallState.UNKNOWN,
                    detail=RUDE,
                    to=RUDE,
                    hint=RUDE,
                    recording=RUDE,
                    end_reason=RUDE,
                    call_id=RUDE,
                )
            ]
        ),
        lambda plan: markdown.calls(
            [CallRow(RUDE, RUDE, 1, None, "", CallState.UNKNOWN, detail=RUDE, to=RUDE, hint=RUDE, recording=RUDE)]
        ),
        lambda plan: html.calls(
            [CallRow(RUDE, RUDE, 1, None, "", CallState.UNKNOWN, detail=RUDE, to=RUDE, hint=RUDE, recording=RUDE)]
        ),
    ],
    ids=FORMATS,
)
def test_no_format_passes_on_what_a_terminal_a_browser_or_a_runner_would_obey(
    written: Callable[[Outlook], str],
) -> None:
    assert tame(written(RUDE_PLAN))


@given(PLANS, st.integers(50, 140))
@settings(max_examples=50)
def test_no_line_is_wider_than_asked_but_for_a_literal(plan: Outlook, width: int) -> None:
    for page in (text.plan(plan, width=width), text.plan(plan, width=width, full=True)):
        assert all(columns(line) <= width or "`" in line for line in page.splitlines())


@given(PLANS)
def test_every_change_is_named(plan: Outlook) -> None:
    full, short, page = text.plan(plan, full=True), text.plan(plan), markdown.plan(plan)
    for it in plan.changes:
        assert str(it.address) in full
        if it.pending or it.action is Action.REFUSE:
            assert str(it.address) in short
            assert str(it.address) in page


@given(PLANS)
def test_the_json_fits_its_schema_and_reads_back(plan: Outlook) -> None:
    document = json.plan(plan)
    assert parser.loads(json.dumps(document)) == document
    assert complaints(document, PLAN_SCHEMA) == []


@given(PLANS, st.integers(4000, 9000))
@settings(max_examples=50)
def test_a_comment_never_exceeds_its_limit(plan: Outlook, limit: int) -> None:
    many = Outlook(plan.target, plan.changes * 40, plan.findings * 40, plan.fingerprint)
    results = tuple(Result(it.address, it.action, Outcome.FAILED, it.sentence) for it in many.changes)
    assert len(markdown.plan(many, limit=limit)) <= limit
    assert len(markdown.report(Report(many, results), limit=limit)) <= limit


@given(NUMBERS, st.booleans(), ANYTHING)
def test_a_personal_number_is_never_printed(number: str, calling: bool, around: str) -> None:  # noqa: FBT001 - drawn
    value = {"to": [f"{around} {number}"], number: number}
    diff = FieldDiff("to_number", value if calling else number, value, personal=not calling)
    consequences = (Consequence(Sort.RINGS_A_PERSON),) if calling else ()
    it = Change(
        Address("ScheduledCall", "a"), Action.CREATE, "missing", "now", diffs=(diff,), consequences=consequences
    )
    plan = Outlook(TARGET, (it,), (), "")
    for page in (
        text.plan(plan, width=200),
        text.plan(plan, width=200, full=True),
        markdown.plan(plan),
        json.dumps(json.plan(plan)),
    ):
        assert number not in page


@given(DIFFS)
def test_an_update_is_never_without_anything_visible(diff: FieldDiff) -> None:
    it = Change(
        Address("Agent", "a"), Action.UPDATE, "changed", "x", observed=Observed("Agent", "1", {}), diffs=(diff,)
    )
    lines = text.plan(Outlook(TARGET, (it,), (), "")).splitlines()
    body = lines[lines.index("    x") + 1 : -3]
    assert len(body) > 1 or columns(body[0]) > 4 + columns(clean(diff.path))

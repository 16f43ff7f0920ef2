from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from forecasts_to_render import FORECAST, FORESEEN, JANE
from hypothesis import given, settings
from hypothesis import strategies as st
from plans_to_render import ARM, CALLEE, DELETE, FULL, KEPT, PLANS, RESCHEDULE, UPDATE, plan_of
from test_render_laws import ANYTHING
from test_render_laws import PLANS as ANY_PLAN

from reconciler.kinds.agent_spec import AgentSpec
from reconciler.kinds.phone_number import PhoneNumberSpec
from reconciler.model import Action, Address, Change, FieldDiff, Location, Manifest, Resource
from reconciler.planning.outlook import Outlook
from reconciler.render import html
from reconciler.schedule.call_report import CallRow
from reconciler.schedule.call_states import CallState

VOID = {"meta", "br", "hr", "col"}
OURS = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body header nav main section footer h1 h2 h3 p a ul li b span div small dl dt dd"
        " code table caption thead tbody tr th td details summary del ins time svg path rect circle line text g",
    )
)
EVIL = """"><script>alert(1)</script><img src=x onerror=alert(2)>' onfocus='x' javascript:alert(3) </style><b>"""


class Page(HTMLParser):
    """What a browser would make of a page: its elements, its words, and whether everything is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.style = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)

    def all(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(attribute)) is not None]


def check(page: str) -> Page:
    """The laws of every page: our elements only, nothing that runs or fetches, links that lead somewhere."""
    read = Page(page)
    tags = {tag for tag, _ in read.elements}
    assert tags <= OURS
    for tag, attributes in read.elements:
        assert not any(name.startswith("on") or name in {"src", "style", "srcset", "action"} for name in attributes), (
            tag
        )
    ids = read.all("id")
    assert len(ids) == len(set(ids))
    assert all(href.startswith("https://") or href.removeprefix("#") in ids for href in read.all("href"))
    digest = base64.b64encode(hashlib.sha256(read.style.encode()).digest()).decode()
    policy = next(it["content"] for _, it in read.elements if it.get("http-equiv") == "Content-Security-Policy")
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert not re.search(r"url\(|@import|expression", read.style)
    assert read.all("lang") == ["en"]
    return read


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_becomes_a_sound_page(name: str) -> None:
    read = check(html.plan(PLANS[name]))
    assert sum(tag == "h1" for tag, _ in read.elements) == 1


@given(ANY_PLAN)
@settings(max_examples=60)
def test_no_plan_breaks_out_of_its_page(plan: Outlook) -> None:
    read = check(html.plan(plan, show_numbers=True))
    for it in (*plan.pending, *plan.refusals):
        assert str(it.address) in read.text


@given(ANYTHING, ANYTHING)
@settings(max_examples=60)
def test_no_text_breaks_out_of_its_side(before: str, after: str) -> None:
    diffs = (FieldDiff("prompt", f"{before}\n<b>", f"{after}\n<i>"),)
    check(html.plan(plan_of(replace(UPDATE, diffs=diffs))))


@given(st.sampled_from(CallState), ANYTHING, ANYTHING)
@settings(max_examples=60)
def test_no_record_of_a_call_breaks_out_of_its_row(state: CallState, detail: str, recording: str) -> None:
    check(html.calls([CallRow("a", "a", 2, None, "", state, detail=detail, recording=recording, to=detail)]))


def test_markup_in_any_place_is_shown_as_text() -> None:
    diffs = (
        FieldDiff("prompt", f"one\n{EVIL}", f"two\n{EVIL} more", location=Location(EVIL)),
        FieldDiff(EVIL, EVIL, [EVIL]),
    )
    evil = replace(
        ARM, sentence=EVIL, notes=(EVIL,), diffs=diffs, address=Address("ScheduledCall", EVIL), observed=UPDATE.observed
    )
    ring = replace(JANE, address=evil.address, agent=EVIL, to=EVIL)
    target = replace(FULL.target, organization_name=EVIL, url=EVIL)
    finding = replace(FULL.findings[0], message=EVIL, hint=EVIL, address=evil.address)
    forecast = replace(FORECAST, rings=(ring,))
    page = html.plan(Outlook(target, (evil,), (finding,), EVIL, forecast), show_numbers=True, next_command=EVIL)
    read = check(page)
    assert read.text.count("<script>alert(1)</script>") >= 12
    assert "<script" not in page


def test_what_must_not_be_overlooked_comes_first() -> None:
    read = check(html.plan(plan_of(UPDATE, ARM, DELETE, *KEPT)))
    first, last = read.text.rindex("Look at these first"), read.text.rindex("Changes")
    assert first < read.text.index("Agent/retired") < last
    assert {"rings a person", "spends money", "cannot be undone"} <= set(read.words)


def test_a_callee_is_masked_unless_numbers_were_asked_for() -> None:
    assert CALLEE not in html.plan(FORESEEN)
    assert "+14155550188" not in html.plan(plan_of(RESCHEDULE))
    assert CALLEE in html.plan(FORESEEN, show_numbers=True)


def test_a_prompt_stands_beside_its_older_self_with_the_words_marked() -> None:
    page = html.plan(plan_of(UPDATE))
    assert "We are open from <del>9</del> to 17" in page
    assert "We are open from <ins>8</ins> to 17" in page
    assert "<summary>4 unchanged lines: Front desk</summary>" in page
    assert "prompts/front-desk.md" in page


def test_drift_is_marked_with_its_side() -> None:
    read = check(html.plan(plan_of(UPDATE)))
    assert {"drift: dashboard", "conflict: both"} <= set(read.words)


def test_a_calendar_tells_both_times() -> None:
    read = check(html.plan(FORESEEN))
    assert "12:00 Los Angeles" in read.text
    assert "Tue 1 Dec 15:00 New York, until 15:10" in read.text
    assert "04:00 Honolulu to 09:00 New York" in read.text
    assert "outside calling hours" in read.text
    assert "2026-12-01" in read.all("datetime")


def test_the_sums_of_money_and_people_are_told() -> None:
    text = check(html.plan(FORESEEN)).text
    for words in ("People rung2", "They cost at most$1.10", "Balance$1.00covers 1 of 2", "Auto-reload$200.00"):
        assert words in text


def test_calls_years_ahead_make_a_calendar_of_their_own_weeks() -> None:
    later = replace(JANE, at=datetime(2030, 2, 28, 18, 0, tzinfo=UTC), closes=datetime(2030, 2, 28, 19, 0, tzinfo=UTC))
    days = check(html.plan(replace(FULL, forecast=replace(FORECAST, rings=(later,))))).all("datetime")
    assert days == [f"2030-02-{day}" for day in range(25, 29)] + ["2030-03-01", "2030-03-02", "2030-03-03"]


def test_more_calls_than_a_page_bears_are_counted() -> None:
    many = tuple(replace(JANE, address=JANE.address._replace(name=f"call-{index}")) for index in range(260))
    assert "… and 60 calls later." in check(html.plan(replace(FULL, forecast=replace(FORECAST, rings=many)))).text


def declared(address: str, spec: AgentSpec | PhoneNumberSpec, **fields: str) -> Change:
    manifest = Manifest(Address.parse(address), {}, Location("a.yaml"), marks=None)
    return Change(manifest.address, Action.CREATE, "missing", "is new", resource=Resource(manifest, spec, fields))


def test_the_picture_shows_who_uses_whom_and_says_it_in_words() -> None:
    agents = [declared(f"Agent/agent-{index}", AgentSpec()) for index in range(30)]
    lines = [
        declared(f"PhoneNumber/line-{index}", PhoneNumberSpec(number="+15551230001"), inbound_agent=f"agent-{index}")
        for index in range(30)
    ]
    read = check(html.plan(plan_of(*agents, *lines)))
    assert "PhoneNumber/line-1 uses Agent/agent-1" in read.text
    assert "… and 6 more" in read.text
    assert "Agent/agent-1, create" in read.all("aria-label")


def test_a_plan_in_which_nothing_names_anything_has_no_picture() -> None:
    assert "svg" not in {tag for tag, _ in check(html.plan(FULL)).elements}


def test_the_calls_become_a_page_and_only_a_web_address_becomes_a_link() -> None:
    placed = CallRow(
        "confirm-jane",
        "confirm-jane",
        1,
        JANE.at,
        JANE.zone,
        CallState.COMPLETED,
        recording="https://x.invalid/r?a=1&b=2",
    )
    odd = replace(placed, name="b", occurrence="b", recording="javascript:alert(1)", state=CallState.UNKNOWN)
    broken = replace(odd, name="c", occurrence="c", recording="https://[", state=CallState.ARMED, when=None)
    read = check(html.calls([placed, odd, broken]))
    assert [href for href in read.all("href") if not href.startswith("#")] == ["https://x.invalid/r?a=1&b=2"]
    assert "its outcome is unknown: it may have rung" in read.text
    assert "verdict stopped" in read.all("class")
    assert "Tue 1 Dec 15:00 New York" in read.text
    assert "No scheduled calls." in check(html.calls([])).text

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from plans_to_render import TARGET

from reconciler.render import call_csv, html, json, markdown, text
from reconciler.schedule.call_report import CallList, CallRow
from reconciler.schedule.call_states import CallState

PLACED = CallRow(
    "confirm-jane",
    "confirm-jane",
    1,
    datetime(2026, 12, 1, 20, 0, tzinfo=UTC),
    "America/New_York",
    CallState.COMPLETED,
    call_id="81234",
    end_reason="caller_hung_up",
    duration_seconds=83,
    recording="https://api.thunderphone.com/recordings/81234",
    to="+1•••••••0199",
)
UNKNOWN = replace(
    PLACED,
    name="weekly",
    occurrence="weekly@2026-12-01T09:00:00Z",
    attempt=2,
    zone="",
    state=CallState.UNKNOWN,
    call_id="",
    detail="POST /v1/call: no answer",
    end_reason="",
    duration_seconds=None,
    recording="",
)
ARMED = CallRow("later", "later", 1, None, "", CallState.ARMED)


def test_calls_read_as_a_table() -> None:
    assert text.calls([PLACED, UNKNOWN, ARMED], width=100) == (
        "completed  Tue 1 Dec 15:00 New York  confirm-jane                             +1•••••••0199\n"
        "    call 81234, 1 min 23 s, caller_hung_up\n"
        "    recording https://api.thunderphone.com/recordings/81234\n"
        "unknown    Tue 1 Dec 20:00 UTC       weekly@2026-12-01T09:00:00Z (attempt 2)  +1•••••••0199\n"
        "    its outcome is unknown: it may have rung\n"
        "    POST /v1/call: no answer\n"
        "armed      no time                   later\n"
        "\n"
        "3 calls: 1 completed, 1 unknown, 1 armed.\n"
    )


def test_where_a_name_has_no_room_it_stands_below() -> None:
    assert text.calls([UNKNOWN], width=60).splitlines()[:2] == [
        "unknown  Tue 1 Dec 20:00 UTC  +1•••••••0199",
        "    weekly@2026-12-01T09:00:00Z (attempt 2)",
    ]


def test_a_missed_call_is_said_loudly() -> None:
    assert "missed: its window closed before it was placed" in text.dispatch([replace(ARMED, state=CallState.EXPIRED)])


def test_one_fact_is_told_in_one_line() -> None:
    row = replace(ARMED, state=CallState.EXPIRED, detail="missed: its window closed on Tue 1 Dec 15:10 New York")
    assert text.calls([row]).count("window closed") == 1


def test_the_year_is_told_where_calls_are_not_all_of_one() -> None:
    first, later = (replace(ARMED, when=datetime(year, 12, 1, 9, tzinfo=UTC)) for year in (2030, 2031))
    assert "Sun 1 Dec 09:00 UTC" in text.calls([first])
    assert "Sun 1 Dec 2030 09:00 UTC" in text.calls([first, later])


def test_no_calls_are_said_in_words() -> None:
    assert text.calls([]) == "No scheduled calls.\n"
    assert text.dispatch([]) == "No call is due.\n"


def test_a_dry_run_says_that_nothing_was_dialled() -> None:
    assert text.dispatch([ARMED], dry_run=True).endswith("Nothing was dialled: this was a dry run.\n")


def test_the_vendors_words_cannot_command_the_terminal() -> None:
    assert "\x1b" not in text.calls([replace(UNKNOWN, detail="\x1b[2J", to="\x07")])


def test_calls_as_json_have_the_promised_keys() -> None:
    document = json.dispatch([PLACED])
    assert document["format"] == "reconciler.dispatch/v1"
    (call,) = document["calls"]
    assert {key: call[key] for key in ("name", "occurrence", "attempt", "state", "call_id", "detail")} == {
        "name": "confirm-jane",
        "occurrence": "confirm-jane",
        "attempt": 1,
        "state": "completed",
        "call_id": 81234,
        "detail": "",
    }
    assert json.calls([])["format"] == "reconciler.calls/v1"
    assert json.calls([ARMED])["calls"][0]["call_id"] is None


def test_calls_as_markdown_are_a_table_within_the_limit() -> None:
    shown = markdown.calls([replace(UNKNOWN, detail="a|b @everyone")] * 3000)
    assert len(shown) <= markdown.LIMIT
    assert "a\\|b @&#8203;everyone" in shown
    assert "left out" in shown
    assert markdown.calls([]) == "No scheduled calls.\n"


def test_what_a_dispatch_kept_back_for_one_reason_is_counted_in_markdown_too() -> None:
    kept = [replace(ARMED, name=f"visit-{number}", detail="10 calls placed in this run") for number in range(30)]
    shown = markdown.dispatch(kept)
    assert shown.count("| armed |") == 3
    assert "… and 27 more armed: 10 calls placed in this run" in shown
    assert "30 calls: 30 armed." in shown
    assert markdown.dispatch([], dry_run=True) == "No call is due.\n\nNothing was dialled: this was a dry run.\n"


REACHED = replace(PLACED, outcome="reached", cost_cents=12)
NOT_REACHED = replace(
    PLACED,
    name="second",
    occurrence="second",
    attempt=2,
    outcome="not_reached",
    placed_at=datetime(2026, 12, 1, 22, 5, tzinfo=UTC),
    end_reason="no_answer",
    duration_seconds=0,
    recording="",
)
HELD = CallList(TARGET, (ARMED,), hold=("flooded", "2026-11-30T09:00:00Z", "the lead", ""))


def test_a_call_that_rang_says_whether_anybody_was_reached_and_what_it_cost() -> None:
    printed = text.calls([REACHED, NOT_REACHED, replace(REACHED, outcome="voicemail")], width=100)
    assert "    reached, call 81234, 1 min 23 s, $0.12, caller_hung_up\n" in printed
    assert "    not reached, call 81234, rang 17:05, 0 s, no_answer\n" in printed
    assert printed.endswith("3 calls: 1 reached, 1 not reached, 1 voicemail; $0.24.\n")


def test_json_has_the_outcome_the_time_it_rang_and_the_sums() -> None:
    document = json.calls([REACHED, NOT_REACHED, ARMED], HELD)
    first, second, third = document["calls"]
    assert (first["outcome"], first["cost_cents"], first["placed_at"]) == ("reached", 12, None)
    assert (second["outcome"], second["placed_at"]) == ("not_reached", "2026-12-01T22:05:00+00:00")
    assert (third["outcome"], third["placed_at"], third["cost_cents"]) == (None, None, None)
    assert document["totals"]["outcomes"] == {"reached": 1, "not_reached": 1, "voicemail": 0, "unknown": 0}
    assert document["totals"]["states"] == {"completed": 2, "armed": 1}
    assert document["hold"] == {"why": "flooded", "since": "2026-11-30T09:00:00Z", "by": "the lead", "until": None}
    assert json.calls([])["hold"] is None


def test_a_hold_over_all_calls_is_the_first_thing_every_format_says() -> None:
    told = "Every call is held since Mon 30 Nov 2026 09:00 UTC by the lead: flooded"
    assert text.calls([ARMED], width=100, about=HELD).splitlines()[:2] == [told, "hint: reconciler calls release --all"]
    assert markdown.calls([ARMED], about=HELD).startswith(f"**{told}**\n")
    page = html.calls([ARMED], HELD)
    assert page.index(told) < page.index("1 call:")


def test_a_list_names_the_account_and_says_when_nothing_was_as_asked() -> None:
    about = CallList(TARGET, (), left_out=7)
    assert "Acme (organisation 42)" in text.calls([ARMED], about=about)
    assert text.calls([], about=about).endswith("No call is as asked; 7 other calls left out.\n")


def test_markdown_tells_the_time_by_the_clock_of_the_call_and_how_long_it_lasted() -> None:
    page = markdown.calls([PLACED])
    assert "Tue 1 Dec 15:00 New York" in page
    assert "1 min 23 s" in page


def test_csv_has_a_line_for_each_call_and_no_formula() -> None:
    rude = replace(NOT_REACHED, detail='=HYPERLINK("x")', end_reason="a,b\n\x1b")
    header, first, second, third = call_csv.calls([REACHED, rude, ARMED]).splitlines()
    assert header.split(",")[:6] == ["name", "occurrence", "attempt", "state", "outcome", "when"]
    assert first.startswith("confirm-jane,confirm-jane,1,completed,reached,2026-12-01T15:00:00-05:00,America/New_York,")
    assert "'=HYPERLINK" in second
    assert '"a,b \\x1b"' in second
    assert third == "later,later,1,armed,,,,,,,,,,,,"


def test_calls_kept_back_for_one_reason_are_a_few_rows_and_a_count() -> None:
    kept = [
        replace(
            ARMED, name=f"c-{n}", occurrence=f"c-{n}", detail="10 calls placed in this run, limit 10", hint="raise it"
        )
        for n in range(30)
    ]
    printed = text.dispatch([PLACED, *kept, replace(ARMED, detail="held: flooded")])
    assert printed.count("limit 10") == 4
    assert "… and 27 more armed: 10 calls placed in this run, limit 10" in printed
    assert "held: flooded" in printed
    assert printed.endswith("32 calls: 1 completed, 31 armed.\n")


def test_every_missed_call_of_a_dispatch_is_listed() -> None:
    missed = [replace(ARMED, state=CallState.EXPIRED, detail="missed: its window closed") for _ in range(9)]
    assert text.dispatch(missed).count("missed:") == 9


def test_of_many_missed_rows_of_one_list_the_first_are_listed_and_the_others_counted() -> None:
    def missed(name: str) -> CallRow:
        why = "missed: its window closed on Tue 1 Dec 15:10 New York"
        return replace(
            PLACED, name=name, occurrence=name, state=CallState.EXPIRED, call_id="", detail=why, hint="a new key"
        )

    rows = [missed(f"week/{number:02}") for number in range(50)]
    told = text.dispatch([*rows, missed("jane")], width=100)
    assert [name for name in (row.name for row in rows) if name in told] == [
        f"week/{number:02}" for number in range(20)
    ]
    assert "… and 30 more of week missed: `calls week --state expired` lists them\n" in told
    assert "jane" in told
    assert told.endswith("51 calls: 51 expired.\n")
    assert all(row.name in text.calls(rows, width=100) for row in rows)


def test_a_hint_that_is_the_same_of_all_is_given_once_below_them() -> None:
    first = replace(UNKNOWN, hint="reconciler calls resolve weekly")
    others = [replace(ARMED, name=name, occurrence=name, hint="reconciler apply") for name in ("a", "b", "c")]
    lines = text.calls([first, *others], width=100).splitlines()
    assert [line for line in lines if "hint:" in line] == [
        "    hint: reconciler calls resolve weekly",
        "    hint: reconciler apply",
    ]
    assert (
        lines[lines.index("    hint: reconciler apply") - 1].split()
        == ["armed", "no", "time", "c", "+1•••••••0199"][:4]
    )

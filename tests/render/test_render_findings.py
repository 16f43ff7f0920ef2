from __future__ import annotations

import pytest
from plans_to_render import ERROR, WARNING

from reconciler.model import Address, Finding, Location, Severity
from reconciler.render import text
from reconciler.render.terminal import columns

MISSPELT = Finding(
    Severity.ERROR,
    "RC110",
    "unknown key `voic`",
    "did you mean `voice`?",
    Address("Agent", "front-desk"),
    Location("manifests/a.yaml", 3, 5),
)
MANIFEST = ["kind: Agent", "spec:", "    voic: olivia", '    to_number: "+14155550199"']


def sources(path: str) -> list[str] | None:
    return MANIFEST if path == "manifests/a.yaml" else None


def test_a_finding_reads_like_a_compilers() -> None:
    assert text.findings([MISSPELT], sources=sources) == (
        "manifests/a.yaml:3:5: error RC110: unknown key `voic`\n"
        "        voic: olivia\n"
        "        ^\n"
        "    hint: did you mean `voice`?\n"
        "\n"
        "1 error.\n"
    )


def test_without_a_source_the_place_is_enough() -> None:
    assert text.findings([ERROR, WARNING], width=200) == (
        "manifests/numbers.yaml:4:11: error RC201: `+15551234567` is not on this account\n"
        "    hint: import it from your carrier in the dashboard, or check the key's organisation\n"
        "manifests/calls.yaml:9:14: warning RC210: "
        "the balance is $0.00 and nothing refills it: calls are refused (402)\n"
        "    hint: top up in the dashboard, or declare an AutoReload\n"
        "\n"
        "1 error, 1 warning.\n"
    )


def test_a_file_that_cannot_be_read_again_shows_no_line() -> None:
    assert "^" not in text.findings([ERROR], sources=sources)


@pytest.mark.parametrize("line", [0, 5, 99])
def test_a_line_outside_the_file_shows_no_line(line: int) -> None:
    lost = Finding(Severity.NOTE, "RC147", "twice", location=Location("manifests/a.yaml", line))
    assert "^" not in text.findings([lost], sources=sources)


def test_a_finding_without_a_place_names_the_resource() -> None:
    homeless = Finding(Severity.WARNING, "RC212", "no monthly limit", address=Address("AutoReload", "billing"))
    assert text.findings([homeless]).startswith("AutoReload/billing: warning RC212: no monthly limit\n")


def test_a_finding_without_anything_else_is_only_said() -> None:
    assert text.findings([Finding(Severity.ERROR, "RC900", "no")]) == "error RC900: no\n\n1 error.\n"


def test_no_findings_are_no_text() -> None:
    assert text.findings([]) == ""


@pytest.mark.parametrize(
    "written",
    ["+14155550199", "+1 (415) 555-0199", "4155550199", "(415) 555-0199", "415.555.0199", "14155550199"],
)
def test_a_number_in_the_shown_line_is_masked_and_the_caret_stays_in_place(written: str) -> None:
    lines = [f'  to_number: "{written}"']
    wrong = Finding(Severity.ERROR, "RC113", "not E.164", location=Location("a.yaml", 1, 14))
    shown = text.findings([wrong], sources=lambda _: lines).splitlines()
    assert "0199" not in shown[1] or "•••••••0199" in shown[1]
    assert "555" not in shown[1]
    assert shown[2].index("^") == shown[1].index('"')
    assert written in text.findings([wrong], sources=lambda _: lines, show_numbers=True)


def test_a_date_is_no_telephone_number() -> None:
    lines = ["  at: 2026-12-01T15:00:00"]
    late = Finding(Severity.WARNING, "RC146", "its time has passed", location=Location("a.yaml", 1, 7))
    assert "2026-12-01T15:00:00" in text.findings([late], sources=lambda _: lines)


def test_a_very_long_line_is_cut_around_the_caret() -> None:
    lines = ["x" * 300 + "HERE" + "y" * 300]
    wrong = Finding(Severity.ERROR, "RC110", "odd", location=Location("a.yaml", 1, 301))
    _, shown, caret, *_ = text.findings([wrong], sources=lambda _: lines).splitlines()
    assert columns(shown) <= 80
    assert shown[caret.index("^") :].startswith("HERE")


def test_the_caret_stands_below_wide_letters() -> None:
    lines = ["名前: voic"]
    wrong = Finding(Severity.ERROR, "RC110", "odd", location=Location("a.yaml", 1, 5))
    _, shown, caret, *_ = text.findings([wrong], sources=lambda _: lines).splitlines()
    assert columns(caret) - 1 == columns(shown[: shown.index("voic")])


def test_escape_sequences_in_a_manifest_or_a_message_are_written_out() -> None:
    wrong = Finding(Severity.ERROR, "RC110", "odd \x1b[2J", "try \x07", location=Location("a\x1b.yaml", 1, 1))
    printed = text.findings([wrong], sources=lambda _: ["\x1b[31mred"])
    assert all(letter.isprintable() or letter == "\n" for letter in printed)
    assert "\\x1b[2J" in printed


def test_severities_are_coloured_only_when_asked() -> None:
    assert "\x1b[1;31merror RC110\x1b[0m" in text.findings([MISSPELT], color=True)
    assert "\x1b" not in text.findings([MISSPELT])


def test_a_long_message_wraps_below_itself() -> None:
    wordy = Finding(Severity.ERROR, "RC110", "word " * 40, location=Location("a.yaml"))
    lines = text.findings([wordy], width=60).splitlines()
    assert all(columns(line) <= 60 for line in lines)
    assert all(line.startswith("    ") for line in lines[1:4])

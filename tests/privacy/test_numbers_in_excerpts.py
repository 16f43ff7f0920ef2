"""Lines of the user's files below a complaint: what must be a number is covered there, however it is spelt."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from laws.project import Folder, document, project

if TYPE_CHECKING:
    from collections.abc import Iterator

SPELLINGS = (
    "020 7946 0958",
    "0049 30 1234567",
    "07700 900123",
    "1.2125550106E+10",
    "555-0105",
    "212/555-0101",
    "a2125550127",
    "415\u00a0555\u00a00136",
    "415\u2013555\u20130137",
    "\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff13\uff18",
    '"+44 20,7946 0958"',
    '"020\n7946 0958"',
    "tel:+44-20-7946-0958",
)
AT = "2030-12-03T20:00:00Z"
BULLETS = "•••••••"
AGENT = document("Agent", "caller", {"prompt": "This is Acme about your visit.", "voice": "olivia"})
CALL = {"from_number": "+15551230001", "at": AT, "agent": "caller"}
LIST = document(
    "CallList", "one", {**CALL, "rows": {"file": "t.csv"}, "key": "id", "to_number": {"column": "telephone"}}
)
DATED = LIST.replace(f'"{AT}"', "{column: when}")
CAMPAIGN = document(
    "Campaign",
    "one",
    {
        "agent": "caller",
        "from_number": "+15551230001",
        "daily_window_start": "09:00",
        "daily_window_end": "17:00",
        "contacts": {"file": "t.csv"},
    },
)


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project("do_not_call: {file: dnc.txt}\n") as made:
        (made.root / "dnc.txt").write_text("# nobody\n", encoding="utf-8")
        yield made


def said(folder: Folder, *options: str, **files: str) -> str:
    """What validate prints of a project with these files."""
    folder.write({name.replace("_", "."): text for name, text in files.items()})
    found = folder.run("validate", *options, online=False)
    return found.out + found.err


def excerpts(told: str) -> list[str]:
    """The lines above the carets."""
    lines = told.splitlines()
    return [line.strip() for line, below in pairwise(lines) if below.strip() == "^"]


@pytest.mark.parametrize("written", SPELLINGS)
def test_a_cell_of_a_list_that_must_be_a_number_is_covered_and_its_neighbours_are_not(
    folder: Folder, written: str
) -> None:
    told = said(folder, all_yaml=f"{AGENT}---\n{LIST}", t_csv=f"id,telephone,note\n1,{written},A\n")
    assert excerpts(told) == [f"1,{BULLETS}" if "\n" in written else f"1,{BULLETS},A"]


@pytest.mark.parametrize("written", SPELLINGS)
def test_a_contact_of_a_campaign_is_covered(folder: Folder, written: str) -> None:
    told = said(folder, all_yaml=f"{AGENT}---\n{CAMPAIGN}", t_csv=f"name,phone\nA,{written}\n")
    assert excerpts(told) == [f"A,{BULLETS}"]


@pytest.mark.parametrize("written", [it for it in SPELLINGS if "\n" not in it])
def test_a_line_of_the_do_not_call_file_is_covered_whole(folder: Folder, written: str) -> None:
    (folder.root / "dnc.txt").write_text(f"{written}\n", encoding="utf-8")
    assert excerpts(said(folder, all_yaml=AGENT)) == [BULLETS]


@pytest.mark.parametrize("written", [it for it in SPELLINGS if '"' not in it])
def test_the_number_of_a_document_is_covered(folder: Folder, written: str) -> None:
    call = document("ScheduledCall", "one", {**CALL, "to_number": "NUMBER"})
    told = said(folder, all_yaml=f"{AGENT}---\n{re.sub('.?NUMBER.?', chr(39) + written + chr(39), call, count=1)}")
    assert "RC114" in told
    assert any(BULLETS in line for line in excerpts(told))
    assert not set(re.findall(r"\d{3,}", written)) & set(re.findall(r"\d{3,}", " ".join(excerpts(told)))) - {
        "155",
        "000",
    }


@pytest.mark.parametrize(
    "written",
    [
        "to_number:\n    020 7946 0958",
        "to_number:\n    - 020 7946 0958",
        "to_number: [020 7946 0958]",
        "to_number: >-\n    020 7946 0958",
        "to_number: &n 020 7946 0958",
        "to_number: |\n    020\n    7946 0958",
    ],
)
def test_the_number_of_a_document_is_covered_in_whatever_form_of_yaml(folder: Folder, written: str) -> None:
    head = "apiVersion: reconciler/v1\nkind: ScheduledCall\nmetadata: {name: one}\nspec:"
    call = f"{head}\n  {written}\n  agent: nobody\n"
    told = said(folder, all_yaml=f"{AGENT}---\n{call}")
    assert "7946" not in told
    assert "agent: nobody" in excerpts(told)


@pytest.mark.parametrize("written", [it for it in SPELLINGS if '"' not in it])
def test_the_value_of_an_object_a_line_is_covered(folder: Folder, written: str) -> None:
    row = json.dumps({"id": "1", "telephone": written, "note": "A"}, ensure_ascii=False)
    told = said(folder, all_yaml=f"{AGENT}---\n{LIST.replace('t.csv', 't.jsonl')}", t_jsonl=f"{row}\n")
    assert excerpts(told) == [f'{{"id": "1", "telephone": {BULLETS}, "note": "A"}}']


def test_another_complaint_about_the_row_shows_no_number_either(folder: Folder) -> None:
    table = "id,telephone,when\n1,+44 (0)20/7946 0958,soon\n2,+442079460958,soon\n"
    told = said(folder, all_yaml=f"{AGENT}---\n{DATED}", t_csv=table)
    assert "7946" not in told
    assert len(excerpts(told)) >= 1
    assert all(BULLETS in line for line in excerpts(told) if "soon" in line)


def test_a_row_of_which_no_cell_can_be_told_is_covered_whole(folder: Folder) -> None:
    told = said(folder, all_yaml=f"{AGENT}---\n{LIST}", t_csv="id,telephone,note\n1,020,7946 0958,A\n")
    assert excerpts(told) == [BULLETS]


def test_the_first_row_of_contacts_without_a_header_is_covered(folder: Folder) -> None:
    told = said(folder, all_yaml=f"{AGENT}---\n{CAMPAIGN}", t_csv="A,020 7946 0958\nB,07700 900123\n")
    assert excerpts(told) == [BULLETS]


def test_a_table_that_is_none_shows_no_line_with_digits(folder: Folder) -> None:
    told = said(folder, all_yaml=f"{AGENT}---\n{LIST}", t_csv='id,telephone\n1,"020 7946 0958\n')
    assert "7946" not in told
    assert "RC171" in told


def test_a_number_in_e164_keeps_its_last_digits(folder: Folder) -> None:
    table = "id,telephone,when\n2,+442079460958,soon\n"
    told = said(folder, all_yaml=f"{AGENT}---\n{DATED}", t_csv=table)
    assert excerpts(told) == [f"2,+44{BULLETS}0958,soon"]


def test_the_caret_stays_below_the_cell_it_is_about(folder: Folder) -> None:
    told = said(folder, all_yaml=f"{AGENT}---\n{LIST}", t_csv="id,telephone,note\n1,020 7946 0958,A\n")
    assert f"    1,{BULLETS},A\n      ^\n" in told


def test_numbers_are_shown_to_whoever_asks_for_them(folder: Folder) -> None:
    (folder.root / "dnc.txt").write_text("07700 900123\n", encoding="utf-8")
    table = "id,telephone,note\n1,020 7946 0958,A\n"
    told = said(folder, "--show-numbers", all_yaml=f"{AGENT}---\n{LIST}", t_csv=table)
    assert excerpts(told) == ["07700 900123", "1,020 7946 0958,A"]

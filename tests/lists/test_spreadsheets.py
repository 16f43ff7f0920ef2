"""Tables as spreadsheets write them: other separators, numbers that became powers of ten, dates of the country."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from laws.project import Folder, project

from lists.test_lists import HEAD, JANE, OMAR, changes, declare, findings, states
from reconciler.telephony.phone_numbers import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator

ERROR = 1


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project() as found:
        yield found


@pytest.mark.parametrize(
    "table",
    [
        (HEAD + JANE + OMAR).replace(",", ";"),
        (HEAD + JANE + OMAR).replace(",", "\t"),
        "sep=;\r\n" + (HEAD + JANE + OMAR).replace(",", ";").replace("\n", "\r\n"),
        "\ufeff" + (HEAD + JANE + OMAR).replace(",", ";"),
        'id;"phone";when;"name"\n' + (JANE + OMAR).replace(",", ";"),
    ],
)
def test_cells_are_separated_as_the_header_is(folder: Folder, table: str) -> None:
    declare(folder, table)
    assert changes(folder) == {"caller": "create", "week/4711": "arm", "week/0042": "arm"}


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_a_finding_in_such_a_table_is_at_its_cell_and_no_digit_of_its_number_is_shown(
    folder: Folder, separator: str
) -> None:
    row = separator.join(["4711", "1415 5550101", '"2026-12-03T20:00:00Z"', f'"a{separator} b"'])
    declare(folder, HEAD.replace(",", separator) + row + "\n")
    assert findings(folder) == [("RC114", "manifests/calls.csv", 2, 6)]
    said = folder.run("validate", online=False)
    assert "5550101" not in said.text
    assert f"a{separator} b" in said.text or separator == "\t"


@pytest.mark.parametrize(
    ("phone", "when", "told", "way_out"),
    [
        ("1.4155550101E+10", "2026-12-03 20:00", "power of ten", "format the cells as text"),
        ("14155550101", "2026-12-03 20:00", "with `+` and the country code", "format the cells as text"),
        ("+14155550101", "3.12.2026 20:00", "is not a date and time", "format the cells as yyyy-mm-dd hh:mm"),
    ],
)
def test_what_a_spreadsheet_made_of_a_cell_is_told_with_the_format_that_keeps_it(
    folder: Folder, phone: str, when: str, told: str, way_out: str
) -> None:
    declare(folder, f"{HEAD}1,{phone},{when},x\n", timezone="America/New_York")
    found = json.loads(folder.run("validate", "--format", "json", online=False).out)["findings"]
    [error] = [it for it in found if it["severity"] == "error"]
    assert told in error["message"]
    assert way_out in error["hint"]


def test_invisible_signs_that_address_books_copy_along_are_no_part_of_a_number() -> None:
    assert normalise("\u202a+14155550101\u202c") == "+14155550101"
    assert normalise("\u200e+1 415 555 0101\ufeff") == "+14155550101"


def test_a_table_that_is_not_utf_8_names_the_format_to_save_it_in(folder: Folder) -> None:
    declare(folder, (HEAD + JANE.replace("Jane", "J\xfcrgen")).encode("cp1252"))
    said = folder.run("validate", online=False)
    assert said.code == ERROR
    assert "save it as `CSV UTF-8`" in " ".join(said.text.split())


def test_one_number_for_all_rows_may_be_in_a_file_of_its_own(folder: Folder) -> None:
    declare(folder, HEAD + JANE, to_number={"file": "oncall.txt"})
    (folder.root / "manifests" / "oncall.txt").write_text("+14155550144\n")
    told = folder.run("plan", "--show-numbers").out
    assert "+14155550144" in told
    assert folder.run("apply", "--yes").code == 0
    assert states(folder) == {"week/4711": "armed"}
    (folder.root / "manifests" / "oncall.txt").write_text("nobody\n")
    assert [code for code, *_ in findings(folder)] == ["RC114"]


def test_a_number_from_the_environment_is_refused_with_the_file_that_may_hold_it(folder: Folder) -> None:
    declare(folder, HEAD + JANE, to_number="${env:NUMBER}")
    found = json.loads(folder.run("validate", "--format", "json", online=False).out)["findings"]
    [error] = [it for it in found if it["severity"] == "error"]
    assert error["code"] == "RC153"
    assert error["hint"].startswith("keep the number in a file: `to_number: {file: PATH}`")


ROWS = "".join(f"{place},+1415555{place:04},2026-12-03T20:00:00Z,x\n" for place in range(100, 110))


def test_rows_that_the_list_calls_off_are_one_line_of_a_plan(folder: Folder) -> None:
    declare(folder, HEAD + ROWS)
    folder.run("apply", "--yes")
    declare(folder, HEAD + ROWS, cancelled={"why": "closed"})
    assert "10 calls to cancel: cancelled: closed" in folder.run("plan").out
    folder.run("apply", "--yes")
    for form, line in (
        ("text", "10 rows of week: is cancelled in its manifest: closed"),
        ("markdown", "| = | 10 rows of week | keep | is cancelled in its manifest: closed |"),
    ):
        told = folder.run("plan", "--format", form).out
        assert line in told
        assert "week/100" not in told
    assert "week/100" in folder.run("plan", "--full").out


def test_of_the_rows_in_error_a_dispatch_tells_the_first_and_counts_the_others(folder: Folder) -> None:
    declare(folder, HEAD + ROWS)
    folder.run("apply", "--yes")
    wrong = ROWS.replace("+14155550108", "14155550108").replace("+14155550109", "14155550109")
    declare(folder, HEAD + wrong)
    said = folder.verb("dispatch", now="2026-12-03T20:00:30Z").out
    assert "manifests/calls.csv:10:5: error RC114" in said
    assert "calls.csv:11" not in said
    assert "… and 1 more row of week in error: reconciler validate" in said


def test_a_row_that_is_named_is_told_alone_and_what_else_is_in_error_is_counted(folder: Folder) -> None:
    declare(folder, HEAD + ROWS)
    folder.run("apply", "--yes")
    declare(folder, HEAD + ROWS.replace("+14155550108", "14155550108"))
    said = folder.verb("calls", "show", "week/100")
    assert said.out.startswith("week/100\n")
    assert "RC114" not in said.out
    assert "1 other call is in error: reconciler validate" in said.err
    assert said.code == ERROR
    assert "RC114" in folder.verb("calls", "show", "week/108").out


def test_calls_that_are_held_in_one_way_are_told_by_their_list(folder: Folder) -> None:
    declare(folder, HEAD + ROWS)
    folder.run("apply", "--yes")
    folder.verb("calls", "hold", "week", "--why", "ill")
    told = " ".join(folder.run("plan").out.split())
    assert "10 calls are held: `week` (10 calls) held: ill" in told
    assert "10 skipped, held: ill (week/100 on Thu 3 Dec 20:00 UTC to week/109 on Thu 3 Dec 20:00 UTC)" in told

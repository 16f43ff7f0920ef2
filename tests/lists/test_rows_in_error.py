"""Many rows in error for one cause: said once to people with the count and the first cells, one by one to machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from laws.project import Folder, project

from lists.test_lists import HEAD, JANE, OMAR, changes, declare, findings, states

if TYPE_CHECKING:
    from collections.abc import Iterator

NATIONAL = "".join(f"{at},415555{at:04},2026-12-03T20:00:00Z,x\n" for at in range(100, 160))
DATES = "".join(f"{at},+1415555{at:04},{at % 12 + 1}/14/2026 10:00,x\n" for at in range(100, 160))


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project() as found:
        yield found


def flat(text: str) -> str:
    return " ".join(text.split())


def test_one_cause_is_said_once_with_the_count_and_the_first_cells(folder: Folder) -> None:
    declare(folder, HEAD + NATIONAL)
    said = flat(folder.run("validate", online=False).out)
    assert said.count("RC114") == 1
    assert "(and 59 more like it: lines 3, 4, 5, 6, 7, 8 and 53 more)" in said
    assert said.count("^") == 3
    assert said.endswith("60 errors; --full, or --format json, lists each of them.")


def test_values_in_the_sentence_are_no_cause_of_their_own_and_another_column_is(folder: Folder) -> None:
    declare(folder, HEAD + DATES.replace("+1415555010", "415555010"))
    said = flat(folder.run("validate", online=False).out)
    assert (said.count("RC113"), said.count("RC114")) == (1, 1)
    assert "column `when`: `5/14/2026 10:00` is not a date and time" in said


def test_three_rows_are_told_one_by_one(folder: Folder) -> None:
    declare(folder, HEAD + "".join(NATIONAL.splitlines(keepends=True)[:3]))
    assert folder.run("validate", online=False).out.count("RC114") == 3


def test_each_row_is_in_what_machines_read_and_in_full(folder: Folder) -> None:
    declare(folder, HEAD + NATIONAL)
    assert len(findings(folder)) == 60
    assert folder.run("validate", "--full", online=False).out.count("RC114") == 60
    assert folder.run("validate", "--format", "junit", online=False).out.count("RC114") >= 60
    sarif = json.loads(folder.run("validate", "--format", "sarif", online=False).out)
    assert sum(it["ruleId"] == "RC114" for it in sarif["runs"][0]["results"]) == 60


def test_a_plan_tells_the_cause_and_the_refused_rows_once(folder: Folder) -> None:
    declare(folder, HEAD + NATIONAL)
    said = flat(folder.run("plan").out)
    assert said.count("RC114") == 1
    rows = "60 rows of week refuse not as they should be (week/100, week/101, week/102, week/103, week/104, week/105"
    assert f"x {rows} and 54 more)" in said
    assert "apply would leave out 60 rows of week, CallList/week, and do the rest" in said
    page = folder.run("plan", "--format", "html").out
    glance = page.partition("Look at these first</h2>")[2].partition("</section>")[0]
    assert "60 rows of week" in glance
    assert "ScheduledCall/week/100" not in glance
    assert folder.run("plan", "--full").out.count("x ScheduledCall/week/") == 60
    table = folder.run("plan", "--format", "markdown").out
    assert table.count("RC114") == 1
    assert "| x | 60 rows of week | refuse | not as they should be (week/100, " in table


def test_an_apply_tells_the_rows_that_failed_and_those_that_were_armed_once(folder: Folder) -> None:
    declare(folder, HEAD + NATIONAL)
    said = flat(folder.run("apply", "--yes").out)
    assert said.count("with `+` and the country code") == 1
    assert "failed 60 rows of week refuse" in said
    assert "fix what failed (60 rows of week, CallList/week) as it says there" in said
    assert "(week/100; alike: week/101, week/102, week/103, week/104, week/105, week/106 and 53 more)" in said
    declare(folder, HEAD + NATIONAL.replace(",415", ",+1415"))
    done = folder.run("apply", "--yes").out
    assert "done     60 rows of week  arm\n" in done
    assert "week/100" not in done


def test_rows_that_go_with_their_list_say_which_row_is_wrong_and_how_it_is_called_again(folder: Folder) -> None:
    declare(folder, HEAD + JANE)
    folder.run("apply", "--yes")
    assert folder.verb("dispatch", now="2026-12-03T20:00:30Z").code == 0
    more = "".join(f"{at},+1415555{at:04},2026-12-04T20:00:00Z,x\n" for at in range(110, 116))
    declare(folder, HEAD + JANE.replace("12-03", "12-04") + more)
    said = flat(folder.verb("plan", now="2026-12-03T21:00:00Z").out)
    assert "hint: give the row a new key to call again, for example `4711-2`" in said
    assert "x 6 rows of week refuse left out with its list: week/4711 is wrong (week/110, week/111" in said


def test_a_list_of_few_rows_says_of_each_that_goes_with_it_why(folder: Folder) -> None:
    declare(folder, HEAD + JANE + OMAR.replace("2026-12-03", "2026-11-03"))
    said = flat(folder.run("plan").out)
    assert "x ScheduledCall/week/4711 refuse" in said
    assert "left out with its list: week/0042 is wrong" in said


def test_a_valid_table_is_counted_also_where_it_is_empty(folder: Folder) -> None:
    declare(folder, HEAD + JANE)
    assert "2 documents with 1 row, valid" in folder.run("validate", online=False).err
    declare(folder, HEAD)
    assert "2 documents with 0 rows, valid" in folder.run("validate", online=False).err


def test_a_first_line_with_a_number_is_no_header_and_is_not_shown(folder: Folder) -> None:
    declare(folder, JANE + OMAR)
    assert findings(folder) == [("RC171", "manifests/calls.csv", 1, 1)]
    declare(folder, "4711,(415) 555-0101,2026-12-03T20:00:00Z,Jane\n" + OMAR)
    for said in (folder.run("validate", online=False), folder.run("validate", "--json", online=False)):
        assert "known here" in said.text
        assert "555-0101" not in said.text


@pytest.mark.parametrize("cell", ['="+14155550101"', '"=""+14155550101"""'])
def test_a_text_that_a_formula_keeps_from_the_spreadsheet_is_that_text(folder: Folder, cell: str) -> None:
    declare(folder, HEAD + f'="0042",{cell},2026-12-03T20:00:00Z,Jane\n')
    assert changes(folder) == {"caller": "create", "week/0042": "arm"}
    declare(folder, HEAD + f'="0042",{cell.replace("+1", "")},2026-12-03T20:00:00Z,Jane\n')
    assert findings(folder) == [("RC114", "manifests/calls.csv", 2, 9)]


def test_a_number_as_a_key_leaves_out_its_list_alone_and_is_shown_nowhere(folder: Folder) -> None:
    table = HEAD + JANE + "+14155550102,+14155550102,2026-12-03T20:05:00Z,Omar\n"
    declare(folder, table)
    assert findings(folder, "plan") == [("RC154", "manifests/calls.csv", 3, 1)]
    assert changes(folder) == {"caller": "create", "week": "refuse"}
    applied = folder.run("apply", "--yes", "--skip-rows")
    assert "5550102" not in applied.text
    assert states(folder) == {}

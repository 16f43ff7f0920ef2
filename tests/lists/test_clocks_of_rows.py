"""Times that are told of the rows of a list: by the clock that each was declared in, and once for many rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from laws.project import Folder, project

from lists.test_lists import HEAD, declare, findings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = "".join(f"{at},+1415555{at:04},2026-12-03T10:{at - 100:02},x\n" for at in range(100, 110))
NEW_YORK = {"timezone": "America/New_York"}


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project('calling_hours: {start: "00:00", end: "24:00"}\n') as found:
        yield found


def flat(text: str) -> str:
    return " ".join(text.split())


def test_rows_that_were_placed_at_many_times_are_one_line_of_a_plan_by_their_own_clock(folder: Folder) -> None:
    declare(folder, HEAD + ROWS, **NEW_YORK)
    folder.run("apply", "--yes")
    for now in ("2026-12-03T15:04:07Z", "2026-12-03T15:09:31Z"):
        assert folder.verb("dispatch", now=now).code == 0
    told = flat(folder.verb("plan", now="2026-12-03T15:30:00Z").out)
    assert "10 rows of week: already placed on Thu 3 Dec 2026 10:04 to Thu 3 Dec 2026 10:09 New York" in told
    assert "week/100" not in told


def test_a_group_of_calls_that_are_called_off_says_when_each_was_to_ring(folder: Folder) -> None:
    declare(folder, HEAD + ROWS, **NEW_YORK)
    folder.run("apply", "--yes")
    declare(folder, HEAD + ROWS, cancelled={"why": "closed"}, **NEW_YORK)
    assert "    Thu 3 Dec 10:03 New York  week/103\n" in folder.run("plan").out
    assert "| ~ | Thu 3 Dec 10:03 New York | <code>week/103</code> |" in folder.run("plan", "--format", "markdown").out


def test_a_row_in_error_that_is_not_due_says_when_it_was_armed_to_ring(folder: Folder) -> None:
    declare(folder, HEAD + ROWS, **NEW_YORK)
    folder.run("apply", "--yes")
    declare(folder, HEAD + ROWS.replace("+14155550109", "4155550109"), **NEW_YORK)
    said = folder.verb("dispatch", now="2026-12-03T15:00:30Z")
    assert "refused  Thu 3 Dec 10:09 New York  week/109" in said.out
    assert "no time" not in said.out


def test_two_calls_to_one_person_are_warned_of_by_the_clock_they_are_declared_in(folder: Folder) -> None:
    declare(folder, HEAD + ROWS.replace("+14155550101", "+14155550100"), **NEW_YORK)
    said = flat(folder.run("validate", online=False).out)
    assert "`week/100` may call the same person within its window (Thu 3 Dec 10:00 New York)" in said
    assert "call 2 to this person on one day (Thu 3 Dec 10:01 New York), limit 1" in said


def test_a_hold_of_a_list_is_taken_out_of_the_list_and_not_of_its_table(folder: Folder) -> None:
    declare(folder, HEAD + ROWS, held={"why": "ill"}, **NEW_YORK)
    folder.run("apply", "--yes")
    assert "take `held` out of CallList/week, then apply" in folder.verb("calls", "week/100").out


def test_a_name_that_no_call_has_is_answered_with_the_one_that_was_meant(folder: Folder) -> None:
    declare(folder, HEAD + ROWS, **NEW_YORK)
    folder.run("apply", "--yes")
    assert "did you mean `week`?" in folder.verb("calls", "hold", "weak").text
    said = flat(folder.verb("calls", "cancel", "week").text)
    assert "it is a list: name one of its calls, week/KEY, or all: `cancelled: {why: …}` in CallList/week" in said


def test_the_hint_of_one_call_completes_its_command(folder: Folder) -> None:
    declare(folder, HEAD + ROWS, **NEW_YORK)
    folder.run("apply", "--yes")
    folder.verb("calls", "hold", "week/100", "--why", "ill")
    assert "hint: reconciler calls release week/100 --emulator" in folder.verb("calls", "week/100").out


def test_a_variable_that_one_row_lacks_is_an_error_at_that_row(folder: Folder) -> None:
    rows = [
        {"id": at, "phone": f"+141555501{at}", "when": "2026-12-03T20:00:00Z", "name": name}
        for at, name in ((10, "Jane"), (11, None), (12, "Omar"))
    ]
    declare(folder, "".join(f"{json.dumps(row)}\n" for row in rows), rows={"file": "calls.jsonl"})
    assert findings(folder) == [("RC143", "manifests/calls.jsonl", 2, 77)]

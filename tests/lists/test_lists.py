"""Calls from a table: each row is a scheduled call, with every promise of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from laws.project import NOW, Folder, document, project

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "id,phone,when,name\n"
JANE = "4711,+14155550101,2026-12-03T20:00:00Z,Jane\n"
OMAR = "0042,+14155550102,2026-12-03T20:05:00Z,Omar\n"
LIST: dict[str, Any] = {
    "rows": {"file": "calls.csv"},
    "key": "id",
    "to_number": {"column": "phone"},
    "at": {"column": "when"},
    "variables": {"name": {"column": "name"}},
    "from_number": "+15551230001",
    "agent": "caller",
    "late": "20m",
}
AGENT = {"prompt": "Hi {{name}}, this is Acme.", "voice": "olivia", "max_call_duration_seconds": 60}
OTHER = {"from_number": "+15551230001", "to_number": "+14155550109", "agent": "caller", "variables": {"name": "Al"}}
ERROR, REFUSED, IN_PART = 1, 3, 4


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project() as found:
        yield found


def declare(folder: Folder, table: str | bytes, *more: str, **changed: Any) -> None:
    spec = {name: value for name, value in {**LIST, **changed}.items() if value is not None}
    text = "---\n".join([document("Agent", "caller", AGENT), document("CallList", "week", spec), *more])
    folder.write({"all.yaml": text, str(spec["rows"]["file"]): table})


def changes(folder: Folder, *options: str) -> dict[str, str]:
    return {it["name"]: it["action"] for it in folder.plan(*options)["changes"] if it["action"] != "keep"}


def findings(folder: Folder, command: str = "validate") -> list[tuple[str, str, int, int]]:
    said = folder.run(command, "--format", "json", online=command != "validate")
    found = json.loads(said.out)["findings"]
    places = [(it["code"], it.get("source") or {}) for it in found if it["severity"] == "error"]
    return [(code, at.get("path", ""), at.get("line", 0), at.get("column", 0)) for code, at in places]


def states(folder: Folder, *names: str) -> dict[str, str]:
    """How calls stand; what is in error comes first there, and is left out here."""
    said = folder.run("calls", *(names or ()), "--format", "json")
    return {it["name"]: it["state"] for it in json.loads(said.out)["calls"] if it["state"] != "refused"}


def test_each_row_is_armed_as_a_call_of_its_own_and_then_nothing_is_left_to_do(folder: Folder) -> None:
    declare(folder, HEAD + JANE + OMAR)
    assert changes(folder) == {"caller": "create", "week/4711": "arm", "week/0042": "arm"}
    assert folder.run("apply", "--yes").code == 0
    assert changes(folder) == {}
    assert folder.run("apply", "--yes").written == []
    assert states(folder) == {"week/4711": "armed", "week/0042": "armed"}


def test_a_row_that_moves_is_rescheduled_and_one_that_goes_and_comes_back_is_the_same_call(folder: Folder) -> None:
    declare(folder, HEAD + JANE + OMAR)
    folder.run("apply", "--yes")
    declare(folder, HEAD + JANE.replace("20:00", "21:00") + OMAR)
    assert changes(folder) == {"week/4711": "reschedule"}
    declare(folder, HEAD + OMAR)
    assert changes(folder) == {"week/4711": "cancel"}
    assert folder.run("apply", "--yes").code == 0
    declare(folder, HEAD + OMAR + JANE)
    assert changes(folder) == {"week/4711": "arm"}


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("\ufeff" + HEAD + JANE, 2),
        ((HEAD + JANE).replace("\n", "\r\n"), 2),
        (HEAD + "\n\n" + JANE, 4),
        (HEAD + OMAR.replace("Omar", '"O\r\nmar, ""Jr"""') + JANE, 4),
    ],
)
def test_lines_are_those_that_an_editor_counts(folder: Folder, table: str, line: int) -> None:
    declare(folder, table.replace("20:00:00Z", "20:00:00"))
    assert ("RC145", "manifests/calls.csv", line, 19) in findings(folder)
    declare(folder, table)
    assert findings(folder) == []


def test_a_wrong_cell_is_named_by_its_character_and_never_shows_a_number(folder: Folder) -> None:
    declare(folder, HEAD + OMAR + "4711,14155550177,2026-13-03T20:00:00Z,Jane\n")
    assert findings(folder) == [("RC114", "manifests/calls.csv", 3, 6), ("RC113", "manifests/calls.csv", 3, 18)]
    said = folder.run("validate", online=False)
    assert (said.code, "5550177" in said.text) == (ERROR, False)


def test_a_row_on_a_closed_day_is_an_error_at_its_cell(folder: Folder) -> None:
    (folder.root / "reconciler.yaml").write_text("calling_hours: {closed: [2026-12-03]}\n")
    declare(folder, HEAD + JANE + OMAR.replace("12-03", "12-04"))
    assert findings(folder) == [("RC158", "manifests/calls.csv", 2, 19)]
    assert findings(folder, "plan")[0] == ("RC158", "manifests/calls.csv", 2, 19)
    assert folder.run("apply", "--yes").code == IN_PART
    assert set(states(folder).values()) == {"declared"}


def test_a_wrong_row_arms_no_row_of_its_list_and_everything_else(folder: Folder) -> None:
    other = document("ScheduledCall", "other", {**OTHER, "at": "2026-12-03T20:00:00Z"})
    declare(folder, HEAD + JANE + "0042,oops,2026-12-03T20:05:00Z,Omar\n", other)
    assert folder.run("plan").code == ERROR
    assert folder.run("apply", "--yes").code == IN_PART
    assert states(folder) == {"week/4711": "declared", "other": "armed"}
    assert folder.run("apply", "--yes", "--skip-rows").code == IN_PART
    assert states(folder) == {"week/4711": "armed", "other": "armed"}


def test_a_plan_tells_every_row_of_one_mistake_at_its_line(folder: Folder) -> None:
    wrong = "".join(f"00{place},oops,2026-12-03T20:05:00Z,Omar\n" for place in range(42, 48))
    declare(folder, HEAD + JANE + wrong)
    assert [line for code, _, line, _ in findings(folder, "plan") if code == "RC114"] == [3, 4, 5, 6, 7, 8]


def test_a_row_that_only_the_account_knows_to_be_wrong_stops_its_list_too(folder: Folder) -> None:
    declare(folder, HEAD + JANE + OMAR.replace("2026-12-03T20:05", "2026-11-03T20:05"))
    assert folder.run("apply", "--yes").code == IN_PART
    assert set(states(folder).values()) == {"declared"}
    assert folder.run("apply", "--yes", "--skip-rows").code == IN_PART
    assert states(folder)["week/4711"] == "armed"


def test_one_key_twice_arms_neither_row(folder: Folder) -> None:
    declare(folder, HEAD + JANE + OMAR + JANE.replace("0101", "0103"))
    assert findings(folder) == [("RC174", "manifests/calls.csv", 4, 1)]
    folder.run("apply", "--yes", "--skip-rows")
    assert states(folder) == {"week/0042": "armed"}


def test_keys_are_compared_as_written(folder: Folder) -> None:
    rows = [
        f"{key},+1415555{n:04},2026-12-03T20:00:00Z,x\n" for n, key in enumerate(["7", "07", "a", "A", "7.0", "x y"])
    ]
    declare(folder, HEAD + "".join(rows))
    folder.run("apply", "--yes")
    assert len(states(folder)) == len(rows)
    assert changes(folder) == {}


@pytest.mark.parametrize("key", ["", " 1", "a\tb", "k" * 129, "jane@2026-12-01T09:00", "a@2026-12-01T09:00:00Z"])
def test_what_cannot_be_a_key_is_an_error_at_its_row(folder: Folder, key: str) -> None:
    declare(folder, HEAD + JANE + f"{key},+14155550102,2026-12-03T20:05:00Z,Omar\n")
    assert findings(folder) == [("RC173", "manifests/calls.csv", 3, 1)]


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ("", ("RC171", "manifests/calls.csv", 1)),
        (JANE, ("RC171", "manifests/calls.csv", 1)),
        (HEAD.replace("name", "id") + JANE, ("RC171", "manifests/calls.csv", 1)),
        (HEAD.replace(",", "|") + JANE.replace(",", "|"), ("RC172", "manifests/all.yaml", 9)),
        (HEAD + JANE + '1,"\n', ("RC171", "manifests/calls.csv", 3)),
        (b"id,phone,when,name\n4711,+14155550101,2026-12-03T20:00:00Z,J\xe4ne\n", ("RC171", "manifests/calls.csv", 2)),
    ],
)
def test_a_file_that_is_no_table_cancels_nothing(folder: Folder, table: str | bytes, place: tuple[Any, ...]) -> None:
    declare(folder, HEAD + JANE + OMAR)
    folder.run("apply", "--yes")
    declare(folder, table)
    assert findings(folder)[0][:3] == place
    assert folder.run("apply", "--yes").code == IN_PART
    assert set(states(folder).values()) == {"armed"}


def test_a_table_of_its_header_alone_is_fine_and_emptying_one_is_refused(folder: Folder) -> None:
    declare(folder, HEAD)
    assert folder.run("apply", "--yes").code == 0
    rows = "".join(f"{n},+1415555{n:04},2026-12-03T20:00:00Z,x\n" for n in range(100, 120))
    declare(folder, HEAD + rows)
    assert folder.run("apply", "--yes").code == 0
    declare(folder, HEAD)
    assert folder.run("apply", "--yes").code == REFUSED
    assert set(states(folder).values()) == {"armed"}


def test_json_lines_declare_calls_too(folder: Folder) -> None:
    rows = [
        {"id": 4711, "phone": "+14155550101", "when": "2026-12-03T20:00:00Z", "name": "Jane"},
        {"name": "Omar", "id": "0042", "phone": "+1415555", "when": "2026-12-03T20:00:00Z"},
    ]
    lines = [json.dumps(row) for row in rows]
    declare(folder, "\n".join([lines[0], "", lines[1]]), rows={"file": "calls.jsonl"})
    assert findings(folder) == [("RC114", "manifests/calls.jsonl", 3, lines[1].index('"+1415') + 1)]
    declare(folder, lines[0] + "\n", rows={"file": "calls.jsonl"})
    assert folder.run("apply", "--yes").code == 0
    assert states(folder) == {"week/4711": "armed"}


def test_calls_and_hold_take_a_list_and_a_row(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    other = document("ScheduledCall", "other", {**OTHER, "at": "2026-12-03T20:00:00Z"})
    declare(folder, HEAD + JANE + OMAR, other)
    folder.run("apply", "--yes")
    monkeypatch.chdir(folder.root)
    assert states(folder, "week") == {"week/4711": "armed", "week/0042": "armed"}
    assert states(folder, "week/0042") == {"week/0042": "armed"}
    assert folder.run("calls", "weak").code == ERROR
    assert switched(folder, "hold", "week") == {"week/4711": "held", "week/0042": "held", "other": "armed"}
    assert switched(folder, "release", "week/0042") == {"week/4711": "held", "week/0042": "armed", "other": "armed"}


def switched(folder: Folder, *words: str) -> dict[str, str]:
    from reconciler.cli import main  # noqa: PLC0415 - as the folder runs it, with no path

    assert main(["calls", *words, "--emulator", "--now", NOW]) == 0
    return states(folder)


def test_a_list_can_be_the_target_of_a_plan(folder: Folder) -> None:
    other = document("ScheduledCall", "other", {**OTHER, "at": "2026-12-03T20:00:00Z"})
    declare(folder, HEAD + JANE + OMAR, other)
    assert changes(folder, "--target", "CallList/week") == {"week/4711": "arm", "week/0042": "arm"}
    assert changes(folder, "--exclude", "CallList/week") == {"caller": "create", "other": "arm"}


def test_rows_are_dialled_and_each_once(folder: Folder) -> None:
    declare(folder, HEAD + JANE.replace("2026-12-03T20:00", "2026-12-01T20:00"))
    folder.run("apply", "--yes")
    late = ("--emulator", "--now", "2026-12-01T20:05:00Z")
    first = folder.run("dispatch", *late, online=False)
    assert (first.code, first.written) == (0, ["POST /v1/call"]), first.text
    assert folder.run("dispatch", *late, online=False).written == []


def test_what_is_alike_in_many_rows_is_said_once(folder: Folder) -> None:
    rows = "".join(f"{n},+1415555{n:04},2026-11-03T20:00:00Z,x\n" for n in range(100, 140))
    declare(folder, HEAD + rows, agent="nobody", variables=None)
    found = json.loads(folder.run("validate", "--format", "json", online=False).out)["findings"]
    assert sorted(it["code"] for it in found if it["address"] and "week" in it["address"]) == ["RC140", "RC146"]
    assert "39 more rows" in next(it["message"] for it in found if it["code"] == "RC146")


def test_what_lint_remarks_about_many_rows_is_said_once(folder: Folder) -> None:
    night = "".join(f"{n},+1415555{n:04},2026-12-03T11:00:00Z,x\n" for n in range(100, 140))
    declare(folder, HEAD + night, variables={"name": {"column": "name"}, "unsaid": "fact"})
    found = json.loads(folder.run("validate", "--format", "json", online=False).out)["findings"]
    assert sorted(it["code"] for it in found) == ["RC701", "RC702", "RC711"]
    told = next(it for it in found if it["code"] == "RC711")
    assert "(and 39 more rows of the list: lines 3, 4, 5, 6, 7, …)" in told["message"]
    assert (told["source"]["path"], told["source"]["line"], told["source"]["column"]) == ("manifests/calls.csv", 2, 18)


def test_a_sealed_table_is_opened_and_its_errors_keep_their_place(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    sealed = pyrage.encrypt((HEAD + JANE).encode(), [identity.to_public()])
    declare(folder, sealed, rows={"file": "calls.csv.age"})
    assert findings(folder)[0][0] == "RC161"
    monkeypatch.setenv("RECONCILER_AGE_IDENTITY", str(identity))
    assert folder.run("apply", "--yes").code == 0
    assert states(folder) == {"week/4711": "armed"}
    wrong = (HEAD + OMAR + JANE.replace("+1415", "1415")).encode()
    declare(folder, pyrage.encrypt(wrong, [identity.to_public()]), rows={"file": "calls.csv.age"})
    assert findings(folder) == [("RC114", "manifests/calls.csv.age", 3, 6)]
    told = folder.run("validate", online=False).out.partition("calls.csv.age:3:6")[2]
    assert "^" not in told  # no line of the sealed file is the one that is meant
    monkeypatch.delenv("RECONCILER_AGE_IDENTITY")
    unopened = " ".join(folder.run("validate", online=False).out.split())
    assert "`manifests/calls.csv.age` cannot be opened: there is no identity to open it with" in unopened

"""Keys are what a table says: with signs of addresses and paths in them, and each one call for good."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from laws.project import NOW, Folder, document, project

from lists.test_lists import LIST, changes, declare, states
from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = (
    "jane@example.com",
    "2026/4711",
    "a/b/c",
    "x y",
    "Zoë Ünal",
    "診察-1",
    "once",
    "armed",
    "once/1",
    "@",
    "a@b@c",
    "..",
)
DUE = ("--emulator", "--now", "2026-12-03T20:05:00Z")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    with project("limits: {calls_per_run: 100, calls_per_callee_per_day: 9, cancellations: 99}\n") as found:
        monkeypatch.chdir(found.root)
        yield found


def table(*keys: str, when: str = "2026-12-03T20:00:00Z") -> str:
    rows = (f'"{key}",+1415555{place:04},{when},x\n' for place, key in enumerate(keys, 100))
    return "id,phone,when,name\n" + "".join(rows)


@pytest.mark.parametrize("store", ["sqlite:.reconciler/state.db", "git:reconciler-state"])
def test_any_text_is_a_key_and_its_call_is_armed_found_held_dialled_once_and_over(
    folder: Folder, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if store.startswith("git:"):
        _repository(folder, monkeypatch)
    monkeypatch.setenv("RECONCILER_STATE", store)
    declare(folder, table(*KEYS))
    assert folder.run("apply", "--yes").code == 0
    assert changes(folder) == {}
    assert states(folder) == {f"week/{key}": "armed" for key in KEYS}
    for key in ("jane@example.com", "2026/4711", "x y"):
        assert states(folder, f"week/{key}") == {f"week/{key}": "armed"}
        assert main(["calls", "hold", f"week/{key}", "--emulator", "--now", NOW]) == 0
        assert states(folder, f"week/{key}") == {f"week/{key}": "held"}
        assert main(["calls", "release", f"week/{key}", "--emulator", "--now", NOW]) == 0
    first = folder.run("dispatch", *DUE, "--format", "json", online=False)
    assert {it["name"]: it["state"] for it in json.loads(first.out)["calls"]} == {
        f"week/{key}": "placed" for key in KEYS
    }
    assert len(first.written) == len(KEYS)
    assert folder.run("dispatch", *DUE, online=False).written == []
    said = folder.run("plan", *DUE, "--format", "json", online=False)
    assert {it["action"] for it in json.loads(said.out)["changes"]} == {"keep"}


def _repository(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess  # noqa: PLC0415 - for the one store that needs it

    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "a test")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "test@example.com")
    subprocess.run(["git", "init", "-q", "."], cwd=folder.root, check=True)


def test_an_occurrence_of_a_row_whose_key_has_an_at_is_held_by_its_wall_time(folder: Folder) -> None:
    daily = {"cron": "0 20 * * *", "timezone": "UTC"}
    declare(folder, table("jane@example.com"), at=None, schedule=daily)
    assert folder.run("apply", "--yes").code == 0
    occurrence = "week/jane@example.com@2026-12-03T20:00"
    assert main(["calls", "hold", occurrence, "--emulator", "--now", NOW]) == 0
    said = json.loads(folder.run("dispatch", *DUE, "--format", "json", online=False).out)["calls"]
    assert {it["occurrence"]: it["state"] for it in said if it["state"] != "expired"} == {occurrence: "held"}
    assert {it["name"] for it in said} == {"week/jane@example.com"}


def test_a_list_is_held_until_an_end_by_the_clocks_of_its_rows(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    west = "1,+14155550101,2026-12-03T12:00:00,x,America/Los_Angeles\n"
    east = "2,+12125550102,2026-12-03T15:00:00,x,America/New_York\n"
    declare(folder, f"id,phone,when,name,zone\n{west}{east}", timezone={"column": "zone"})
    assert folder.run("apply", "--yes").code == 0
    capsys.readouterr()
    assert main(["calls", "hold", "week", "--until", "2026-12-02", "--emulator", "--now", NOW]) == 0
    assert "week: held until Thu 3 Dec 2026 08:00 UTC: by hand; 2 calls" in capsys.readouterr().err
    assert states(folder) == {"week/1": "held", "week/2": "held"}
    assert len(folder.run("dispatch", *DUE, online=False).written) == 2


def test_a_key_that_moves_goes_and_comes_back_is_one_call(folder: Folder) -> None:
    one, key = "jane@example.com", "week/jane@example.com"
    declare(folder, table(one))
    folder.run("apply", "--yes")
    declare(folder, table(one, when="2026-12-03T21:00:00Z"))
    assert changes(folder) == {key: "reschedule"}
    declare(folder, table())
    assert changes(folder) == {key: "cancel"}
    assert folder.run("apply", "--yes").code == 0
    declare(folder, table(one))
    assert changes(folder) == {key: "arm"}
    assert folder.run("apply", "--yes").code == 0
    assert folder.run("dispatch", *DUE, online=False).written == ["POST /v1/call"]
    declare(folder, table())
    assert changes(folder) == {}
    declare(folder, table(one))
    assert changes(folder) == {}
    assert folder.run("dispatch", *DUE, online=False).written == []


def test_one_person_in_two_lists_is_rung_once_a_day(folder: Folder) -> None:
    (folder.root / "reconciler.yaml").write_text("{}\n")
    other = {**LIST, "rows": {"file": "other.csv"}}
    declare(folder, table("1"), document("CallList", "month", other))
    (folder.root / "manifests" / "other.csv").write_text(table("1"))
    assert folder.run("apply", "--yes").code == 0
    said = folder.run("dispatch", *DUE, "--format", "json", online=False)
    found = {it["name"]: (it["state"], it["code"]) for it in json.loads(said.out)["calls"]}
    assert said.written == ["POST /v1/call"]
    assert sorted(found.values(), key=str) == [("armed", "RC607"), ("placed", "")]


def test_the_same_key_in_two_lists_is_two_calls(folder: Folder) -> None:
    other = {**LIST, "rows": {"file": "other.csv"}}
    declare(folder, table("1"), document("CallList", "month", other))
    (folder.root / "manifests" / "other.csv").write_text(table("2", "1"))
    folder.run("apply", "--yes")
    assert states(folder) == {"week/1": "armed", "month/1": "armed", "month/2": "armed"}


def test_two_thousand_rows_are_armed_and_then_nothing_is_left_to_do(folder: Folder) -> None:
    rows = "".join(f"{n},+1415{5550000 + n},2026-12-03T20:00:00Z,x\n" for n in range(2_000))
    declare(folder, "id,phone,when,name\n" + rows, late="1d")
    assert folder.run("apply", "--yes").code == 0
    summary = folder.plan()["summary"]
    assert {verb: count for verb, count in summary.items() if count} == {"keep": 2_001}

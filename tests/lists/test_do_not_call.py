"""Who must not be called is not rung, whichever way a call was declared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from laws.project import Folder, document, project

from reconciler.cli import main
from reconciler.telephony.do_not_call import read_list

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = "+14155550101"
CALL: dict[str, Any] = {
    "from_number": "+15551230001",
    "to_number": NUMBER,
    "config": {"prompt": "This is Acme.", "max_call_duration_seconds": 60},
    "at": "2026-12-01T20:00:00Z",
}
LATER = ("--emulator", "--now", "2026-12-01T20:05:00Z")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.delenv("RECONCILER_STATE_KEY", raising=False)
    with project("do_not_call: {file: dnc.txt}\n") as found:
        found.write({"all.yaml": document("ScheduledCall", "jane", CALL)})
        (found.root / "dnc.txt").write_text("# nobody yet\n\n")
        monkeypatch.chdir(found.root)
        yield found


def opt_out(number: str, *options: str) -> int:
    return main(["calls", "opt-out", number, "--why", "asked +1 415 555 0101 to stop", *LATER, *options])


def exported(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    capsys.readouterr()
    assert main(["calls", "dnc", "export", "--emulator", *options]) == 0
    return capsys.readouterr().out.split()


def dispatched(folder: Folder) -> tuple[int, list[str]]:
    said = folder.run("dispatch", *LATER, online=False)
    return said.code, said.written


def test_a_listed_person_is_counted_by_the_plan_armed_and_not_rung(folder: Folder) -> None:
    (folder.root / "dnc.txt").write_text("+1 (415) 555-0101\r\n")
    found = [it for it in folder.plan()["findings"] if it["code"] == "RC617"]
    assert [(it["severity"], it["message"][:6]) for it in found] == [("warning", "1 call")]
    assert (found[0]["address"], found[0]["source"]["path"]) == ("ScheduledCall/jane", "manifests/all.yaml")
    assert found[0]["message"].endswith(f": jane (manifests/all.yaml:{found[0]['source']['line']})")
    assert folder.run("apply", "--yes").code == 0
    assert dispatched(folder) == (0, [])
    missed = folder.run("dispatch", "--emulator", "--now", "2026-12-01T21:05:00Z", online=False)
    assert (missed.code, missed.written) == (0, [])
    assert "this person must not be called" in missed.out
    assert "to call after all" not in missed.out


def test_a_call_to_a_listed_person_is_not_counted_among_those_that_ring_somebody(folder: Folder) -> None:
    (folder.root / "dnc.txt").write_text(NUMBER)
    other = {**CALL, "to_number": "+14155550102"}
    both = document("ScheduledCall", "jane", CALL), document("ScheduledCall", "ann", other)
    folder.write({"all.yaml": "---\n".join(both)})
    rung = {it["name"]: it["consequences"] for it in folder.plan()["changes"]}
    assert rung == {"jane": [], "ann": ["rings_a_person", "spends_money"]}
    told = folder.run("plan").out
    assert "rings 1 person" in told
    assert "nobody is rung: this person must not be called" in " ".join(told.split())


def test_a_number_in_the_variables_of_a_call_that_is_not_placed_is_masked_all_the_same(folder: Folder) -> None:
    (folder.root / "dnc.txt").write_text(NUMBER)
    folder.write({"all.yaml": document("ScheduledCall", "jane", {**CALL, "variables": {"back": "+14155550177"}})})
    assert "4155550177" not in folder.run("plan").out


def test_a_plan_names_the_first_of_many_calls_to_listed_people_and_counts_the_others(folder: Folder) -> None:
    (folder.root / "dnc.txt").write_text(NUMBER)
    folder.write({"all.yaml": "---\n".join(document("ScheduledCall", f"jane-{it}", CALL) for it in range(7))})
    found = next(it for it in folder.plan()["findings"] if it["code"] == "RC617")
    assert "7 calls are to people who must not be called" in found["message"]
    assert found["message"].count("(manifests/all.yaml:") == 5
    assert found["message"].endswith(" and 2 more")


def test_who_opts_out_after_arming_is_not_rung(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    folder.run("apply", "--yes")
    assert opt_out(NUMBER) == 0
    assert opt_out("+1 415 555 0101") == 0
    assert dispatched(folder) == (0, [])
    assert len(exported(capsys)) == 1
    stored = (folder.root / ".reconciler" / "state.db").read_bytes()
    assert b"4155550101" not in stored
    assert b"555 0101" not in stored


def test_an_export_is_the_same_in_every_store_and_stops_the_call_in_another_project(
    folder: Folder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_STATE_KEY", "a long random secret")
    other = ("--state", "sqlite:.reconciler/other.db")
    assert opt_out(NUMBER) == opt_out(NUMBER, *other) == 0
    lines = exported(capsys)
    assert lines == exported(capsys, *other)
    folder.run("apply", "--yes", "--state", "sqlite:.reconciler/third.db")
    (folder.root / "dnc.txt").write_text("\n".join(lines))
    third = folder.run("dispatch", *LATER, "--state", "sqlite:.reconciler/third.db", online=False)
    assert (third.code, third.written) == (0, [])


def test_keyed_hashes_without_the_key_let_nobody_be_rung(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.run("apply", "--yes")
    monkeypatch.setenv("RECONCILER_STATE_KEY", "a long random secret")
    assert opt_out("+14155550177") == 0
    monkeypatch.delenv("RECONCILER_STATE_KEY")
    assert dispatched(folder)[1] == []


def test_who_opted_out_before_there_was_a_key_is_still_known(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.run("apply", "--yes")
    assert opt_out(NUMBER) == 0
    monkeypatch.setenv("RECONCILER_STATE_KEY", "a long random secret")
    assert dispatched(folder) == (0, [])


def test_an_unreadable_list_means_that_nobody_is_rung(folder: Folder) -> None:
    folder.run("apply", "--yes")
    (folder.root / "dnc.txt").unlink()
    assert dispatched(folder) == (1, [])
    (folder.root / "dnc.txt").mkdir()
    assert dispatched(folder) == (1, [])


def test_a_bad_line_is_an_error_at_its_place(folder: Folder) -> None:
    (folder.root / "dnc.txt").write_text("# ok\n+14155550142\n415555\n")
    said = folder.run("validate", "--format", "json", online=False)
    found = next(it for it in json.loads(said.out)["findings"] if it["severity"] == "error")
    assert (said.code, found["code"], found["source"]["path"], found["source"]["line"]) == (1, "RC181", "dnc.txt", 3)


def test_a_listed_person_who_is_not_named_is_rung(folder: Folder) -> None:
    (folder.root / "dnc.txt").write_text("+14155550142\n")
    folder.run("apply", "--yes")
    assert dispatched(folder) == (0, ["POST /v1/call"])


def test_whose_number_it_is_may_stand_behind_it() -> None:
    listed = read_list("# asked on the telephone\n+14155550101 # Jane\n+1 (415) 555-0102\t#Omar\n  # nobody\n+1415#5\n")
    assert listed.numbers == {"+14155550101", "+14155550102"}
    assert [it.line for it in listed.wrong] == [5]

"""`to_number: {file: PATH}`: the number in a file, sealed or not, is as if it stood in the manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from laws.project import Folder, Said, document, project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Seal = Callable[[str], bytes]

JANE, OMAR = "+14155550101", "+14155550102"
FROM, AT = "+15551230001", "2026-12-03T20:00:00Z"
AGENT = document(
    "Agent", "caller", {"prompt": "This is Acme about your visit.", "voice": "olivia", "max_call_duration_seconds": 60}
)
IN_CLEAR, SEALED = {"file": "jane.txt"}, {"file": "jane.txt.age"}


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project("privacy: {numbers: sealed}\n") as made:
        yield made


@pytest.fixture
def seal(monkeypatch: pytest.MonkeyPatch) -> Seal:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    monkeypatch.setenv("RECONCILER_AGE_IDENTITY", str(identity))

    def sealed(text: str) -> bytes:
        made: bytes = pyrage.encrypt(text.encode(), [identity.to_public()])
        return made

    return sealed


def declare(folder: Folder, to: Any, files: Mapping[str, str | bytes] | None = None, *others: str) -> None:
    call = document("ScheduledCall", "one", {"from_number": FROM, "at": AT, "agent": "caller", "to_number": to})
    folder.write({"all.yaml": "---\n".join((AGENT, call, *others)), **(files or {})})


def findings(folder: Folder, command: str = "validate") -> list[dict[str, Any]]:
    said = folder.run(command, "--format", "json", online=command != "validate")
    assert "4155550101" not in said.text
    found: list[dict[str, Any]] = json.loads(said.out)["findings"]
    return found


def errors(folder: Folder) -> list[tuple[str, str, int]]:
    """Code, path and line of each error."""
    told = [it for it in findings(folder) if it["severity"] == "error"]
    return [(it["code"], it["source"]["path"], it["source"]["line"]) for it in told]


def armed(folder: Folder) -> Said:
    said = folder.run("apply", "--yes")
    assert said.code == 0, said.text
    assert "4155550101" not in said.text
    return said


def test_a_call_to_a_sealed_number_rings_that_number(folder: Folder, seal: Seal) -> None:
    declare(folder, SEALED, {"jane.txt.age": seal(f"{JANE}\n")})
    assert "+1•••••••0101" in folder.run("plan").out
    armed(folder)
    placed = folder.verb("dispatch", "--show-numbers", now=AT)
    assert (placed.code, JANE in placed.out) == (0, True), placed.text


def test_a_number_moved_into_a_file_and_then_sealed_is_no_change(folder: Folder, seal: Seal) -> None:
    declare(folder, JANE)
    armed(folder)
    for to, files in ((IN_CLEAR, {"jane.txt": f" {JANE}\r\n"}), (SEALED, {"jane.txt.age": seal(JANE)}), (JANE, {})):
        declare(folder, to, files)
        assert [it["action"] for it in folder.plan()["changes"] if it["action"] != "keep"] == []


def test_another_number_in_the_file_is_a_change_of_to_number(folder: Folder, seal: Seal) -> None:
    declare(folder, SEALED, {"jane.txt.age": seal(JANE)})
    armed(folder)
    declare(folder, SEALED, {"jane.txt.age": seal(OMAR)})
    said = folder.run("plan", "--format", "json")
    assert OMAR not in said.text
    changed = [it for it in json.loads(said.out)["changes"] if it["action"] == "reschedule"]
    assert [(it["address"], [each["path"] for each in it["fields"]]) for it in changed] == [
        ("ScheduledCall/one", ["to_number"])
    ]


def test_the_state_is_the_same_as_of_a_number_that_is_written(folder: Folder, seal: Seal) -> None:
    kept = []
    for to, files in ((JANE, {}), (SEALED, {"jane.txt.age": seal(JANE)})):
        with project() as made:
            declare(made, to, files)
            armed(made)
            held = json.loads(made.verb("state", "show", "--format", "json").out)
            kept.append(_digests(held))
    assert kept[0] == kept[1] != []


def _digests(held: Any) -> list[Any]:
    if isinstance(held, dict):
        own = [value for key, value in held.items() if key in ("to_number", "callee", "to")]
        return own + [it for value in held.values() for it in _digests(value)]
    return [it for value in held for it in _digests(value)] if isinstance(held, list) else []


@pytest.mark.parametrize("held", ["415-555-0101", f"{JANE}\n{OMAR}\n", "", f"Jane: {JANE}"])
def test_what_is_no_number_is_an_error_at_to_number_that_names_the_file(folder: Folder, seal: Seal, held: str) -> None:
    for to, content in ((IN_CLEAR, held.encode()), (SEALED, seal(held))):
        declare(folder, to, {to["file"]: content})
        assert errors(folder) == [("RC114", "manifests/all.yaml", 9)]
        assert f"`{to['file']}`" in findings(folder)[0]["message"]


def test_bytes_that_are_no_text_are_no_number(folder: Folder) -> None:
    declare(folder, IN_CLEAR, {"jane.txt": b"\xff\xfe\x00"})
    assert errors(folder) == [("RC114", "manifests/all.yaml", 9)]


def test_a_file_that_is_not_there_or_not_sealed_for_us_is_an_error_at_to_number(folder: Folder, seal: Seal) -> None:
    declare(folder, SEALED)
    assert errors(folder) == [("RC141", "manifests/all.yaml", 9)]
    declare(folder, SEALED, {"jane.txt.age": JANE})
    assert errors(folder) == [("RC161", "manifests/all.yaml", 9)]
    seal(JANE)
    declare(folder, {"file": "../../jane.txt"})
    (folder.root.parent / "jane.txt").write_text(JANE, encoding="utf-8")
    assert errors(folder) == [("RC142", "manifests/all.yaml", 9)]


def test_without_an_identity_the_way_to_set_one_is_said(
    folder: Folder, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(folder, SEALED, {"jane.txt.age": seal(JANE)})
    monkeypatch.delenv("RECONCILER_AGE_IDENTITY")
    (told,) = [it for it in findings(folder) if it["severity"] == "error"]
    assert (told["code"], "RECONCILER_AGE_IDENTITY" in told["hint"]) == ("RC161", True)


def test_a_call_whose_number_cannot_be_read_stops_that_call_alone(folder: Folder) -> None:
    other = document("ScheduledCall", "two", {"from_number": FROM, "at": AT, "agent": "caller", "to_number": OMAR})
    third = document("ScheduledCall", "six", {"from_number": FROM, "at": AT, "agent": "caller", "to_number": IN_CLEAR})
    declare(folder, IN_CLEAR, {}, other, third)
    said = folder.run("apply", "--yes", "--format", "json")
    outcomes = {it["address"]: it["outcome"] for it in json.loads(said.out)["results"]}
    assert (said.code, outcomes["ScheduledCall/two"], outcomes["ScheduledCall/one"]) == (4, "done", "failed")


def test_a_call_whose_number_cannot_be_read_any_more_stays_armed(folder: Folder) -> None:
    declare(folder, IN_CLEAR, {"jane.txt": JANE})
    armed(folder)
    declare(folder, IN_CLEAR)
    folder.run("apply", "--yes")
    declare(folder, JANE)
    assert [it["action"] for it in folder.plan()["changes"] if it["action"] != "keep"] == []


def test_lint_names_the_file_in_clear_and_leaves_the_sealed_one_alone(folder: Folder, seal: Seal) -> None:
    declare(folder, IN_CLEAR, {"jane.txt": JANE})
    told = [(it["code"], it["source"]["path"]) for it in findings(folder) if it["code"] == "RC724"]
    assert told == [("RC724", "manifests/jane.txt")]
    declare(folder, SEALED, {"jane.txt.age": seal(JANE)})
    assert [it["code"] for it in findings(folder) if it["code"] == "RC724"] == []


def test_a_cell_of_a_table_names_no_file(folder: Folder) -> None:
    spec = {"from_number": FROM, "at": AT, "agent": "caller", "key": "id", "rows": {"file": "t.jsonl"}}
    rows = json.dumps({"id": "1", "phone": IN_CLEAR}) + "\n"
    calls = document("CallList", "all", {**spec, "to_number": {"column": "phone"}})
    folder.write({"all.yaml": f"{AGENT}---\n{calls}", "t.jsonl": rows, "jane.txt": JANE})
    assert {path for _, path, _ in errors(folder)} == {"manifests/t.jsonl"}

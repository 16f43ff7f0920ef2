"""`privacy: {numbers: sealed}`: each file with somebody's number in clear is named once, at its first number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from laws.project import Folder, document, project

if TYPE_CHECKING:
    from collections.abc import Iterator

JANE, OMAR = "+14155550101", "+14155550102"
CALL = {"from_number": "+15551230001", "at": "2026-12-03T20:00:00Z", "agent": "caller"}
AGENT = document("Agent", "caller", {"prompt": "This is Acme about your visit.", "voice": "olivia"})
LIST = {**CALL, "key": "id", "to_number": {"column": "phone"}}
CAMPAIGN = {
    "agent": "caller",
    "from_number": "+15551230001",
    "daily_window_start": "09:00",
    "daily_window_end": "17:00",
}
TABLE = f"id,phone\n1,{JANE}\n2,{OMAR}\n"


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project("privacy: {numbers: sealed}\ndo_not_call: {file: dnc.txt}\n") as made:
        (made.root / "dnc.txt").write_text("# nobody\n", encoding="utf-8")
        yield made


def found(folder: Folder) -> list[tuple[str, int, int]]:
    """Path, line and count of each complaint."""
    said = folder.run("validate", "--format", "json", online=False)
    told = [it for it in json.loads(said.out)["findings"] if it["code"] == "RC724"]
    assert all(number not in it["message"] for it in told for number in (JANE, OMAR))
    counts = {"a": 1} | {str(count): count for count in range(2, 9)}
    return [(it["source"]["path"], it["source"]["line"], counts[it["message"].split()[0]]) for it in told]


def declare(folder: Folder, kind: str, spec: dict[str, Any], table: str | bytes = TABLE, name: str = "t.csv") -> None:
    folder.write({"all.yaml": f"{AGENT}---\n{document(kind, 'one', spec)}", name: table})


def test_a_number_in_a_manifest_is_named_at_its_place(folder: Folder) -> None:
    declare(folder, "ScheduledCall", {**CALL, "to_number": JANE})
    assert found(folder) == [("manifests/all.yaml", 9, 1)]


def test_the_rows_of_a_table_are_told_once_with_their_count(folder: Folder) -> None:
    declare(folder, "CallList", {**LIST, "rows": {"file": "t.csv"}})
    assert found(folder) == [("manifests/t.csv", 2, 2)]


def test_the_contacts_of_a_campaign_are_told_once_with_their_count(folder: Folder) -> None:
    declare(folder, "Campaign", {**CAMPAIGN, "contacts": {"file": "t.csv"}})
    assert found(folder) == [("manifests/t.csv", 2, 2)]


def test_a_do_not_call_list_with_numbers_is_told_and_one_of_hashes_is_not(folder: Folder) -> None:
    folder.write({"all.yaml": AGENT})
    assert found(folder) == []
    (folder.root / "dnc.txt").write_text(f"{JANE}\nsha256:{'0' * 64}\n", encoding="utf-8")
    assert found(folder) == [("dnc.txt", 1, 1)]


@pytest.mark.parametrize(("kind", "key", "spec"), [("CallList", "rows", LIST), ("Campaign", "contacts", CAMPAIGN)])
def test_sealed_tables_are_left_alone(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, kind: str, key: str, spec: dict[str, Any]
) -> None:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    monkeypatch.setenv("RECONCILER_AGE_IDENTITY", str(identity))
    sealed = pyrage.encrypt(TABLE.encode(), [identity.to_public()])
    declare(folder, kind, {**spec, key: {"file": "t.csv.age"}}, sealed, "t.csv.age")
    assert found(folder) == []


def test_nobody_is_told_who_did_not_ask(folder: Folder) -> None:
    (folder.root / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    declare(folder, "ScheduledCall", {**CALL, "to_number": JANE})
    assert found(folder) == []

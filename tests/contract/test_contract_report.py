"""`doctor --contract` tells how the answers differ from what we were told, and never what is in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from laws.project import Folder, project

from contract import vendors_word
from reconciler.doctor import contract
from reconciler.doctor.contract import Difference

PATH = "/v1/knowledge-bases"
BASE = {
    "id": "5d9c",
    "name": "Prices",
    "description": "",
    "document_count": 0,
    "created_at": "2026-12-01T12:00:00Z",
    "updated_at": "2026-12-01T12:00:00Z",
}  # fmt: skip - one object
NUMBER = "/v1/phone-numbers"


def said(path: str, answer: Any) -> list[str]:
    return [str(it) for it in sorted(contract.differences(path, contract.told()[path], answer))]


def test_the_table_is_what_the_vendors_sdk_says() -> None:
    assert vendors_word.TABLE.read_text("utf-8") == vendors_word.text()


def test_what_is_as_told_is_no_difference() -> None:
    assert said(PATH, [BASE, BASE]) == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([BASE | {"vibe": "warm"}], f"GET {PATH} `[].vibe`: unknown field: string"),
        ([BASE | {"name": None}], f"GET {PATH} `[].name`: type: null (string)"),
        (
            [{key: BASE[key] for key in BASE if key != "name"}],
            f"GET {PATH} `[].name`: missing field: is not there (always there)",
        ),
        ({"results": [BASE]}, f"GET {PATH}: envelope: an object with the list under `results` (a bare array)"),
        ("<html>", f"GET {PATH}: type: string (array)"),
        ([BASE | {"+14155550199": 1}], f"GET {PATH} `[].(no name)`: unknown field: integer"),
    ],
)  # fmt: skip - a table
def test_each_sort_of_difference_is_told_without_a_value(answer: Any, expected: str) -> None:
    assert said(PATH, answer) == [expected]


def test_a_word_of_an_enumeration_is_told_and_what_is_no_word_is_not() -> None:
    def status(value: str) -> list[str]:
        return [line for line in said("/v1/campaigns", [{"status": value}]) if "unknown word" in line]

    assert "unknown word: `frozen` (cancelled, completed, draft" in status("frozen")[0]
    assert "a text that is no word" in status("sk_live_4eC39HqLyjWDarjtT1zdp7dc")[0]
    assert "a text that is no word" in status("+14155550199")[0]


def test_the_same_difference_of_many_objects_is_counted() -> None:
    found = contract.differences(PATH, contract.told()[PATH], [BASE | {"vibe": "warm"}] * 3)
    assert found == {Difference(PATH, "[].vibe", "unknown field", "string"): 3}


@pytest.fixture
def folder() -> Any:
    with project() as it:
        yield it


def test_the_command_reads_and_lists_what_the_emulator_adds(folder: Folder) -> None:
    found = folder.run("doctor", "--contract", "--format", "json")
    report = json.loads(found.out)
    assert (found.code, found.written) == (0, [])
    assert report["format"] == "reconciler.contract/v1"
    added = {"path": NUMBER, "place": "[].x_emulated", "sort": "unknown field", "found": "boolean", "told": ""}
    assert added in [{key: it[key] for key in added} for it in report["differences"]]
    assert {it["sort"] for it in report["differences"]} == {"unknown field"}
    assert "+1555" not in found.text

"""Digests of secrets in the state: keyed where there is a key, and never compared by another one."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from laws.project import Folder, project

from reconciler.contract.equality import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

TOOL = """apiVersion: reconciler/v1
kind: McpServer
metadata: {name: calendar}
spec: {url: "https://calendar.example/mcp", headers: [{key: X-Team, value: "${env:TEAM_TOKEN}"}]}
"""
SENT = digest([{"key": "X-Team", "value": "a-token"}])


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    monkeypatch.setenv("TEAM_TOKEN", "a-token")
    with project() as made:
        made.write({"all.yaml": TOOL})
        yield made


def state(folder: Folder) -> bytes:
    return b"".join(file.read_bytes() for file in sorted((folder.root / ".reconciler").glob("state*")))


def actions(folder: Folder) -> list[str]:
    said = folder.run("plan", "--format", "json")
    assert said.code == 0, said.text
    return [str(change["action"]) for change in json.loads(said.out)["changes"]]


def test_with_a_key_the_state_holds_no_digest_that_a_reader_could_try_secrets_against(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_STATE_KEY", "a long random key")
    assert folder.run("apply", "--yes").code == 0
    assert SENT.encode() not in state(folder)
    assert hashlib.sha256(b"a-token").hexdigest()[:16].encode() not in state(folder)
    assert actions(folder) == ["keep"]
    monkeypatch.setenv("TEAM_TOKEN", "another-token")
    assert actions(folder) == ["update"]


def test_what_was_kept_without_a_key_is_still_recognised_and_keyed_with_the_next_write(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.run("apply", "--yes").code == 0
    assert SENT.encode() in state(folder)
    monkeypatch.setenv("RECONCILER_STATE_KEY", "a long random key")
    assert actions(folder) == ["keep"]


@pytest.mark.parametrize("key", ["", "another key"])
def test_with_another_key_or_none_nothing_is_compared_and_nothing_is_sent_again(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("RECONCILER_STATE_KEY", "a long random key")
    assert folder.run("apply", "--yes").code == 0
    monkeypatch.setenv("RECONCILER_STATE_KEY", key)
    said = folder.run("apply", "--yes")
    assert (said.code, said.written) == (1, [])
    assert "RC504" in said.text
    assert "RECONCILER_STATE_KEY" in said.text

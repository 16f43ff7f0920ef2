from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds.specimens import have_specimens, specimen

from laws.project import NOW, Folder, document, project
from reconciler.errors import WriteForbidden
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.api import Api
    from reconciler.contract.account import Look

_DOCUMENTS = (
    *(document("Agent", f"agent-{number}", {"prompt": f"Say {number}.", "voice": "olivia"}) for number in range(4)),
    document("PhoneNumber", "line", {"number": "+15551230001", "inbound_agent": "agent-1"}),
    document(
        "ScheduledCall",
        "jane",
        {"from": "line", "to_number": "+14155550142", "agent": "agent-2", "at": "2026-12-01T18:00:00Z"},
    ),
)


def _without_places(plan: dict[str, Any]) -> str:
    """The plan without what it says of files and lines, which are where the author put them."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in ("source", "fingerprint", "seal")}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return json.dumps(strip(plan))


def _spread(folder: Folder, order: list[int], files: int) -> None:
    chosen = [_DOCUMENTS[number] for number in order]
    names = [f"{chr(ord('a') + number)}.yaml" for number in range(files)]
    folder.write({name: "---\n".join(chosen[number::files]) for number, name in enumerate(names)})


@settings(max_examples=12)
@given(order=st.permutations(range(len(_DOCUMENTS))), files=st.integers(1, 3))
def test_a_plan_does_not_depend_on_the_order_of_documents_or_files(order: list[int], files: int) -> None:
    with project() as folder:
        _spread(folder, list(range(len(_DOCUMENTS))), 1)
        expected = _without_places(folder.plan())
        _spread(folder, order, files)
        assert _without_places(folder.plan()) == expected


def test_the_bytes_of_a_plan_depend_neither_on_the_hash_seed_nor_on_the_folder(tmp_path: Path) -> None:
    told = set()
    for number, seed in enumerate(("0", "1", "4242")):
        root = tmp_path / f"{random.Random(number).randrange(10**9)}" / "project"  # noqa: S311 - just another name
        (root / "manifests").mkdir(parents=True)
        (root / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
        _spread(Folder(root), list(range(len(_DOCUMENTS))), 2)
        saved = root / "plan.json"
        command = (sys.executable, "-m", "reconciler", "plan", "--emulator", "--now", NOW, "--format", "json")
        done = subprocess.run(
            [*command, "--out", str(saved)],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "NO_COLOR": "1"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told.add((done.stdout, saved.read_bytes()))
    assert len(told) == 1


@pytest.mark.parametrize("command", ["validate", "plan", "calls"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_that_writes_from_every_hook_gets_no_byte_out_of_a_command_that_reads(command: str, kind: str) -> None:
    """Each hook that a read-only command calls tries to write first; ``observe`` alone is handed the means."""
    caught: list[Api] = []
    refused: list[str] = []

    def attempt() -> None:
        for api in caught:
            for method, path in (("POST", "/v1/agents"), ("PATCH", "/v1/agents/1"), ("DELETE", "/v1/agents/1")):
                with pytest.raises(WriteForbidden):
                    api.exchange(method, path, {"name": "written"})
                refused.append(method)

    def writing(name: str) -> Any:
        original = getattr(KINDS[kind], name)

        def hook(*given: Any, **more: Any) -> Any:
            attempt()
            return original(*given, **more)

        return hook

    observe = KINDS[kind].observe

    def observing(look: Look) -> Any:
        caught.append(look.api)
        attempt()
        return observe(look)

    hooks = (
        "identity",
        "display",
        "expected",
        "due_actions",
        "check",
        "preflight",
        "consequences",
        "expires_at",
        "summary",
    )
    patches = [mock.patch.object(type(KINDS[kind]), name, staticmethod(writing(name))) for name in hooks]
    with project() as folder:
        declared = any(f"kind: {kind}\n" in document for document in _DOCUMENTS)
        named = kind in have_specimens() and not declared
        text = specimen(kind).text(specimen(kind).document()) if named else "---\n".join(_DOCUMENTS)
        folder.write({"all.yaml": text})
        with mock.patch.object(type(KINDS[kind]), "observe", staticmethod(observing)):
            for patch in patches:
                patch.start()
            try:
                arguments = ("show",) if command == "calls" else ()
                said = (
                    folder.run(command, *arguments, online=command != "validate") if not arguments else _calls(folder)
                )
            finally:
                for patch in patches:
                    patch.stop()
    assert said.written == []
    assert "internal error" not in said.text, said.text
    assert bool(refused) == (command == "plan" and (named or declared))  # a list of calls is none of the account's


def _calls(folder: Folder) -> Any:
    """``calls show`` takes its word before the paths."""
    return folder.run("calls")

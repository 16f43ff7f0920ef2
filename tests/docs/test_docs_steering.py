"""Nothing but a kind's own module steers by a kind's name, and nothing at all by a code or a sentence."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import reconciler
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(reconciler.__file__).parent
# Whose subject is one kind of thing: calls, campaigns, webhooks, numbers that dial, tests, lint, money, samples, and
# remarks on fields.
SUBJECTS = (
    "kinds/",
    "emulator/",
    "calls/",
    "testing/",
    "cli/test_authoring.py",
    "lint/",
    "schedule/planned_call.py",
    "planning/forecast.py",
    "cli/call_filters.py",
    "cli/campaign_dispatch.py",
    "cli/campaigns.py",
    "cli/completed_values.py",
    "cli/doctor.py",
    "cli/field_notes.py",
    "cli/init_files.py",
    "cli/notices.py",
    "cli/serve_wiring.py",
    "cli/webhooks.py",
)
WORDS = {"reason", "sentence", "code"}
# A drift has reasons of its own; a waiver names codes; files say why they may not be read; processes exit with a code;
# a row of a call, which the state remembers by its code, says itself whether somebody kept it back.
ELSEWHERE = (
    "adoption/write_back.py",
    "cli/drift.py",
    "lint/waivers.py",
    "load/contents.py",
    "settings.py",
    "store/",
    "schedule/call_report.py",
)


def sources(*others: str) -> Iterator[tuple[str, ast.AST]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if not name.startswith(others):
            yield name, ast.parse(file.read_text("utf-8"))


def test_no_engine_module_names_a_kind() -> None:
    found = [
        f"{name}:{node.lineno} {node.value}"
        for name, tree in sources(*SUBJECTS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value in KINDS
        and name != "render/markdown.py"
    ]
    assert found == []


def test_nothing_is_decided_by_a_reason_a_sentence_or_a_code() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in sources(*ELSEWHERE)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr in WORDS
    ]
    assert found == []

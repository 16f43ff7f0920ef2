"""A copy of an example and to run the tool in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.cli import main

if TYPE_CHECKING:
    import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True)
class Copy:
    """``run`` is the tool with its output as text, ``json`` with its output read."""

    root: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> tuple[int, str]:
        code = main(list(arguments))
        return code, self.capsys.readouterr().out

    def json(self, *arguments: str) -> tuple[int, Any]:
        code, printed = self.run(*arguments, "--format", "json")
        return code, json.loads(printed)

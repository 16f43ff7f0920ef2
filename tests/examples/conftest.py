"""Give each test its own copy of an example."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from examples.example_copies import EXAMPLES, Copy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], Copy]:
    for name in ("THUNDERPHONE_API_KEY", "THUNDERPHONE_API_BASE_URL", "RECONCILER_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TELNYX_API_KEY", "anything-for-the-emulator")  # example 07 takes its carrier's key from there

    def copy(name: str) -> Copy:
        root = tmp_path / name
        shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns(".reconciler", "plan.json"))
        monkeypatch.chdir(root)
        return Copy(root, capsys)

    return copy

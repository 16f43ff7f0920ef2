"""Give each test a forge of its own, and a project without the reader's own settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from forge.forge_stand_in import Forge, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOREIGN = ("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")


@pytest.fixture
def forge() -> Iterator[Forge]:
    with serve(Forge()) as served:
        yield served


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path

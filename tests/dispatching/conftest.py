from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.projects import PROJECT, Project
from acceptance.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from acceptance.platform import SecondPlatform


@pytest.fixture
def platform() -> Iterator[SecondPlatform]:
    with serving() as platform:
        yield platform


@pytest.fixture
def project(tmp_path: Path, platform: SecondPlatform) -> Project:
    made = Project(tmp_path, platform)
    made.write("reconciler.yaml", PROJECT)
    return made

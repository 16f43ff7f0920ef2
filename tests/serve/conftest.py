from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.emulator import EMULATED_KEY, Platform, serve
from reconciler.schedule.clock import SystemClock
from serve.site_under_test import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Platform(tmp_path / "platform.db", SystemClock()) as platform, serve(platform, port=0) as server:
        found = Site(tmp_path / "project", server.url, EMULATED_KEY)
        try:
            yield found
        finally:
            found.stop()

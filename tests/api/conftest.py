"""Give the client's tests a real server on loopback and a client that speaks to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from waiting import PATIENCE

from api.misbehaving import (
    Server,
)
from reconciler.api import Api, connect
from reconciler.schedule.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk_live_hunter2hunter2"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    with connect(
        base_url=server.url, key=KEY, clock=FixedClock(NOON), read_only=False, timeout=PATIENCE, attempts=2
    ) as opened:
        yield opened


def once(api: Api, method: str) -> Any:
    return api.exchange(method, "/v1/agents/7", attempts=1)

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest
from thunderphone import ThunderPhone
from waiting import PATIENCE

from reconciler.emulator import EMULATED_KEY, EmulatorTransport, Platform, Scenario, serve
from reconciler.schedule.clock import FixedClock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
AUTHORIZED = {"Authorization": f"Bearer {EMULATED_KEY}"}
RECEPTION = {"name": "Reception", "prompt": "Greet {{patient}}.", "voice": "olivia"}


def connect(platform: Platform) -> httpx.Client:
    return httpx.Client(
        base_url="http://emulator", headers=AUTHORIZED, transport=EmulatorTransport(platform), timeout=30
    )


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(":memory:", FixedClock(NOON), Scenario(agents=(RECEPTION,))) as platform:
        yield platform


@pytest.fixture
def http(platform: Platform) -> Iterator[httpx.Client]:
    with connect(platform) as client:
        yield client


@pytest.fixture
def agent(http: httpx.Client) -> int:
    return int(http.get("/v1/agents").json()[0]["id"])


@pytest.fixture
def number(http: httpx.Client) -> int:
    """The id of the verified number."""
    return next(int(n["id"]) for n in http.get("/v1/phone-numbers").json() if n["number"] == "+15551230001")


@pytest.fixture
def live() -> Iterator[Platform]:
    with Platform(":memory:", SystemClock()) as platform:
        yield platform


@pytest.fixture
def sdk(live: Platform) -> Iterator[ThunderPhone]:
    with serve(live) as server, ThunderPhone(EMULATED_KEY, base_url=server.url, timeout=PATIENCE) as sdk:
        sdk.client.raise_on_unexpected_status = True
        yield sdk

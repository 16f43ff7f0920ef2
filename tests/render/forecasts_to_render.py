"""A hand-built forecast, and a plan that has one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from plans_to_render import CALLEE, FULL

from reconciler.model import Address
from reconciler.schedule.expected_calls import ExpectedCall, ExpectedCampaign, Forecast

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
JANE = ExpectedCall(
    address=Address("ScheduledCall", "confirm-jane"),
    at=datetime(2026, 12, 1, 20, 0, tzinfo=UTC),
    closes=datetime(2026, 12, 1, 20, 10, tzinfo=UTC),
    zone="America/New_York",
    to=CALLEE,
    places=("America/Los_Angeles",),
    awake=True,
    agent="appointment-confirmations",
    cents=20,
    limited=False,
)
ASLEEP = replace(
    JANE,
    address=Address("ScheduledCall", "weekly"),
    at=datetime(2026, 12, 3, 14, 0, tzinfo=UTC),
    closes=datetime(2026, 12, 3, 14, 10, tzinfo=UTC),
    to="+18005550123",
    places=("America/New_York", "America/Los_Angeles", "Pacific/Honolulu"),
    awake=False,
    cents=90,
    limited=True,
    recurs=True,
    tries=2,
)
CAMPAIGN = ExpectedCampaign(
    address=Address("Campaign", "recall"),
    at=datetime(2026, 12, 7, 14, 0, tzinfo=UTC),
    closes=datetime(2026, 12, 7, 15, 0, tzinfo=UTC),
    zone="America/New_York",
    hours=("09:00", "17:00"),
    people=5_000,
    tries=2,
    cents=80_000,
    agent="recall",
)
FORECAST = Forecast(
    now=NOW,
    until=NOW + timedelta(days=30),
    rings=(JANE, ASLEEP),
    minutes=10,
    rates={"spark": 2, "bolt": 5, "storm": 9},
    rates_read=date(2026, 9, 30),
    hours=(480, 1260),
    balance_cents=100,
    reloads=True,
    reload_limit_cents=20_000,
)
FORESEEN = replace(FULL, forecast=FORECAST)

"""Show that a run says what it waits for, at most one line in 30 seconds."""

from __future__ import annotations

from reconciler.cli.waits import Waits
from reconciler.errors import Throttled, VendorFault
from reconciler.store import Entry


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.instant = 0.0
        self.waits = Waits(self.lines.append, now=lambda: self.instant)


BUSY = Throttled("429", method="GET", path="/v1/agents", status=429)


def test_a_long_wait_for_the_platform_is_said_and_a_short_one_is_not() -> None:
    said = Said()
    said.waits.request(BUSY, 1.5)
    said.waits.request(BUSY, 30.0)
    assert said.lines == ["waiting 30 s before asking again: the platform asks for patience"]


def test_one_line_in_thirty_seconds_is_enough() -> None:
    said = Said()
    for said.instant in (0.0, 1.0, 29.9, 30.0, 59.0, 60.0):
        said.waits.request(VendorFault("503: down", method="GET", path="/v1/agents", status=503), 8.0)
    assert said.lines == ["waiting 8 s before asking again: 503: down"] * 3


def test_the_holder_of_a_lease_is_named_with_its_end() -> None:
    said = Said()
    value = {"owner": "runner-77 pid 31447", "expires": "2026-11-21T10:42:34+00:00"}
    said.waits.lease(Entry("42/lease/apply", value, "1"))
    assert said.lines == ["waiting for another apply: runner-77 pid 31447, until 10:42:34 UTC at the latest"]


def test_a_damaged_lease_is_still_named() -> None:
    said = Said()
    said.waits.lease(Entry("42/lease/dispatch", {}, "1"))
    assert said.lines == ["waiting for another dispatch: an unknown owner, until it ends at the latest"]

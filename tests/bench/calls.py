"""Make N scheduled calls: as manifests, as armed in a state, and as recorded attempts."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench.accounts import NUMBER, ORGANIZATION, PER_FILE
from bench.state import STATE
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp
from reconciler.state.call_records import Armed, Attempt
from reconciler.state.ledger import Ledger
from reconciler.store import Write, open_store
from reconciler.telephony.phone_numbers import digest

if TYPE_CHECKING:
    from pathlib import Path

_PROJECT = """\
organization: {organization}
limits: {{calls_per_run: {count}}}
calling_hours: {{start: "00:00", end: "24:00"}}
"""
_DOCUMENT = """\
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: {name}}}
spec:
  from_number: "{number}"
  to_number: "{to}"
  config: {{prompt: "Remind {{{{patient}}}} of the appointment.", voice: olivia}}
  variables: {{patient: Jane}}
  at: {at}
  late: 3h
"""
_FIRST_CALLEE = 14_152_000_000
_THREADS = 8


def name(number: int) -> str:
    """The permanent name of a call."""
    return f"call-{number:06}"


def callee(number: int) -> str:
    """A number in San Francisco, another one for each call."""
    return f"+{_FIRST_CALLEE + number}"


def write_project(root: Path, count: int, *, at: datetime, more: str = "") -> Path:
    """A project of calls, all due at the same instant, to as many people; ``more`` is added to its project file."""
    manifests = root / "manifests"
    manifests.mkdir(parents=True)
    settings = _PROJECT.format(organization=ORGANIZATION, count=count) + more
    (root / "reconciler.yaml").write_text(settings, encoding="utf-8")
    due = stamp(at.replace(microsecond=0))
    for first in range(1, count + 1, PER_FILE):
        numbers = range(first, min(first + PER_FILE, count + 1))
        with (manifests / f"calls-{first:06}.yaml").open("w", encoding="utf-8") as file:
            for number in numbers:
                file.write(_DOCUMENT.format(name=name(number), number=NUMBER, to=callee(number), at=due))
    return root


def armed_in_state(root: Path, count: int, *, at: datetime) -> None:
    """Arm calls that are not due, as apply would, but in one write: nothing of them is looked at until they are."""
    opens, closes = stamp(at), stamp(at + timedelta(hours=3))
    calls = [
        Armed(
            name(number),
            CallState.ARMED,
            {"from_number": NUMBER, "at": opens},
            opens,
            closes,
            stamp(datetime.now(UTC)),
            callee=digest(callee(number)),
        )
        for number in range(1, count + 1)
    ]  # fmt: skip - one sentence
    with open_store(STATE, root=root) as store:
        store.put_many([Write(f"{ORGANIZATION}/call/{call.name}/armed", asdict(call), None) for call in calls])
        known = len(Ledger(store, str(ORGANIZATION)).armed())
    if known != count:
        raise LookupError(f"{known} of {count} calls are armed")


def recorded(root: Path, state: str = STATE) -> list[Attempt]:
    """What a state holds of calls that were tried."""
    with open_store(state, root=root, read_only=True) as store:
        return Ledger(store, str(ORGANIZATION)).attempts()


def record(root: Path, count: int) -> tuple[float, int]:
    """Claim and record calls one by one, as dispatch does; the CPU seconds of it, and the bytes of the state."""
    with open_store(STATE, root=root) as store:
        ledger = Ledger(store, str(ORGANIZATION))
        began = time.process_time()
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(lambda number: _record(ledger, number), range(1, count + 1)))
        taken = time.process_time() - began
    return taken, sum(path.stat().st_size for path in (root / ".reconciler").glob("state*"))


def _record(ledger: Ledger, number: int) -> None:
    now = stamp(datetime.now(UTC))
    claim = Attempt(
        name(number), name(number), 1, CallState.CLAIMED, key=f"{number:032}", to=digest(callee(number)), claimed_at=now
    )
    ledger.record(claim)
    fields = {field: getattr(claim, field) for field in Attempt.__slots__}
    ledger.record(Attempt(**fields | {"state": "placed", "sent_at": now, "call_id": str(number)}))

"""Measure ``serve``: a burst over replicas of which one is killed, the receiver, and what events leave in memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bench import calls
from bench.accounts import ORGANIZATION
from bench.figures import MILLISECONDS, SECONDS, Figure
from bench.replicas import SECRET, replicas
from bench.standing import folder, postgres, reconciler, serving
from bench.timing import Failed, run
from reconciler.state.ledger import Ledger
from reconciler.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.figures import Found
    from bench.parts import Effort
    from bench.replicas import Replica
    from bench.standing import Server
    from reconciler.state.call_records import Attempt

REPLICAS = 4
LATENCY = 0.05
MINUTE = 60.0
EVENTS_PER_SECOND = 1_000
_POST = "POST /v1/call"
_TO_PLAN, _EACH = timedelta(seconds=40), timedelta(milliseconds=10)  # apply arms what is not past when it plans
_PATIENCE = 5 * MINUTE
_WHOLE, _QUICK = 5_000, 600


def measure(effort: Effort) -> Iterator[Found]:
    """The burst, the receiver, the memory."""
    for killed in (False, True):
        yield from _burst(_WHOLE if effort.largest >= _WHOLE else _QUICK, killed=killed)
    yield from _received(10 * EVENTS_PER_SECOND, min(effort.largest, 100_000))


def _burst(count: int, *, killed: bool) -> Iterator[Found]:
    """Calls that are due at one instant, at the rate that is theirs in a minute; who dispatches is killed midway."""
    per_second, due = count / MINUTE, datetime.now(UTC) + _TO_PLAN + _EACH * count
    what = f"serve {count:,} by {REPLICAS} replicas{', one killed' if killed else ''}"
    with postgres() as database, folder() as place, serving("platform") as server:
        root = _project(place / "project", database.url(), count, due, per_second)
        run(reconciler("apply", "--yes", root=root, url=server.url))
        server.counted(latency=LATENCY)
        with replicas(REPLICAS, root=root, url=server.url) as found:
            before = sum(it.cpu for it in found)
            if killed:
                _until(server, count // 2)
                _dispatching(root, found).kill()
            _until(server, count)
            counts, taken = server.counted(), server.span(_POST)
            cpu = sum(it.cpu for it in found if it.process.poll() is None) - before
        placed = {it.occurrence for it in _attempts(root) if it.call_id}
    yield Figure(f"{what}, first to last POST / ideal", taken / ((count - 1) / per_second))
    if not killed:
        yield Figure(f"{what}, CPU per call", cpu / count * 1000, MILLISECONDS)
    yield Figure(f"{what}, calls placed twice", counts.get(_POST, 0) - len(placed), "calls")
    yield Figure(f"{what}, calls lost", count - len(placed), "calls")


def _project(root: Path, state: str, count: int, due: datetime, per_second: float) -> Path:
    calls.write_project(root, count, at=due)
    settings = (root / "reconciler.yaml").read_text(encoding="utf-8")
    limits = f"calls_per_run: {count}, calls_per_second: {per_second}"
    settings = settings.replace(f"calls_per_run: {count}", limits)
    (root / "reconciler.yaml").write_text(f"{settings}state: {state}\n", encoding="utf-8")
    return root


def _until(server: Server, count: int) -> None:
    """Wait until so many were dialled."""
    deadline = time.monotonic() + _PATIENCE
    while server.counted().get(_POST, 0) < count:
        if time.monotonic() > deadline:
            raise Failed(f"not {count} requests to dial within {_PATIENCE:.0f} s")
        time.sleep(0.1)
    time.sleep(1.0)  # what was answered is recorded


def _state(root: Path) -> str:
    return (root / "reconciler.yaml").read_text(encoding="utf-8").rpartition("state: ")[2].strip()


def _attempts(root: Path) -> list[Attempt]:
    with open_store(_state(root), root=root, read_only=True) as store:
        return Ledger(store, str(ORGANIZATION)).attempts()


def _dispatching(root: Path, found: list[Replica]) -> Replica:
    """The replica whose turn it is."""
    with open_store(_state(root), root=root, read_only=True) as store:
        lease = store.get(f"{ORGANIZATION}/lease/dispatch")
    pid = lease.value["process"]["pid"] if lease else None
    return next((it for it in found if it.process.pid == pid), found[0])


def _received(count: int, most: int) -> Iterator[Found]:
    """Ten seconds' worth of events, then as many more as show whether memory grows."""
    with postgres() as database, folder() as place, serving("platform") as server:
        root = _project(place / "project", database.url(), 1, datetime.now(UTC) + timedelta(days=1), 1.0)
        with replicas(1, root=root, url=server.url) as (replica,):
            _sent(replica, 0, count)  # the first are not counted: everything is new to it
            accepted, seconds = _sent(replica, count, count)
            before, sent = replica.memory, 2 * count
            while sent < most:
                _sent(replica, sent, count)
                sent += count
            after = replica.memory
    yield Figure(f"receiver, {count:,} events, wall", seconds, SECONDS)
    yield Figure(f"receiver, {count:,} events / ideal, wall", seconds / (count / EVENTS_PER_SECOND))
    yield Figure("receiver, events lost", count - accepted, "events")
    yield Figure(f"receiver, memory after {sent:,} events / after {2 * count:,}", after / before)


def _sent(replica: Replica, first: int, count: int) -> tuple[int, float]:
    words = [sys.executable, "-m", "bench.events", replica.url, SECRET, str(first), str(count)]
    told = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return int(told["accepted"]), float(told["seconds"])

"""Check that a dead run's lease is free at once, and a living one's is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from waiting import PATIENCE, until

from chaos.killed_runs import ORGANIZATION, declare, look
from chaos.projects import AGENTS, NOON, PROJECTS
from reconciler.emulator import Fault, Platform, serve
from reconciler.errors import Locked
from reconciler.schedule.clock import FixedClock, SystemClock
from reconciler.store import open_store
from reconciler.store.lease import acquire
from reconciler.store.lease_process import current, is_dead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chaos.killed_runs import KilledRuns
    from reconciler.store import Store
    from reconciler.store.lease import Lease

KEY = f"{ORGANIZATION}/lease/apply"
TELLS = (
    "import json; from reconciler.store.lease_process import current; print(json.dumps(current()), flush=True); input()"
)

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which process is gone")


@contextmanager
def another() -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A process of its own that waits, and what it says of itself."""
    import json  # noqa: PLC0415 - only for what the other process says

    with subprocess.Popen(
        [sys.executable, "-c", TELLS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as it:
        assert it.stdout is not None
        yield it, json.loads(it.stdout.readline())
        it.kill()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("sqlite:.reconciler/state.db", root=tmp_path) as store:
        yield store


def take(store: Store, *, wait: float = 0.0) -> Lease:
    clock = FixedClock(NOON)
    return acquire(store, KEY, owner="test", now=clock.now, wait=wait, sleep=clock.sleep, heartbeat=False)


def held_by(store: Store, process: Any) -> None:
    """A lease that does not expire before tomorrow, taken by this process."""
    value = {"owner": "x", "since": NOON.isoformat(), "expires": (NOON + timedelta(1)).isoformat(), "process": process}
    found = store.get(KEY)
    store.put(KEY, value, expected=found.version if found else None)


@on_linux
def test_a_process_is_gone_once_it_was_killed_and_not_before(store: Store) -> None:
    with another() as (other, told):
        held_by(store, told)
        assert not is_dead(told)
        with pytest.raises(Locked):
            take(store)
        other.kill()
        other.wait()
        assert is_dead(told)
        take(store).release()


@on_linux
def test_a_zombie_is_gone() -> None:
    with another() as (other, told):
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # it ended, and nobody has taken note yet
        assert is_dead(told)


@on_linux
def test_a_later_process_with_the_same_number_is_not_taken_for_the_holder() -> None:
    assert not is_dead(current())
    assert is_dead(current() | {"started": "1"})


@pytest.mark.parametrize(
    "doubtful",
    [
        None,
        {},
        "pid 1",
        {"pid": 2**22 + 1},
        {"here": "", "pid": 2**22 + 1, "started": "1"},
        {"here": "another-host 1234 pid:[1]", "pid": 2**22 + 1, "started": "1"},
        {"here": current().get("here", ""), "pid": -1, "started": "1"},
        {"here": current().get("here", ""), "pid": "1", "started": "1"},
    ],
)
def test_a_holder_that_nothing_is_known_about_is_not_gone(store: Store, doubtful: object) -> None:
    assert not is_dead(doubtful)
    held_by(store, doubtful)
    with pytest.raises(Locked):
        take(store, wait=30)


def command(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_run_that_waits_for_a_living_one_stops_when_asked_to(bench: KilledRuns) -> None:
    folder = bench.fresh(PROJECTS["first-apply"])
    with (
        open_store("sqlite:.reconciler/state.db", root=folder) as store,
        acquire(store, KEY, owner="the living", now=lambda: datetime.now(UTC)),
        command(folder, "apply", "--yes", "--emulator", "--now", NOON.isoformat()) as waiting,
    ):
        until(lambda: look(folder, NOON).sent("GET", "/v1/whoami"), "the first request")
        waiting.send_signal(signal.SIGTERM)
        _, said = waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 130, said
    assert "interrupted" in said
    assert not look(folder, NOON).ours()


def test_a_run_told_to_retry_later_stops_when_asked_to(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("organization: 900001\n", encoding="utf-8")
    declare(tmp_path, {"agents.yaml": AGENTS})
    with Platform(":memory:", SystemClock()) as platform, serve(platform) as server:
        platform.inject(Fault(method="POST", times=None, status=429, retry_after="60"))
        environment = {"THUNDERPHONE_API_BASE_URL": server.url, "THUNDERPHONE_API_KEY": "k"}
        with command(tmp_path, "apply", "--yes", **environment) as waiting:
            until(lambda: any(item["status"] == 429 for item in platform.requests()), "a request to wait")
            waiting.send_signal(signal.SIGINT)
            said = "".join(waiting.communicate(timeout=PATIENCE))
        assert waiting.returncode == 130, said
        assert platform.state()["agents"] == 0
        with open_store("sqlite:.reconciler/state.db", root=tmp_path) as store:
            assert store.get(KEY) is None
        platform.clear_faults()
        with command(tmp_path, "apply", "--yes", **environment) as again:
            said = "".join(again.communicate(timeout=PATIENCE))
        assert again.returncode == 0, said
        assert platform.state()["agents"] == 2

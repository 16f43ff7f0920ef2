"""Let real processes race for a store, and die in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import StoreError

if TYPE_CHECKING:
    from store.conftest import Place

WRITER = Path(__file__).with_name("writer.py")


def start(place: Place, verb: str, count: int, *, elsewhere: bool = False) -> subprocess.Popen[str]:
    root = place.other_root() if elsewhere else place.root
    command: list[str | Path] = [sys.executable, WRITER, verb, place.url, root, "key", str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def race(place: Place, verb: str, count: int, processes: int) -> list[str]:
    """Run the writers at once, half of them on other hosts, and return what each printed."""
    started = [start(place, verb, count, elsewhere=number % 2 == 1) for number in range(processes)]
    printed = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0] * processes
    return printed


def kill_all(pid: int) -> None:
    """Kill a process and everything it started, as a machine that goes down would."""
    with suppress(FileNotFoundError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            kill_all(int(child))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_processes_that_add_to_one_counter_lose_nothing(place: Place) -> None:
    count = {"sqlite": 25, "postgres": 25}.get(place.engine, 4)
    race(place, "increment", count, 4)
    found = place.open().get("key")
    assert found is not None
    assert found.value == {"number": 4 * count}


def test_of_processes_that_create_one_key_exactly_one_wins(place: Place) -> None:
    count = {"sqlite": 25, "postgres": 25}.get(place.engine, 3)
    won = [number for printed in race(place, "claim", count, 4) for number in printed.split()]
    assert sorted(won, key=int) == [str(number) for number in range(count)]


@pytest.mark.parametrize("engine", ["sqlite", "git", "git-local", "s3", "gs"])
@pytest.mark.parametrize("acknowledged", [1, 4])
def test_a_killed_writer_leaves_what_it_had_stored_and_no_half_of_anything(place: Place, acknowledged: int) -> None:
    process = start(place, "pairs", 100_000)
    assert process.stdout is not None
    stored = [process.stdout.readline().strip() for _ in range(acknowledged)]
    kill_all(process.pid)
    process.communicate()

    seen = place.open(read_only=True).list()
    left = {entry.key.removeprefix("key/left/") for entry in seen if entry.key.startswith("key/left/")}
    right = {entry.key.removeprefix("key/right/") for entry in seen if entry.key.startswith("key/right/")}
    assert left == right
    assert left.issuperset(stored)
    try:
        place.open().put("after", {}, expected=None)
    except StoreError as error:  # git itself was killed while it held a lock: a person has to remove it
        assert ".lock" in error.hint  # noqa: PT017 - only when the kill struck there

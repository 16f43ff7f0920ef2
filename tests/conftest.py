"""What a test may not leave behind: state of the process by which another test would then fail by chance."""

from __future__ import annotations

import locale
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says how busy the machine is; in CI they are the same ones each time, as hypothesis has it.
settings.register_profile("any machine", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

OWN_THREADS = ("condition", "event log", "follower", "housekeeping", "lease ", "listener", "list of calls", "look")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
PYTESTS_OWN = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION")


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail the test that leaves something behind, rather than one of those that run after it."""
    before, running = _process(), set(threading.enumerate())
    yield
    after = _process()
    assert {name: it for name, it in after.items() if it != before[name]} == {}
    until(lambda: not _started(running), "the end of the threads that the test started")


def _process() -> dict[str, Any]:
    """What every test of this process shares."""
    return {
        "environment": {name: it for name, it in os.environ.items() if name not in PYTESTS_OWN},
        "working directory": _folder(),
        "signal handlers": [signal.getsignal(number) for number in SIGNALS],
        "log levels": [logging.getLogger(name).level for name in (None, "reconciler")],
        "handlers of logs": [list(logging.getLogger(name).handlers) for name in ("reconciler",)],
        "disabled logs": logging.root.manager.disable,
        "places of modules": list(sys.path),
        "locale": locale.setlocale(locale.LC_ALL),
    }


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - a path would be no cheaper
    except FileNotFoundError:
        return "a folder that is gone"


def _started(running: set[threading.Thread]) -> list[threading.Thread]:
    """The threads of ours that were not running then and are now."""
    return [it for it in threading.enumerate() if it not in running and it.name.startswith(OWN_THREADS)]

"""The vendor's HTTP API in one process, for running everything without an account.

Written from the API's documentation alone; it imports nothing of this project's but the clock, or it would
share our misreadings.
"""

from reconciler.emulator.exchange import Reply, Request
from reconciler.emulator.faults import Fault
from reconciler.emulator.identity import EMULATED_KEY, REVOKED_KEY
from reconciler.emulator.outcomes import OUTCOMES
from reconciler.emulator.platform import Platform
from reconciler.emulator.seed import Scenario
from reconciler.emulator.server import Server, serve
from reconciler.emulator.transport import EmulatorTransport

__all__ = [
    "EMULATED_KEY",
    "OUTCOMES",
    "REVOKED_KEY",
    "EmulatorTransport",
    "Fault",
    "Platform",
    "Reply",
    "Request",
    "Scenario",
    "Server",
    "serve",
]

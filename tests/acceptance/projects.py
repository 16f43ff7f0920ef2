"""A user: a folder of manifests, and the tool run on it as a process of its own."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waiting import PATIENCE, until

from acceptance.platform import KEY, VOIP, SecondPlatform

if TYPE_CHECKING:
    from collections.abc import Callable

CALLEE = "+14155550142"
CALLEE_DIGITS = "4155550142"

PROJECT = """\
organization: 42
calling_hours: {start: "00:00", end: "24:00"}
"""
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec:
  name: Front desk
  prompt: {file: prompts/front-desk.md}
  voice: olivia
  outbound_speak_order: agent_first
"""
NUMBERS = """\
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: main-line}
spec: {number: "+15551230001", inbound_agent: front-desk, outbound_agent: front-desk, label: Main line}
---
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: second-line}
spec: {number: "+15551230002", verify: true}
"""
BILLING = """\
apiVersion: reconciler/v1
kind: AutoReload
metadata: {name: billing}
spec: {enabled: true, minimum_cents: 1000, amount_cents: 5000, monthly_limit_cents: 20000}
"""


def call(name: str = "confirm-jane", *, at: str, to: str = CALLEE, more: str = "") -> str:
    """A ScheduledCall document."""
    return f"""\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: {name}}}
spec:
  from_number: "{VOIP}"
  to_number: "{to}"
  config: {{prompt: "Remind {{{{patient}}}}.", voice: olivia}}
  variables: {{patient: Jane}}
  at: {at}
{more}"""


def ahead(**delta: float) -> str:
    """An instant from now, as a manifest writes it."""
    return written(instant(**delta))


def instant(**delta: float) -> datetime:
    """An instant from now."""
    return datetime.now(UTC) + timedelta(**delta)


def written(at: datetime) -> str:
    """An instant as a manifest writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def armed_ahead(project: Project, declare: Callable[[str], object], *, runs: int = 3) -> str:
    """Declare what is due at an instant and apply it so long before that more runs have time; the instant.

    How long a run takes is measured by this one: where the machine is too busy, it is done again with more time.
    """
    lead = 1.0 + runs
    while True:
        began, at = time.monotonic(), instant(seconds=lead)
        declare(written(at))
        ran = project.run("apply", "--yes")
        left = (at - datetime.now(UTC)).total_seconds()
        assert ran.code == 0 or left < 0, ran.said
        spent = time.monotonic() - began
        if left >= runs * spent:
            return written(at)
        lead = 1.0 + runs + (2 + runs) * spent


@dataclass(frozen=True)
class Ran:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def words(self) -> str:
        """What was said without its line breaks."""
        return " ".join(self.said.split())

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def actions(self) -> dict[str, list[str]]:
        """The actions of a plan's JSON, by address; what is kept is left out."""
        found: dict[str, list[str]] = {}
        for change in self.json["changes"]:
            if change["action"] != "keep":
                found.setdefault(change["address"], []).append(change["action"])
        return found


def until_after(at: str) -> tuple[str, str]:
    """What makes a dispatch wait for an instant, and for a few seconds more."""
    left = (datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds()
    return "--lookahead", f"{max(left, 0) + 5:.0f}s"


def ended(*running: subprocess.Popen[str]) -> list[Ran]:
    """The result of commands that run at once, each at its end."""
    return [Ran(it.returncode, out, err) for it in running for out, err in [it.communicate(timeout=2 * PATIENCE)]]


def killed_at(
    platform: SecondPlatform, running: subprocess.Popen[str], method: str, path: str, *, count: int = 1
) -> None:
    """Kill a run without a word once so many of these requests have come, of which the last hangs."""

    def come() -> bool:
        return sum((it.method, it.path) == (method, path) for it in platform.requests) >= count

    until(lambda: come() or running.poll() is not None, f"{method} {path}")
    assert running.poll() is None, running.communicate()
    running.kill()
    running.communicate(timeout=PATIENCE)


class Starter:
    """Starts commands by way of ``starter.py``, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -P: this folder's `platform` must not be taken for the standard library's
            [sys.executable, "-P", str(Path(__file__).with_name("starter.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        atexit.register(self.stop)

    def stop(self) -> None:
        self._process.communicate(timeout=120)

    def run(self, folder: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> Ran:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as place:
            out, err = Path(place, "out"), Path(place, "err")
            order = {"folder": str(folder), "environment": environment, "arguments": arguments}
            self._process.stdin.write(json.dumps(order | {"out": str(out), "err": str(err)}) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            return Ran(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


@cache
def starter() -> Starter:
    """The one of this test process."""
    return Starter()


@dataclass(frozen=True)
class Project:
    """A folder with manifests, pointed at a platform."""

    root: Path
    platform: SecondPlatform

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, **changed: str | None) -> dict[str, str]:
        given: dict[str, str | None] = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "THUNDERPHONE_API_BASE_URL": self.platform.url,
            "THUNDERPHONE_API_KEY": KEY,
            **{name: value for name, value in os.environ.items() if name.startswith(("COV", "RECONCILER_STATE"))},
            **changed,
        }
        return {name: value for name, value in given.items() if value is not None}

    def start(self, *arguments: str, **changed: str | None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.root,
            env=self.environment(**changed),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str, **changed: str | None) -> Ran:
        """The command as a process of its own, to its end."""
        ran = starter().run(self.root, self.environment(**changed), arguments)
        assert "Traceback" not in ran.said, ran.said
        assert "internal error" not in ran.said, ran.said
        return ran

    def state(self) -> bytes:
        """Every byte of the state, journals included."""
        return b"".join(path.read_bytes() for path in sorted((self.root / ".reconciler").glob("state*")))

    def four_kinds(self, *, at: str) -> None:
        """A document of each kind."""
        self.write("manifests/agent.yaml", AGENT)
        self.write("manifests/numbers.yaml", NUMBERS)
        self.write("manifests/billing.yaml", BILLING)
        self.write("manifests/call.yaml", call(at=at))
        self.write("manifests/prompts/front-desk.md", "You answer the telephone.\n")

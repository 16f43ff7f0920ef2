"""Set a project up, cut a run of it in two, and look at what it came to."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx

from chaos.projects import CALLEES, COLLEAGUE, COLLEAGUES_DRAFT, NOON, Project, Start
from reconciler.emulator import EMULATED_KEY, EmulatorTransport, Fault, Platform, Scenario
from reconciler.schedule.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import TracebackType

    from chaos.faults import Cut

ORGANIZATION = 900001


@dataclass(frozen=True)
class Ran:
    """One run of the command line: exit code (negative: the signal), output, and what it sent."""

    code: int
    output: str
    requests: int
    writes: int
    struck: int
    changing: list[int]


@dataclass(frozen=True)
class Seen:
    """The account as it is: vendor bodies, and what its clients sent."""

    agents: list[dict[str, Any]]
    numbers: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    requests: list[dict[str, Any]]

    def ours(self) -> list[dict[str, Any]]:
        """Every agent but the colleague's."""
        return [agent for agent in self.agents if agent["name"] != COLLEAGUE["name"]]

    def colleagues(self) -> list[dict[str, Any]]:
        """The colleague's agent, draft and all."""
        return [agent for agent in self.agents if agent["name"] == COLLEAGUE["name"]]

    def sent(self, method: str, path: str) -> list[dict[str, Any]]:
        """The requests of one kind that reached the platform."""
        return [item for item in self.requests if item["method"] == method and item["path"] == path]


class KilledRuns:
    """A folder to work in and a process that forks runs. A context manager that ends it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._starts: dict[int, Path] = {}
        self._cases = 0
        paths = [str(path) for path in Path(__file__).parents[1:3]]  # the tests, and the project itself
        self._server = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "chaos.runner"],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "GITHUB_SHA": "c0ffee",
                "NO_COLOR": "1",
                "COLUMNS": "200",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.communicate()

    def run(self, folder: Path, *arguments: str, now: datetime, cut: Cut | None = None) -> Ran:
        """Run the command line in a process of its own."""
        command = [*arguments, "--emulator", "--now", now.isoformat()]
        order = {"folder": str(folder), "arguments": command, "cut": asdict(cut) if cut else None}
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        ran = Ran(**json.loads(self._server.stdout.readline()))
        assert "internal error" not in ran.output, ran.output
        assert "Traceback" not in ran.output, ran.output
        return ran

    def fresh(self, project: Project) -> Path:
        """A new copy of the project in its starting state."""
        started = self._starts.get(id(project.start))
        if started is None:
            started = self._starts[id(project.start)] = self._started(project.start, len(self._starts))
        self._cases += 1
        folder = self.folder / f"case-{self._cases}"
        shutil.copytree(started, folder)
        declare(folder, project.files)
        return folder

    def _started(self, start: Start, number: int) -> Path:
        folder = self.folder / f"start-{number}"
        folder.mkdir()
        (folder / "reconciler.yaml").write_text(f"organization: {ORGANIZATION}\n", encoding="utf-8")
        with _platform(folder, NOON, Scenario(agents=(COLLEAGUE, *start.agents))) as platform:
            first = _get(platform, "/v1/agents")
            colleague = next(agent["id"] for agent in first if agent["name"] == COLLEAGUE["name"])
            platform.change(agents=[{"id": colleague, "draft": COLLEAGUES_DRAFT}])
        if start.applied:
            declare(folder, start.applied)
            ran = self.run(folder, "apply", "--yes", now=NOON)
            assert ran.code == 0, ran.output
        with _platform(folder, NOON) as platform:
            platform.forget_requests()
        return folder


def declare(folder: Path, files: Mapping[str, str]) -> None:
    """Write these manifests, and no others."""
    manifests = folder / "manifests"
    shutil.rmtree(manifests, ignore_errors=True)
    manifests.mkdir()
    for name, text in files.items():
        (manifests / name).write_text(text, encoding="utf-8")


def look(folder: Path, now: datetime) -> Seen:
    """What is on the account, and what was sent to it."""
    with _platform(folder, now) as platform:
        requests = platform.requests()
        return Seen(
            agents=_get(platform, "/v1/agents"),
            numbers=platform.state()["numbers"],
            calls=[call for call in _get(platform, "/v1/calls") if call["to_number"] in CALLEES],
            requests=requests,
        )


def remembered(folder: Path) -> dict[str, dict[str, Any]]:
    """Everything in the project's state, by key."""
    path = folder / ".reconciler" / "state.db"
    connection = sqlite3.connect(path)
    try:
        return {key: json.loads(value) for key, value in connection.execute("SELECT key, value FROM entries")}
    finally:
        connection.close()


def _platform(folder: Path, now: datetime, scenario: Scenario | None = None) -> Platform:
    return Platform(folder / ".reconciler" / "emulator.db", FixedClock(now), scenario)


def _get(platform: Platform, path: str) -> list[dict[str, Any]]:
    with httpx.Client(transport=EmulatorTransport(platform), base_url="https://emulator.invalid") as client:
        body = client.get(path, headers={"Authorization": f"Bearer {EMULATED_KEY}"}).json()
    found: list[dict[str, Any]] = body["results"] if isinstance(body, dict) else body
    return found


def disturb(folder: Path, now: datetime, fault: Fault) -> None:
    """Arrange for the platform to misbehave by itself."""
    with _platform(folder, now) as platform:
        platform.inject(fault)


def meanwhile(folder: Path, now: datetime, **changes: Any) -> None:
    """Change the account behind the tool's back, as people in the dashboard do."""
    with _platform(folder, now) as platform:
        platform.change(**changes)

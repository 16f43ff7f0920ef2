"""A project beside an emulated account, and the tool run on both in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.cli import main
from reconciler.emulator import Platform
from reconciler.emulator.seed import Scenario
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_READS = {"GET", "HEAD"}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Account:
    root: Path
    capsys: pytest.CaptureFixture[str]
    platform: Platform

    def run(self, command: str, *arguments: str) -> Ran:
        self.capsys.readouterr()
        offline = command in ("fmt", "validate")
        code = main([command, *arguments, *([] if offline else ["--emulator"])])
        out, err = self.capsys.readouterr()
        assert "internal error" not in err, err
        return Ran(code, out, err)

    def plan(self) -> Ran:
        return self.run("plan", "--detailed-exitcode")

    def apply(self) -> None:
        ran = self.run("apply", "--yes")
        assert ran.code == 0, ran.err + ran.out

    def write(self, path: str, text: str) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file

    def read(self, path: str) -> str:
        return (self.root / path).read_bytes().decode()

    def id(self, name: str) -> int:
        with self.platform._moment() as (connection, _):
            row = connection.execute("SELECT id FROM agents WHERE json_extract(body, '$.name') = ?", (name,)).fetchone()
        return int(row[0])

    def edit(self, name: str, /, **live: Any) -> None:
        """A colleague edits an agent in the dashboard and deploys."""
        self.platform.change(agents=[{"id": self.id(name), "live": live}])

    def writes(self) -> list[Any]:
        return [request for request in self.platform.requests() if request["method"] not in _READS]


def open_account(root: Path, capsys: pytest.CaptureFixture[str], **scenario: Any) -> Account:
    (root / ".reconciler").mkdir(parents=True, exist_ok=True)
    return Account(root, capsys, Platform(root / ".reconciler/emulator.db", SystemClock(), Scenario(**scenario)))

"""``reconciler serve`` as a process of its own, and what its log says."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

from waiting import PATIENCE, until

from acceptance.webhooks import SECRET

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from acceptance.projects import Project


def whole_second(*, ahead: float) -> datetime:
    """An instant so many seconds from now at least."""
    return (datetime.now(UTC) + timedelta(seconds=ahead + 1)).replace(microsecond=0)


@dataclass
class Service:
    """One replica."""

    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> None:
        """Keep what it says, line by line."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("{"):
                self.lines.append(json.loads(line))

    @property
    def url(self) -> str:
        """Where it listens."""
        found = until(lambda: [it for it in self.said() if it["message"].startswith("serving on ")], "serving")
        return str(found[0]["message"].removeprefix("serving on ").partition(",")[0])

    def said(self, message: str = "") -> list[dict[str, Any]]:
        """What its log holds."""
        return [line for line in list(self.lines) if message in ("", line["message"])]

    def ended(self) -> dict[int, datetime]:
        """When it knew first that each call had ended."""
        found: dict[int, datetime] = {}
        for line in self.said("call ended"):
            found.setdefault(int(line["call_id"]), datetime.fromisoformat(line["at"]))
        return found


@contextmanager
def service(project: Project, *arguments: str) -> Iterator[Service]:
    """A replica until the end of the block."""
    project.write("webhook.secret", f"{SECRET}\n")
    if not list(project.root.glob("manifests/*.yaml")):
        project.write("manifests/none.yaml", "")
    given = ("--listen", "127.0.0.1:0", "--log-format", "json", "--webhook-secret-file", "webhook.secret", *arguments)
    with project.start("serve", *given) as process:
        found = Service(process)
        reading = Thread(target=found.read, daemon=True)
        reading.start()
        try:
            yield found
        finally:
            process.kill()
            reading.join(PATIENCE)

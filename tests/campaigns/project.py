"""A project with a campaign on the embedded platform, and who is in it there."""

from __future__ import annotations

import io
import json
import sqlite3
from collections import Counter
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from laws.project import Folder, Said, project

from reconciler.cli import main
from reconciler.emulator import EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    Send = Callable[..., httpx.Response]
    Through = Callable[[httpx.Request, Send], httpx.Response]

BEFORE, START = "2026-12-01T12:00:00Z", "2026-12-07T14:00:00Z"
HOURS = 'calling_hours: {start: "00:00", end: "24:00"}\n'
SPEC: dict[str, Any] = {
    "agent": "recall",
    "from_number": "+15551230001",
    "daily_window_start": "00:00",
    "daily_window_end": "23:59",
    "timezone": "America/New_York",
    "max_attempts": 1,
    "contacts": {"file": "contacts.csv"},
}


@dataclass
class Campaigns:
    """The project; every run is a run of the command line at an instant."""

    folder: Folder
    requests: list[str] = field(default_factory=list)

    def declare(
        self, *numbers: str, name: str = "recall", table: str = "", prompt: str = "Say hello.", **spec: Any
    ) -> None:
        rows = "".join(f"{number},Person {place}\n" for place, number in enumerate(numbers))
        agent = {"prompt": prompt, "voice": "olivia", "max_call_duration_seconds": 120}
        said = {key: value for key, value in {**SPEC, **spec}.items() if value is not None}
        documents = [
            {"apiVersion": "reconciler/v1", "kind": "Agent", "metadata": {"name": "recall"}, "spec": agent},
            {"apiVersion": "reconciler/v1", "kind": "Campaign", "metadata": {"name": name}, "spec": said},
        ]
        text = "\n---\n".join(json.dumps(it) for it in documents)
        self.folder.write({"all.yaml": text, "contacts.csv": table or f"phone,name\n{rows}"})

    def run(self, *words: str, now: str = BEFORE, through: Through | None = None) -> Said:
        """One command, where every request goes ``through`` what is handed the real thing to do."""
        out, err = io.StringIO(), io.StringIO()
        online = () if words[0] == "validate" else ("--emulator", "--now", now)
        through = through or (lambda _, send: send())
        with redirect_stdout(out), redirect_stderr(err), self._through(through), chdir(self.folder.root):
            code = main([*words, *online])
        return Said(code, out.getvalue(), err.getvalue())

    @contextmanager
    def _through(self, through: Through) -> Iterator[None]:
        real = EmulatorTransport.handle_request

        def handle(transport: EmulatorTransport, request: httpx.Request) -> httpx.Response:
            request.read()
            if request.method != "GET":
                self.requests.append(f"{request.method} {request.url.path}")
            return through(request, lambda other=request: real(transport, other))

        with mock.patch.object(EmulatorTransport, "handle_request", handle):
            yield

    def apply(self, *options: str, now: str = BEFORE, through: Through | None = None) -> Said:
        return self.run("apply", "--yes", *options, now=now, through=through)

    def applied(self, *options: str, now: str = BEFORE) -> None:
        said = self.apply(*options, now=now)
        assert said.code == 0, said.text

    def loaded(self) -> Counter[str]:
        """How often each number is a contact on the platform, over all campaigns."""
        with sqlite3.connect(self.folder.root / ".reconciler" / "emulator.db") as database:
            return Counter(row[0] for row in database.execute("SELECT phone_number FROM campaign_contacts"))

    def statuses(self) -> list[str]:
        """The status of each campaign on the platform."""
        listed = json.loads(self.run("campaigns", "--format", "json").out)
        return [str(each["status"]) for each in listed["campaigns"]]

    def sent(self, end: str) -> int:
        """How many requests were sent to a path with this end."""
        return sum(request.endswith(end) for request in self.requests)


@contextmanager
def campaigns(settings: str = HOURS) -> Iterator[Campaigns]:
    """A project that declares nothing yet."""
    with project(settings) as folder:
        yield Campaigns(folder)


def people(count: int) -> list[str]:
    """So many numbers in New York."""
    return [f"+1212555{number:04}" for number in range(100, 100 + count)]

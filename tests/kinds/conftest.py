"""Give the conformance suite a project on the embedded platform, with a colleague who works on the same account."""

from __future__ import annotations

import io
import json
import os
import re
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

import httpx
import pytest
from emulator.conftest import connect
from laws.project import NOW, Folder, Said, project, watched

from kinds.specimens import Specimen, specimen
from reconciler.cli import main
from reconciler.emulator import EmulatorTransport, Platform
from reconciler.kinds import KINDS
from reconciler.schedule.clock import FixedClock, parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.contract.kind import Kind

    Send = Callable[[], httpx.Response]


def fields_of(change: dict[str, Any]) -> list[str]:
    """The fields of a change, each once: `audio_conditions.snr_db` is one place inside `audio_conditions`."""
    return list(dict.fromkeys(it["path"].partition(".")[0] for it in change["fields"]))


@dataclass
class KilledRuns:
    """One kind, its specimen and a project; every run is a run of the command line."""

    kind: Kind
    specimen: Specimen
    folder: Folder
    sent: list[httpx.Request] = field(default_factory=list)

    def declare(self, *documents: dict[str, Any]) -> None:
        """Make these, and what they name, all that is declared."""
        self.folder.write({"all.yaml": self.specimen.text(*documents)})

    def apply(self, *options: str) -> Said:
        with self.requests(lambda request, send: send()):
            return self.folder.run("apply", "--yes", "--format", "json", *options)

    def applied(self, *options: str) -> None:
        """Apply, which must come about."""
        said = self.apply(*options)
        assert said.code == 0, said.text

    def actions(self, *options: str) -> list[str]:
        """What a plan would do to the specimen: ``update: label``."""
        found = []
        for change in self.folder.plan(*options)["changes"]:
            if change["action"] != "keep" and change["kind"] == self.kind.name:
                names = " ".join(fields_of(change))
                found.append(f"{change['action']}: {names}" if change["action"] == "update" else change["action"])
        return found

    def clean(self) -> None:
        """Nothing is left to do, and a second apply writes nothing."""
        said = self.folder.run("plan", "--detailed-exitcode")
        assert said.code == 0, said.text
        again = self.apply()
        assert (again.code, again.written) == (0, []), again.text

    def export(self) -> Said:
        """Write everything that is live as manifests; it takes a folder, not the project, as its argument."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), chdir(self.folder.root), watched() as written:
            code = main(["export", "--emulator", "--now", NOW])
        for name in re.findall(r"set ([A-Z0-9_]+) to the secret", err.getvalue()):
            os.environ[name] = "what was sent before"
        return Said(code, out.getvalue(), err.getvalue(), written)

    def id(self) -> Any:
        """The id of the live object."""
        change = next(it for it in self.folder.plan()["changes"] if it["kind"] == self.kind.name)
        return change["id"]

    def forget(self) -> None:
        """Lose the state."""
        for file in (self.folder.root / ".reconciler").glob("state.db*"):
            file.unlink()

    def colleague(self, document: dict[str, Any]) -> None:
        """Have somebody else, with a state of their own, make the account what this document says."""
        ours = (self.folder.root / "manifests" / "all.yaml").read_text("utf-8")
        for file in (self.folder.root / ".reconciler").glob("other.db*"):
            file.unlink()
        self.declare(document)
        said = self.folder.run("apply", "--yes", "--state", "sqlite:.reconciler/other.db")
        assert said.code == 0, said.text
        self.folder.write({"all.yaml": ours})

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request to the account, past this tool; its answer."""
        file = self.folder.root / ".reconciler" / "emulator.db"
        with Platform(file, FixedClock(parse_instant(NOW))) as platform, connect(platform) as http:
            answer = http.request(method, path, json=body)
            assert answer.is_success, answer.text
            return answer.json() if answer.content else None

    @contextmanager
    def requests(self, through: Callable[[httpx.Request, Send], httpx.Response]) -> Iterator[None]:
        """Every request goes through ``through``, which is handed the real thing to do, and into ``sent``."""
        real = EmulatorTransport.handle_request

        def handle(transport: EmulatorTransport, request: httpx.Request) -> httpx.Response:
            request.read()
            if request.method != "GET":
                self.sent.append(request)
            return through(request, lambda: real(transport, request))

        with mock.patch.object(EmulatorTransport, "handle_request", handle):
            yield

    def twice(self) -> None:
        """Make the live object a second time, as its first create did."""
        last = ("discard", "deploy", "sync-tools")  # what the specimen names was created before it
        create = [it for it in self.sent if it.method == "POST" and not it.url.path.endswith(last)][-1]
        others: list[httpx.Response] = []
        real = EmulatorTransport.handle_request

        def handle(transport: EmulatorTransport, request: httpx.Request) -> httpx.Response:
            if not others:
                copied = httpx.Request("POST", create.url, content=create.content, headers=create.headers)
                others.append(real(transport, copied))
            return real(transport, request)

        with mock.patch.object(EmulatorTransport, "handle_request", handle):
            self.folder.run("plan")
        assert others[0].is_success, json.loads(others[0].read())


@pytest.fixture
def bench(kind: str) -> Iterator[KilledRuns]:
    """A project that declares nothing yet."""
    with project() as folder, mock.patch.dict(os.environ):
        yield KilledRuns(KINDS[kind], specimen(kind), folder)

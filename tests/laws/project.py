"""Run the command line in this process, on a project of its own, watching what is sent."""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from reconciler.cli import main
from reconciler.emulator import EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

NOW = "2026-12-01T12:00:00Z"
HEAD = "apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {{name: {name}, labels: {labels}}}\nspec: {spec}\n"


@dataclass
class Said:
    """What a run said, and the requests it sent that were not plain reads."""

    code: int
    out: str
    err: str
    written: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything it said."""
        return self.out + self.err


@dataclass(frozen=True)
class Folder:
    """A project on disk."""

    root: Path

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Make these the manifests."""
        for file in (self.root / "manifests").iterdir():
            file.unlink()
        for name, content in files.items():
            (self.root / "manifests" / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def run(self, command: str, *options: str, online: bool = True) -> Said:
        """Run one command on the embedded platform."""
        out, err = io.StringIO(), io.StringIO()
        emulated = ("--emulator", "--now", NOW) if online else ()
        with redirect_stdout(out), redirect_stderr(err), watched() as written:
            code = main([command, str(self.root), *emulated, *options])
        return Said(code, out.getvalue(), err.getvalue(), written)

    def verb(self, *words: str, now: str = NOW) -> Said:
        """Run a verb of a command (``calls report``) from inside of the folder, on the embedded platform."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), watched() as written, chdir(self.root):
            code = main([*words, "--emulator", "--now", now])
        return Said(code, out.getvalue(), err.getvalue(), written)

    def plan(self, *options: str) -> dict[str, Any]:
        """The plan as JSON."""
        said = self.run("plan", "--format", "json", *options)
        found: dict[str, Any] = json.loads(said.out)
        return found


@contextmanager
def project(settings: str = "{}\n") -> Iterator[Folder]:
    """An empty project in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve() / "project"
        (root / "manifests").mkdir(parents=True)
        (root / "reconciler.yaml").write_text(settings, encoding="utf-8")
        yield Folder(root)


@contextmanager
def watched() -> Iterator[list[str]]:
    """The requests that reach the platform and are no plain reads, as they come."""
    written: list[str] = []
    handle = EmulatorTransport.handle_request

    def watch(transport: EmulatorTransport, request: httpx.Request) -> httpx.Response:
        if request.method not in ("GET", "HEAD"):
            written.append(f"{request.method} {request.url.path}")
        return handle(transport, request)

    with mock.patch.object(EmulatorTransport, "handle_request", watch):
        yield written


def document(kind: str, name: str, spec: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> str:
    """One document, its values as JSON, which is YAML."""
    return HEAD.format(kind=kind, name=name, spec=_yaml(spec), labels=_yaml(labels or {}))


def _yaml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

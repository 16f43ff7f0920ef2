"""Start what a measured command needs beside it: a stand-in, and a project of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from _pytest.outcomes import OutcomeException
from postgres_server import running_server

from bench.accounts import write_project
from bench.timing import ROOT, Command, Failed, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgres_server import PostgresServer

RECONCILER = str(Path(sys.executable).with_name("reconciler"))


@dataclass(frozen=True, slots=True)
class Server:
    """A stand-in on a loopback port."""

    url: str

    def counted(self, **settings: float) -> dict[str, int]:
        """The requests so far by method and path; given settings, counting begins anew with them."""
        body = json.dumps(settings).encode() if settings else None
        with urlopen(Request(f"{self.url}/bench", data=body)) as response:  # noqa: S310 - loopback
            found: dict[str, int] = json.load(response)
        return found

    def span(self, kind: str) -> float:
        """The seconds from the first to the last request of a kind, since counting began."""
        with urlopen(f"{self.url}/bench/spans") as response:  # noqa: S310 - loopback
            return float(json.load(response).get(kind, 0.0))


@contextmanager
def serving(module: str, *arguments: Any) -> Iterator[Server]:
    """``python -m bench.MODULE`` until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{module}", *map(str, arguments)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "tests")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        if not port:
            raise Failed(f"the stand-in {module} did not start")
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        process.stdin.close()
        process.wait()


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own; Failed where none is installed."""
    with ExitStack() as closing:
        try:
            server = closing.enter_context(running_server())
        except (OutcomeException, RuntimeError) as error:
            raise Failed(f"a PostgreSQL server could not be started: {error}") from None
        yield server


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder."""
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as place:
        yield Path(place)


def reconciler(*arguments: Any, root: Path = ROOT, url: str = "", code: int = 0) -> Command:
    """The installed command, in a project and against an API."""
    environment = {"HOME": str(root), "THUNDERPHONE_API_KEY": "sk_live_bench", "THUNDERPHONE_API_BASE_URL": url}
    return Command((RECONCILER, *map(str, arguments)), root, environment if url else {"HOME": str(root)}, code)


def bound(root: Path, count: int) -> Path:
    """A project whose state knows the account's agents, made outside of any timing."""
    write_project(root, count)
    run(module("bench.state", root, count))
    return root


def module(name: str, *arguments: Any) -> Command:
    """``python -m NAME`` with the interpreter that reconciler runs on."""
    return Command((sys.executable, "-m", name, *map(str, arguments)))

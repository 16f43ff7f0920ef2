"""A PostgreSQL server for tests: in a temporary folder, on a loopback port of its own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "runner"
PASSWORD = "s3cret/of@the:runner"
PORTS = range(20_000, 32_000)


class PostgresServer:
    """A running server; ``url`` makes an empty schema and names it in a connection URL.

    It may be stopped and started on the same data, and frozen: then it keeps its connections and answers nothing.
    """

    def __init__(self, binaries: Path, folder: Path, account: str | None, port: int) -> None:
        self.port = port
        self._binaries, self._folder, self._account = binaries, folder, account
        self._schemas = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        place: list[str | Path] = ["-D", self._folder / "data", "-k", self._folder, "-p", str(self.port), "-F"]
        command = [self._binaries / "postgres", *place, "-c", "listen_addresses=127.0.0.1"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder, user=self._account)
        self._wait(self._process)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT in order, SIGQUIT at once, as in a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def restart(self, how: signal.Signals) -> None:
        """Stop it and start it."""
        self.stop(how)
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of it for as long as the block lasts."""
        assert self._process is not None
        with psycopg.connect(self._url(self.port)) as connection:
            rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        processes = [self._process.pid, *(pid for (pid,) in rows)]
        try:
            _send(processes, signal.SIGSTOP)
            yield
        finally:
            _send(processes, signal.SIGCONT)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until(lambda: process.poll() is not None or self._answers(), "PostgreSQL")
        if process.poll() is not None:
            raise RuntimeError((self._folder / "log").read_text())

    def _answers(self) -> bool:
        """Whether this very server does: by the socket in its folder, since on the port may be another's."""
        socket = f"postgresql://{USER}:{quote(PASSWORD, safe='')}@/postgres?host={self._folder}&port={self.port}"
        with suppress(psycopg.OperationalError), psycopg.connect(socket):
            return True
        return False

    def url(self, *, port: int | None = None) -> str:
        """The URL of a new empty schema; another ``port`` where a proxy stands in front."""
        self._schemas += 1
        schema = f"schema_{self._schemas}"
        self.execute(f"CREATE SCHEMA {schema}")
        return f"{self._url(port or self.port)}?options=-csearch_path%3D{schema}"

    def execute(self, statement: str) -> None:
        """Run one statement as the owner of everything."""
        with psycopg.connect(self._url(self.port), autocommit=True) as connection:
            connection.execute(statement.encode())

    @staticmethod
    def _url(port: int) -> str:
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/postgres"


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A server for as long as the block lasts; skips the test where no server is installed, fails in CI."""
    binaries = _binaries()
    if binaries is None:
        absent = "no PostgreSQL server binaries on PATH or in /usr/lib/postgresql/*/bin"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(absent)
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        account = _account(folder)
        _initialise(binaries, folder, account)
        server = _started(binaries, folder, account)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _binaries() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (installed[-1] if installed else None)
    return Path(found).resolve().parent if found else None


def _account(folder: Path) -> str | None:
    """The server refuses to run as root, so root hands the folder to the account made for it."""
    if os.geteuid() != 0:
        return None
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return account.pw_name


def _initialise(binaries: Path, folder: Path, account: str | None) -> None:
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    options: list[str | Path] = [
        "-U",
        USER,
        "--pwfile",
        secret,
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(
        [binaries / "initdb", "-D", folder / "data", *options],
        check=True,
        capture_output=True,
        cwd=folder,
        user=account,
    )


def _send(processes: list[int], what: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # one that ended since it was listed
            os.kill(process, what)


def _started(binaries: Path, folder: Path, account: str | None) -> PostgresServer:
    """A server on a port that it may take again when it is restarted: no system gives such a one to a connection."""
    while True:
        server = PostgresServer(binaries, folder, account, secrets.choice(PORTS))
        try:
            server.start()
        except RuntimeError as error:
            if "in use" not in str(error):
                raise
            (folder / "log").unlink()
        else:
            return server

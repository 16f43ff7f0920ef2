"""Give tests a PostgreSQL server of their own: temporary folder, free loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "runner"
PASSWORD = "s3cret/of@the:runner"
START_SECONDS = 30.0


class PostgresServer:
    """A running server; ``url`` makes an empty schema and names it in a connection URL."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._schemas = 0

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
        data, port = _initialised(binaries, folder, account), _free_port()
        command: list[str | Path] = [binaries / "postgres", "-D", data, "-k", folder, "-p", str(port), "-F"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "-c", "listen_addresses=127.0.0.1"],
                stdout=log,
                stderr=log,
                cwd=folder,
                user=account,
            )
        try:
            yield _ready(process, port, folder / "log")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()
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


def _initialised(binaries: Path, folder: Path, account: str | None) -> Path:
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
    return folder / "data"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ready(process: subprocess.Popen[bytes], port: int, log: Path) -> PostgresServer:
    server = PostgresServer(port)
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return server
    raise RuntimeError(log.read_text())

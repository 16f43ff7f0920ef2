"""Object stores on loopback: moto for S3, Azurite for Azure, and a small one of our own for Google Cloud Storage."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
import threading
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator
    from socketserver import BaseServer

CHECKOUT = Path(__file__).resolve().parents[2]
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SERVICES = CHECKOUT / ".venv-services"


@dataclass
class ObjectServer:
    """A service on loopback: how its buckets are named and made, and what the environment says to reach it."""

    scheme: str
    environment: dict[str, str]
    make: object
    numbers: Iterator[int] = field(default_factory=count)

    def bucket(self) -> str:
        """A new, empty bucket."""
        name = f"bucket{next(self.numbers)}"
        self.make(name)  # type: ignore[operator]
        return name


def installed(program: str) -> str | None:
    """A program of the services' environment, which `make test` installs, or else one on the path."""
    beside = (SERVICES / "bin" / program, SERVICES / "node_modules" / ".bin" / program)
    return next((str(path) for path in beside if path.exists()), None) or shutil.which(program)


@contextmanager
def s3_server() -> Iterator[ObjectServer]:
    command = [SERVICES / "bin" / "python", Path(__file__).with_name("s3_service.py")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{int(process.stdout.readline())}"
        environment = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "made-up",
            "AWS_SECRET_ACCESS_KEY": "made-up-secret-hunter2",
            "AWS_REGION": "us-east-1",
        }
        yield ObjectServer("s3", environment, lambda name: _send("PUT", f"{url}/{name}"))
    finally:
        process.kill()
        process.communicate()


@contextmanager
def azure_server(program: str) -> Iterator[ObjectServer]:
    command = [program, "--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"]
    flags = ["--skipApiVersionCheck", "--disableTelemetry"]
    process = subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        said = next(line for line in process.stdout if "successfully listens" in line)
        port = int(said.rpartition(":")[2])
        url = f"http://127.0.0.1:{port}/{ACCOUNT}"
        environment = {
            "AZURE_STORAGE_ENDPOINT": url,
            "AZURE_ALLOW_HTTP": "true",
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
        }
        yield ObjectServer("az", environment, lambda name: _make_container(url, name))
    finally:
        process.kill()
        process.communicate()


def _make_container(url: str, name: str) -> None:
    """Signed with the account's key: the library has no word for a container."""
    headers = {"x-ms-date": format_datetime(datetime.now(UTC), usegmt=True), "x-ms-version": "2021-12-02"}
    canonical = "".join(f"{key}:{value}\n" for key, value in sorted(headers.items()))
    text = f"PUT{chr(10) * 12}{canonical}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()
    signed = {**headers, "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"}
    _send("PUT", f"{url}/{name}?restype=container", signed)


def _send(method: str, url: str, headers: dict[str, str] | None = None) -> None:
    request = urllib.request.Request(url, method=method, headers=headers or {})  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        assert answer.status < 300


def service_account(url: str) -> dict[str, object]:
    """An account's file that leads the library to another service, which asks for no token."""
    nobody = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
    return {"gcs_base_url": url, "disable_oauth": True, **nobody}


@contextmanager
def google_server(folder: Path) -> Iterator[ObjectServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), GoogleStorage)
    server.daemon_threads = True
    file = folder / "service-account.json"
    file.write_text(json.dumps(service_account(f"http://127.0.0.1:{server.server_port}")))
    environment = {"GOOGLE_SERVICE_ACCOUNT": str(file), "GOOGLE_ALLOW_HTTP": "true"}
    with served(server):
        yield ObjectServer("gs", environment, GoogleStorage.buckets.add)


@contextmanager
def served(server: BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class GoogleStorage(BaseHTTPRequestHandler):
    """As much of Cloud Storage's XML API as the library speaks, written from its documentation.

    An object has a generation, the number of the write that made it; ``x-goog-if-generation-match`` compares it, and 0
    means that there must be none.
    """

    protocol_version = "HTTP/1.1"
    buckets: set[str] = set()  # noqa: RUF012 - one service for all connections
    objects: dict[str, tuple[int, bytes]] = {}  # noqa: RUF012
    generations = count(1_700_000_000_000_000)
    lock = threading.Lock()
    conditional = True
    seen: list[tuple[str, str]] = []  # noqa: RUF012 - method and path of each request
    faults: dict[str, list[str]] = {}  # noqa: RUF012 - by method: cut `before` or `after` it acts, or answer a status

    def handle_one_request(self) -> None:
        """One request, or what is to go wrong with it."""
        self.cut = False
        super().handle_one_request()

    def parse_request(self) -> bool:
        good = super().parse_request()
        if good:
            self.seen.append((self.command, self.target()[0]))
            planned = self.faults.get(self.command, [])
            fault = planned.pop(0) if planned else ""
            if fault == "before":
                return self.hang_up()
            if fault.isdigit():
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(int(fault), f"<Error><Code>Nope</Code><Key>{ACCOUNT_KEY}</Key></Error>".encode())
                return False
            self.cut = fault == "after"
        return good

    def hang_up(self) -> bool:
        self.close_connection = True
        return False

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path, query = self.target()
        if path.strip("/") not in self.buckets:
            return self.give(path) if self.known(path) else self.answer(404, _error("NoSuchBucket"))
        prefix = f"{path.rstrip('/')}/"
        names = [name.removeprefix(prefix) for name in sorted(self.objects) if name.startswith(prefix)]
        names = [name for name in names if name.startswith(query.get("prefix", [""])[0])]
        contents = "".join(_listed(name, *self.objects[prefix + name]) for name in names)
        text = f"<ListBucketResult><KeyCount>{len(names)}</KeyCount>{contents}</ListBucketResult>"
        return self.answer(200, text.encode())

    def give(self, path: str) -> None:
        found = self.objects.get(path)
        if found is None:
            return self.answer(404, _error("NoSuchKey"))
        generation, body = found
        if self.headers.get("If-None-Match") == _tag(generation):
            return self.answer(304, b"", generation)
        return self.answer(200, body, generation)

    def do_PUT(self) -> None:
        path, _ = self.target()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.known(path):
            return self.answer(404, _error("NoSuchBucket"))
        wanted = self.headers.get("x-goog-if-generation-match")
        with self.lock:
            there = self.objects.get(path, (0, b""))[0]
            if self.conditional and wanted is not None and int(wanted) != there:
                return self.answer(412, _error("PreconditionFailed"))
            generation = next(self.generations)
            self.objects[path] = (generation, body)
        return self.answer(200, b"", generation)

    def do_DELETE(self) -> None:
        path, _ = self.target()
        gone = self.objects.pop(path, None)
        self.answer(204 if gone else 404, b"" if gone else _error("NoSuchKey"))

    def target(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return unquote(parts.path).lstrip("/"), parse_qs(parts.query)

    def known(self, path: str) -> bool:
        return path.partition("/")[0] in self.buckets

    def answer(self, status: int, body: bytes, generation: int = 0) -> None:
        if self.cut:
            self.hang_up()
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Tue, 01 Jan 2030 00:00:00 GMT")
        if generation:
            self.send_header("ETag", _tag(generation))
            self.send_header("x-goog-generation", str(generation))
        self.end_headers()
        self.wfile.write(body)


def _listed(name: str, generation: int, body: bytes) -> str:
    facts = (
        f"<LastModified>2030-01-01T00:00:00.000Z</LastModified><Size>{len(body)}</Size><ETag>{_tag(generation)}</ETag>"
    )
    return f"<Contents><Key>{escape(name)}</Key>{facts}</Contents>"


def _tag(generation: int) -> str:
    return f'"{generation:x}"'


def _error(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()

"""What an editor shows: the YAML language server, driven over its own protocol, with the schemas mapped to a folder."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
SERVER = CHECKOUT / ".venv-services" / "node_modules" / ".bin" / "yaml-language-server"
MAPPING = {"./schemas/manifest.json": "manifests/**/*.{yaml,yml}"}
PATIENCE_SECONDS = 60
TEXT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: Hello., product: "${var.tier}", max_call_duration_seconds: "${var.seconds}"}
---
apiVersion: reconciler/v1
kind: AutoReload
metadata: {name: billing}
spec: {enabled: true, minimum_cents: "${var.minimum}"}
---
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: main-line}
spec:
  number: "+15551234567"
  verfy: true
"""


class LanguageServer:
    """A client that answers what the server asks and waits for what it says."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path) -> None:
        self._process = process
        self._settings = {"yaml": {"schemas": MAPPING, "validate": True, "hover": True, "completion": True}}
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()
        folder = {"uri": root.as_uri(), "name": root.name}
        capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
        start = {
            "processId": None,
            "rootUri": root.as_uri(),
            "workspaceFolders": [folder],
            "capabilities": capabilities,
        }
        self.ask("initialize", start)
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": self._settings})

    def tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        return self.wait(lambda said: said.get("id") == self._number and "method" not in said)["result"]

    def wait(self, wanted: Any) -> dict[str, Any]:
        """The next message that is wanted; questions of the server are answered on the way."""
        while True:
            said = self._said.get(timeout=PATIENCE_SECONDS)
            if wanted(said):
                return said
            if "id" in said and "method" in said:
                items = said["params"].get("items", []) if isinstance(said.get("params"), dict) else []
                answers = [self._settings.get(item["section"], {}) for item in items]
                answer = answers if said["method"] == "workspace/configuration" else None
                self._send({"id": said["id"], "result": answer})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            if header.lower().startswith(b"content-length:"):
                stream.readline()
                self._said.put(json.loads(stream.read(int(header.split(b":")[1]))))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    assert main(["schema", "--out", str(tmp_path / "schemas")]) == 0
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").write_text(TEXT, "utf-8")
    return tmp_path


@pytest.fixture
def server(project: Path) -> Iterator[LanguageServer]:
    if not SERVER.exists() or shutil.which("node") is None:
        pytest.skip("the YAML language server is not installed: `make test` installs it where npm is")
    process = subprocess.Popen([SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield LanguageServer(process, project)
    finally:
        process.kill()
        process.communicate()


def place_of(text: str) -> dict[str, int]:
    before = TEXT[: TEXT.index(text)]
    return {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}


def test_the_third_document_of_a_file_is_checked_explained_and_completed(server: LanguageServer, project: Path) -> None:
    uri = (project / "manifests" / "all.yaml").as_uri()
    document = {"uri": uri, "languageId": "yaml", "version": 1, "text": TEXT}
    server.tell("textDocument/didOpen", {"textDocument": document})
    said = server.wait(
        lambda said: said.get("method") == "textDocument/publishDiagnostics" and said["params"]["diagnostics"]
    )
    found = [(item["range"]["start"]["line"], item["message"]) for item in said["params"]["diagnostics"]]
    assert found == [(place_of("verfy")["line"], "Property verfy is not allowed.")]

    hover = server.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": place_of("number: ")})
    assert "it must already be on the account" in json.dumps(hover)
    assert "||" not in json.dumps(hover)

    completed = server.ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": place_of("verfy")})
    assert "verify" in {item["label"] for item in completed["items"]}

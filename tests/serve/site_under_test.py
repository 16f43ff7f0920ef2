"""A project, the emulated platform on a socket, and the service as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
from thunderphone.webhooks import compute_signature
from waiting import PATIENCE, until

if TYPE_CHECKING:
    from pathlib import Path

LATE = timedelta(seconds=10)  # more than a busy machine needs, less than what hangs or the next look would cost
LISTENING = ("--listen", "127.0.0.1:0", "--log-format", "json", "--webhook-secret-file", "secret")
SECRET = "whsec_of_the_endpoint"
SETTINGS = """
organization: 900001
calling_hours: {start: "00:00", end: "24:00"}
limits: {calls_per_run: 1000}
"""
AGENT = """
apiVersion: reconciler/v1
kind: Agent
metadata: {name: reminders}
spec: {name: Reminders, prompt: "You remind people of their visit.", voice: olivia, outbound_speak_order: agent_first}
"""


def whole_second(*, ahead: float) -> datetime:
    return (datetime.now(UTC) + timedelta(seconds=ahead + 1)).replace(microsecond=0)


def call(name: str, at: datetime, to: str, more: str = "") -> str:
    number = f'from_number: "+15551230001", to_number: "{to}"'
    return f"""---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: {name}}}
spec: {{{number}, agent: reminders, at: "{at:%Y-%m-%dT%H:%M:%SZ}"{more}}}
"""


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None, path: str = "/webhooks") -> dict[str, str]:
    stamp = int(time.time() if at is None else at)
    digest = compute_signature(secret, timestamp=stamp, method="POST", path=path, body=body)
    return {"X-ThunderPhone-Signature-V2": f"t={stamp},v1={digest}", "Content-Type": "application/json"}


def event(type_: str, event_id: str, **data: Any) -> bytes:
    return json.dumps({"data": data, "event_id": event_id, "type": type_}, sort_keys=True).encode()


@dataclass
class Service:
    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.words.append(line)
            if line.startswith("{"):
                self.lines.append(json.loads(line))

    @property
    def url(self) -> str:
        def said() -> str:
            assert self.process.poll() is None, "".join(self.words)
            found = [it["message"].split()[2] for it in self.lines if it["message"].startswith("serving on")]
            return found[0].rstrip(",") if found else ""

        return str(until(said, "serving"))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(self.url + path, trust_env=False, timeout=PATIENCE, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return httpx.post(self.url + path, trust_env=False, timeout=PATIENCE, **more)

    def send(self, body: bytes, **how: Any) -> httpx.Response:
        return self.post("/webhooks", content=body, headers=signed(body, **how))

    def said(self, message: str) -> list[dict[str, Any]]:
        return [line for line in list(self.lines) if line["message"] == message]

    def metric(self, name: str) -> float:
        found = [line for line in self.get("/metrics").text.splitlines() if line.startswith(name)]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reading.join(PATIENCE)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code


class Site:
    """A project at an emulated platform; ``platform`` is the platform's address."""

    def __init__(self, root: Path, platform: str, key: str) -> None:
        self.root, self.platform = root, platform
        self._environment = {
            **{name: it for name, it in os.environ.items() if not name.startswith(("THUNDERPHONE", "RECONCILER"))},
            "THUNDERPHONE_API_BASE_URL": platform,
            "THUNDERPHONE_API_KEY": key,
            "NO_COLOR": "1",
        }
        self.services: list[Service] = []
        self.patience = 20.0  # seconds that another apply takes at most, by the last one
        (root / "manifests").mkdir(parents=True)
        (root / "reconciler.yaml").write_text(SETTINGS)
        (root / "secret").write_text(f"{SECRET}\n")
        (root / "token").write_text("a-long-random-token\n")
        self.declare()

    def declare(self, *calls: str) -> None:
        (self.root / "manifests" / "all.yaml").write_text(AGENT + "".join(calls))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * PATIENCE,
        )

    def apply(self, *more: str) -> None:
        began = time.monotonic()
        done = self.run("apply", "--yes", *more)
        self.patience = 4.0 + 4 * (time.monotonic() - began)
        assert done.returncode == 0, done.stdout + done.stderr

    def serve(self, *arguments: str, platform: str = "") -> Service:
        """A replica; ``platform`` is another way to the platform."""
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "serve", *LISTENING, *arguments],
            cwd=self.root,
            env=self._environment | {"THUNDERPHONE_API_BASE_URL": platform or self.platform},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.services.append(Service(process))
        return self.services[-1]

    def stop(self) -> None:
        for service in self.services:
            service.stop(signal.SIGKILL)

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._environment['THUNDERPHONE_API_KEY']}"}
        answer = httpx.request(method, self.platform + path, headers=headers, trust_env=False, timeout=PATIENCE, **more)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def dialled(self) -> list[tuple[datetime, str]]:
        """When the platform was asked to ring whom, as its journal has it."""
        sent = [it for it in self.ask("GET", "/emulator/requests") if it["path"] == "/v1/call"]
        return [(datetime.fromisoformat(it["at"]), it["body"]["to_number"]) for it in sent]

    def attempt(self, name: str, number: int = 1) -> dict[str, Any]:
        shown = json.loads(self.run("state", "show", "--format", "json").stdout)
        return dict(shown["entries"].get(f"call/{name}/once/{number}", {}))

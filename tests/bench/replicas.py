"""Start replicas of ``reconciler serve``, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.standing import RECONCILER
from bench.timing import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "whsec_of_the_bench"
_SAID = "serving on "


@dataclass(frozen=True)
class Replica:
    """A replica that serves at ``url``."""

    process: subprocess.Popen[bytes]
    url: str

    @property
    def memory(self) -> float:
        """What it holds now, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    @property
    def cpu(self) -> float:
        """The seconds of CPU time, user and system, that it took so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        """End it at once, as a host that loses its power does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def replicas(count: int, *, root: Path, url: str) -> Iterator[list[Replica]]:
    """So many over one state, until the end of the block."""
    (root / "secret").write_text(SECRET, encoding="utf-8")
    with ExitStack() as stack:
        yield [
            stack.enter_context(_replica(root, url, root.parent / f"replica-{number}.log")) for number in range(count)
        ]


@contextmanager
def _replica(root: Path, url: str, log: Path) -> Iterator[Replica]:
    words = [RECONCILER, "serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--webhook-secret-file", "secret"]
    environment = {"HOME": str(root), "THUNDERPHONE_API_KEY": "sk_live_bench", "THUNDERPHONE_API_BASE_URL": url}
    with subprocess.Popen(
        words, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            yield Replica(process, _address(process, log))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it says that it serves; what it says after that goes into a file, so that it never waits for a reader."""
    assert process.stderr is not None
    for line in process.stderr:
        message = str(json.loads(line).get("message", "")) if line.startswith(b"{") else ""
        if message.startswith(_SAID):
            with log.open("wb") as file:
                subprocess.Popen(["cat"], stdin=process.stderr, stdout=file)
            return message.removeprefix(_SAID).partition(",")[0]
    raise Failed("a replica did not start")

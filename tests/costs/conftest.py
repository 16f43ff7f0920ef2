"""What a run costs in requests, stored writes and parsed documents, counted inside one process."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from acceptance.platform import KEY
from acceptance.projects import PROJECT
from acceptance.server import serving

from reconciler.cli import main
from reconciler.documents import reading
from reconciler.store.lease import Lease
from reconciler.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from acceptance.platform import SecondPlatform

    from reconciler.documents.reading import Document, Problem
    from reconciler.store.interface import Entries, Write


@dataclass
class Costs:
    """What one command cost: requests by method and path, keys written, commits asked for, texts parsed."""

    requests: Counter[str] = field(default_factory=Counter)
    written: list[str] = field(default_factory=list)
    commits: int = 0
    parsed: Counter[str] = field(default_factory=Counter)

    def written_below(self, prefix: str) -> list[str]:
        """The keys of one sort, without the organisation and without the run's own lease."""
        return [key for key in self.written if key.startswith(f"42/{prefix}")]


@dataclass
class Till:
    """A project on a platform, and commands that are counted."""

    root: Path
    platform: SecondPlatform
    costs: Costs = field(default_factory=Costs)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, code: int = 0) -> Costs:
        self.costs = Costs()
        self.platform.forget_requests()
        assert main(arguments) == code
        self.costs.requests = Counter(f"{request.method} {request.path}" for request in self.platform.requests)
        return self.costs


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    with serving() as platform:
        made = Till(tmp_path, platform)
        made.write("reconciler.yaml", PROJECT + "limits: {calls_per_run: 100}\n")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("THUNDERPHONE_API_BASE_URL", platform.url)
        monkeypatch.setenv("THUNDERPHONE_API_KEY", KEY)
        _count(made, monkeypatch)
        threshold = gc.get_threshold()
        yield made
        gc.set_threshold(*threshold)  # a command line changes how garbage is collected; the tests after it want theirs
        gc.unfreeze()


def _count(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    read, put_many = reading.read, SqliteStore.put_many

    def counted_read(text: str, path: str) -> Iterator[Document | Problem]:
        till.costs.parsed[path] += 1
        return read(text, path)

    def counted_put_many(store: SqliteStore, writes: Sequence[Write]) -> Entries:
        till.costs.commits += 1
        till.costs.written += [write.key for write in writes]
        return put_many(store, writes)

    monkeypatch.setattr(Lease, "_keep_alive", lambda _: None)  # how often it beats depends on the machine
    monkeypatch.setattr(reading, "read", counted_read)
    monkeypatch.setattr(SqliteStore, "put_many", counted_put_many)

"""Compare the stores with a plain dictionary over any sequence of operations."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from reconciler.errors import Conflict
from reconciler.store import Entry, Store, Write, open_store
from store.git_repository import clone, git, new_remote

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = st.text(alphabet="ab/.%é~\\:", min_size=1, max_size=4)
TEXTS = st.text(max_size=5)
VALUES = st.dictionaries(
    TEXTS, st.none() | st.integers(-(2**53), 2**53) | TEXTS | st.lists(st.booleans(), max_size=2), max_size=3
)


class Model(RuleBasedStateMachine):
    """Any compare-and-set store, next to the dictionary it should be equal to."""

    url = "sqlite:state.db"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="model-"))
        self.root = self.prepare(self.folder)
        self.store: Store = open_store(self.url, root=self.root)
        self.expected: dict[str, Entry] = {}
        self.versions: set[tuple[str, str]] = set()

    versions_seen = Bundle("versions_seen")

    def prepare(self, folder: Path) -> Path:
        return folder

    @initialize(target=versions_seen)
    def never_written(self) -> str:
        return "0" * 40

    @rule(key=KEYS, value=VALUES, target=versions_seen)
    def create(self, key: str, value: Mapping[str, Any]) -> str:
        return self.apply([Write(key, value)])

    @rule(data=st.data(), value=VALUES, target=versions_seen)
    def replace(self, data: st.DataObject, value: Mapping[str, Any]) -> str:
        key = data.draw(st.sampled_from(sorted(self.expected) or ["a"]))
        return self.apply([Write(key, value, self.version_of(key) or "0" * 40)])

    @rule(key=KEYS, value=st.none() | VALUES, version=consumes(versions_seen), target=versions_seen)
    def write_over_any_version(self, key: str, value: Mapping[str, Any] | None, version: str) -> str:
        return self.apply([Write(key, value, version)])

    @rule(data=st.data(), target=versions_seen)
    def delete(self, data: st.DataObject) -> str:
        key = data.draw(st.sampled_from(sorted(self.expected) or ["a"]))
        return self.apply([Write(key, None, self.version_of(key) or "0" * 40)])

    @rule(
        values=st.dictionaries(KEYS, st.none() | VALUES, min_size=1, max_size=4),
        spoil=st.booleans(),
        target=versions_seen,
    )
    def write_many(self, values: dict[str, Mapping[str, Any] | None], *, spoil: bool) -> str:
        writes = [Write(key, value, self.version_of(key)) for key, value in values.items()]
        if spoil:
            writes[-1] = Write(writes[-1].key, writes[-1].value, "0" * 40)
        return self.apply([each for each in writes if each.value is not None or each.expected])

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(self.url, root=self.root)

    @rule(prefix=st.text(alphabet="ab/.%é", max_size=2))
    def list_a_prefix(self, prefix: str) -> None:
        wanted = [self.expected[key] for key in sorted(self.expected) if key.startswith(prefix)]
        assert self.store.list(prefix) == wanted

    @invariant()
    def it_equals_the_dictionary(self) -> None:
        assert {entry.key: entry for entry in self.store.list()} == self.expected

    def version_of(self, key: str) -> str | None:
        return self.expected[key].version if key in self.expected else None

    def apply(self, writes: list[Write]) -> str:
        """Write, and expect what the dictionary says; returns a version that was current at some time."""
        old = next((self.version_of(write.key) or "" for write in writes), "")
        lost = [write.key for write in writes if self.version_of(write.key) != write.expected]
        if lost:
            with pytest.raises(Conflict, match="first"):
                self.store.put_many(writes)
            return old or "0" * 40
        entries = self.store.put_many(writes)
        assert [(entry.key, entry.value) for entry in entries] == [
            (write.key, write.value) for write in writes if write.value is not None
        ]
        for write in writes:
            self.expected.pop(write.key, None)
        self.expected.update({entry.key: entry for entry in entries})
        fresh = {(entry.key, entry.version) for entry in entries}
        assert not fresh & self.versions
        self.versions |= fresh
        return old or "0" * 40

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


class GitModel(Model):
    """The same on a branch of a remote."""

    url = "git:state"

    def prepare(self, folder: Path) -> Path:
        return clone(new_remote(folder), folder / "project")


class LocalGitModel(Model):
    """The same on a local branch."""

    url = "git:state"

    def prepare(self, folder: Path) -> Path:
        git(folder, "init", "--quiet")
        return folder


TestSqlite = Model.TestCase
TestSqlite.settings = settings(max_examples=60, stateful_step_count=30)
TestGit = GitModel.TestCase
TestGit.settings = settings(max_examples=4, stateful_step_count=10, suppress_health_check=list(HealthCheck))
TestLocalGit = LocalGitModel.TestCase
TestLocalGit.settings = settings(max_examples=8, stateful_step_count=10, suppress_health_check=list(HealthCheck))

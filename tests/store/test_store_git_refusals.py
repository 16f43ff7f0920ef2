"""See that the git store explains where it cannot keep state, and harms nothing there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import InputError, StoreError
from reconciler.store import open_store
from reconciler.store.git import PASSING
from reconciler.store.git_branch import FORMAT_FILE
from reconciler.store.git_paths import key_of, path_of
from store.git_repository import git, put_one

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.store import Store


@pytest.mark.parametrize("branch", ["main", "feature"])
def test_a_branch_that_holds_something_else_is_left_alone(project: Path, branch: str) -> None:
    git(project, "checkout", "--quiet", "-b", "elsewhere")
    git(project, "push", "--quiet", "origin", "main:feature")
    with pytest.raises(StoreError, match="holds something else"):
        open_store(f"git:{branch}", root=project)


def test_the_branch_that_is_checked_out_is_refused(project: Path) -> None:
    with pytest.raises(StoreError, match="is checked out here"):
        open_store("git:main", root=project)


def test_a_newer_format_is_refused(project: Path, opened: Callable[..., Store]) -> None:
    put_one(opened(project))
    git(project, "fetch", "--quiet", "origin", "state")
    git(project, "checkout", "--quiet", "FETCH_HEAD")
    (project / FORMAT_FILE).write_text('{"format": 2}')
    git(project, "commit", "--quiet", "--all", "-m", "from the future")
    git(project, "push", "--quiet", "origin", "HEAD:state")
    with pytest.raises(StoreError, match="format 2") as caught:
        open_store("git:state", root=project)
    assert "upgrade" in caught.value.hint


def test_a_folder_outside_any_repository_is_explained(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not in a git repository") as caught:
        open_store("git:state", root=tmp_path)
    assert "git init" in caught.value.hint


def test_a_repository_of_another_user_is_explained(project: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a repository to somebody else")
    os.chown(project, 12345, 12345)
    os.chown(project / ".git", 12345, 12345)
    with pytest.raises(StoreError, match="does not trust") as caught:
        open_store("git:state", root=project)
    assert caught.value.hint == f"git config --global --add safe.directory {project}"


def test_a_machine_without_git_is_explained(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StoreError, match="git is not installed"):
        open_store("git:state", root=project)


def test_a_push_that_the_remote_refuses_is_told_in_the_remotes_own_words(
    project: Path, remote: Path, opened: Callable[..., Store]
) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed for refs/heads/state.' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(StoreError, match="GH006: Protected branch update failed for refs/heads/state") as caught:
        put_one(opened(project))
    assert "contents: write" in caught.value.hint


def test_the_remote_can_be_named_and_must_exist(
    project: Path, remote: Path, opened: Callable[..., Store], tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "second.git")
    git(project, "remote", "add", "second", str(tmp_path / "second.git"))
    put_one(opened(project, "git:team/state@second"))
    assert git(tmp_path / "second.git", "log", "--format=%s", "team/state") == "put key"
    assert git(remote, "for-each-ref", "refs/heads/team") == ""
    with pytest.raises(StoreError, match="no remote `third`"):
        open_store("git:state@third", root=project)
    git(project, "remote", "rename", "origin", "first")
    with pytest.raises(StoreError, match="several remotes"):
        open_store("git:state", root=project)
    git(project, "remote", "remove", "second")
    assert opened(project).description == "git branch state on first"


@pytest.mark.parametrize("name", ["a..b", "a b", "@origin", "x.lock"])
def test_a_name_that_git_does_not_allow_is_an_input_error(project: Path, name: str) -> None:
    with pytest.raises(InputError):
        open_store(f"git:{name}", root=project)


def test_a_repository_with_sha256_names_works(opened: Callable[..., Store], tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--object-format=sha256", "new")
    store = opened(tmp_path / "new")
    put_one(store)
    found = store.get("key")
    assert found is not None
    assert len(found.version) == 64
    store.delete("key", expected=found.version)
    assert store.list() == []


def test_a_lock_left_by_a_killed_git_is_named_with_the_way_out(
    opened: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PASSING, "cannot lock ref", 3)
    monkeypatch.setitem(PASSING, "Unable to create", 3)
    git(tmp_path, "init", "--quiet", "project")
    store = opened(tmp_path / "project")
    put_one(store)
    lock = tmp_path / "project" / ".git" / "refs" / "heads" / "state.lock"
    lock.touch()
    with pytest.raises(StoreError, match="locked") as caught:
        store.put("other", {}, expected=None)
    assert "state.lock" in caught.value.hint
    lock.unlink()
    put_one(store, "other")


def test_a_damaged_file_is_named_by_its_key(project: Path, opened: Callable[..., Store]) -> None:
    put_one(opened(project))
    git(project, "fetch", "--quiet", "origin", "state")
    git(project, "checkout", "--quiet", "FETCH_HEAD")
    (project / path_of("key")).write_text("<<<<<<< ours\n")
    git(project, "commit", "--quiet", "--all", "-m", "a merge gone wrong")
    git(project, "push", "--quiet", "origin", "HEAD:state")
    with pytest.raises(StoreError, match="`key` is not a JSON object"):
        opened(project).get("key")


def test_files_that_are_not_entries_are_not_keys() -> None:
    assert key_of(FORMAT_FILE) is None
    assert key_of("README.md") is None
    assert key_of(path_of("a/../b.json")) == "a/../b.json"

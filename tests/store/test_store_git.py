"""Run the git store in the repositories that people and CI jobs really have."""

from __future__ import annotations

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from waiting import until

from reconciler.errors import Conflict, StoreError
from reconciler.store import Write, open_store
from reconciler.store.git import GitStore
from reconciler.store.git_paths import path_of
from reconciler.store.group_commit import _Waiter
from store.git_repository import clone, everything_in, git, hook, put_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.store import Store


CHECKOUTS: dict[str, Callable[[Path, Path], object]] = {
    "full": clone,
    "shallow": lambda remote, folder: clone(remote, folder, "--depth=1"),
    "shallow, every branch": lambda remote, folder: clone(remote, folder, "--depth=1", "--no-single-branch"),
    "single branch": lambda remote, folder: clone(remote, folder, "--single-branch"),
    "blobless": lambda remote, folder: clone(remote, folder, "--filter=blob:none"),
    "detached": lambda remote, folder: git(clone(remote, folder), "checkout", "--quiet", "--detach"),
    "mirror": lambda remote, folder: clone(remote, folder, "--bare"),
}


@pytest.mark.parametrize("checkout", CHECKOUTS)
def test_state_can_be_kept_from_any_checkout(
    remote: Path, project: Path, opened: Callable[..., Store], tmp_path: Path, checkout: str
) -> None:
    for number in range(3):
        put_one(opened(project), f"before/{number}")
    CHECKOUTS[checkout](remote, tmp_path / "checkout")
    head = git(tmp_path / "checkout", "rev-parse", "HEAD")
    store = opened(tmp_path / "checkout")
    assert len(store.list("before/")) == 3
    put_one(store, "after/0")
    put_one(store, "after/1")
    assert len(opened(project).list()) == 5
    assert git(tmp_path / "checkout", "rev-parse", "HEAD") == head


def test_the_work_tree_the_index_the_branches_and_head_are_left_alone(
    project: Path, opened: Callable[..., Store]
) -> None:
    (project / "staged.yaml").write_text("a: 1\n")
    git(project, "add", "staged.yaml")
    (project / "untracked.yaml").write_text("b: 1\n")
    refs = ("for-each-ref", "refs/heads", "refs/tags", "refs/stash")
    before = git(project, "status", "--porcelain"), git(project, *refs), (project / ".git/index").read_bytes()
    store = opened(project)
    entries = store.put_many([Write("a", {}), Write("b", {})])
    store.delete("a", expected=entries[0].version)
    after = git(project, "status", "--porcelain"), git(project, *refs), (project / ".git/index").read_bytes()
    assert after == before


def test_the_branch_reads_well(project: Path, remote: Path, opened: Callable[..., Store]) -> None:
    store = opened(project)
    put_one(store, "900001/binding/Agent/front-desk")
    found = store.list()
    store.put_many([Write("a", {}), Write(found[0].key, None, found[0].version)])
    subjects = git(remote, "log", "--format=%an <%ae>: %s", "state").splitlines()
    assert subjects == [
        "reconciler <reconciler@localhost>: write 2 keys",
        "reconciler <reconciler@localhost>: put 900001/binding/Agent/front-desk",
    ]
    assert "put a\ndelete 900001/binding/Agent/front-desk" in git(remote, "log", "-1", "--format=%b", "state")
    assert git(remote, "log", "--format=%b", "state").count("[skip ci]") == len(subjects)
    path = "900001/binding/Agent/" + path_of("900001/binding/Agent/front-desk").rsplit("/", 2)[1]
    shown = git(remote, "show", f"state~1:{path}/front-desk.json").splitlines()
    assert shown[:5] == [
        "{",
        ' "key": "900001/binding/Agent/front-desk",',
        ' "value": {',
        '  "number": 1',
        " },",
    ]


def test_no_identity_signing_or_hook_of_the_user_gets_in_the_way(project: Path, opened: Callable[..., Store]) -> None:
    for name, value in {
        "commit.gpgSign": "true",
        "push.gpgSign": "true",
        "gpg.program": "/bin/false",
        "user.useConfigOnly": "true",
        "push.default": "nothing",
        "push.followTags": "true",
        "fetch.prune": "true",
        "core.splitIndex": "true",
        "core.autocrlf": "true",
        "transfer.fsckObjects": "true",
        "push.recurseSubmodules": "check",
        "remote.origin.tagOpt": "--tags",
    }.items():
        git(project, "config", name, value)
    for name in ("pre-push", "pre-commit", "commit-msg", "reference-transaction", "post-index-change"):
        hook(project, name, "echo no; exit 1")
    before = everything_in(project / ".git" / "hooks")
    store = opened(project)
    put_one(store)
    put_one(store, "line\u2028and/CR")
    assert len(opened(project).list()) == 2
    assert everything_in(project / ".git" / "hooks") == before


def test_it_works_inside_a_hook(project: Path, remote: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = "from reconciler.store import open_store; from pathlib import Path\n"
    script += "with open_store('git:state', root=Path()) as s: s.put('key', {}, expected=None)"
    hook(project, "pre-commit", f'"{sys.executable}" -c "{script}"')
    source = Path(open_store.__code__.co_filename).parents[2]
    monkeypatch.setenv("PYTHONPATH", str(source))
    (project / "manifest.yaml").write_text("number: 3\n")
    git(project, "commit", "--quiet", "--all", "-m", "a change")
    assert git(project, "show", "--stat", "--format=", "HEAD").startswith("manifest.yaml")
    assert git(remote, "log", "--format=%s", "state") == "put key"


def test_environment_that_points_to_another_repository_is_not_followed(
    project: Path, remote: Path, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "objects"))
    put_one(opened(project))
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_OBJECT_DIRECTORY")
    assert git(remote, "log", "--format=%s", "state") == "put key"


def test_a_project_in_a_folder_of_the_repository_uses_the_same_branch(
    project: Path, opened: Callable[..., Store]
) -> None:
    (project / "voice" / "prod").mkdir(parents=True)
    put_one(opened(project / "voice" / "prod"))
    assert len(opened(project).list()) == 1
    assert len(opened(project / "voice", read_only=True).list()) == 1


def test_worktrees_of_one_repository_share_a_local_branch(opened: Callable[..., Store], tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "first")
    git(tmp_path / "first", "commit", "--quiet", "--allow-empty", "-m", "start")
    git(tmp_path / "first", "worktree", "add", "--quiet", str(tmp_path / "second"))
    first, second = opened(tmp_path / "first"), opened(tmp_path / "second")
    put_one(first)
    assert second.get("key") == first.get("key")
    with pytest.raises(Conflict):
        second.put("key", {}, expected=None)


def test_reading_leaves_every_byte_of_the_repository_alone(project: Path, opened: Callable[..., Store]) -> None:
    other = clone(project.parent / "remote.git", project.parent / "other")
    put_one(opened(other))
    before = everything_in(project)
    with open_store("git:state", root=project, read_only=True) as store:
        assert len(store.list()) == 1
    assert everything_in(project) == before


def test_a_reader_does_not_fetch_again_what_a_writer_left_there(project: Path, opened: Callable[..., Store]) -> None:
    put_one(opened(project))
    assert len(opened(project, read_only=True).list()) == 1


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/team.git", "/nowhere/team.git", "git://127.0.0.1:1/team"])
def test_an_unreachable_remote_is_an_error_and_nothing_is_kept_here(
    project: Path, opened: Callable[..., Store], url: str
) -> None:
    store = opened(project)
    git(project, "remote", "set-url", "origin", url)
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        store.put("key", {}, expected=None)
    assert "git remote -v" in caught.value.hint
    with pytest.raises(StoreError, match="cannot be reached"):
        open_store("git:state", root=project, read_only=True)
    assert git(project, "for-each-ref", "refs/heads/state", "refs/reconciler") == ""


def test_a_remote_that_never_answers_is_given_up(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.git_command.NETWORK_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        git(project, "remote", "set-url", "origin", f"git://127.0.0.1:{silent.getsockname()[1]}/team")
        with pytest.raises(StoreError, match="cannot be reached"):
            open_store("git:state", root=project)


def test_an_interrupt_of_one_thread_is_not_success_for_the_others(
    project: Path, opened: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(project)
    assert isinstance(store, GitStore)

    def interrupt(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(store._branch, "commit", interrupt)
    with ThreadPoolExecutor(2) as threads:
        store._commits._leader = _Waiter(cast("Any", None))  # somebody is at it
        futures = [threads.submit(store.put, f"key/{number}", {}, expected=None) for number in range(2)]
        until(lambda: len(store._commits._waiting) == 2, "both wait")
        with store._commits._changing:
            store._commits._call_next()
        errors = sorted((type(future.exception()).__name__ for future in futures), reverse=True)
    assert errors == ["StoreError", "KeyboardInterrupt"]


def test_a_project_folder_that_is_not_there_is_explained(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no folder"):
        open_store("git:state", root=tmp_path / "missing")


def test_a_password_in_the_remote_url_is_not_repeated(project: Path) -> None:
    git(project, "remote", "set-url", "origin", "https://bot:hunter2@127.0.0.1:1/team.git")
    with pytest.raises(StoreError) as caught:
        open_store("git:state", root=project)
    assert "hunter2" not in f"{caught.value!r} {caught.value.hint} {caught.value.__context__!r}"


def test_a_push_that_the_remote_refuses_is_explained_at_once(
    project: Path, remote: Path, opened: Callable[..., Store]
) -> None:
    hook(remote, "pre-receive", "echo 'branch is protected by policy' >&2; exit 1")
    with pytest.raises(StoreError, match="refused the push") as caught:
        opened(project).put("key", {}, expected=None)
    assert not isinstance(caught.value, Conflict)
    assert opened(project).list() == []


def test_a_connection_that_breaks_after_the_remote_took_the_push_is_a_success(
    project: Path, remote: Path, opened: Callable[..., Store]
) -> None:
    once = f'[ "$1" = committed ] && mkdir "{remote}/broken" 2>/dev/null && kill -9 $PPID; exit 0'
    store = opened(project)
    hook(remote, "reference-transaction", once)
    entry = store.put("call/1", {"claimed": True}, expected=None)
    assert (remote / "broken").is_dir()
    assert opened(project).get("call/1") == entry
    assert git(remote, "rev-list", "--count", "state") == "1"


def test_a_connection_that_breaks_before_the_remote_took_the_push_is_tried_again(
    project: Path, remote: Path, opened: Callable[..., Store]
) -> None:
    store = opened(project)
    hook(remote, "pre-receive", f'mkdir "{remote}/broken" 2>/dev/null && kill -9 $PPID; exit 0')
    put_one(store, "call/1")
    assert (remote / "broken").is_dir()
    assert git(remote, "rev-list", "--count", "state") == "1"


def test_a_connection_that_keeps_breaking_is_told(project: Path, remote: Path, opened: Callable[..., Store]) -> None:
    store = opened(project)
    hook(remote, "pre-receive", "kill -9 $PPID; sleep 0.1")
    with pytest.raises(StoreError):
        store.put("call/1", {"claimed": True}, expected=None)
    (remote / "hooks" / "pre-receive").unlink()
    assert opened(project).list() == []
    put_one(store, "call/1")


def test_the_same_claim_by_two_hosts_in_the_same_second_has_one_winner(
    project: Path, remote: Path, opened: Callable[..., Store], tmp_path: Path
) -> None:
    stores = [opened(project), opened(clone(remote, tmp_path / "other"))]
    wins = 0
    for store in stores:
        try:
            store.put("call/1", {"claimed": True}, expected=None)
        except Conflict:
            continue
        wins += 1
    assert wins == 1


def test_a_write_goes_on_top_of_what_others_pushed_meanwhile(
    project: Path, remote: Path, opened: Callable[..., Store], tmp_path: Path
) -> None:
    mine, yours = opened(project), opened(clone(remote, tmp_path / "other"))
    entry = mine.put("mine", {"number": 1}, expected=None)
    for number in range(3):
        put_one(yours, f"yours/{number}")
    mine.put("mine", {"number": 2}, expected=entry.version)
    assert len(mine.list()) == 4
    assert git(remote, "rev-list", "--count", "--merges", "state") == "0"


def test_what_threads_write_during_a_push_goes_together_into_the_next(
    project: Path, remote: Path, opened: Callable[..., Store]
) -> None:
    store = opened(project)
    hook(remote, "pre-receive", "sleep 0.2")
    with ThreadPoolExecutor(8) as threads:
        entries = list(threads.map(lambda n: store.put(f"key/{n}", {"n": n}, expected=None), range(8)))
    assert opened(project).list() == entries
    assert int(git(remote, "rev-list", "--count", "state")) < 6


def test_writes_that_go_together_fail_alone(project: Path, remote: Path, opened: Callable[..., Store]) -> None:
    store = opened(project)
    put_one(store, "key/3")
    hook(remote, "pre-receive", "sleep 0.2")

    def create(number: int) -> str:
        try:
            return store.put(f"key/{number}", {}, expected=None).key
        except Conflict as conflict:
            return conflict.message

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(create, range(8)))
    lost = told.pop(3)
    assert "`key/3` already exists" in lost
    assert told == [f"key/{number}" for number in range(8) if number != 3]

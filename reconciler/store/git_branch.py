"""A branch in git's plumbing: its tip, its files, the next commit.

Objects are written first and reachable from nothing; one ref update or one push makes them count. A
read-only branch keeps what it fetches in a temporary folder, so that the repository stays as it was.
"""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING
from uuid import uuid4

from reconciler import distribution
from reconciler.errors import InputError, StoreError
from reconciler.store.git_command import COMMITTER, Answer, Git
from reconciler.store.git_paths import key_of, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FORMAT_FILE = "reconciler-state.json"
FORMAT = 1
ABOUT = "The state of `reconciler`, one file per entry, written by it alone. Do not edit, merge or rebase."
FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules"),
    *("--no-auto-maintenance", "--no-filter", "--refmap="),  # no ref of the user's moves
)
PUSH = ("push", "--quiet", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no")
FETCH_ATTEMPTS = 3


_COMMITTER = b"%s <%s>" % (COMMITTER[0].encode(), COMMITTER[1].encode())


def _changed(path: str, blob: str | None) -> bytes:
    return (f"M 100644 {blob} {path}\n" if blob else f"D {path}\n").encode()


class Branch:
    """An orphan branch of the repository that contains ``root``: on its remote, or local when it has none."""

    def __init__(self, root: Path, name: str, *, read_only: bool) -> None:
        branch, _, remote = name.partition("@")
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._git = Git(root, f"git branch {branch}")
        self._ref = f"refs/heads/{branch}"
        kind, objects = self._git.run("rev-parse", "--show-object-format", "--git-path", "objects").text.split("\n")
        self._nothing = "0" * {"sha1": 40, "sha256": 64}[kind]
        self._check_name(branch, read_only=read_only)
        self.remote = self._choose_remote(remote)
        self._kept = f"refs/reconciler/{self.remote}/{branch}"
        self.description = f"git branch {branch}" + (f" on {self.remote}" if self.remote else "")
        extra = self._aside(root / objects) if read_only and self.remote else {}
        self._git = Git(root, self.description, extra)

    def tip(self) -> str | None:
        """The newest commit, fetched with all it needs; None when the branch does not exist."""
        if not self.remote:
            return self._resolve(self._ref)
        for _ in range(FETCH_ATTEMPTS):
            commit = self._remote_tip()
            if commit is None or commit == self._resolve(self._kept):
                return commit
            self._git.run(*FETCH, self.remote, self._ref, network=True)
            if self._git.ask("cat-file", "-e", f"{commit}^{{commit}}").code == 0:
                self._keep(commit)
                return commit
        raise StoreError(
            f"{self.description} was rewritten while it was read", hint="do not force-push the state branch"
        )

    def blobs(self, commit: str) -> dict[str, str]:
        """The blob of each key at this commit; StoreError when the branch holds something else."""
        listing = self._git.run("ls-tree", "-r", "-z", "--full-tree", commit).output.decode()
        found: dict[str, str] = {}
        for line in filter(None, listing.split("\0")):
            facts, _, path = line.partition("\t")
            found[path] = facts.rsplit(" ", 1)[-1]
        self._check_format(found.get(FORMAT_FILE))
        return {key: blob for path, blob in found.items() if (key := key_of(path)) is not None}

    def contents(self, blobs: Sequence[str]) -> list[bytes]:
        """What is in the blobs, in the same order, read by one process."""
        stdin = "".join(f"{blob}\n" for blob in blobs).encode()
        stream = self._git.run("cat-file", "--batch", stdin=stdin).output
        found, start = [], 0
        for blob in blobs:
            end = stream.index(b"\n", start)
            facts = stream[start:end].split(b" ")
            if facts[-1] == b"missing":
                raise self._git.explain(Answer(1, b"", f"missing blob {blob}"))
            size = int(facts[-1])
            found.append(stream[end + 1 : end + 1 + size])
            start = end + size + 2
        return found

    def store(self, contents: Iterable[bytes]) -> list[str]:
        """Write blobs durably, many in one pack, and return their ids; nothing refers to them yet."""
        parts: list[bytes] = []
        for mark, content in enumerate(contents, start=1):
            parts.append(b"blob\nmark :%d\ndata %d\n%s\nget-mark :%d\n" % (mark, len(content), content, mark))
        if not parts:
            return []
        stream = b"".join([*parts, b"done\n"])
        return self._git.run("fast-import", "--quiet", "--done", stdin=stream).text.split("\n")

    def commit(self, parent: str | None, changes: Mapping[str, str | None], message: str) -> str:
        """A commit on ``parent`` that sets the blobs of these keys (None removes); not yet in the branch.

        Its folders are one pack with one sync: a call has two, and as files of their own each would be synced alone.
        """
        told, about = message.encode(), (json.dumps({"about": ABOUT, "format": FORMAT}, indent=1) + "\n").encode()
        unborn = f"refs/reconciler/unborn/{uuid4().hex}"  # the command wants one, and it is gone when the command ends
        lines = [
            b"commit %s\nmark :1\ncommitter %s now\ndata %d\n%s\n" % (unborn.encode(), _COMMITTER, len(told), told),
            b"from %s\n" % parent.encode() if parent else b"",
            *(_changed(path_of(key), blob) for key, blob in changes.items()),
            b"" if parent else b"M 100644 inline %s\ndata %d\n%s\n" % (FORMAT_FILE.encode(), len(about), about),
            b"\nget-mark :1\nreset %s\nfrom %s\n\ndone\n" % (unborn.encode(), self._nothing.encode()),
        ]
        command = "fast-import", "--quiet", "--done", "--date-format=now"
        return self._git.run(*command, stdin=b"".join(lines)).text

    def advance(self, parent: str | None, commit: str) -> Answer:
        """Make ``commit`` the tip if ``parent`` still is; unless the code is 0, look again what happened."""
        if not self.remote:
            old = parent or self._nothing
            return self._git.ask("update-ref", "-m", "reconciler", self._ref, commit, old)
        answer = self._git.ask(*PUSH, self.remote, f"{commit}:{self._ref}", network=True)
        if answer.code == 0:
            self._keep(commit)
        return answer

    def contains(self, tip: str | None, commit: str) -> bool:
        """Whether the commit is part of the branch up to ``tip``."""
        return tip is not None and self._git.ask("merge-base", "--is-ancestor", commit, tip).code == 0

    def explain(self, answer: Answer) -> StoreError:
        """What a refused ``advance`` means."""
        return self._git.explain(answer)

    def close(self) -> None:
        """Remove what was fetched for this run only."""
        if self._scratch is not None:
            self._scratch.cleanup()
        self._scratch = None

    def _check_name(self, branch: str, *, read_only: bool) -> None:
        if not branch or self._git.ask("check-ref-format", self._ref).code:
            raise InputError(
                f"`{branch}` is not a name git allows for a branch",
                code="RC130",
                hint="`state: git:reconciler-state`",
            )
        if not read_only and self._git.ask("symbolic-ref", "--quiet", "HEAD").text == self._ref:
            raise StoreError(
                f"{self._git.description} is checked out here, and a work tree is never touched",
                hint="check out another branch, or name another one: `state: git:reconciler-state`",
            )

    def _choose_remote(self, wanted: str) -> str:
        """The remote that was asked for, else origin, else the only one; empty when there is none at all."""
        remotes = self._git.run("remote").text.split()
        if wanted and wanted not in remotes:
            raise StoreError(f"{self._git.description}: there is no remote `{wanted}`", hint="see `git remote -v`")
        if wanted or not remotes:
            return wanted
        if "origin" in remotes or len(remotes) == 1:
            return "origin" if "origin" in remotes else remotes[0]
        raise StoreError(
            f"{self._git.description}: several remotes and none is `origin`: {', '.join(remotes)}",
            hint=f"say which one: `state: git:{self._ref.removeprefix('refs/heads/')}@{remotes[0]}`",
        )

    def _aside(self, objects: Path) -> dict[str, str]:
        """Environment that sends fetched objects to a temporary folder, with the repository's own at hand."""
        self._scratch = tempfile.TemporaryDirectory(prefix="reconciler-")
        alternates = str(objects.resolve())
        return {"GIT_OBJECT_DIRECTORY": self._scratch.name, "GIT_ALTERNATE_OBJECT_DIRECTORIES": alternates}

    def _resolve(self, ref: str) -> str | None:
        return self._git.ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").text or None

    def _remote_tip(self) -> str | None:
        listing = self._git.run("ls-remote", "--refs", self.remote, self._ref, network=True).text
        found = [line.split("\t") for line in listing.splitlines()]
        return next((commit for commit, ref in found if ref == self._ref), None)

    def _keep(self, commit: str) -> None:
        """Keep what was fetched from being collected and fetched again; only a cache, so it may fail."""
        if self._scratch is None:
            self._git.ask("update-ref", self._kept, commit)

    def _check_format(self, blob: str | None) -> None:
        found = json.loads(self.contents([blob])[0]).get("format") if blob else None
        if not isinstance(found, int):
            raise StoreError(
                f"{self.description} holds something else than state, it was left alone",
                hint="name a branch of its own: `state: git:reconciler-state`",
            )
        if found > FORMAT:
            raise StoreError(
                f"{self.description} has format {found}, this version reads up to {FORMAT}",
                hint=f"it was written by a newer reconciler: `{distribution.upgrade()}`",
            )

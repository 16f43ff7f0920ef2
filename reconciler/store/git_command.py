"""Runs of git that are the same on every machine, with its complaints explained.

Whatever the user's configuration, hooks, identity or terminal are, these calls ask nothing, sign nothing,
run no hook and leave the work tree, the index and HEAD alone.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOCAL_SECONDS = 60.0
NETWORK_SECONDS = 60.0

# A hook or an alias sets these for its own repository; ours is the one that contains the project.
FOREIGN = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_AUTHOR_DATE",
        "GIT_COMMITTER_DATE",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
COMMITTER = "reconciler", "reconciler@localhost"
FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_AUTHOR_NAME": COMMITTER[0],
    "GIT_AUTHOR_EMAIL": COMMITTER[1],
    "GIT_COMMITTER_NAME": COMMITTER[0],
    "GIT_COMMITTER_EMAIL": COMMITTER[1],
}
SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsync=all",
    "core.fsmonitor=false",
    "core.splitIndex=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "i18n.commitEncoding=UTF-8",
)

UNREACHABLE = (
    r"Could not resolve host|Connection refused|Connection reset|timed out|unable to access|hung up|"
    r"early EOF|Could not read from remote repository|does not appear to be a git repository|"
    r"Network is unreachable"
)
DENIED = (
    r"Authentication failed|could not read Username|Permission (?:to .* )?denied|error: 40[13]|"
    r"protected branch|not allowed to push|write access|insufficient_scope"
)
_REFUSED = r"hook declined|remote rejected"
UNWRITABLE = r"insufficient permission for adding|unable to (?:create|write|open) .*Permission denied|Read-only file"
DAMAGED = (
    r"bad object|missing (?:blob|tree|commit)|is corrupt|unable to read tree|loose object|invalid object|"
    r"bad tree|not a tree object|inflate"
)
COMPLAINTS: tuple[tuple[str, str, str], ...] = (
    (
        r"dubious ownership in repository at '?(?P<what>[^'\n]+)",
        "git does not trust the repository: it belongs to another user",
        "git config --global --add safe.directory {what}",
    ),
    (
        r"not a git repository|must be run in a work tree",
        "the project is not in a git repository",
        "run `git init`, or set `state: sqlite:.reconciler/state.db`",
    ),
    (
        r"Unable to create '(?P<what>[^']+\.lock)': File exists",
        "the repository is locked by another git process, or by one that was killed",
        "if no git process is running: `rm '{what}'`",
    ),
    (
        r"No space left on device|Disk quota exceeded",
        "the disk is full",
        "make room and run the command again",
    ),
    (UNWRITABLE, "the repository may not be written", "check the permissions of its `.git` folder"),
    (
        DENIED,
        "the remote refused access",
        "give this job the right to push the state branch (GitHub Actions: `permissions: contents: write`)",
    ),
    (
        UNREACHABLE,
        "the remote cannot be reached",
        "check the network and `git remote -v`; nothing is kept only on this machine, or two runs could dial",
    ),
    (
        _REFUSED,
        "the remote refused the push",
        "let this job push (GitHub Actions: `permissions: contents: write`), or exempt the branch from push rules",
    ),
    (r"unknown option|unknown switch", "this git is too old", "install git 2.29 or newer"),
    (
        DAMAGED,
        "the repository is damaged",
        "`git fsck` names what is missing; a fresh clone has the state of the remote",
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said: exit code, standard output, and complaints with no password in them."""

    code: int
    output: bytes
    complaint: str

    @property
    def text(self) -> str:
        """Standard output as one stripped line or lines."""
        return self.output.decode(errors="replace").strip()


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in one folder; ``description`` names the store in complaints."""

    folder: Path
    description: str
    extra: Mapping[str, str] = field(default_factory=dict)

    def ask(self, *arguments: str, stdin: bytes = b"", network: bool = False, **extra: str) -> Answer:
        """Run one git command and return whatever it answers; StoreError only when git cannot be started.

        ``extra`` are environment variables of this one call. A command that takes too long is killed and
        answers with code -9.
        """
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        try:
            process = subprocess.Popen(  # noqa: S603 - a fixed program, and no shell
                ["git", *settings, *arguments],  # noqa: S607 - the user's own git, wherever it is installed
                cwd=self.folder,
                env={**inherited, **FIXED, **self.extra, **extra},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # no terminal to ask for a passphrase; Ctrl-C lets a push finish
            )
        except FileNotFoundError:
            raise self._missing() from None
        with process:
            output, errors = _finish(process, stdin, NETWORK_SECONDS if network else LOCAL_SECONDS)
        return Answer(process.returncode, output, _without_passwords(errors.decode(errors="replace").strip()))

    def run(self, *arguments: str, stdin: bytes = b"", network: bool = False, **extra: str) -> Answer:
        """Run one git command that has to succeed; StoreError with a hint when it does not."""
        answer = self.ask(*arguments, stdin=stdin, network=network, **extra)
        if answer.code:
            raise self.explain(answer)
        return answer

    def explain(self, answer: Answer) -> StoreError:
        """What git's complaint means and what to do about it."""
        for pattern, meaning, hint in COMPLAINTS:
            found = re.search(pattern, answer.complaint)
            if found:
                details = found.groupdict()
                said = _own_words(answer.complaint, found) if pattern in _THEIR_DECISION else ""
                return StoreError(f"{self.description}: {meaning}{said}", hint=hint.format(**details))
        last = answer.complaint.splitlines()[-1:] or [f"git ended with code {answer.code}"]
        return StoreError(f"{self.description}: {last[0]}", hint="run `git fetch` by hand to see what it needs")

    def _missing(self) -> StoreError:
        if not self.folder.is_dir():
            return StoreError(f"{self.description}: there is no folder `{self.folder}`")
        return StoreError(
            f"{self.description}: git is not installed",
            hint="install git, or set `state: sqlite:.reconciler/state.db`",
        )


def _finish(process: subprocess.Popen[bytes], stdin: bytes, seconds: float) -> tuple[bytes, bytes]:
    """Feed and drain the process; past its time it is killed with its children (ssh, git-remote-https)."""
    try:
        return process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill(process)
        output, _ = process.communicate()
        return output, f"timed out after {seconds:.0f} seconds".encode()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, where the system has process groups."""
    if not hasattr(os, "killpg"):
        process.kill()
        return
    with suppress(ProcessLookupError):  # it ended just now
        os.killpg(process.pid, signal.SIGKILL)


# What a remote decides it also gives a reason for, which names the rule or the right that is missing.
_THEIR_DECISION = (DENIED, UNREACHABLE, _REFUSED)
_LONGEST_REASON = 300


def _own_words(complaint: str, found: re.Match[str]) -> str:
    """The remote's reason: what it said of itself (``remote:``), else git's line that names the refusal."""
    lines = [line.strip() for line in complaint.splitlines()]
    theirs = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    said = [line for line in theirs if line] or [line for line in lines if found[0] in line]
    words = "; ".join(dict.fromkeys(said))[:_LONGEST_REASON]
    return f": {words}" if words else ""


def _without_passwords(text: str) -> str:
    return re.sub(r"://[^/\s'\"]*@", "://***@", text)

"""Files of a project: which of them may be opened, and reading them within limits."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

_KIBI = 1 << 10
_LONGEST_PATH, _LONGEST_NAME = 2048, 255  # bytes
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})  # of another folder than ours


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file is not read: ``RC142`` for one that may not be, ``RC105`` for one that cannot be.

    ``message`` follows the file's name: "is hidden".
    """

    code: str
    message: str
    hint: str


class ProjectFiles:
    """The gate through which every file that manifests lead to is opened.

    A file is opened only if it lies inside the project, is reached by no link out of it, is not hidden (below a
    folder such as ``.git``, or named so) and is not ignored by git; only if it is a plain file, since a pipe or a
    device may never end; and only up to a limit. A run has one of these, which asks git at most once at a time.
    """

    def __init__(self, root: Path) -> None:
        self.root = real(root)

    def read(self, path: Path, *, largest: int) -> bytes | Unreadable:
        """The bytes of a file of at most ``largest``; or why they are not read."""
        return self.refused(path) or read_limited(path, largest=largest)

    def refused(self, path: Path, *, content: bool = True) -> Unreadable | None:
        """Why a path may not be opened, whether it exists or not.

        What is no content (the project file, a state) may be hidden and ignored by git.
        """
        behind = self._below(real(path))
        if behind is None:
            return self._outside(path)
        if not content:
            return None
        if any(part.startswith(".") for part in behind):
            return Unreadable("RC142", "is hidden: its name or a folder's begins with a dot", "move it out of there")
        if self._ignores("/".join(behind)) and not self._is_ignored:
            hint = "commit it, or take it out of .gitignore: what git ignores is private to one machine"
            return Unreadable("RC142", "is ignored by git", hint)
        return None

    def would_be_kept(self, path: Path) -> bool:
        """Whether git keeps a path, or would once it exists: it lies in a repository that does not ignore it."""
        behind = self._below(real(path))
        return self._git is not None and behind is not None and not self._ignores("/".join(behind))

    def _outside(self, path: Path) -> Unreadable:
        if self._below(Path(os.path.normpath(path.absolute()))) is None:
            return Unreadable("RC142", "lies outside the project", f"move it below {self.root.name}/")
        return Unreadable("RC142", "lies outside the project: a link leads there", "put the file itself in its place")

    def _below(self, path: Path) -> tuple[str, ...] | None:
        return path.relative_to(self.root).parts if path.is_relative_to(self.root) else None

    def _ignores(self, path: str) -> bool:
        """Whether git ignores a path; False where there is no repository, or no git that could be asked."""
        return bool(path) and self._git is not None and self._git.ignores(path)

    @cached_property
    def _is_ignored(self) -> bool:
        """Whether git ignores the whole project: a trial below an ignored folder, of whose files it tells nothing."""
        return self._ignores(".")

    @cached_property
    def _git(self) -> _Ignored | None:
        versioned = any((folder / ".git").exists() for folder in (self.root, *self.root.parents))
        return _Ignored(self.root) if versioned else None


class _Ignored:
    """One ``git check-ignore`` that goes on answering: a process per file would cost more than reading it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, bool] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._broken = False

    def ignores(self, path: str) -> bool:
        """Whether git ignores a path below the root; a tracked file is never ignored."""
        if path not in self._known:
            self._known[path] = not self._broken and self._asked(path)
        return self._known[path]

    def _asked(self, path: str) -> bool:
        """What git says; False where it ends over the question, as it does for what a submodule holds."""
        answered_before = self._process is not None
        try:
            self._process = self._process or self._started()
            return _pattern(self._process, path) != b""
        except OSError:
            self.close()
            self._broken = not answered_before  # no git, or a repository that it does not trust
            return False

    def _started(self) -> subprocess.Popen[bytes]:
        import subprocess  # noqa: PLC0415 - slow, and only where there is a repository

        return subprocess.Popen(
            ["git", "check-ignore", "-z", "--stdin", "--verbose", "--non-matching"],  # noqa: S607 - git is on PATH
            cwd=self._root,
            env={name: value for name, value in os.environ.items() if name not in _OF_A_HOOK},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        """End the process; a later question starts another."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with suppress(OSError):
                if stream is not None:
                    stream.close()
        process.wait()

    def __del__(self) -> None:
        self.close()


def _pattern(process: subprocess.Popen[bytes], path: str) -> bytes:
    """The pattern by which git ignores a path, empty for none; OSError when git does not answer."""
    if process.stdin is None or process.stdout is None:
        raise OSError("git cannot be asked")
    process.stdin.write(os.fsencode(path) + b"\0")
    process.stdin.flush()
    _source, _line, pattern, _path = [_until_nul(process.stdout) for _ in range(4)]
    return b"" if pattern.startswith(b"!") else pattern


def _until_nul(stream: IO[bytes]) -> bytes:
    field = b""
    while (letter := stream.read(1)) != b"\0":
        if not letter:
            raise OSError("git ended")
        field += letter
    return field


def read_limited(path: Path, *, largest: int) -> bytes | Unreadable:
    """The bytes of a plain file of at most ``largest``; or why they are not read. Never waits."""
    try:
        # A pipe that nobody writes to would keep an ordinary open waiting without end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        return _unreadable(error)
    found = os.fstat(descriptor)
    if wrong := _no_file(found, largest):
        os.close(descriptor)
        return wrong
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(min(largest, found.st_size + 1))  # as much as is asked for is set aside first
        except OSError as error:
            return _unreadable(error)


def _no_file(found: os.stat_result, largest: int) -> Unreadable | None:
    """Why what was opened is not read: no plain file, or too large a one."""
    if stat.S_ISDIR(found.st_mode):
        return Unreadable("RC105", "is a folder", "name a file")
    if not stat.S_ISREG(found.st_mode):
        return Unreadable("RC105", "is a pipe or a device", "name a plain file")
    if found.st_size > largest:
        return Unreadable("RC105", f"is larger than {_spoken(largest)}", "split it, or name another file")
    return None


def _unreadable(error: Exception) -> Unreadable:
    why = error.strerror if isinstance(error, OSError) and error.strerror else "no file can have that name"
    return Unreadable("RC105", f"cannot be read: {why[:1].lower()}{why[1:]}", "check the path, and who may read it")


def path_text(text: str) -> str:
    """A text that a file system can be asked about as a path; ValueError for any other."""
    named = all(len(part.encode("utf-8", "replace")) <= _LONGEST_NAME for part in text.split("/"))
    if "\x00" in text or not named or len(text.encode("utf-8", "replace")) > _LONGEST_PATH:
        raise ValueError("not a path: a name in it is too long, or holds a NUL")
    return text


def _spoken(size: int) -> str:
    return f"{size // _KIBI // _KIBI} MiB" if size >= _KIBI * _KIBI else f"{size // _KIBI} KiB"


def real(path: Path) -> Path:
    """The file behind a path; the path itself where links go round in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path.absolute()

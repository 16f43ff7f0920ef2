"""The checkout as it is now: manifests, read again when the files or the commit moved."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from reconciler.documents.folders import files_below
from reconciler.errors import InputError
from reconciler.model import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from pathlib import Path

    from reconciler.model import Finding

_SKIPPED = frozenset({"node_modules", "__pycache__"})
_NEVER_READ = frozenset({".log", ".out", ".err", ".pid", ".swp"})  # a service often logs into its own folder
Content = TypeVar("Content")


def mark(root: Path) -> Hashable:
    """What changes whenever a file of the project does; hidden folders, the state's among them, are left out."""
    return frozenset(_files(root))


def _files(root: Path) -> Iterator[tuple[str, int, int, int]]:
    for path in files_below(root, root, enters=_is_entered):
        if path.suffix in _NEVER_READ:
            continue
        try:
            found = path.stat()
        except OSError:
            continue
        yield str(path), found.st_mtime_ns, found.st_size, found.st_ino


def _is_entered(folder: str) -> bool:
    return not folder.startswith(".") and folder not in _SKIPPED


def first_place(error: InputError) -> str:
    """Where the first of its errors is, by its code, and how many there are: nothing that the files say."""
    if not (found := _errors(error)):
        return error.code
    return f"{_place(found[0])}{found[0].code}{_count(found)}"


def first_error(error: InputError) -> str:
    """The first of its errors in full, and how many there are."""
    if not (found := _errors(error)):
        return error.message
    return f"{_place(found[0])}{found[0].code} {found[0].message}{_count(found)}"


def _errors(error: InputError) -> list[Finding]:
    return [it for it in error.findings if it.severity is Severity.ERROR]


def _place(finding: Finding) -> str:
    return f"{finding.location}: " if finding.location else ""


def _count(errors: list[Finding]) -> str:
    return f" (the first of {len(errors)} errors)" if len(errors) > 1 else " (1 error)"


class Checkout(Generic[Content]):
    """The last good content; ``said`` hears of every change.

    ``root`` finds the project, behind a link that may be moved; ``read`` makes the content or raises InputError.

    What is in error changes nothing: calls go on by what was reviewed last, and ``error`` says that it is so.
    """

    def __init__(
        self,
        root: Callable[[], Path],
        read: Callable[[], Content],
        said: Callable[[InputError | None], None],
    ) -> None:
        self._root, self._read, self._said = root, read, said
        self._lock = Lock()
        self._mark: Hashable = mark(root())
        self._content = read()
        self.error: InputError | None = None

    def current(self) -> Content:
        """The content, read again first where the checkout moved."""
        with self._lock:
            now = mark(self._root())
            if now != self._mark:
                self._again(now)
            return self._content

    def distrust(self) -> None:
        """Read again next time, whether anything moved or not."""
        self._mark = None

    @property
    def last(self) -> Content:
        """The content as it was read last."""
        return self._content

    def _again(self, now: Hashable) -> None:
        try:
            self._content = self._read()
        except InputError as error:
            self._mark, self.error = now, error
            self._said(error)
        else:
            self._mark, self.error = now, None
            self._said(None)

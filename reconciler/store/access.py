"""Whether a store may be written, found out without writing, for `doctor`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUCKETS = ("s3", "az", "gs")
_NEVER_PUSHED = "refs/heads/reconciler-doctor"


def may_write(url: str, *, root: Path) -> bool:
    """True when a write would be let in, False when that cannot be told without writing.

    Raises StoreError, with a hint, when a write would be refused.
    """
    scheme, _, rest = url.partition(":")
    ask = _objects(url) if scheme in BUCKETS else _QUESTIONS.get(scheme)
    return ask is not None and ask(rest, root)


def _sqlite(path: str, root: Path) -> bool:
    """The file, or else the nearest folder that is there and would get it."""
    file = root / path
    nearest = next(place for place in (file, *file.parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        raise StoreError(
            f"sqlite {path} cannot be written: `{nearest}` may not",
            hint=f"check its permissions: `ls -ld '{nearest}'`",
        )
    return True


def _git(name: str, root: Path) -> bool:
    """A push that git only rehearses: the remote says whether we may, and nothing is sent."""
    from reconciler.store.git_branch import PUSH, Branch  # noqa: PLC0415 - each engine loads only when named
    from reconciler.store.git_command import Git  # noqa: PLC0415 - each engine loads only when named

    branch = Branch(root, name, read_only=False)
    try:
        git = Git(root, branch.description)
        if not branch.remote or git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}").code:
            return not branch.remote
        git.run(*PUSH, "--dry-run", branch.remote, f"HEAD:{_NEVER_PUSHED}", network=True)
    finally:
        branch.close()
    return True


def _objects(url: str) -> Callable[[str, Path], bool]:
    """A write over a tag that no object ever had: refused as such where we may write, and never stored."""

    def ask(_rest: str, _root: Path) -> bool:
        from reconciler.store.object_client import Objects  # noqa: PLC0415 - the library is an extra

        Objects(url).check_that_writes_are_let_in()
        return True

    return ask


_QUESTIONS: dict[str, Callable[[str, Path], bool]] = {"sqlite": _sqlite, "git": _git}

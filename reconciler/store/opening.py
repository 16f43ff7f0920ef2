"""The store that a `state` setting names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.store.interface import Store

FORMS = (
    "use `sqlite:PATH`, `git:BRANCH` (or `git:BRANCH@REMOTE`), `postgresql://USER@HOST/DATABASE` "
    "or `s3://BUCKET/PREFIX` (or `az://`, `gs://`)"
)


def open_store(url: str, *, root: Path, read_only: bool = False) -> Store:
    """Open the store that a `state` setting names; relative to ``root``, the project's folder.

    ``read_only`` never creates or writes anything: a missing store reads as empty, a write is a StoreError.

    Raises:
        InputError: RC130, the setting is none of these forms.
        StoreError: the store is there but cannot be used; the hint says what to do.
    """
    scheme, colon, rest = url.partition(":")
    opener = OPENERS.get(scheme) if colon and rest else None
    if opener is None:
        raise InputError(f"`{_shown(url)}` does not name a store", code="RC130", hint=FORMS)
    return opener(url, root, read_only)


def _shown(url: str) -> str:
    """As much of the setting as cannot hold a password."""
    scheme, separator, _ = url.partition("://")
    return f"{scheme}://…" if separator else url.rpartition("@")[2]


def _open_sqlite(url: str, root: Path, read_only: bool) -> Store:  # noqa: FBT001 - a row of OPENERS
    from reconciler.store.sqlite import SqliteStore  # noqa: PLC0415 - each engine loads only when named

    return SqliteStore(root, url.partition(":")[2], read_only=read_only)


def _open_git(url: str, root: Path, read_only: bool) -> Store:  # noqa: FBT001 - a row of OPENERS
    from reconciler.store.git import GitStore  # noqa: PLC0415 - each engine loads only when named

    return GitStore(root, url.partition(":")[2], read_only=read_only)


def _open_postgres(url: str, _root: Path, read_only: bool) -> Store:  # noqa: FBT001 - a row of OPENERS
    from reconciler.store.postgres import PostgresStore  # noqa: PLC0415 - the driver alone takes 100 ms

    return PostgresStore(url, read_only=read_only)


def _open_objects(url: str, _root: Path, read_only: bool) -> Store:  # noqa: FBT001 - a row of OPENERS
    from reconciler.store.objects import ObjectStore  # noqa: PLC0415 - the library is an extra

    return ObjectStore(url, read_only=read_only)


OPENERS: dict[str, Callable[[str, Path, bool], Store]] = {
    "sqlite": _open_sqlite,
    "git": _open_git,
    "postgresql": _open_postgres,
    "postgres": _open_postgres,
    "s3": _open_objects,
    "az": _open_objects,
    "gs": _open_objects,
}

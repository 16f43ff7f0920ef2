"""The resources whose documents, or files named in them, differ from a revision of the repository."""

from __future__ import annotations

import posixpath
import subprocess
from typing import TYPE_CHECKING, Any

from reconciler.errors import InputError
from reconciler.settings import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.load.reader import Loaded
    from reconciler.model import Address, Manifest


def changed_since(loaded: Loaded, root: Path, revision: str) -> frozenset[Address]:
    """What to look at when only changes since ``revision`` matter; all of it where the project file is among them.

    A document that is gone is not among the resources, so what it declared is left alone.
    """
    files = frozenset(_changed_files(root, revision))
    resources = [resource.manifest for resource in loaded.resources.values()]
    if FILE in files:
        return frozenset(manifest.address for manifest in resources)
    return frozenset(manifest.address for manifest in resources if not files.isdisjoint(_files(manifest)))


def _changed_files(root: Path, revision: str) -> Iterator[str]:
    """Files below ``root``, relative to it, that differ from a revision or that git does not know yet."""
    if revision.startswith("-"):
        raise _no_revision(revision, "it looks like an option")
    _asked(root, revision, "rev-parse", "--git-dir")  # outside of a repository `diff` compares folders
    changed = _asked(root, revision, "diff", "--name-only", "--relative", "-z", revision, "--", ".")
    unknown = _asked(root, revision, "ls-files", "--others", "--exclude-standard", "-z", "--", ".")
    yield from filter(None, f"{changed}\0{unknown}".split("\0"))


def _asked(root: Path, revision: str, *words: str) -> str:
    """What git answers; InputError (RC124) where it cannot be asked, or does not know the revision."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words; the revision is no option
            ["git", *words],  # noqa: S607 - git is found on PATH
            cwd=root,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _no_revision(revision, f"git cannot be asked: {type(error).__name__}") from None
    if done.returncode:
        raise _no_revision(revision, (done.stderr.strip().splitlines() or ["git fails"])[0])
    return done.stdout


def _no_revision(revision: str, why: str) -> InputError:
    hint = "in CI the checkout has to reach that far: fetch-depth: 0"
    return InputError(f"what changed since `{revision}` cannot be told: {why}", code="RC124", hint=hint)


def _files(manifest: Manifest) -> Iterator[str]:
    """The file of a document, and those it names, as either the project's root or the document's folder sees them."""
    path = manifest.location.path
    yield path
    for named in _named(manifest.document):
        yield posixpath.normpath(named)
        yield posixpath.normpath(posixpath.join(posixpath.dirname(path), named))


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(file := value.get("file"), str):
            yield file
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)

"""Discovery of manifest files: which files below the paths of a run are read, and in which order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.diagnostics.suggestions import closest
from reconciler.documents.folders import files_below
from reconciler.documents.project_files import ProjectFiles, real
from reconciler.errors import InputError
from reconciler.settings import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reconciler.settings import Project

LARGEST_MANIFEST = 1 << 25
_SUFFIXES = (".yaml", ".yml")
_JSON, _OURS, _LARGEST_JSON = ".json", b'"reconciler/v1"', 1 << 20
_SKIPPED = frozenset({"node_modules", "schemas"})


def _folder(project: Project) -> Path:
    folder = project.root / project.settings.manifests
    if not folder.exists():
        raise InputError(
            f"no manifests: there is no `{os.path.relpath(folder)}`",
            code="RC106",
            hint="`reconciler init` starts a project, `reconciler export` writes the manifests of an existing account",
        )
    if why := ProjectFiles(project.root).refused(folder, content=False):
        raise InputError(f"`{os.path.relpath(folder)}` {why.message}", code=why.code, hint=why.hint)
    return folder


def manifest_files(paths: Sequence[Path], project: Project) -> Iterator[Path]:
    """Every manifest file below the paths (the project's folder when there are none), once each and sorted.

    Messages come in the same order everywhere. Raises InputError (RC106) for a path that does not exist.
    """
    found: set[Path] = set()
    for path in paths or [_folder(project)]:
        if path.is_dir() and (path / FILE).is_file() and path.resolve() == project.root:
            found |= {_once(each, project) for each in _below(_folder(project), project, _SUFFIXES)}
        elif path.is_dir():
            found |= {_once(each, project) for each in _below(path, project, _SUFFIXES)}
        elif os.path.lexists(path):
            found.add(_once(path, project))
        else:
            raise InputError(f"there is no `{path}`", code="RC106", hint=_near(path))
    yield from sorted(found)


def _near(path: Path) -> str:
    """What of the same folder may have been meant."""
    try:
        near = closest(path.name, [it.name for it in path.parent.iterdir()])
    except OSError:
        near = ""
    return f"did you mean `{path.with_name(near)}`?" if near else "check the spelling of the path"


def _once(path: Path, project: Project) -> Path:
    """The file behind a path, so that one reached twice is read once; a link out of the project is itself."""
    behind = real(path)
    return behind if behind.is_relative_to(real(project.root)) else path.absolute()


def overlooked(paths: Sequence[Path], project: Project) -> Iterator[Path]:
    """Files below the paths that would be manifests and have a name that none has: JSON, as programs write it."""
    files = ProjectFiles(project.root)
    for folder in paths or [_folder(project)]:
        for file in sorted(_below(folder, project, (_JSON,))):
            content = files.read(file, largest=_LARGEST_JSON)
            if isinstance(content, bytes) and _OURS in content:
                yield file


def _below(folder: Path, project: Project, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Every file of such a name below a folder, hidden and foreign folders left out, and links out of the project.

    What a link leads to would be missing in silence otherwise, and what is missing may be deleted or called off.
    """
    for path in files_below(folder, project.root, enters=_is_entered):
        name = path.name
        is_named_so = name.lower().endswith(suffixes) and name != FILE and not name.startswith(".")
        if is_named_so or path.is_dir():
            yield path


def _is_entered(folder: str) -> bool:
    return not folder.startswith(".") and folder not in _SKIPPED

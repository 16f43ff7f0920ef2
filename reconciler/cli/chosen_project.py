"""The project that a command is about, from its paths and the working folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.diagnostics.suggestions import listed
from reconciler.errors import Undecided
from reconciler.settings import FILE, Project, find_project

if TYPE_CHECKING:
    from reconciler.cli.options import Options


def chosen_project(options: Options) -> Project:
    """The project of the first path, or of the working folder."""
    start = options.paths[0] if options.paths else Path.cwd()
    here = find_project(Path.cwd()) if options.paths else None
    there = start.resolve() if start.exists() else Path.cwd()
    if here is not None and there.is_relative_to(here.root) and not _own_file(there, here.root):
        there = here.root
    return find_project(there, options.environment)


def undecided(project: Project) -> Undecided:
    """The refusal to guess which environment was meant."""
    names = sorted(project.settings.environments)
    return Undecided(
        f"this project declares environments, and none was chosen: {listed(names)}",
        hint=f"add `--env {names[0]}`, set RECONCILER_ENV, or declare `default_environment:` in reconciler.yaml",
    )


def _own_file(place: Path, root: Path) -> bool:
    """Whether a project file lies between a path and the root of the outer project."""
    folders = [folder for folder in (place, *place.parents) if folder != root and folder.is_relative_to(root)]
    return any((folder / FILE).is_file() for folder in folders)

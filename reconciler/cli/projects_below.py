"""Projects in folders below, for a check that runs at the root of a repository, such as a hook."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import InputError
from reconciler.settings import FILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.options import Options


def in_each_project(options: Options, run: Callable[[Options], int]) -> int:
    """Run a command here or, where here is no project and none was named, in each one in the folders below."""
    roots = [] if options.paths else _below(Path.cwd())
    if not roots:
        return run(options)
    if len(roots) > 1 and options.format != "text":
        listed = ", ".join(f"`{root}`" for root in roots)
        raise InputError(
            f"there is more than one project below, and one document: {listed}", code="RC124", hint="name one"
        )
    from reconciler.cli.errors import reported  # noqa: PLC0415 - it imports this layer's options

    codes = []
    for root in roots:
        options.output.talk(f"{root}:")
        own = replace(options, paths=(root,))
        codes.append(reported(lambda own=own: run(own), own))  # type: ignore[misc]  # bound per turn
    return max(codes)


def _below(here: Path) -> list[Path]:
    """The folders with a project file below, relative to ``here``; none where ``here`` is in a project itself."""
    if any((folder / FILE).is_file() for folder in (here, *here.parents)) or (here / "manifests").is_dir():
        return []
    found = (path.parent.relative_to(here) for path in here.rglob(FILE) if path.is_file())
    return sorted(folder for folder in found if not any(part.startswith(".") for part in folder.parts))

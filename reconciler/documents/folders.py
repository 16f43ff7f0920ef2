"""Walks of a project's folders: a link inside the project is followed once, one out of it never."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.documents.project_files import real

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def files_below(folder: Path, root: Path, *, enters: Callable[[str], bool]) -> Iterator[Path]:
    """Every file below a folder of the project at ``root``, and each link to a folder outside of it, as a path.

    ``enters`` says by its name whether a folder is looked into. A file may come by several ways, but not without end: a
    link is followed where it leads to a place that it does not lie in, and that no other has led to.
    """
    inside, followed = real(root), set[Path]()
    for here, folders, names in os.walk(folder, followlinks=True):
        yield from (Path(here, name) for name in names)
        entered = []
        for name in filter(enters, folders):
            path = Path(here, name)
            behind = real(path) if path.is_symlink() else None
            if behind is None:
                entered.append(name)
            elif not behind.is_relative_to(inside):
                yield path
            elif behind not in followed and not real(Path(here)).is_relative_to(behind):
                followed.add(behind)
                entered.append(name)
        folders[:] = entered

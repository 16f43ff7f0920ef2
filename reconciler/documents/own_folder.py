"""The tool's own folder in a project, ``.reconciler/``: made where it is needed, and kept out of git."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".reconciler"


def make(folder: Path) -> None:
    """Create a folder and keep it out of git; one that is the user's, and was there before, is left alone."""
    ours = not folder.exists() or folder.name == NAME
    folder.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if ours and not ignore.exists():
        ignore.write_text("*\n", encoding="ascii")

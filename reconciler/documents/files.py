"""Write files whole or not at all, bytes as given."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from reconciler.errors import InputError


def replace_file(path: Path, text: str) -> None:
    """Put a text in place of a file, or make it; raises InputError (RC125) when that cannot be done.

    A file that was there keeps its permissions, and a link goes on pointing at the file it names.
    """
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(text.encode())
        try:
            temporary.chmod(mode)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(f"`{path}` cannot be written: {error.strerror}", code="RC125") from None


def _umask() -> int:
    """What the user takes away from new files; the only way to ask is to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

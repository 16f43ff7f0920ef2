"""Files written whole or not at all, bytes as given; devices, pipes and links stay what they are."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from reconciler.errors import InputError


def replace_file(path: Path, text: str, *, folders: bool = True) -> None:
    """Put a text in place of a file, or make it; raises InputError (RC125) when that cannot be done.

    A file that was there keeps its permissions, and a link goes on pointing at the file it names. What is no
    regular file (a device, a pipe, ``/dev/stdout``) is written to as it stands: a rename would replace it.
    Missing ``folders`` are made.
    """
    try:
        if _is_special(path):
            with path.open("w", encoding="utf-8") as file:
                file.write(text)
        else:
            if folders:
                path.resolve().parent.mkdir(parents=True, exist_ok=True)
            _replace(path.resolve(), text)
    except OSError as error:
        raise InputError(f"`{path}` cannot be written: {error.strerror}", code="RC125") from None


def _is_special(path: Path) -> bool:
    """Whether something is there that is neither a file nor a folder, followed through links."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _replace(path: Path, text: str) -> None:
    if path.is_dir():
        raise IsADirectoryError(None, "it is a folder")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text.encode())
            file.flush()
            temporary.chmod(mode)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def _umask() -> int:
    """What the user takes away from new files; the only way to ask is to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

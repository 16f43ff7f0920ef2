"""Start of the single-file program: ends in one sentence where its compiled parts cannot run.

On the first run it unpacks the compiled parts of this version of Python, and leaves those of the others packed.
"""

import os
import sys
import zipfile
from pathlib import Path

_PYTHONS = "@PYTHONS@"
_PLATFORM = "@PLATFORM@"
_HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"

if _HERE not in _PYTHONS.split(", ") or sys.platform != _PLATFORM:
    sys.stderr.write(
        f"error: this file runs on Python {_PYTHONS} on {_PLATFORM}, this is Python {_HERE} on {sys.platform}: "
        "pip install thunderphone-reconciler\n"
    )
    sys.exit(1)


def _unpack(archive: str, site_packages: Path) -> None:
    head, done = f"compiled/{_HERE}/", site_packages / f"compiled-{_HERE}"
    if done.exists():
        return
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            if name.startswith(head):
                target = site_packages / name[len(head) :]
                mine = target.with_name(f"{target.name}.{os.getpid()}")  # others may run for the first time, too
                mine.write_bytes(packed.read(name))
                mine.replace(target)
    done.touch()


if "site_packages" in globals():  # what the file's start-up hands over
    _unpack(globals()["archive"], Path(globals()["site_packages"]))

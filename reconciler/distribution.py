"""The name of the distribution on the package index and the commands that install it.

`reconciler` on the index is another project, so every hint that names a package is built here.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import PurePath

NAME = "thunderphone-reconciler"
# The one-file program unpacks itself into a folder named after it and its digest.
_UNPACKED = re.compile(r"_[0-9a-f]{64}/site-packages/reconciler/[a-z]+\.py$")


@cache
def homepage() -> str:
    """The project's address as the installed release has it; empty where it was built without one."""
    from importlib import metadata  # noqa: PLC0415 - 10 ms that only one format needs

    try:
        urls = metadata.metadata(NAME).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:  # run from a checkout that nothing was installed from
        return ""
    return next((url for name, _, url in (line.partition(", ") for line in urls) if name == "Homepage"), "")


def with_extra(extra: str) -> str:
    """The command that installs the tool together with one optional part, as this one was installed."""
    wanted = f"'{NAME}[{extra}]'"
    match _installer():
        case "pipx":
            return f"pipx install --force {wanted}"
        case "uv":
            return f"uv tool install {wanted}"
        case "file":
            return f"pip install {wanted}: the one-file program has no optional parts"
    return f"pip install {wanted}"


def upgrade() -> str:
    """The command that installs the newest version of the tool, as this one was installed."""
    match _installer():
        case "pipx":
            return f"pipx upgrade {NAME}"
        case "uv":
            return f"uv tool upgrade {NAME}"
    return f"pip install --upgrade {NAME}"


def _installer() -> str:
    """How this one was installed: by "pipx" or "uv" for itself alone, as one "file", or "" by people."""
    match PurePath(sys.prefix).parts:
        case (*_, "pipx", "venvs", _):
            return "pipx"
        case (*_, "uv", "tools", _):
            return "uv"
    return "file" if _UNPACKED.search(PurePath(__file__).as_posix()) else ""

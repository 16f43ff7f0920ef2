"""The name of the distribution on the package index and the commands that install it.

`reconciler` on the index is another project, so every hint that names a package is built here.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import PurePath

NAME = "thunderphone-reconciler"


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
    return {"pipx": f"pipx install --force {wanted}", "uv": f"uv tool install {wanted}"}.get(
        _installer(sys.prefix), f"pip install {wanted}"
    )


def upgrade() -> str:
    """The command that installs the newest version of the tool, as this one was installed."""
    return {"pipx": f"pipx upgrade {NAME}", "uv": f"uv tool upgrade {NAME}"}.get(
        _installer(sys.prefix), f"pip install --upgrade {NAME}"
    )


def _installer(prefix: str) -> str:
    """What made the environment at ``prefix`` for this tool alone: "pipx", "uv", or "" for one that people made."""
    match PurePath(prefix).parts:
        case (*_, "pipx", "venvs", _):
            return "pipx"
        case (*_, "uv", "tools", _):
            return "uv"
    return ""

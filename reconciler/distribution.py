"""The name of the distribution on the package index and the commands that install it.

`reconciler` on the index is another project, so every hint that names a package is built here.
"""

from __future__ import annotations

NAME = "thunderphone-reconciler"


def with_extra(extra: str) -> str:
    """The command that installs the tool together with one optional part."""
    return f"pip install '{NAME}[{extra}]'"


def upgrade() -> str:
    """The command that installs the newest version of the tool."""
    return f"pip install --upgrade {NAME}"

"""The name by which a project's entries in the state are told from those of others.

It must be the same on every machine that works on the project, so it is made of the repository and never of where
that happens to be checked out, unless the repository knows no other place.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.settings import Project

_HOSTED = re.compile(r"(?:[a-z][a-z0-9+.-]*://[^/]+/|[^/:]+@?[^/:]*:)(?P<path>[^:]+)")
_SECONDS = 10


def project_name(project: Project, environment: Mapping[str, str] = os.environ) -> str:
    """What ``project:`` says, or the repository and the project's folder in it; "" outside of any repository."""
    return project.settings.project or default_name(project.root, environment)


def default_name(root: Path, environment: Mapping[str, str] = os.environ) -> str:
    """The repository's name and the folder in it, as ``acme/phones/clinic``; "" outside of any repository."""
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)
    if top is None:
        named = environment.get("GITHUB_WORKSPACE") or environment.get("CI_PROJECT_DIR")
        top = Path(named).resolve() if named and root.is_relative_to(Path(named).resolve()) else None
    if top is None:
        return ""
    in_ci = environment.get("GITHUB_REPOSITORY") or environment.get("CI_PROJECT_PATH")
    name = _of_remote(_remote(top)) or in_ci or top.name
    folder = root.relative_to(top).as_posix()
    return name if folder == "." else f"{name}/{folder}"


def _of_remote(url: str) -> str:
    """``acme/phones`` of a hosted repository; the last folder of one that is a path."""
    plain = url.rstrip("/").removesuffix(".git").rstrip("/")
    hosted = _HOSTED.fullmatch(plain)
    if hosted and not plain.startswith("file:"):
        return hosted["path"].strip("/")
    return plain.rpartition("/")[2]


def _remote(top: Path) -> str:
    """The address of ``origin``, or of the first remote there is; "" for none."""
    try:
        found = subprocess.run(
            ["git", "config", "--get-regexp", r"^remote\..*\.url$"],  # noqa: S607 - git is found on PATH
            cwd=top,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    remotes = dict(line.split(" ", 1) for line in found.stdout.splitlines() if " " in line)
    return remotes.get("remote.origin.url") or next(iter(remotes.values()), "")

"""Identity of a run: who holds a lease, and the commit that its manifests are at."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.settings import Project


def owner() -> str:
    """This run, for people: host, process, since when."""
    import socket  # noqa: PLC0415 - only for runs that write

    return f"{socket.gethostname()} pid {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def commit(project: Project) -> str:
    """The commit the manifests are at, "" when that cannot be told."""
    if known := os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA"):
        return known
    import subprocess  # noqa: PLC0415 - only for runs that write

    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - git is found on PATH
            cwd=project.root,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def person() -> str:
    """Who is at it, for people."""
    import getpass  # noqa: PLC0415 - only to hold

    if known := os.environ.get("GITHUB_ACTOR") or os.environ.get("GITLAB_USER_LOGIN"):
        return known
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""

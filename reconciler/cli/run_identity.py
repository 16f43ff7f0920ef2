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
    if known := _first_of("GITHUB_SHA", "CI_COMMIT_SHA", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION"):
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


def _first_of(*names: str) -> str:
    """The value of the first of these variables of a CI that is set."""
    return next((value for name in names if (value := os.environ.get(name))), "")


def person() -> str:
    """Who is at it, for people."""
    import getpass  # noqa: PLC0415 - only to hold

    if known := _first_of("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_REQUESTEDFOR"):
        return known
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""

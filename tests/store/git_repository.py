"""Make git repositories on disk for the store's tests."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.store import Store

IDENTITY = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")


def git(folder: Path, *arguments: str) -> str:
    """What a git command prints, stripped; CalledProcessError when it fails."""
    command = ["git", *IDENTITY, *arguments]
    answer = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return answer.stdout.strip()


def new_remote(folder: Path) -> Path:
    """A bare repository whose `main` has two commits."""
    remote, seed = folder / "remote.git", folder / "seed"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(folder, "init", "--quiet", "--initial-branch=main", str(seed))
    for number in range(2):
        (seed / "manifest.yaml").write_text(f"number: {number}\n")
        git(seed, "add", ".")
        git(seed, "commit", "--quiet", "-m", f"change {number}")
    git(seed, "push", "--quiet", str(remote), "main")
    return remote


def clone(remote: Path, folder: Path, *options: str) -> Path:
    """A clone over git's own protocol, so that depths count."""
    git(remote.parent, "clone", "--quiet", *options, remote.as_uri(), str(folder))
    return folder


def hook(repository: Path, name: str, script: str) -> None:
    """Install a hook; in a bare repository it is the server's."""
    hooks = repository / ".git" / "hooks" if (repository / ".git").exists() else repository / "hooks"
    path = hooks / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def everything_in(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Each file and folder below, with its time of change and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def put_one(store: Store, key: str = "key") -> None:
    assert store.put(key, {"number": 1}, expected=None) == store.get(key)

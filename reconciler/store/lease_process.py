"""The process that holds a lease, and whether it has provably ended.

Proof needs the same running kernel and the same process namespace: only there does "no such process" mean
that it ended. Where the kernel does not tell (anything but Linux), nothing is proven and the lease runs out
by the clock. The start time tells a process from a later one that was given its number.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_BOOT = _PROC / "sys/kernel/random/boot_id"
_NAMESPACE = _PROC / "self/ns/pid"
_ENDED = frozenset("ZX")  # a zombie has ended; only its parent has not asked yet
_STATE, _STARTED = 0, 19  # fields 3 and 22 of /proc/PID/stat, counted after the name (proc(5))


def current() -> dict[str, Any]:
    """This process, so that others on this host can tell whether it still is; empty where they could not."""
    pid = os.getpid()
    fields, here = _stat(pid), _here()
    return {"here": here, "pid": pid, "started": fields[_STARTED]} if fields and here else {}


def is_dead(process: object) -> bool:
    """Whether what ``current`` once answered is provably no longer running; False whenever that is in doubt."""
    match process:
        case {"here": str(here), "pid": int(pid), "started": str(started)} if here and here == _here() and pid > 0:
            return _ended(pid, started)
        case _:
            return False


def _ended(pid: int, started: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # somebody else's process, so there is one
        return False
    fields = _stat(pid)
    return bool(fields) and (fields[_STATE] in _ENDED or fields[_STARTED] != started)


def _here() -> str:
    """This host since it was started, and the process namespace; "" where the kernel does not tell."""
    try:
        boot, namespace = _BOOT.read_text(encoding="ascii").strip(), os.readlink(_NAMESPACE)  # noqa: PTH115 - no path
    except OSError:
        return ""
    return f"{socket.gethostname()} {boot} {namespace}"


def _stat(pid: int) -> list[str]:
    """The fields of a process that follow its name, which may hold anything; empty when they cannot be read."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    fields = text.rpartition(")")[2].split()
    return fields if len(fields) > _STARTED else []

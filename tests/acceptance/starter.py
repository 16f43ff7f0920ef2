"""Start the command line as a process of its own without paying for its imports each time.

It reads one JSON order per line and answers each with an exit code. The process that does the work is forked
from this one, which has a single thread and has opened nothing, so it is as real as one started from a shell.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import traceback
from typing import TYPE_CHECKING, Any

import reconciler
from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEVER_NEEDED = ("reconciler.store.postgres", "reconciler.__main__")


def _serve() -> None:
    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if module.name not in _NEVER_NEEDED:
            importlib.import_module(module.name)
    for line in sys.stdin:
        sys.stdout.write(f"{_ran(json.loads(line))}\n")
        sys.stdout.flush()


def _ran(order: Mapping[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        _work(order)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _work(order: Mapping[str, Any]) -> None:
    """Be the run; never returns."""
    code = 70
    try:
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        for number, path in enumerate((os.devnull, order["out"], order["err"])):
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
            os.dup2(os.open(path, flags, 0o600), number)
        code = main(order["arguments"])
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()

"""Run the command line in a fresh process per run, without paying for its imports each time.

It reads one JSON order per line and answers each with one: the process that does the work is forked from
this one, which has a single thread and has opened nothing, so it is a real process that can really be killed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import reconciler
from chaos.faults import Cut, Tally, install
from reconciler.cli import main
from reconciler.contract.envelope import document_model
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_RUN = 50  # less than a run waits for a lease, so that waiting for a dead one is noticed
_NEVER_NEEDED = ("reconciler.store.postgres", "reconciler.__main__")


def _serve() -> None:
    """Answer orders until there are no more."""
    for module in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if module.name not in _NEVER_NEEDED:
            importlib.import_module(module.name)
    for kind in KINDS.values():
        document_model(type(kind))
    gc.freeze()  # so that no fork copies what they all share
    tally = Tally()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line), tally)) + "\n")
        sys.stdout.flush()


def _answer(order: Mapping[str, Any], tally: Tally) -> dict[str, Any]:
    """Run one order to its end; ``code`` is negative for the signal that killed it."""
    tally.clear()
    output = Path(order["folder"]) / "output.txt"
    child = os.fork()
    if child == 0:
        _work(order, output, tally)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return {"code": code, "output": output.read_text(encoding="utf-8"), **tally.read()}


def _work(order: Mapping[str, Any], output: Path, tally: Tally) -> None:
    """Be the run; never returns. One that takes too long is ended by its own alarm (code -14)."""
    code = 70
    try:
        os.chdir(order["folder"])
        written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        for number, target in ((os.open(os.devnull, os.O_RDONLY), 0), (written, 1), (written, 2)):
            os.dup2(number, target)
        signal.alarm(LONGEST_RUN)
        install(tally, Cut(**order["cut"]) if order["cut"] else None)
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

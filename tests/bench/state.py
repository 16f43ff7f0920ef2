"""Write states: the bindings of N agents, as apply would have left them.

    python -m bench.state FOLDER COUNT        all at once, to prepare a plan
    python -m bench.state FOLDER COUNT --each one by one from as many threads as apply has, which is measured

Apply makes the same, with a request or a comparison for each. That they are the same is seen by the plan that
follows: it must find nothing to do. The seconds of the writing alone are printed.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from bench.accounts import FIRST_ID, ORGANIZATION, SETTINGS, name, prompt
from reconciler.contract.equality import digest
from reconciler.model import Address
from reconciler.state.bindings import Binding
from reconciler.state.ledger import Ledger
from reconciler.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE = "sqlite:.reconciler/state.db"
_THREADS = 8


def bindings(count: int) -> Iterator[Binding]:
    """The bindings of agents that are as declared."""
    for number in range(1, count + 1):
        declared = {"name": name(number), "prompt": prompt(number), **SETTINGS}
        yield Binding(
            address=Address("Agent", name(number)),
            id=str(FIRST_ID + number - 1),
            display=name(number),
            fields={field: (digest(value), digest(value)) for field, value in declared.items()},
            applied_at="2026-10-01T09:00:00Z",
            path=f"manifests/agents-{number:06}.yaml",
        )


def main(root: Path, count: int, *, each: bool) -> float:
    """Write them; returns the seconds that the store took."""
    found = list(bindings(count))
    with open_store(STATE, root=root) as store:
        ledger = Ledger(store, str(ORGANIZATION))
        began = time.perf_counter()
        if each:
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(ledger.bind, found))
        else:
            ledger.bind_all(found)
        return time.perf_counter() - began


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2]), each="--each" in sys.argv))  # noqa: T201 - a script

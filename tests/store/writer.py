"""Another process that writes: `writer.py VERB URL ROOT KEY COUNT`."""

from __future__ import annotations

import sys
from pathlib import Path

from reconciler.errors import Conflict
from reconciler.store import Store, Write, open_store


def increment(store: Store, key: str, count: int) -> None:
    """Add one, `count` times, by compare-and-set."""
    for _ in range(count):
        while not _added_one(store, key):
            store.refresh()


def claim(store: Store, key: str, count: int) -> None:
    """Try to be the one that creates each key; print those won."""
    for number in range(count):
        try:
            store.put(f"{key}/{number}", {"claimed": True}, expected=None)
        except Conflict:
            continue
        sys.stdout.write(f"{number}\n")


def pairs(store: Store, key: str, count: int) -> None:
    """Write pairs of keys, printing each number once its pair is stored."""
    for number in range(count):
        text = "x" * 2000
        store.put_many([Write(f"{key}/{side}/{number}", {"text": text}) for side in ("left", "right")])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def _added_one(store: Store, key: str) -> bool:
    found = store.get(key)
    try:
        store.put(
            key,
            {"number": found.value["number"] + 1 if found else 1},
            expected=found.version if found else None,
        )
    except Conflict:
        return False
    return True


if __name__ == "__main__":
    verb, url, root, name, times = sys.argv[1:]
    with open_store(url, root=Path(root)) as opened:
        {"increment": increment, "claim": claim, "pairs": pairs}[verb](opened, name, int(times))

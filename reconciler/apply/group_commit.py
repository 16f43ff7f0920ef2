"""Records of an apply, stored behind its requests and many in one commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, TypeAlias

from reconciler.errors import Conflict, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import Address
    from reconciler.state.bindings import Binding
    from reconciler.state.ledger import Ledger

Then: TypeAlias = Callable[[StoreError | None], None]

_MOMENT = 0.05  # seconds: as long as a request takes or so


@dataclass(frozen=True, slots=True)
class Entry:
    """What to remember of some addresses, None to forget one: all of it or nothing."""

    wanted: Mapping[Address, Binding | None]
    then: Then | None = None


class GroupCommitter:
    """Stores notes behind the run, in their order: what comes while one commit is stored goes into the next.

    A commit waits for several syncs of a disk, or for a push: one for each note would take longer than the
    requests do. The only thread of its pool stores; every note asks it to, and the first takes all that came
    within a moment.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: deque[Entry] = deque()
        self._storing: deque[Future[None]] = deque()
        self._hurrying = Event()
        self._pool = ThreadPoolExecutor(1)

    def add(self, note: Entry) -> None:
        """Store a note soon."""
        self._waiting.append(note)
        self._storing.append(self._pool.submit(self._store))

    def flush(self) -> None:
        """Wait until every note added so far is stored, or could not be."""
        self._hurrying.set()
        while self._storing:
            self._storing.popleft().result()
        self._hurrying.clear()

    def close(self) -> None:
        """Store what is left."""
        self._hurrying.set()
        self._pool.shutdown()

    def _store(self) -> None:
        if not self._waiting:
            return
        self._hurrying.wait(_MOMENT)
        notes = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            errors = stored(self._ledger, notes)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run must be able to say what it did
            errors = [StoreError(f"it is not known whether that was recorded ({type(error).__name__})") for _ in notes]
        for note, said in zip(notes, errors, strict=True):
            if note.then is not None:
                note.then(said)


def stored(ledger: Ledger, notes: Sequence[Entry]) -> list[StoreError | None]:
    """Store the notes in one commit; for each, what kept it from being stored."""
    wanted = {address: binding for note in notes for address, binding in note.wanted.items()}
    try:
        ledger.bind_all(
            (binding for binding in wanted.values() if binding is not None),
            without=[address for address, binding in wanted.items() if binding is None],
        )
    except Conflict as error:
        if len(notes) == 1:
            return [error]
        # Another run wrote one of them: the others need not suffer for it, so it is searched for by halves.
        half = len(notes) // 2
        return stored(ledger, notes[:half]) + stored(ledger, notes[half:])
    except StoreError as error:
        return [error for _ in notes]
    return [None for _ in notes]

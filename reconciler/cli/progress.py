"""Show a person at a terminal that something is going on, and to leave no trace of it.

It writes to stderr, only where that is a terminal that understands how to go back a line, only after a
second, and wipes what it wrote before the result is printed.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from reconciler.model import Result, Written
from reconciler.render.terminal import Paint, clean, columns, cut, pad
from reconciler.render.words import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.apply.run import News
    from reconciler.cli.output import Output
    from reconciler.model import Address, Change
    from reconciler.testing.run import AgentResult

PATIENCE = 1.0  # seconds without a word
_EVERY = 0.1
_WHEEL = "|/-\\"
_WAITING, _UNDER_WAY, _WRITTEN = "waiting", "now", "written"
_STYLES = {_WAITING: "dim", _UNDER_WAY: "bold", _WRITTEN: "dim", **{it.value: style for it, style in OUTCOMES.items()}}
_WIDEST_ADDRESS = 44
_SPARED = 3  # lines of the terminal left alone
_ORDER = {
    _UNDER_WAY: 0,
    **dict.fromkeys(("failed", "unknown", "pending", "skipped"), 1),
    _WRITTEN: 2,
    "done": 3,
    _WAITING: 4,
}


@contextmanager
def waiting(output: Output, what: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """Say what is being waited for, and for how long already, while the block runs."""

    def frame(seconds: float) -> list[str]:
        return [f"{_wheel(seconds)} {what} … {seconds:.0f} s"]

    with _drawn(output, frame, patience=patience):
        yield


@contextmanager
def applying(
    output: Output, changes: Sequence[Change], *, patience: float = PATIENCE
) -> Iterator[Callable[[News], None]]:
    """Show a table of the changes while the block runs; what it yields is told what becomes of each."""
    table = Table(changes, color=output.color)

    def frame(seconds: float) -> list[str]:
        size = shutil.get_terminal_size((80, 24))
        return table.lines(seconds, width=size.columns - 1, height=size.lines - _SPARED)

    with _drawn(output, frame, patience=patience):
        yield table.tell


@contextmanager
def under_test(output: Output, begun: Sequence[AgentResult]) -> Iterator[Callable[[AgentResult], None]]:
    """Show how each scenario stands while the block runs; what it yields is told each batch that was read."""
    latest = {it.name: it for it in begun}

    def frame(seconds: float) -> list[str]:
        size = shutil.get_terminal_size((80, 24))
        rows = [it for result in list(latest.values()) for it in result.scenarios]
        ended = sum(it.verdict.value != "running" for it in rows)
        head = f"{_wheel(seconds)} testing: {ended:,} of {len(rows):,}, {seconds:.0f} s"
        told = [f"  {pad(it.verdict.value, 8)} {clean(it.address or it.title)}" for it in rows]
        return [cut(line, size.columns - 1) for line in (head, *told[: size.lines - _SPARED])]

    def tell(result: AgentResult) -> None:
        latest[result.name] = result

    with _drawn(output, frame, patience=PATIENCE):
        yield tell


class Table:
    """How each change stands; told from any thread."""

    def __init__(self, changes: Sequence[Change], *, color: bool) -> None:
        self._states: dict[tuple[Address, str], str] = {(it.address, it.verb): _WAITING for it in changes}
        self._paint = Paint(color=color)
        self._lock = Lock()

    def tell(self, news: News) -> None:
        """A change that is begun, one that is written and not final yet, or the result of one."""
        match news:
            case Result():
                state = news.outcome.value
            case Written():
                state = _WRITTEN
            case _:
                state = _UNDER_WAY
        with self._lock:
            self._states[news.address, news.verb] = state

    def lines(self, seconds: float, *, width: int, height: int) -> list[str]:
        """How far it is, then a row for each change: what is under way first, what went wrong, what is done."""
        with self._lock:
            states = dict(self._states)
        counts = Counter(states.values())
        final = len(states) - counts[_WAITING] - counts[_UNDER_WAY] - counts[_WRITTEN]
        written = f"{counts[_WRITTEN]:,} more written, " if counts[_WRITTEN] else ""
        head = f"{_wheel(seconds)} applying: {final:,} of {len(states):,}, {written}{seconds:.0f} s"
        rows = sorted(states.items(), key=lambda item: _ORDER[item[1]])
        shown = rows if len(rows) < height else rows[: max(height - 2, 1)]
        more = [f"  … and {len(rows) - len(shown):,} more"] if len(rows) > len(shown) else []
        return [cut(head, width), *(self._row(key, state, width) for key, state in shown), *more]

    def _row(self, key: tuple[Address, str], state: str, width: int) -> str:
        address, verb = key
        room = min(_WIDEST_ADDRESS, max(width - 24, 8))
        name = cut(clean(str(address)), room)
        plain = f"  {pad(state, 8)}{pad(name, room)}  {verb}"
        return (
            plain.replace(state, self._paint(state, _STYLES[state]), 1)
            if columns(plain) <= width
            else cut(plain, width)
        )


def _wheel(seconds: float) -> str:
    return _WHEEL[int(seconds / _EVERY) % len(_WHEEL)]


@contextmanager
def _drawn(output: Output, frame: Callable[[float], list[str]], *, patience: float) -> Iterator[None]:
    """Draw frames over each other while the block runs, then wipe the last one."""
    stream = sys.stderr
    if not _obeys(stream):
        yield
        return
    done, start = Event(), monotonic()
    drawn = 0

    def draw() -> None:
        nonlocal drawn
        while not done.wait(_EVERY):
            if (seconds := monotonic() - start) < patience:
                continue
            lines = [output.clean(line) for line in frame(seconds)]
            stream.write(_back(drawn) + "".join(f"{line}\n" for line in lines))
            stream.flush()
            drawn = len(lines)

    thread = Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        stream.write(_back(drawn))
        stream.flush()


def _back(lines: int) -> str:
    """Up to the first of the lines drawn last, and everything below wiped (ECMA-48: CPL, ED)."""
    return f"\x1b[{lines}F\x1b[J" if lines else ""


def _obeys(stream: TextIO) -> bool:
    """Whether the stream is a terminal that can go back a line."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")

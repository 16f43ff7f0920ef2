"""Progress for a person at a terminal, drawn with rich and wiped before the result is printed.

It goes to stderr, only where that is a terminal that understands how to go back a line, and only after a
second: rich is imported then, by the thread that draws.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from contextlib import contextmanager
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, TextIO

from reconciler.apply.news import Written
from reconciler.model import Result
from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from reconciler.apply.news import News
    from reconciler.cli.output import Output
    from reconciler.model import Address, Change
    from reconciler.testing.run import AgentResult

PATIENCE = 1.0  # seconds without a word
_A_SECOND = 10  # frames
_WAITING, _UNDER_WAY, _WRITTEN = "waiting", "now", "written"
_STYLES = {
    _WAITING: "dim",
    _UNDER_WAY: "bold",
    _WRITTEN: "dim",
    "done": "green",
    "pending": "yellow",
    "skipped": "yellow",
    "unknown": "bold red",
    "failed": "bold red",
    "passed": "green",
    "running": "dim",
}
_SPARED = 3  # lines of the terminal left alone
_ORDER = {
    _UNDER_WAY: 0,
    **dict.fromkeys(("failed", "unknown", "pending", "skipped"), 1),
    _WRITTEN: 2,
    "done": 3,
    _WAITING: 4,
}


class Row(NamedTuple):
    """One thing that is done or waits, and how it stands."""

    state: str
    name: str
    verb: str = ""


class Frame(NamedTuple):
    """What is on the screen: a line behind the spinner, the rows below it, and how many more there are."""

    head: str
    rows: Sequence[Row] = ()
    more: int = 0


@contextmanager
def waiting(output: Output, what: str, *, patience: float = PATIENCE) -> Iterator[None]:
    """Say what is being waited for, and for how long already, while the block runs."""
    with _drawn(output, lambda seconds, _: Frame(f"{what} … {seconds:.0f} s"), patience=patience):
        yield


@contextmanager
def applying(
    output: Output, changes: Sequence[Change], *, patience: float = PATIENCE
) -> Iterator[Callable[[News], None]]:
    """Show a table of the changes while the block runs; what it yields is told what becomes of each."""
    states = ChangeStates(changes)
    with _drawn(output, states.frame, patience=patience):
        yield states.tell


@contextmanager
def under_test(
    output: Output, begun: Sequence[AgentResult], *, patience: float = PATIENCE
) -> Iterator[Callable[[AgentResult], None]]:
    """Show how each scenario stands while the block runs; what it yields is told each batch that was read."""
    latest = {it.name: it for it in begun}

    def frame(seconds: float, height: int) -> Frame:
        rows = [it for result in list(latest.values()) for it in result.scenarios]
        ended = sum(it.verdict.value != "running" for it in rows)
        told = [Row(it.verdict.value, it.address or it.title) for it in rows]
        return _fitted(f"testing: {ended:,} of {len(rows):,}, {seconds:.0f} s", told, height)

    def tell(result: AgentResult) -> None:
        latest[result.name] = result

    with _drawn(output, frame, patience=patience):
        yield tell


class ChangeStates:
    """How each change stands; told from any thread."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._states: dict[tuple[Address, str], str] = {(it.address, it.verb): _WAITING for it in changes}
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

    def frame(self, seconds: float, height: int) -> Frame:
        """How far it is, then a row for each change: what is under way first, what went wrong, what is done."""
        with self._lock:
            states = dict(self._states)
        counts = Counter(states.values())
        final = len(states) - counts[_WAITING] - counts[_UNDER_WAY] - counts[_WRITTEN]
        written = f"{counts[_WRITTEN]:,} more written, " if counts[_WRITTEN] else ""
        head = f"applying: {final:,} of {len(states):,}, {written}{seconds:.0f} s"
        rows = sorted(states.items(), key=lambda item: _ORDER[item[1]])
        return _fitted(head, [Row(state, str(address), verb) for (address, verb), state in rows], height)


def _fitted(head: str, rows: Sequence[Row], height: int) -> Frame:
    """As many rows as a screen of ``height`` lines has room for."""
    shown = rows if len(rows) < height else rows[: max(height - 2, 1)]
    return Frame(head, shown, len(rows) - len(shown))


@contextmanager
def _drawn(output: Output, frame: Callable[[float, int], Frame], *, patience: float) -> Iterator[None]:
    """Draw frames over each other while the block runs, then wipe the last one.

    ``frame`` is given the seconds since the start and the lines it may take.
    """
    if not _obeys(sys.stderr):
        yield
        return
    done, start = Event(), monotonic()

    def draw() -> None:
        if not done.wait(patience):
            _live(output, lambda: frame(monotonic() - start, shutil.get_terminal_size().lines - _SPARED), done)

    thread = Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _live(output: Output, frame: Callable[[], Frame], done: Event) -> None:
    """Draw until ``done``; what others write to stderr meanwhile goes above the frame."""
    from rich.console import Console  # noqa: PLC0415 - 80 ms, spent only where somebody already waits
    from rich.live import Live  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415

    console = Console(stderr=True, highlight=False, markup=False, no_color=not output.color)
    spinner = Spinner("line")

    def shown() -> RenderableType:
        return _renderable(output, spinner, frame())

    with Live(
        console=console,
        get_renderable=shown,
        refresh_per_second=_A_SECOND,
        transient=True,
        redirect_stdout=False,
    ):
        done.wait()


def _renderable(output: Output, spinner: RenderableType, frame: Frame) -> RenderableType:
    from rich.console import Group  # noqa: PLC0415 - as in `_live`
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    def text(words: str, style: str = "") -> Text:
        return Text(output.clean(clean(words)), style=style, no_wrap=True, overflow="ellipsis")

    head, rows = Table.grid(padding=(0, 1)), Table.grid(padding=(0, 2))
    head.add_row(spinner, text(frame.head))
    rows.add_column(width=0)
    for row in frame.rows:
        rows.add_row("", text(row.state, _STYLES.get(row.state, "bold red")), text(row.name), text(row.verb))
    more = [text(f"  … and {frame.more:,} more")] if frame.more else []
    return Group(head, rows, *more)


def _obeys(stream: TextIO) -> bool:
    """Whether the stream is a terminal that can go back a line."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")

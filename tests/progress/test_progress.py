"""What a person at a terminal sees while something takes its time, read from a real pseudo-terminal."""

from __future__ import annotations

import inspect
import os
import pty
import re
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from waiting import PATIENCE

from reconciler.apply.news import Written
from reconciler.cli.progress import ChangeStates, Row, applying, under_test, waiting
from reconciler.model import Action, Address, Change, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES = re.compile(r"(\x1b\[[0-9;?]*[A-Za-z]|\n|\r)")
PREAMBLE = """\
import sys
import time
from reconciler.cli.options import Options
from reconciler.cli.progress import applying, waiting
from reconciler.model import Action, Address, Change, Outcome, Result
output = Options().output
output.hide_numbers(["+14155550199"])
def seen():
    sys.stdin.readline()
changes = [Change(Address("Agent", f"agent-{n}"), Action.CREATE, "missing", "is new") for n in range(%d)]
"""


def change(name: str, action: Action = Action.CREATE) -> Change:
    return Change(Address("Agent", name), action, "missing", "is new")


def at_a_terminal(program: str, *looks: str, changes: int = 3, environment: Mapping[str, str] | None = None) -> str:
    """All that the program's stderr receives when that is a terminal of 24 lines and 60 columns.

    Each ``seen()`` of the program waits until the next of ``looks`` was received.
    """
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm", "COLUMNS": "60", "LINES": "12", **(environment or {})}
    source = PREAMBLE % changes + textwrap.dedent(program)
    with subprocess.Popen(
        [sys.executable, "-c", source], stdin=subprocess.PIPE, stderr=theirs, stdout=subprocess.DEVNULL, env=settings
    ) as run:
        os.close(theirs)
        found = _received(run, ours, list(looks))
        os.close(ours)
    assert run.returncode == 0, found
    return found.decode().replace("\r\n", "\n")


def _received(run: subprocess.Popen[bytes], terminal: int, looks: list[str]) -> bytes:
    assert run.stdin is not None
    found, looked, deadline = b"", 0, time.monotonic() + PATIENCE
    with suppress(OSError):  # Linux says so when the other side is closed
        while part := os.read(terminal, 65536):
            found += part
            if looks and re.search(looks[0].encode(), found[looked:]):
                looked = len(found)
                looks.pop(0)
                run.stdin.write(b"\n")
                run.stdin.flush()
            if time.monotonic() > deadline:
                run.kill()
    return found


def frames(received: str) -> list[list[str]]:
    """What stands on the terminal each time that something begins to be wiped, and at the end."""
    lines, row, seen, wiping = [""], 0, [], False
    for part in CODES.split(received):
        if part in ("\x1b[2K", "\x1b[1A"):
            if not wiping:
                seen.append([line for line in lines if line])
            wiping = True
            row -= part == "\x1b[1A"
            lines[row] = "" if part == "\x1b[2K" else lines[row]
            continue
        wiping = wiping and part in ("", "\r")
        if part == "\n":
            row += 1
            lines += [""] if row == len(lines) else []
        elif not part.startswith("\x1b") and part != "\r":
            lines[row] += part
    return [*seen, [line for line in lines if line]]


def test_waiting_is_said_with_its_seconds_and_leaves_no_trace() -> None:
    received = at_a_terminal(
        """
        with waiting(output, "reading the account", patience=0):
            seen()
        print("done", file=sys.stderr)
    """,
        r"reading the account … \d+ s",
    )
    assert re.search(r"reading the account … \d+ s", received)
    assert frames(received)[-1] == ["done"]


def test_what_takes_less_than_a_second_says_nothing() -> None:
    received = at_a_terminal("""
        with waiting(output, "reading the account", patience=3600):
            time.sleep(0.3)
    """)
    assert received == ""
    assert {inspect.signature(it).parameters["patience"].default for it in (waiting, applying, under_test)} == {1.0}


def test_an_error_leaves_no_trace_either() -> None:
    received = at_a_terminal(
        """
        try:
            with waiting(output, "reading the account", patience=0):
                seen()
                raise ValueError
        except ValueError:
            print("failed", file=sys.stderr)
    """,
        "reading the account",
    )
    assert frames(received)[-1] == ["failed"]


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": ""}])
def test_a_terminal_that_cannot_go_back_is_left_alone(environment: dict[str, str]) -> None:
    received = at_a_terminal(
        """
        with waiting(output, "reading", patience=0), applying(output, changes, patience=0) as tell:
            tell(changes[0])
            time.sleep(0.3)
        """,
        environment=environment,
    )
    assert received == ""


def test_a_log_file_receives_nothing() -> None:
    source = PREAMBLE % 1 + 'with waiting(output, "reading", patience=0):\n    time.sleep(0.3)\n'
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_table_of_an_apply_follows_every_change_and_is_wiped() -> None:
    received = at_a_terminal(
        """
        with applying(output, changes, patience=0) as tell:
            tell(changes[0])
            tell(changes[1])
            tell(Result(changes[0].address, Action.CREATE, Outcome.DONE))
            seen()
        print("done", file=sys.stderr)
    """,
        "applying: 1 of 3",
    )
    last = [it for it in frames(received) if it and "applying: 1 of 3" in it[0]][-1]
    assert re.fullmatch(r". applying: 1 of 3, \d+ s", last[0])
    assert [line.split()[:2] for line in last[1:]] == [
        ["now", "Agent/agent-1"],
        ["done", "Agent/agent-0"],
        ["waiting", "Agent/agent-2"],
    ]
    assert frames(received)[-1] == ["done"]


def test_a_table_is_never_taller_than_the_terminal() -> None:
    received = at_a_terminal(
        """
        with applying(output, changes, patience=0) as tell:
            seen()
        """,
        "and 33 more",
        changes=40,
    )
    frame = frames(received)[0]
    assert len(frame) <= 9
    assert frame[-1].rstrip() == "  … and 33 more"


def test_a_callee_is_masked_here_too() -> None:
    received = at_a_terminal(
        """
        with waiting(output, "calling +14155550199", patience=0):
            seen()
    """,
        "0199",
    )
    assert "0199" in received
    assert "4155550199" not in received


@pytest.mark.parametrize("width", [30, 60, 100])
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    received = at_a_terminal(
        """
        long = Change(Address("Agent", "a-name-as-long-as-names-may-be-" * 2), Action.UPDATE, "missing", "is new")
        with applying(output, [*changes, long], patience=0):
            seen()
        """,
        "applying",
        environment={"COLUMNS": str(width)},
    )
    assert all(len(line) <= width for frame in frames(received) for line in frame)


def test_what_others_say_meanwhile_stands_above_the_frame_and_stays() -> None:
    received = at_a_terminal(
        """
        with waiting(output, "reading the account", patience=0):
            seen()
            print("429: waiting 2 s", file=sys.stderr)
            seen()
    """,
        "reading the account",
        "429: waiting 2 s",
    )
    assert frames(received)[-1] == ["429: waiting 2 s"]


def test_what_is_written_leaves_the_rows_under_way_and_is_counted_before_it_is_final() -> None:
    changes = [change(f"agent-{index}") for index in range(10_000)]
    states = ChangeStates(changes)
    for it in changes[:1500]:
        states.tell(it)
    for it in changes[:1499]:
        states.tell(Written(it.address, it.verb))
    frame = states.frame(1, height=6)
    assert frame.head == "applying: 0 of 10,000, 1,499 more written, 1 s"
    assert frame.rows[:2] == [Row("now", "Agent/agent-1499", "create"), Row("written", "Agent/agent-0", "create")]
    assert frame.more == 9_996
    for it in changes[:1499]:
        states.tell(Result(it.address, it.action, Outcome.DONE, verb=it.verb))
    assert states.frame(1, height=6).head == "applying: 1,499 of 10,000, 1 s"


def test_what_went_wrong_stays_in_sight_while_there_is_more_to_do() -> None:
    changes = [change(f"agent-{index:02}") for index in range(30)]
    states = ChangeStates(changes)
    for it in changes[:20]:
        states.tell(Result(it.address, it.action, Outcome.DONE, verb=it.verb))
    states.tell(Result(changes[7].address, Action.CREATE, Outcome.FAILED))
    assert states.frame(1, height=10).rows[0] == Row("failed", "Agent/agent-07", "create")


def test_each_scenario_under_test_is_shown_as_it_stands_and_wiped() -> None:
    received = at_a_terminal(
        """
        from reconciler.cli.progress import under_test
        from reconciler.testing.batch import ScenarioResult, Verdict
        from reconciler.testing.run import AgentResult
        def told(*verdicts):
            rows = [ScenarioResult(f"TestScenario/s-{place}", "", it) for place, it in enumerate(verdicts)]
            return AgentResult("front-desk", Verdict.RUNNING, tuple(rows))
        running = told(Verdict.RUNNING, Verdict.RUNNING)
        with under_test(output, [running], patience=0) as tell:
            seen()
            tell(told(Verdict.FAILED, Verdict.RUNNING))
            seen()
    """,
        "testing: 0 of 2",
        "testing: 1 of 2",
    )
    seen = frames(received)
    assert any("testing: 0 of 2" in it[0] for it in seen if it)
    (last,) = [it for it in seen if it and "testing: 1 of 2" in it[0]][-1:]
    assert [line.split() for line in last[1:]] == [["failed", "TestScenario/s-0"], ["running", "TestScenario/s-1"]]
    assert seen[-1] == []

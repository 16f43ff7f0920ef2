"""Judge that what a measured process took is its own."""

from __future__ import annotations

import sys

import pytest

from bench.timing import Command, Failed, run


def test_a_process_is_not_charged_for_the_memory_that_the_bench_holds() -> None:
    held = bytearray(256 << 20)
    found = run(Command((sys.executable, "-S", "-c", "pass")))
    assert len(held) >> 10 > 2 * found.peak > 0
    assert found.wall > 0
    assert found.cpu > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((sys.executable, "-S", "-c", "print('broken'); raise SystemExit(3)"), "exited 3: broken"),
        (("/nowhere",), "No such file"),
    ],
)
def test_a_process_that_does_not_do_its_work_fails_the_bench_with_what_it_said(
    arguments: tuple[str, ...], said: str
) -> None:
    with pytest.raises(Failed, match=said):
        run(Command(arguments))

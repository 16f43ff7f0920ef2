"""An event that overtakes the platform's own record of the end is asked about again, ever more seldom."""

from __future__ import annotations

from reconciler.serve.asked_again import AskedAgain


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_call_that_has_not_ended_when_it_is_asked_about_is_asked_again_after_half_a_second_then_twice_as_long() -> (
    None
):
    clock = Clock()
    again = AskedAgain(clock)
    gaps: list[float] = []
    again.note(["7001"], [])
    while len(gaps) < 6:
        began = clock.now
        while not again.due():
            clock.now += 0.25
        gaps.append(clock.now - began)
        again.note(again.due(), [])
    assert gaps == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    clock.now += 3_600
    assert again.due() == set()


def test_a_call_that_has_ended_is_not_asked_about_again() -> None:
    clock = Clock()
    again = AskedAgain(clock)
    again.note(["7001", "7002"], ["7001"])
    clock.now += 1.0
    assert again.due() == {"7002"}
    again.note({"7002"}, {"7002"})
    clock.now += 60.0
    assert again.due() == set()

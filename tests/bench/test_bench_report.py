"""What can be wrong in the bench itself: that it would not notice, or would not say."""

from __future__ import annotations

from datetime import date
from math import isclose
from typing import TYPE_CHECKING

import pytest

from bench import __main__ as command
from bench import report
from bench.figures import Figure, ratio
from bench.targets import TARGETS, verdicts
from bench.timing import Failed, Run, exponent, extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.parts import Effort

BEFORE = {"plan / floor": Figure("plan / floor", 1.2), "GETs": Figure("GETs", 0, "requests")}


def page(figures: Sequence[Figure], notes: Sequence[str] = ()) -> str:
    on = report.Machine(2, "a processor", "3.11.7", "Linux x86_64")
    return report.written(figures, notes, on=on, day=date(2026, 11, 22), load=0.5, seconds=600)


def test_a_ratio_that_grew_by_a_fifth_is_named() -> None:
    after = BEFORE | {"plan / floor": Figure("plan / floor", 1.44)}
    assert list(report.worse(BEFORE, after)) == ["plan / floor: was 1.20 x, is 1.44 x"]


def test_a_ratio_that_grew_by_a_tenth_is_noise() -> None:
    assert list(report.worse(BEFORE, BEFORE | {"plan / floor": Figure("plan / floor", 1.32)})) == []


def test_what_became_less_is_not_named() -> None:
    assert list(report.worse(BEFORE, BEFORE | {"plan / floor": Figure("plan / floor", 0.6)})) == []


def test_a_request_where_there_was_none_is_named() -> None:
    after = BEFORE | {"GETs": Figure("GETs", 1, "requests")}
    assert list(report.worse(BEFORE, after)) == ["GETs: was 0 requests, is 1 requests"]


def test_a_figure_that_is_not_measured_any_more_is_named() -> None:
    assert list(report.worse(BEFORE, {"GETs": BEFORE["GETs"]})) == ["plan / floor: was 1.20 x, not measured any more"]


def test_a_new_figure_is_not_worse_than_nothing() -> None:
    assert list(report.worse({}, BEFORE)) == []


def test_a_page_is_read_back_as_it_was_measured() -> None:
    figures = [Figure("plan / floor", 1.23456, low=1.1, high=1.4), Figure("GETs", 3, "requests")]
    found = report.read(page(figures))
    assert {name: (figure.value, figure.unit) for name, figure in found.items()} == {
        "plan / floor": (1.23456, "x"),
        "GETs": (3, "requests"),
    }


def test_times_are_shown_and_never_compared() -> None:
    written = page([Figure("plan, cpu", 12.5, "s"), Figure("plan / floor, wall", 1.2)])
    assert "| plan, cpu | 12.5 s |" in written
    assert "| plan / floor, wall | 1.20 x |" in written
    assert report.read(written) == {}


def test_a_page_without_figures_is_compared_with_nothing() -> None:
    assert report.read("# Benchmarks\n") == {}


def test_a_page_says_what_its_reader_has_to_know() -> None:
    assert "- octoDNS could not be installed" in page([], ["octoDNS could not be installed"])


def test_every_target_has_its_row_whether_or_not_it_was_measured() -> None:
    rows = [line for line in page([Figure(TARGETS[0].figure, 1.0)]).splitlines() if line.startswith("| ")]
    for target, word in zip(TARGETS, ["met"] + ["not measured"] * (len(TARGETS) - 1), strict=True):
        assert any(row.startswith(f"| {target.figure} |") and f"| {word} |" in row for row in rows)


@pytest.mark.parametrize(("value", "word"), [(1.3, "met"), (1.31, "**not met**")])
def test_a_target_is_met_up_to_its_limit(value: float, word: str) -> None:
    target = TARGETS[0]
    verdict = next(verdicts({target.figure: Figure(target.figure, value)}))
    assert (target.limit, verdict.word) == (1.3, word)


def test_no_figure_has_two_limits() -> None:
    assert len({target.figure for target in TARGETS}) == len(TARGETS)


def test_peers_stand_side_by_side_with_the_same_number_of_agents() -> None:
    figures = [
        Figure("plan 100, cpu", 0.3, "s"),
        Figure("octoDNS 100, cpu", 0.4, "s"),
        Figure("plan 100 / octoDNS", 0.75),
    ]
    assert "| 100 | 0.300 s | 0.400 s | 0.750 x |  |  |" in page(figures)


@pytest.mark.parametrize("power", [0.9, 1.0, 1.5, 2.0])
def test_the_slope_of_growth_is_found(power: float) -> None:
    points = {number: 1e-4 * number**power for number in (100, 1_000, 10_000, 100_000)}
    assert isclose(exponent(points), power, abs_tol=1e-9)


def test_a_value_that_drowns_in_the_noise_of_starting_hardly_bends_the_slope() -> None:
    doubled = {100: 0.02 * 2, 1_000: 0.2, 10_000: 2.0, 100_000: 20.0}
    assert exponent(doubled) < 0.92
    assert 0.97 < exponent(doubled, start=0.25) < 1.0


def test_a_value_that_noise_put_below_zero_is_left_out() -> None:
    assert isclose(exponent({100: -0.01, 1_000: 0.1, 10_000: 1.0}), 1.0, abs_tol=1e-9)


def test_what_the_many_take_is_told_beside_a_start_in_the_same_noise() -> None:
    loads = [1.0, 1.5, 3.0]
    assert isclose(extra([Run(0, 0.4 + load, 0) for load in loads], [Run(0, load, 0) for load in loads]), 0.4)


def test_a_ratio_is_taken_between_neighbours_in_time() -> None:
    busy = [1.0, 2.0, 4.0]  # the machine slows down while it is measured
    ours = [Run(0, 1.2 * load, 0) for load in busy]
    theirs = [Run(0, load, 0) for load in busy]
    found = ratio("plan / floor", ours, theirs)
    assert [round(value, 9) for value in (found.low or 0, found.value, found.high or 0)] == [1.2, 1.2, 1.2]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A bench of one part, whose ratio is 1.44 and was 1.2 when the page was committed; the page's path."""
    monkeypatch.setattr(command, "PARTS", {"plan": lambda _: iter([Figure("plan / floor", 1.44)])})
    monkeypatch.setattr(command, "PAGE", tmp_path / "BENCHMARKS.md")
    monkeypatch.setattr(command, "committed", lambda: page([Figure("plan / floor", 1.2), Figure("start / floor", 1.0)]))
    return tmp_path / "BENCHMARKS.md"


def test_a_run_fails_by_what_got_worse_and_is_written_all_the_same(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "worse: plan / floor: was 1.20 x, is 1.44 x",
        "worse: start / floor: was 1 x, not measured any more",
    ]
    assert report.read(bench.read_text(encoding="utf-8"))["plan / floor"].value == 1.44


def test_one_part_is_compared_with_its_own_figures_and_not_written(
    bench: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--only", "plan"]) == 1
    assert capsys.readouterr().out == "worse: plan / floor: was 1.20 x, is 1.44 x\n"
    assert not bench.exists()


def test_a_part_that_cannot_be_measured_leaves_the_others_and_says_why(
    bench: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Effort) -> Iterator[Figure]:
        yield Figure("start / floor", 1.0)
        raise Failed("reconciler exited 1")

    monkeypatch.setattr(command, "PARTS", {"start": broken} | command.PARTS)
    command.main([])
    written = bench.read_text(encoding="utf-8")
    assert "- the part `start` ended early: reconciler exited 1" in written
    assert set(report.read(written)) == {"start / floor", "plan / floor"}

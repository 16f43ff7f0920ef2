"""Say what is wanted: each figure that has a limit, and why the limit is where it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.figures import Figure


@dataclass(frozen=True, slots=True)
class Target:
    """The most that a figure may be."""

    figure: str
    limit: float
    because: str = ""


TARGETS = (
    Target("--version / import click", 1.3),
    Target("--help / import click", 1.3),
    Target("a tab / import click", 1.3),
    Target("plan, import of own modules", 60, "ms"),
    Target("from nothing to the first line of a plan, uv, wall", 4, "seconds; dependencies cached, the tool not"),
    Target("from nothing to the first line of a plan, reconciler.pyz, wall", 1.5, "seconds"),
    Target("installed size", 45, "MB without extras"),
    Target("validate 10,000 / floor", 1.25),
    Target("validate, exponent", 1.05),
    Target("plan 10,000 / YB", 1.25),
    Target("plan 10,000 / CS", 1.5),
    Target("plan 100 / octoDNS", 0.9),
    Target("plan 1,000 / octoDNS", 0.5),
    Target("plan 10,000 / octoDNS", 0.25, "four times as fast"),
    Target("plan, exponent", 1.05),
    Target("plan, peak memory", 25, "KB per agent"),
    Target("apply 200 at parallelism 1 / ideal", 1.2),
    Target("apply 1,000 at parallelism 8 / ideal", 1.2),
    Target("apply 1,000 at parallelism 32 / ideal", 1.2),
    Target("apply 1,000 at parallelism 50 / ideal", 1.5),
    Target("apply 200 at parallelism 1 less its plan / ideal", 1.2),
    Target("apply 1,000 at parallelism 8 less its plan / ideal", 1.15),
    Target("apply 1,000 at parallelism 32 less its plan / ideal", 1.15),
    Target("apply 1,000 at parallelism 50 less its plan / ideal", 1.15),
    Target("apply 1,000 at parallelism 8, POSTs per create", 1),
    Target("apply 1,000 at parallelism 8, GETs that its plan had not", 1, "one list reads all of them back"),
    Target("plan 10,000, requests", 4, "whoami, agents, voices and their policy: one list per kind"),
    Target("update, PATCHes per agent", 1),
    Target("update, deploys per agent", 1),
    Target("update, GETs per agent", 1),
    Target("dispatch 5,000, first to last POST / ideal", 1 / 0.95, "0.95 of the rate"),
    Target("dispatch, POSTs per call", 1),
    Target("dispatch, calls placed twice", 0),
    Target("dispatch, calls not recorded", 0),
    Target("dispatch 5,000 on PostgreSQL, first to last POST / ideal", 1 / 0.95, "0.95 of the rate"),
    Target("dispatch on PostgreSQL, calls placed twice", 0),
    Target("dispatch on PostgreSQL, calls not recorded", 0),
    Target("an idle tick over 100,000 calls less start-up, wall", 1, "seconds"),
    Target("validate a list of 100,000 rows, cpu", 6, "seconds"),
    Target("plan a list of 100,000 rows, cpu", 10, "seconds"),
    Target("plan a list, peak memory", 6, "KB per row"),
    Target("arm 10,000 on SQLite less its plan, wall", 5, "seconds"),
    Target("arm 10,000 on a git branch less its plan, wall", 20, "seconds"),
    Target("the state's growth by a list, exponent", 1.05),
    Target("serve 5,000 by 4 replicas, first to last POST / ideal", 1 / 0.9, "0.9 of the rate"),
    Target("serve 5,000 by 4 replicas, calls placed twice", 0),
    Target("serve 5,000 by 4 replicas, calls lost", 0),
    Target("serve 5,000 by 4 replicas, one killed, calls placed twice", 0),
    Target("serve 5,000 by 4 replicas, one killed, calls lost", 0),
    Target("receiver, 10,000 events / ideal, wall", 1, "1,000 a second"),
    Target("receiver, events lost", 0),
    Target("receiver, memory after 100,000 events / after 20,000", 1.1, "flat"),
    Target("the state's growth, exponent", 1.05),
    Target("10,000 bindings on SQLite, wall", 1, "seconds"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target and what came of it; ``figure`` is None when it was not measured."""

    target: Target
    figure: Figure | None

    @property
    def word(self) -> str:
        """The end of its row."""
        if self.figure is None:
            return "not measured"
        return "met" if self.figure.value <= self.target.limit else "**not met**"


def verdicts(figures: Mapping[str, Figure]) -> Iterator[Verdict]:
    """Every target, in the order of the table."""
    for target in TARGETS:
        yield Verdict(target, figures.get(target.figure))

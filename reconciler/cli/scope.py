"""Say which part of the project a run looks at, and what its plan comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.session import selection
from reconciler.errors import UnsafePlan
from reconciler.model import Address
from reconciler.plan import Scope

if TYPE_CHECKING:
    from reconciler.cli.options import Command
    from reconciler.model import Plan

ERROR, PENDING, REFUSED = 1, 2, 3


def scope_of(*, prune: bool, selectors: tuple[str, ...], targets: tuple[str, ...], again: tuple[str, ...]) -> Scope:
    """What a run was asked to look at; raises InputError for a selector or an address that is none."""
    return Scope(
        prune=prune,
        wanted=selection(selectors, targets),
        named=frozenset(Address.parse(text) for text in (*targets, *again) if selection((), (text,))),
        again=frozenset(Address.parse(text) for text in again if selection((), (text,))),
    )


_SCOPE = (
    click.option("--prune", is_flag=True, help="Delete what this tool made and the manifests no longer declare."),
    click.option("-l", "--selector", "selectors", multiple=True, metavar="KEY=VALUE", help="Only these labels."),
    click.option("--target", "targets", multiple=True, metavar="KIND/NAME", help="Only this resource."),
    click.option(
        "--again",
        "--verify-again",
        "again",
        multiple=True,
        metavar="KIND/NAME",
        help="Do an action again that failed before, or that may have happened: a billed probe of a number.",
    ),
)  # fmt: skip - one option a row


def scoped(run: Command) -> Command:
    """Add the options that narrow a run."""
    decorated: Any = run
    for option in reversed(_SCOPE):
        decorated = option(decorated)
    narrowed: Command = decorated
    return narrowed


def exit_code(plan: Plan, *, detailed: bool) -> int:
    """1 for an error, 3 for a refusal, 2 for pending changes where that was asked for, else 0."""
    unsafe = [finding for finding in plan.errors if finding.code == UnsafePlan.code]
    if len(plan.errors) > len(unsafe):
        return ERROR
    if plan.refusals or unsafe:
        return REFUSED
    return PENDING if detailed and plan.pending else 0

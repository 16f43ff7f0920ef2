"""Options that narrow a run to a part of the project."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import completed_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.options import Command


def _addresses(*names: str, told: str) -> Callable[[Command], Command]:
    """An option that takes resources, as often as it is given."""
    return click.option(
        *names, multiple=True, metavar="KIND/NAME", shell_complete=completed_values.addresses, help=told
    )


_SCOPE = (
    click.option("--prune", is_flag=True, help="Delete what this tool made and the manifests no longer declare."),
    click.option("-l", "--selector", "selectors", multiple=True, metavar="KEY=VALUE", help="Only these labels."),
    _addresses("--target", "targets", told="Only this resource."),
    _addresses("--exclude", "excluded", told="All but this resource."),
    click.option(
        "--changed-since",
        "since",
        metavar="REV",
        help="Only what differs from this revision: documents, and files named in them.",
    ),
    _addresses(
        "--again",
        "--verify-again",
        "again",
        told="Do an action again that failed before, or that may have happened: a billed probe of a number.",
    ),
    click.option("--skip-rows", is_flag=True, help="Arm the rows of a list that are right though others are wrong."),
)  # fmt: skip - one option a row


def scoped(run: Command) -> Command:
    """Add the options that narrow a run; the command takes ``narrowing``."""

    @wraps(run)
    def narrowed_run(*arguments: Any, **given: Any) -> int:
        from reconciler.cli.scope import Narrowing  # noqa: PLC0415 - a tab asks for the options alone

        names = tuple(field.name for field in fields(Narrowing))
        return run(*arguments, narrowing=Narrowing(**{name: given.pop(name) for name in names}), **given)

    decorated: Any = narrowed_run
    for option in reversed(_SCOPE):
        decorated = option(decorated)
    narrowed: Command = decorated
    return narrowed

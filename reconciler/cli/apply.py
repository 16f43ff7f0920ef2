"""`reconciler apply`: make the account what the manifests say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import verb
from reconciler.cli.pull_request_options import announced
from reconciler.cli.scope_options import scoped

if TYPE_CHECKING:
    from reconciler.cli.options import Options
    from reconciler.cli.scope import Narrowing


@verb("apply")
@click.option(
    "--plan",
    "saved",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Do what this saved plan says, and refuse when it would now be anything else.",
)
@click.option("-y", "--yes", "--auto-approve", "yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done: the same as plan.")
@click.option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="Requests in flight at once.",
)
@click.option("--skip-refused", is_flag=True, help="Do the rest of a plan that is refused in part (exit 4).")
@click.option("--dispatch", "then_dispatch", is_flag=True, help="Then place the calls that are due.")
@announced
@scoped
def command(
    options: Options,
    saved: Path | None,
    yes: bool,
    dry_run: bool,
    parallelism: int,
    skip_refused: bool,
    then_dispatch: bool,
    comment: str | None,
    annotate: str | None,
    narrowing: Narrowing,
) -> int:
    """Make the account what the manifests say; a second run writes nothing.

    Asks first on a terminal and needs --yes elsewhere. Given --plan, it looks at the account again and
    goes on only when it would do what that plan says, or less.
    """
    from reconciler.cli import apply_run  # noqa: PLC0415 - a tab asks for the options alone

    return apply_run.run(
        options,
        narrowing,
        saved=saved,
        yes=yes,
        dry_run=dry_run,
        parallelism=parallelism,
        skip_refused=skip_refused,
        then_dispatch=then_dispatch,
        comment=comment,
        annotate=annotate,
    )

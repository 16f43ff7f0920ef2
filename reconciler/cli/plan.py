"""`reconciler plan`: what apply would do, and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import FINDINGS, verb
from reconciler.cli.pull_request_options import announced
from reconciler.cli.scope_options import scoped

if TYPE_CHECKING:
    from reconciler.cli.options import Options
    from reconciler.cli.scope import Narrowing


@verb("plan", formats=(*FINDINGS, "html"))
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Save the plan, for apply --plan.")
@click.option("--page", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a page for a browser, too.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when changes are pending.")
@click.option("--brief", is_flag=True, help="Leave out the fields.")
@click.option("--full", is_flag=True, help="List what is unchanged too, and long texts whole.")
@announced
@scoped
def command(
    options: Options,
    out: Path | None,
    page: Path | None,
    detailed_exitcode: bool,
    brief: bool,
    full: bool,
    comment: str | None,
    annotate: str | None,
    narrowing: Narrowing,
) -> int:
    """Say what apply would do to the account, and why; sends nothing but reads.

    `reconciler plan show FILE` prints a plan that was saved by --out, for whoever approves it; it asks nobody.
    """
    from reconciler.cli import plan_run  # noqa: PLC0415 - a tab asks for the options alone

    return plan_run.run(
        options,
        narrowing,
        out=out,
        page=page,
        detailed_exitcode=detailed_exitcode,
        brief=brief,
        full=full,
        comment=comment,
        annotate=annotate,
    )

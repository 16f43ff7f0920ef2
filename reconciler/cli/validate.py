"""`reconciler validate`: everything that can be known without the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import FINDINGS, verb
from reconciler.cli.pull_request_options import announced

if TYPE_CHECKING:
    from reconciler.cli.options import Options


@verb("validate", account=False, formats=FINDINGS)
@click.option(
    "--full", is_flag=True, help="Show each of many rows with one error, and the findings of lint that are waived."
)
@announced
def command(options: Options, full: bool, comment: str | None, annotate: str | None) -> int:
    """Check the manifests offline, and list every problem at its line.

    Reads the files below PATH (the project's manifests when none is given; every project below where here is none);
    asks nobody.
    """
    from reconciler.cli import validate_run  # noqa: PLC0415 - a tab asks for the options alone

    return validate_run.run(options, full=full, comment=comment, annotate=annotate)

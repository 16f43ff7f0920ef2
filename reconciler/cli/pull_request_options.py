"""Options that tell a pull request what a run found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from reconciler.cli.options import Command

GITHUB, GITLAB, BITBUCKET, AZURE = FORGES = ("github", "gitlab", "bitbucket", "azure")
_ANNOUNCED = (
    click.option(
        "--comment",
        type=click.Choice(FORGES),
        help="Post or update one comment on the pull request of this CI job.",
    ),
    click.option(
        "--annotate",
        type=click.Choice(FORGES),
        help="Put findings beside their lines: workflow commands, a report of Code Quality "
        "(gl-code-quality-report.json) or of Code Insights.",
    ),
)  # fmt: skip - one option a row


def announced(run: Command) -> Command:
    """Add the options that tell a pull request; the command takes ``comment`` and ``annotate``."""
    decorated: Any = run
    for option in reversed(_ANNOUNCED):
        decorated = option(decorated)
    told: Command = decorated
    return told

"""Run of `reconciler validate`: the findings of one project, or of each one below."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from reconciler.cli.projects_below import in_each_project
from reconciler.cli.pull_request import Announcement
from reconciler.cli.session import Session
from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.left_out import list_of
from reconciler.load.reader import load
from reconciler.schedule.clock import SystemClock
from reconciler.settings import Misconfigured

if TYPE_CHECKING:
    from reconciler.cli.lint_findings import Lint
    from reconciler.cli.options import Options
    from reconciler.load.reader import Loaded


def run(options: Options, *, full: bool, comment: str | None, annotate: str | None) -> int:
    """Check the project, or each one below; the exit code."""
    return in_each_project(options, lambda own: _validated(own, full=full, comment=comment, annotate=annotate))


def _validated(options: Options, *, full: bool, comment: str | None, annotate: str | None) -> int:
    # A pull request from a fork is only validated: its comment is the one a plan would have rewritten.
    announcement = Announcement(options, "plan", comment=comment, annotate=annotate)
    with announcement.errors(), _session(options) as session:
        session.lint.full = full
        loaded = session.load()
        from reconciler.cli import view  # noqa: PLC0415 - the renderers are slow to load

        view.findings(session, loaded, _verdict(loaded, session.lint), full=full)
        session.output.talk(_verdict(loaded, session.lint))
        announcement.findings(loaded.findings, _verdict(loaded, session.lint))
    return 1 if loaded.errors else 0


def _session(options: Options) -> Session:
    """A session; raises InputError with what is wrong with the project file and, besides, with the manifests."""
    try:
        return Session(options, read_only=True)
    except Misconfigured as error:
        loaded = load(options.paths, error.project, KINDS, now=options.now or SystemClock().now(), process=os.environ)
        for secret in loaded.secrets:
            options.output.hide_secret(secret)
        options.output.hide_numbers(loaded.callees)
        options.output.hide_cells(loaded.number_files)
        options.output.root = error.project.root
        raise InputError(error.message, code=error.code, findings=[*error.findings, *loaded.findings]) from None


def _rows(loaded: Loaded) -> str:
    """How many calls the tables declare, also when that is none: an export may be empty by accident."""
    if not loaded.lists or loaded.errors:
        return ""
    rows = sum(bool(list_of(resource.address)) for resource in loaded.resources.values())
    return f" with {rows:,} row{'' if rows == 1 else 's'}"


def _verdict(loaded: Loaded, lint: Lint) -> str:
    count = f"{loaded.documents} document{'' if loaded.documents == 1 else 's'}{_rows(loaded)}"
    if loaded.errors:
        errors = len(loaded.errors)
        return f"{count}, {errors} error{'' if errors == 1 else 's'}: not valid"
    if not loaded.documents:
        return "no documents: nothing is declared"
    warnings = len(loaded.findings)
    return ", ".join(
        [f"{count}, valid", *([f"{warnings} to look at"] if warnings else []), *filter(None, [lint.count])]
    )

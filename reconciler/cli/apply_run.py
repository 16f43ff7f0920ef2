"""Run of `reconciler apply`: ask, apply, report, and place what is due where that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.apply.run import apply
from reconciler.cli import view
from reconciler.cli.dispatch import code_of_calls, place
from reconciler.cli.notices import of_apply, of_balance, tell, told_when_it_fails
from reconciler.cli.plan_run import planned
from reconciler.cli.progress import applying
from reconciler.cli.pull_request import Announcement
from reconciler.cli.scope import Narrowing, exit_code
from reconciler.cli.session import Session
from reconciler.errors import InputError, PlanRefused, Unconfirmed
from reconciler.kinds import KINDS
from reconciler.left_out import stopped
from reconciler.model import Outcome, Plan, Report
from reconciler.planning import guard
from reconciler.schedule.clock import stamp

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.cli.options import Options
    from reconciler.load.reader import Loaded
    from reconciler.planning.outlook import Outlook
    from reconciler.planning.scope import Scope
    from reconciler.schedule.call_report import CallRow

IN_PART, INTERRUPTED = 4, 130


def run(
    options: Options,
    narrowing: Narrowing,
    *,
    saved: Path | None,
    yes: bool,
    dry_run: bool,
    parallelism: int,
    skip_refused: bool,
    then_dispatch: bool,
    comment: str | None,
    annotate: str | None,
) -> int:
    """Make the account what the manifests say, or say what that would be; the exit code."""
    if dry_run:
        return _rehearsed(options, narrowing, saved)
    announcement = Announcement(options, "apply", comment=comment, annotate=annotate)
    with announcement.errors(), Session(options, read_only=False) as session:
        approved = view.saved(saved) if saved else None
        loaded = session.usable(skip_rows=narrowing.skip_rows)
        scope = narrowing.scope(loaded, session.project.root)
        connection = session.connected()
        with told_when_it_fails(session, connection.ledger), session.lease(connection.ledger, "apply") as lease:
            found = session.look(loaded, connection, scope)
            announcement.planned(found.plan)
            try:
                guard.applicable(found.plan, found.account, skip_refused=skip_refused)
                if approved is not None:
                    guard.same_or_less(found.plan, approved)
            except (InputError, PlanRefused):
                view.plan(session, found.plan, next_command="")
                raise
            if found.plan.pending and not (yes or saved):
                _ask(session, found.plan)
            with applying(session.output, found.plan.pending) as progress:
                done = apply(
                    found.plan,
                    KINDS,
                    session.context(found, connection),
                    parallelism=parallelism,
                    stopping=session.stopping,
                    holding=lambda: bool(lease.held),
                    progress=progress,
                )
        rows = _dispatched(session, loaded, scope, done) if then_dispatch and not session.stopping.is_set() else []
        view.report(session, done, rows)
        announcement.report(done)
        at = stamp(session.clock.now())
        tell(session, connection.ledger, [*of_apply(done, at), *of_balance(session, found.account)])
        if rows and options.format != "json":
            view.dispatch(session, rows)
        return _code(session, found.plan, done, rows)


def _rehearsed(options: Options, narrowing: Narrowing, saved: Path | None) -> int:
    """Plan, with a transport that can only read; given a saved plan, refuse what it does not allow."""
    with Session(options, read_only=True) as session:
        approved = view.saved(saved) if saved else None
        plan = planned(session, narrowing)
        following = options.command("apply", *(("--plan", str(saved)) if saved else ()))
        view.plan(session, plan, next_command=following)
        if approved is not None:
            guard.same_or_less(plan, approved)
    return exit_code(plan, detailed=False)


def _ask(session: Session, plan: Outlook) -> None:
    """Ask on a terminal, naming account and count; refuse elsewhere, where nobody can answer."""
    from reconciler.render.words import account, counted  # noqa: PLC0415 - where somebody has to answer

    changes = counted(len(plan.pending), "change")
    if not session.output.interactive:
        view.plan(session, plan, next_command=session.options.command("apply", "--yes"))
        raise Unconfirmed(
            f"{changes} {'waits' if len(plan.pending) == 1 else 'wait'}, and nobody can be asked here",
            hint="add --yes, or apply a plan that was approved: reconciler apply --plan plan.json",
        )
    view.plan(session, plan, next_command="")
    if not click.confirm(f"Make {changes} to {account(plan.target)}?", default=False, err=True):
        raise click.Abort


def _dispatched(session: Session, loaded: Loaded, scope: Scope, done: Report) -> list[CallRow]:
    """Dispatch after an apply that was applied; a failed one may have left a call without its agent."""
    del scope
    alone = {change.address for change in stopped(done.plan)}
    if any(result.outcome is not Outcome.DONE and result.address not in alone for result in done.results):
        onward = session.options.command("dispatch")
        session.output.talk(f"not everything was applied, so no call was placed; fix it, then: {onward}")
        return []
    return place(session, lambda: loaded)


def _code(session: Session, plan: Plan, done: Report, rows: list[CallRow]) -> int:
    if session.stopping.is_set():
        return INTERRUPTED
    if done.failed or plan.refusals:
        return IN_PART
    return code_of_calls(rows)

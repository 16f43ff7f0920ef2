"""Views of what a command found, in the form that was asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler import render
from reconciler.cli.json_files import json_file
from reconciler.cli.pull_request import folder_in_repository
from reconciler.documents.files import replace_file
from reconciler.errors import InputError, StalePlan
from reconciler.render.words import AfterApply, account, host

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from reconciler.cli.output import Output
    from reconciler.cli.session import Session
    from reconciler.load.reader import Loaded
    from reconciler.model import Report, Target
    from reconciler.planning.outlook import Outlook
    from reconciler.schedule.call_detail import CallDetail
    from reconciler.schedule.call_report import CallList, CallRow


def findings(session: Session, loaded: Loaded, verdict: str, *, full: bool = False) -> None:
    """What validate found: the findings are the result, so they go to stdout; each of many rows if ``full``."""
    output, told = session.output, session.options.completed(loaded.findings)
    match output.form:
        case "json":
            output.json(render.json.validate(told, documents=loaded.documents))
        case "markdown":
            output.data(render.markdown.findings(told, verdict=verdict))
        case "sarif":
            output.json(render.sarif.findings(told, folder=folder_in_repository(output.root)))
        case "junit":
            output.tests(render.junit.findings(told, loaded.resources))
        case _ if told:
            numbers = output.show_numbers
            output.data(
                render.text.findings(
                    told, width=output.width, color=output.color, sources=output.source, show_numbers=numbers, full=full
                )
            )  # fmt: skip - options of one call


def plan(session: Session, found: Outlook, *, next_command: str, brief: bool = False, full: bool = False) -> None:
    """A plan on stdout."""
    output, found = session.output, session.options.completed(found)
    numbers = output.show_numbers
    match output.form:
        case "json":
            output.json(sealed_plan(output, render.json.plan(found, show_numbers=numbers)))
        case "sarif":
            output.json(render.sarif.plan(found, folder=folder_in_repository(output.root)))
        case "junit":
            output.tests(render.junit.plan(found))
        case "markdown":
            whole = session.options.command("plan")
            output.data(
                render.markdown.plan(found, show_numbers=numbers, next_command=next_command, whole_command=whole)
            )  # fmt: skip - options of one call
        case "html":
            output.data(render.html.plan(found, show_numbers=numbers, next_command=next_command))
        case _:
            output.data(
                render.text.plan(
                    found,
                    width=output.width,
                    color=output.color,
                    show_numbers=numbers,
                    brief=brief,
                    full=full,
                    next_command=next_command,
                )
            )  # fmt: skip - options of one call


def report(session: Session, done: Report, rows: Iterable[CallRow] = ()) -> None:
    """What apply did on stdout, with the calls it went on to place."""
    options, output = session.options, session.output
    done, rows = options.completed(done), options.completed(tuple(rows))
    numbers = output.show_numbers
    following = AfterApply(options.command("apply"), options.command("dispatch"))
    match output.form:
        case "json":
            calls = {"calls": render.json.dispatch(rows)["calls"]} if rows else {}
            output.json({**render.json.report(done, show_numbers=numbers), **calls})
        case "markdown":
            output.data(render.markdown.report(done, show_numbers=numbers, following=following))
        case _:
            output.data(
                render.text.report(
                    done, width=output.width, color=output.color, show_numbers=numbers, following=following
                )
            )  # fmt: skip - options of one call


def whose_calls(session: Session, target: Target) -> None:
    """Name the account before anybody is rung, where people read along."""
    if session.output.form == "text":
        session.output.talk(f"reconciler dispatch · {account(target)} · {host(target)}")


def dispatch(session: Session, rows: Sequence[CallRow], *, dry_run: bool = False) -> None:
    """What dispatch did on stdout."""
    output, rows = session.output, session.options.completed(rows)
    match output.form:
        case "json":
            output.json(render.json.dispatch(rows))
        case "markdown":
            output.data(render.markdown.dispatch(rows, dry_run=dry_run))
        case _:
            output.data(render.text.dispatch(rows, width=output.width, color=output.color, dry_run=dry_run))


def calls(session: Session, listed: CallList, one: CallDetail | None = None, *, now: datetime) -> None:
    """Scheduled calls on stdout; of ``one`` that was named everything that is known, where the form has room for it."""
    output, rows = session.output, session.options.completed(listed.rows)
    listed = replace(listed, release=session.options.command("calls release", "--all"))
    match output.form:
        case "json":
            more = {"call": render.call_detail.document(one)} if one is not None else {}
            output.json({**render.json.calls(rows, listed), **more})
        case "markdown":
            output.data(render.markdown.calls(rows, about=listed))
        case "html":
            output.data(render.html.calls(rows, listed))
        case "csv":
            output.data(render.call_csv.calls(rows))
        case _ if one is not None:
            if wrong := rows[: listed.wrong]:
                output.data(render.text.calls(wrong, width=output.width, color=output.color))
            one, command = (
                session.options.completed(one),
                session.options.command("calls show", one.name, "--transcript"),
            )
            output.data(
                render.call_detail.text(
                    one, now=now, width=output.width, color=output.color, transcript_command=command
                )
            )  # fmt: skip - options of one call
        case _:
            output.data(render.text.calls(rows, width=output.width, color=output.color, about=listed))


def page(session: Session, found: Outlook, path: Path, *, next_command: str) -> None:
    """Write the plan as a page for a browser; callees' numbers are masked, as where many read it."""
    told = render.html.plan(session.options.completed(found), show_numbers=False, next_command=next_command)
    replace_file(path, session.output.clean(told, masked=True))


def save(session: Session, found: Outlook, path: Path) -> None:
    """Write the plan document, masked, whole or not at all; raises InputError when it cannot be written."""
    document = sealed_plan(session.output, render.json.plan(found))
    replace_file(path, session.output.document(document), folders=False)


def sealed_plan(output: Output, document: dict[str, Any]) -> dict[str, Any]:
    """The plan document as it leaves, its seal over just what is shown: what is personal or secret is masked first."""
    return render.json.sealed(json.loads(output.document(document)))


def saved(path: Path) -> dict[str, Any]:
    """A plan document as it was saved; raises InputError when it is none."""
    document = json_file(path, what="a saved plan", hint=f"reconciler plan --out {path}")
    if not _is_plan(document):
        raise InputError(
            f"`{path}` is not a saved plan of this version",
            code="RC125",
            hint=f"reconciler plan --out {path}",
        )
    found: dict[str, Any] = document
    if render.json.sealed(found)["seal"] != found["seal"]:
        raise StalePlan(
            f"`{path}` does not show what was planned: it was changed after it was saved",
            hint=f"plan again and have it approved: reconciler plan --out {path}",
        )
    return found


def _is_plan(document: Any) -> bool:
    """Whether a document has what apply reads of a plan."""
    if not isinstance(document, dict) or document.get("format") != "reconciler.plan/v1":
        return False
    target, changes = document.get("target"), document.get("changes")
    if not (isinstance(target, dict) and isinstance(target.get("organization"), dict) and isinstance(changes, list)):
        return False
    named = isinstance(target.get("url"), str) and isinstance(document.get("seal"), str)
    return named and all(map(_is_change, changes))


def _is_change(change: Any) -> bool:
    words = ("address", "action", "fingerprint")
    return isinstance(change, dict) and all(isinstance(change.get(word), str) for word in words)


def shown(row: Any, output: Output) -> Any:
    """A call row with its callee as it may be shown."""
    from reconciler.redaction import mask  # noqa: PLC0415 - one function

    return row if output.show_numbers or not row.to else replace(row, to=mask(row.to))

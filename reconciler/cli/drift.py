"""`reconciler drift`: what was changed outside, and the way of it back into the files."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from reconciler.adoption.drift import DRAFT, drifted, without_base
from reconciler.adoption.write_back import WriteBack, write_back
from reconciler.cli.common_options import verb
from reconciler.cli.notices import of_balance, of_drift, tell
from reconciler.cli.session import Session
from reconciler.documents.files import replace_file
from reconciler.errors import InputError, StoreError
from reconciler.kinds import KINDS
from reconciler.planning.scope import Scope
from reconciler.planning.undeclared import NOTHING
from reconciler.redaction import mask_in
from reconciler.render import drift as render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.options import Options
    from reconciler.load.reader import Loaded
    from reconciler.model import Address, Change, Finding
    from reconciler.planning.survey import Survey

DRIFT = 2


@verb("drift")
@click.option("--write", is_flag=True, help="Put what was edited in the dashboard back into the files.")
@click.option("--theirs", is_flag=True, help="With --write: take the dashboard's side where both changed a field.")
@click.option("--dry-run", is_flag=True, help="With --write: show what would be written, and write nothing.")
def command(options: Options, write: bool, theirs: bool, dry_run: bool) -> int:
    """Say what was changed outside since the last apply; exit 2 when there is any.

    Edits in the dashboard, objects deleted there, drafts that wait there: never what only the manifests changed.
    With --write the edited values go into the file and line that declare them, everything else stays byte for
    byte, and the exit code is 2 only when something was left for a person. The account is never written.
    """
    if (theirs or dry_run) and not write:
        raise InputError("--theirs and --dry-run go with --write", code="RC124", hint="reconciler drift --write")
    with Session(options, read_only=True) as session:
        loaded = session.checked()
        connection = session.connected(optional=True)
        found = session.look(loaded, connection, Scope())
        _know_the_past(session.notes)
        drift = drifted(found.plan.changes, found.account.bindings, KINDS)
        tell(session, connection.ledger, [*of_drift(found.plan.target, drift), *of_balance(session, found.account)])
        unknown = without_base(found.plan.changes, found.account.bindings)
        carried = _carried(session, loaded, found, drift, theirs=theirs) if write else None
        if carried is not None and not dry_run:
            for path in _touched(carried):
                replace_file(session.project.root / path, carried.after[path])
        _say(session, found, drift, unknown, carried, dry_run=dry_run)
    return DRIFT if (carried.left if carried is not None else drift) else 0


def _know_the_past(notes: Sequence[Finding]) -> None:
    """Without the state there is no telling drift from a change of the manifests."""
    for missing in notes:
        raise StoreError(missing.message, code=missing.code, hint=missing.hint)


def _carried(session: Session, loaded: Loaded, found: Survey, drift: Sequence[Change], *, theirs: bool) -> WriteBack:
    def read(path: str) -> str:
        try:
            return (session.project.root / path).read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"`{path}` cannot be read: {error}", code="RC105") from None

    return write_back(
        drift, kinds=KINDS, resolver=found.resolver, resources=loaded.resources, read=read, theirs=theirs
    )  # fmt: skip - one sentence


def _touched(carried: WriteBack) -> list[str]:
    return sorted(path for path, text in carried.after.items() if text != carried.before[path])


def _say(
    session: Session,
    found: Survey,
    drift: Sequence[Change],
    unknown: Sequence[Address],
    carried: WriteBack | None,
    *,
    dry_run: bool,
) -> None:
    output, target = session.output, found.plan.target
    undeclared = session.options.completed(found.plan.undeclared) or NOTHING
    numbers = output.show_numbers
    if output.form == "json":
        document = render.document(drift, target, unknown, undeclared=undeclared, show_numbers=numbers)
        output.json({**document, **(_written(carried, dry_run=dry_run) if carried is not None else {})})
        return
    following = _following(session, drift) if not carried else []
    if output.form == "markdown":
        output.data(
            render.markdown(
                drift, unknown, undeclared=undeclared, show_numbers=numbers, next_step=_in_a_line(following)
            )
        )
    else:
        color = output.color
        output.data(
            render.text(
                drift, target, unknown, undeclared=undeclared, width=output.width, color=color, show_numbers=numbers
            )
        )  # fmt: skip - options of one call
    if carried is not None:
        _say_written(session, carried, dry_run=dry_run)
    elif following and output.form != "markdown":
        output.talk("\n".join(line for step in following for line in step.lines(output.width)))


class _Step(NamedTuple):
    """Something to do: a word before it, the command or what else to do, and what that comes to."""

    word: str
    what: str
    means: str = ""

    @property
    def told(self) -> str:
        """In running text."""
        return f"`{self.what}` ({self.means})" if self.means else self.what

    def lines(self, width: int) -> list[str]:
        """A line of its own, so that a command is copied whole; what it means below where there is no room."""
        first, means = f"{self.word:>4}: {self.what}", f"({self.means})" if self.means else ""
        whole = f"{first}  {means}".rstrip()
        return [whole] if len(whole) <= width or not means else [first, f"      {means}"]


def _in_a_line(steps: Sequence[_Step]) -> str:
    return ", ".join([*(it.told for it in steps[:1]), *(f"{it.word} {it.told}" for it in steps[1:])])


def _following(session: Session, drift: Sequence[Change]) -> list[_Step]:
    """What to do about it; nothing of ours does anything about a draft."""
    steps = []
    if any(change.reason != DRAFT for change in drift):
        steps = [
            _Step("next", session.options.command("drift", "--write"), "keeps the dashboard's side"),
            _Step("or", session.options.command("apply"), "puts the manifests' side back"),
        ]
    if any(change.reason == DRAFT for change in drift):
        steps.append(_Step("and" if steps else "next", "deploy or discard each draft in the dashboard"))
    return steps


def _written(carried: WriteBack, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "written": [{"path": path, "fields": carried.fields[path]} for path in _touched(carried)],
        "left": [{"address": str(one.address), "path": one.field, "why": one.why} for one in carried.left],
    }


def _say_written(session: Session, carried: WriteBack, *, dry_run: bool) -> None:
    """The difference each file saw, as a unified diff, and what is left for a person."""
    output, touched = session.output, _touched(carried)
    shown = "".join(_difference(path, carried.before[path], carried.after[path]) for path in touched)
    if shown:
        shown = shown if output.show_numbers else mask_in(shown)
        fenced = output.form == "markdown"
        output.data(f"\n```diff\n{shown}```" if fenced else f"\n{shown}")
    for left in carried.left:
        name = f" {left.field}" if left.field else ""
        output.talk(f"left: {left.address}{name} {left.why}")
    verb = "would be written" if dry_run else "written"
    output.talk(f"{len(touched)} {'file' if len(touched) == 1 else 'files'} {verb}, {len(carried.left)} left")


def _difference(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{path}", f"b/{path}"
    )  # fmt: skip - two sides
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

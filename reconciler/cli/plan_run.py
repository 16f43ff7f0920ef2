"""Run of `reconciler plan`: a plan that is made, saved and shown, or one that was saved before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli import view
from reconciler.cli.pull_request import Announcement
from reconciler.cli.scope import exit_code
from reconciler.cli.session import Session
from reconciler.errors import InputError

if TYPE_CHECKING:
    from reconciler.cli.options import Options
    from reconciler.cli.scope import Narrowing
    from reconciler.planning.outlook import Outlook

_SAVED_FORMATS = ("text", "json")
_ASKS_ONLY_HOW_TO_SHOW = frozenset(
    {"format_", "as_json", "no_color", "show_numbers", "debug", "environment", "variables"}
    | {"api_url", "api_key_file", "profile", "emulator", "state"}
)
_SHOW, _SHOW_AND_FILE = Path("show"), 2


def run(
    options: Options,
    narrowing: Narrowing,
    *,
    out: Path | None,
    page: Path | None,
    detailed_exitcode: bool,
    brief: bool,
    full: bool,
    comment: str | None,
    annotate: str | None,
) -> int:
    """Plan and show it, or show one that was saved; the exit code."""
    if (saved := _saved(options.paths)) is not None:
        return _show(options, saved)
    announcement = Announcement(options, "plan", comment=comment, annotate=annotate)
    with announcement.errors(), Session(options, read_only=True) as session:
        session.lint.full = full
        plan = planned(session, narrowing, out)
        following = options.command("apply", *(("--plan", str(out)) if out else ()))
        view.plan(session, plan, next_command=following, brief=brief, full=full)
        if page is not None:
            view.page(session, plan, page, next_command=following)
        if session.lint.count:
            session.output.talk(f"lint: {session.lint.count}")
        announcement.plan(plan, next_command="merge, and the apply job does it" if announcement.reviewed else following)
    return exit_code(plan, detailed=detailed_exitcode)


def _saved(paths: tuple[Path, ...]) -> Path | None:
    """The file of `plan show FILE`; None where paths of manifests are meant."""
    shows = len(paths) == _SHOW_AND_FILE and paths[0] == _SHOW and not _SHOW.exists()
    return paths[1] if shows else None


def _show(options: Options, path: Path) -> int:
    from reconciler.render import saved_plan  # noqa: PLC0415 - few runs show one

    _refuse_what_a_saved_plan_has_none_of(options)
    document = view.saved(path)
    if options.format == "json":
        options.output.json(document)
    else:
        options.output.data(saved_plan.text(document))
    return 0


def _refuse_what_a_saved_plan_has_none_of(options: Options) -> None:
    """InputError for an option or a format that would be passed over in silence."""
    for name, words in options.given.items():
        if name not in _ASKS_ONLY_HOW_TO_SHOW:
            said = f"`{words[0]}` has no meaning for a saved plan, which is shown as it was planned"
            raise InputError(said, code="RC124", hint=f"leave `{words[0]}` out")
    if options.format not in _SAVED_FORMATS:
        raise InputError(
            f"a saved plan is shown as text or as JSON, not as {options.format}",
            code="RC124",
            hint="`--page FILE` beside `--out` writes a page for a browser when a plan is saved",
        )


def planned(session: Session, narrowing: Narrowing, out: Path | None = None) -> Outlook:
    """The plan of a run that can only read; saved to ``out`` when that is named."""
    loaded = session.usable(skip_rows=narrowing.skip_rows)
    scope = narrowing.scope(loaded, session.project.root)
    found = session.look(loaded, session.connected(optional=True), scope)
    if out is not None:
        view.save(session, found.plan, out)
    return found.plan

"""The wording that text, JSON and Markdown share, in one set of tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from reconciler import left_out
from reconciler.left_out import blocking
from reconciler.model import VERBS, Action, ChangedBy, Outcome, Phase, Severity, Sort, dollars
from reconciler.render.reading_order import by_kind, overwrites

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model import Address, Change, Consequence, Plan, Report, Result, Target
    from reconciler.planning.outlook import Outlook

_GLYPHS: dict[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.DELETE: "-",
    Action.ADOPT: "&",
    Action.ACT: ">",
    Action.UNPROTECT: "-",
    Action.KEEP: "=",
    Action.REFUSE: "x",
}
MARKED = "!"

_UNTOLD = "unknown"
_SPOKEN: dict[str, str] = {Action.KEEP: "unchanged", Action.REFUSE: "refused", _UNTOLD: "unknown"}

_STYLES: dict[Action, str] = {
    Action.CREATE: "added",
    Action.UPDATE: "changed",
    Action.REPLACE: "changed",
    Action.DELETE: "removed",
    Action.ADOPT: "name",
    Action.ACT: "changed",
    Action.UNPROTECT: "grave",
    Action.KEEP: "dim",
    Action.REFUSE: "grave",
}

CONSEQUENCES: dict[Sort, str] = {
    Sort.RINGS_A_PERSON: "rings a person",
    Sort.SPENDS_MONEY: "spends money",
    Sort.CANNOT_BE_UNDONE: "cannot be undone",
    Sort.LIFTS_PROTECTION: "may be deleted from then on",
    Sort.LIVE_AT_ONCE: "live at once",
}

SIDES: dict[ChangedBy, str] = {
    ChangedBy.MANIFEST: "",
    ChangedBy.DASHBOARD: "drift: changed in the dashboard",
    ChangedBy.BOTH: "conflict: changed here and in the dashboard",
    ChangedBy.SERVER: "not kept: the server has another value than was written",
}

OUTCOMES: dict[Outcome, str] = {
    Outcome.DONE: "added",
    Outcome.PENDING: "changed",
    Outcome.SKIPPED: "changed",
    Outcome.UNKNOWN: "grave",
    Outcome.FAILED: "grave",
}

SEVERITIES: dict[Severity, str] = {
    Severity.ERROR: "grave",
    Severity.WARNING: "changed",
    Severity.NOTE: "dim",
}

SAME_TO_SEE = "(they differ in what is not shown)"
_UNCHANGED = (Action.KEEP, Action.REFUSE)
_FEW = 3
_PLURALS = {"person": "people", "reply": "replies", "try": "tries"}


def counted(count: int, noun: str) -> str:
    """``1 change``, ``2 changes``."""
    if count == 1:
        return f"1 {noun}"
    head, _, last = noun.rpartition(" ")
    return f"{count:,} {head + ' ' if head else ''}{_PLURALS.get(last, last + 's')}"


def tally(changes: Sequence[Change], *, quiet: bool = False) -> str:
    """``2 to create, 1 refused, 3 unchanged``, in the order of the actions; "" for none.

    With ``quiet`` the unchanged are not mentioned.
    """
    counts = counted_verbs(changes)
    return ", ".join(
        f"{count:,} {spoken(verb)}" for verb, count in counts.items() if not (quiet and verb == Action.KEEP)
    )


def counted_verbs(changes: Sequence[Change]) -> dict[str, int]:
    """How many changes of which verb, in the order of the actions; what nobody can tell is not counted as unchanged."""
    first, last = [it for it in VERBS if it not in _UNCHANGED], [it.value for it in reversed(_UNCHANGED)]
    others = sorted({change.verb for change in changes} - {*first, *last})
    counts = dict.fromkeys((*first, *others, _UNTOLD, *last), 0)
    for change in changes:
        counts[_UNTOLD if _is_untold(change) else change.verb] += 1
    return {verb: count for verb, count in counts.items() if count}


def _is_untold(change: Change) -> bool:
    return change.action is Action.KEEP and change.observed is not None and change.observed.phase is Phase.UNKNOWN


def spoken(verb: str) -> str:
    """``to create``, ``refused``."""
    return _SPOKEN.get(verb, f"to {verb}")


def sign(change: Change) -> str:
    """The sign of what is done."""
    return _GLYPHS[change.action]


def style(change: Change) -> str:
    """The colour of what is done."""
    return _STYLES[change.action]


def glyph(change: Change) -> str:
    """The sign of a change: ``!`` where something must not be overlooked, else that of its action."""
    return MARKED if marks(change) else sign(change)


def marks(change: Change) -> list[str]:
    """What must not be overlooked in a change that would be made."""
    told = [_mark(it) for it in change.consequences] if change.pending else []
    return [*told, "overwrites a colleague's edits"] if overwrites(change) else told


def _mark(consequence: Consequence) -> str:
    if consequence.people > 1:
        return f"rings {counted(consequence.people, 'person')}"
    if consequence.agents:
        return f"{CONSEQUENCES[consequence.sort]} for {counted(consequence.agents, 'agent')}"
    return CONSEQUENCES[consequence.sort]


def uneventful(change: Change) -> bool:
    """Whether a change is worth no more than being counted."""
    return change.quiet and not change.notes


def account(target: Target) -> str:
    """``Acme (organisation 42)``."""
    return f"{target.organization_name or 'unnamed'} (organisation {target.organization_id})"


def host(target: Target) -> str:
    """The server without its path, or what was given when it is no URL."""
    return urlsplit(target.url).netloc or target.url


def weighty(plan: Plan) -> list[str]:
    """What all changes together would mean: whom they ring, what they charge, what stays permanently."""
    all_of_it = [consequence for change in plan.pending for consequence in change.consequences]
    rings = _people(all_of_it)
    occasions = Counter(it.occasion for it in all_of_it if it.occasion)
    final = sum(change.means(Sort.CANNOT_BE_UNDONE) for change in plan.pending)
    return [
        words
        for words in (
            f"rings {counted(rings, 'person')}" if rings else "",
            _charge(all_of_it),
            *(counted(count, occasion) for occasion, count in occasions.items()),
            f"{counted(final, 'change')} cannot be undone" if final else "",
            _at_once(all_of_it),
            _overwritten(plan.pending),
        )
        if words
    ]


def _overwritten(changes: Sequence[Change]) -> str:
    """Whose work in the dashboard an apply would take back, by kind."""
    counts = by_kind([change for change in changes if overwrites(change)])
    listed = " and ".join(counted(count, noun) for noun, count in counts.items())
    return f"overwrites a colleague's edits on {listed}" if listed else ""


def _at_once(consequences: Sequence[Consequence]) -> str:
    """For how many agents callers hear something else as soon as it is written; several texts may be of one agent."""
    agents = [it.agents for it in consequences if it.sort is Sort.LIVE_AT_ONCE]
    most = "up to " if len(agents) > 1 else ""
    return f"live at once for {most}{counted(sum(agents), 'agent')}" if agents else ""


def _people(consequences: Sequence[Consequence]) -> int:
    """How many people are rung: two calls to one number ring one person."""
    known = {it.callee for it in consequences if it.callee}
    return len(known) + sum(it.people for it in consequences if not it.callee)


def _charge(consequences: Sequence[Consequence]) -> str:
    """The most that may be charged again and again."""
    charging = [it for it in consequences if it.per]
    if not charging:
        return ""
    limits = [it.cents for it in charging if it.cents is not None]
    per = charging[0].per
    if len(limits) < len(charging):
        return f"may charge the card without a {per}ly limit"
    return f"may charge up to {dollars(sum(limits))} a {per}"


def verdict(plan: Plan) -> str:
    """One line that says what the plan comes to."""
    listed = tally(plan.changes, quiet=True)
    why = stopped(plan)
    if not listed:
        return f"No changes; {why}." if why else _nothing_to_do("No changes", plan)
    return f"Plan: {listed} — {why or 'nothing was written'}."


def _nothing_to_do(said: str, plan: Plan) -> str:
    """That nothing would be done, which is not to say that all is well: an action may wait to be asked for."""
    waiting = [change for change in plan.changes if change.awaited]
    return f"{said}, but {_named(waiting)} is not as declared." if waiting else f"{said}: the account is as declared."


def stopped(plan: Plan) -> str:
    """Why apply would write nothing, or not all of it, or ""."""
    if blocking(plan):
        return f"{counted(len(plan.errors), 'error')}: apply would write nothing"
    if plan.refusals:
        return "apply would refuse the plan"
    if alone := left_out.stopped(plan):
        return f"{counted(len(plan.errors), 'error')}: apply would leave out {_named(alone)}, and do the rest"
    return ""


def _named(changes: Sequence[Change]) -> str:
    """The first addresses, and how many more."""
    return _first([change.address for change in changes])


def _first(addresses: Iterable[Address]) -> str:
    """``Agent/desk, 60 rows of week and 2 more``: many rows of a list are one name."""
    addresses = list(dict.fromkeys(addresses))
    rows = Counter(name for it in addresses if (name := left_out.list_of(it)))
    many = {name: f"{count:,} rows of {name}" for name, count in rows.items() if count > _FEW}
    names = list(dict.fromkeys(many.get(left_out.list_of(it)) or str(it) for it in addresses))
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")


def undeclared(plan: Outlook) -> str:
    """What is on the account and declared nowhere, with the way to declare it; "" for nothing."""
    return f"{plan.undeclared.sentence}." if plan.undeclared and plan.undeclared.found else ""


def onward(plan: Plan, next_command: str) -> str:
    """The next thing to do, or "" when there is nothing."""
    if plan.errors:
        return "fix the errors, then plan again"
    if plan.refusals:
        return "settle what is refused and plan again, or apply the rest with --skip-refused"
    return next_command if plan.pending else ""


def applied(report: Report) -> str:
    """One line that says what came of an apply."""
    if not report.results and report.plan.refusals:
        return f"Nothing was applied: {counted(len(report.plan.refusals), 'change')} refused."
    if not report.results:
        return _nothing_to_do("Nothing to apply", report.plan)
    counts = dict.fromkeys(Outcome, 0)
    for result in report.results:
        counts[result.outcome] += 1
    listed = ", ".join(f"{count:,} {outcome.value}" for outcome, count in counts.items() if count)
    done = counts[Outcome.DONE] or any(result.in_part for result in report.results)
    return f"{'Applied' if not report.failed else 'Applied in part' if done else 'Nothing was applied'}: {listed}."


class AfterApply(NamedTuple):
    """The commands that may come after an apply."""

    again: str = "reconciler apply"
    dispatch: str = "reconciler dispatch"


AFTER_APPLY = AfterApply()


def failures_first(report: Report) -> list[Result]:
    """The result of the changes: what a person must do something about, and then the rest as it was planned."""
    return sorted(report.results, key=lambda result: result.outcome not in (Outcome.FAILED, Outcome.UNKNOWN))


def after_apply(report: Report, following: AfterApply) -> str:
    """The next thing to do after an apply, or "" when all of it was applied."""
    outcomes = {result.outcome for result in report.results}
    if Outcome.UNKNOWN in outcomes:
        return f"{following.again} (it looks first, and does only what is missing)"
    if Outcome.FAILED in outcomes:
        failed = [result for result in report.results if result.outcome is Outcome.FAILED]
        named = _first(it.address for it in failed)
        if all(result.action is Action.ACT for result in failed):
            return f"fix what failed ({named}), and have it done again by the command that is named there"
        return f"fix what failed ({named}) as it says there, then {following.again}"
    if report.failed:
        return following.again  # only skipped: the run was cut short, and the next one goes on
    if any(change.means(Sort.RINGS_A_PERSON) for change in report.plan.pending):
        return f"{following.dispatch}, on a timer: it places the calls when they are due"
    return ""

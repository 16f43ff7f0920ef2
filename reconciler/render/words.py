"""Keep the wording that text, JSON and Markdown share in one set of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.model import Action, ChangedBy, Consequence, Outcome, Severity
from reconciler.telephony.eligibility import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import Change, Plan, Report, Target

GLYPHS: dict[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.ADOPT: "&",
    Action.VERIFY: "?",
    Action.ARM: ">",
    Action.RESCHEDULE: "~",
    Action.CANCEL: "-",
    Action.KEEP: "=",
    Action.REFUSE: "x",
}
MARKED = "!"

SPOKEN: dict[Action, str] = {
    **{action: f"to {action.value}" for action in Action},
    Action.KEEP: "unchanged",
    Action.REFUSE: "refused",
}

STYLES: dict[Action, str] = {
    Action.CREATE: "added",
    Action.UPDATE: "changed",
    Action.DELETE: "removed",
    Action.ADOPT: "name",
    Action.VERIFY: "changed",
    Action.ARM: "added",
    Action.RESCHEDULE: "changed",
    Action.CANCEL: "removed",
    Action.KEEP: "dim",
    Action.REFUSE: "grave",
}

CONSEQUENCES: dict[Consequence, str] = {
    Consequence.RINGS_A_PERSON: "rings a person",
    Consequence.SPENDS_MONEY: "spends money",
    Consequence.CANNOT_BE_UNDONE: "cannot be undone",
}

SIDES: dict[ChangedBy, str] = {
    ChangedBy.MANIFEST: "",
    ChangedBy.DASHBOARD: "drift: changed in the dashboard",
    ChangedBy.BOTH: "conflict: changed here and in the dashboard",
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
NO_CHANGES = "No changes: the account is as declared."
_UNCHANGED = (Action.KEEP, Action.REFUSE)
_TIMED = frozenset({Action.ARM, Action.RESCHEDULE})
_AS_DECLARED = frozenset({"is as declared", "is not there, as declared"})
_PLURALS = {"person": "people", "reply": "replies"}


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
    counts = dict.fromkeys((*(it for it in Action if it not in _UNCHANGED), *reversed(_UNCHANGED)), 0)
    for change in changes:
        counts[change.action] += 1
    return ", ".join(
        f"{count:,} {SPOKEN[action]}"
        for action, count in counts.items()
        if count and not (quiet and action is Action.KEEP)
    )


def glyph(change: Change) -> str:
    """The sign of a change: ``!`` where something must not be overlooked, else that of its action."""
    return MARKED if change.consequences and change.pending else GLYPHS[change.action]


def marks(change: Change) -> list[str]:
    """What must not be overlooked in a change that would be made."""
    return [CONSEQUENCES[it] for it in change.consequences] if change.pending else []


def rank(change: Change) -> int:
    """Where a change belongs on a page: refusals, what must not be overlooked, the rest, what stays."""
    if change.action is Action.REFUSE:
        return 0
    if not change.pending:
        return 3
    return 1 if change.consequences else 2


def uneventful(change: Change) -> bool:
    """Whether a change is worth no more than being counted."""
    return change.action is Action.KEEP and change.sentence in _AS_DECLARED and not change.notes


def account(target: Target) -> str:
    """``Acme (organisation 42)``."""
    return f"{target.organization_name or 'unnamed'} (organisation {target.organization_id})"


def host(target: Target) -> str:
    """The server without its path, or what was given when it is no URL."""
    return urlsplit(target.url).netloc or target.url


def weighty(plan: Plan) -> list[str]:
    """What all changes together would mean: whom they ring, what they charge, what stays for ever."""
    pending = plan.pending
    rings = _people(pending)
    probes = sum(change.action is Action.VERIFY for change in pending)
    final = _counting(pending, Consequence.CANNOT_BE_UNDONE)
    return [
        words
        for words in (
            f"rings {counted(rings, 'person')}" if rings else "",
            _charge(pending),
            counted(probes, "billed probe call") if probes else "",
            f"{counted(final, 'change')} cannot be undone" if final else "",
        )
        if words
    ]


def _counting(changes: Sequence[Change], consequence: Consequence) -> int:
    return sum(consequence in change.consequences for change in changes)


def _people(changes: Sequence[Change]) -> int:
    """How many people are rung: two calls to one number ring one person."""
    return len(
        {
            str(change.resource.declared.get("to_number", change.address)) if change.resource else str(change.address)
            for change in changes
            if Consequence.RINGS_A_PERSON in change.consequences
        }
    )


def _charge(changes: Sequence[Change]) -> str:
    """The monthly limit of whatever may charge a card, where the manifest names one."""
    charging = [
        change.resource.declared
        for change in changes
        if change.resource is not None
        and Consequence.SPENDS_MONEY in change.consequences
        and "amount_cents" in change.resource.declared
    ]
    if not charging:
        return ""
    limits = [limit for it in charging if isinstance(limit := it.get("monthly_limit_cents"), int)]
    if len(limits) < len(charging):
        return "may charge the card without a monthly limit"
    return f"may charge up to {dollars(sum(limits))} a month"


def verdict(plan: Plan) -> str:
    """One line that says what the plan comes to."""
    listed = tally(plan.changes, quiet=True)
    why = stopped(plan)
    if not listed:
        return f"No changes; {why}." if why else NO_CHANGES
    return f"Plan: {listed} — {why or 'nothing was written'}."


def stopped(plan: Plan) -> str:
    """Why apply would write nothing, or ""."""
    if plan.errors:
        return f"{counted(len(plan.errors), 'error')}: apply would write nothing"
    if plan.refusals:
        return "apply would refuse the plan"
    return ""


def onward(plan: Plan, next_command: str) -> str:
    """The next thing to do, or "" when there is nothing."""
    if plan.errors:
        return "mend the errors, then plan again"
    if plan.refusals:
        return "settle what is refused and plan again, or apply the rest with --skip-refused"
    return next_command if plan.pending else ""


def applied(report: Report) -> str:
    """One line that says what came of an apply."""
    if not report.results and report.plan.refusals:
        return f"Nothing was applied: {counted(len(report.plan.refusals), 'change')} refused."
    if not report.results:
        return "Nothing to apply: the account is as declared."
    counts = dict.fromkeys(Outcome, 0)
    for result in report.results:
        counts[result.outcome] += 1
    listed = ", ".join(f"{count:,} {outcome.value}" for outcome, count in counts.items() if count)
    done = counts[Outcome.DONE]
    return f"{'Applied' if not report.failed else 'Applied in part' if done else 'Nothing was applied'}: {listed}."


def after_apply(report: Report, next_command: str) -> str:
    """The next thing to do after an apply, or "" when all of it came about."""
    outcomes = {result.outcome for result in report.results}
    if Outcome.UNKNOWN in outcomes:
        return f"{next_command} (it looks first, and does only what is missing)"
    if Outcome.FAILED in outcomes:
        return f"mend what failed, then {next_command}"
    if report.failed:
        return next_command  # only skipped: the run was cut short, and the next one goes on
    if any(result.action in _TIMED for result in report.results):
        return "reconciler dispatch, on a timer: it places the calls when they are due"
    return ""

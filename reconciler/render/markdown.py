"""Write plans and reports as comments on a pull request.

The verdict comes first, then a table of changes, findings, and one fold per change. A comment has a
greatest length: what is cut to keep to it is ranked, and folds go first; the line of a refusal, a
deletion, a charge or a call goes last, and only where such lines alone are too long, shortened to a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model import Action, Outcome
from reconciler.redaction import mask_in
from reconciler.render import forecasts, words
from reconciler.render.fields import own_file
from reconciler.render.markup import code, escape, fitting, fold, html, prose, row, table, text_diff
from reconciler.render.prompts import LEGEND, growth, size
from reconciler.render.terminal import cut
from reconciler.render.values import differences, is_long, line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import Change, FieldDiff, Finding, Plan, Report, Result
    from reconciler.render.values import Part
    from reconciler.schedule.call_report import CallRow

LIMIT = 65_000  # characters; GitHub takes 65,536, and a bot may put a line around ours
_RESERVED = 800  # for table heads and for saying what was left out
_WIDEST_VALUE = 300
_GRAVE = frozenset({Action.REFUSE, Action.DELETE, Action.UNPROTECT})
_COLUMNS = ("", "Change", "Action", "Why")
_PROBLEMS = frozenset(Outcome) - {Outcome.DONE}


def plan(
    plan: Plan,
    *,
    show_numbers: bool = False,
    limit: int = LIMIT,
    next_command: str = "reconciler apply",
    whole_command: str = "reconciler plan",
) -> str:
    """The plan in at most ``limit`` characters (of at least 4,000); ``whole_command`` shows what is left out."""
    head = _head(plan)
    end = _next(words.onward(plan, next_command))
    room = limit - _RESERVED - len(head) - len(end)
    ranked = sorted((it for it in plan.changes if not words.uneventful(it)), key=_rank)
    grave = [change for change in ranked if _weighs(change)]
    others = [change for change in ranked if not _weighs(change)]

    top, room, missed = _grave_lines(grave, room)
    rows, room, cut_rows = fitting((_row(change) for change in others), room)
    told, room, cut_findings = fitting((_finding(finding) for finding in plan.findings), room)
    folds, room, cut_folds = fitting(_folds(ranked, show_numbers=show_numbers), room)

    body = top + table(_COLUMNS, rows) if isinstance(top, str) else table(_COLUMNS, [*top, *rows])
    left_out = _left_out(missed + cut_rows, cut_findings, cut_folds, whole_command)
    return head + body + _listed(told) + "".join(folds) + left_out + end


def report(
    report: Report,
    *,
    show_numbers: bool = False,
    limit: int = LIMIT,
    following: words.AfterApply = words.AFTER_APPLY,
) -> str:
    """What became of each change, what went wrong first, in at most ``limit`` characters."""
    head = f"**{escape(words.applied(report))}**\n\n{_account(report.plan)}\n"
    end = _next(words.after_apply(report, following))
    ranked = sorted(report.results, key=lambda result: result.outcome not in _PROBLEMS)
    lines = (_outcome(result, show_numbers=show_numbers) for result in ranked)
    rows, _, missed = fitting(lines, limit - _RESERVED - len(head) - len(end))
    return head + table(("Outcome", "Change", "Action", "What happened"), rows) + _left_out(missed, 0, 0) + end


def findings(findings: Sequence[Finding], *, limit: int = LIMIT, verdict: str = "") -> str:
    """Findings as a list below their verdict, in at most ``limit`` characters."""
    told, _, missed = fitting((_finding(finding) for finding in findings), limit - _RESERVED)
    body = (_listed(told) + _left_out(0, missed, 0, "reconciler validate")).lstrip("\n") or "No findings.\n"
    return f"**{escape(verdict)}**\n\n{body}" if verdict else body


def calls(rows: Sequence[CallRow], *, limit: int = LIMIT) -> str:
    """Scheduled calls as a table, in at most ``limit`` characters."""
    told, _, missed = fitting((_call(it) for it in rows), limit - _RESERVED)
    shown = table(("Call", "State", "When", "To", "What happened"), told).lstrip("\n")
    return (shown or "No scheduled calls.\n") + _left_out(missed, 0, 0, "reconciler calls")


def _head(plan: Plan) -> str:
    weighty = words.weighty(plan)
    also = f"\n\n{' · '.join(f'**{escape(it)}**' for it in weighty)}" if weighty else ""
    kept = sum(words.uneventful(change) for change in plan.changes)
    more = f" · {kept:,} unchanged" if kept else ""
    return f"**{escape(words.verdict(plan))}**{also}\n\n{_account(plan)}{more}\n{_foreseen(plan)}"


def _foreseen(plan: Plan) -> str:
    """How many calls to how many people, for how much at most, and what that rests on, in one line."""
    if plan.forecast is None or not plan.forecast.rings:
        return ""
    remarks = "; ".join(forecasts.remarks(plan.forecast))
    first = forecasts.where_they_are(plan.forecast.rings[0], plan.forecast.now)
    headline = f"To come: {forecasts.headline(plan.forecast)}"
    return f"\n**{escape(headline)}**, the first on {escape(first)} where they are ({escape(remarks)}).\n"


def _account(plan: Plan) -> str:
    """Which account, in few letters whatever it is called."""
    return escape(cut(f"{words.account(plan.target)} · {words.host(plan.target)}", _WIDEST_VALUE))


def _next(step: str) -> str:
    return f"\nNext: {escape(step)}\n" if step else ""


def _weighs(change: Change) -> bool:
    return change.action in _GRAVE or bool(words.marks(change))


def _rank(change: Change) -> tuple[bool, int]:
    return not _weighs(change), words.rank(change)


def _grave_lines(changes: Sequence[Change], room: int) -> tuple[list[str] | str, int, int]:
    """A row for each; where there is no room for all of them, names alone, as many as there is room for."""
    rows, left, missed = fitting(map(_row, changes), room)
    if not missed:
        return rows, left, 0
    names, left, missed = fitting((f"{it.verb} {code(str(it.address))}, " for it in changes), room - len("\n\n"))
    return f"\n{''.join(names).removesuffix(', ')}\n", left, missed


def _row(change: Change) -> str:
    marks = "".join(f"; **{mark}**" for mark in words.marks(change))
    notes = "".join(f"; {prose(note)}" for note in change.notes)
    why = prose(change.sentence) + marks + notes
    return row((words.glyph(change), code(str(change.address)), change.verb, why))


def _finding(finding: Finding) -> str:
    place = finding.location or finding.address
    where = f" {code(str(place))}" if place else ""
    hint = f" — {prose(finding.hint)}" if finding.hint else ""
    return f"- **{finding.severity.value} {finding.code}**{where}: {prose(finding.message)}{hint}\n"


def _listed(items: Sequence[str]) -> str:
    return "\n" + "".join(items) if items else ""


def _outcome(result: Result, *, show_numbers: bool) -> str:
    detail = result.detail if show_numbers else mask_in(result.detail)
    what = " — ".join(prose(text) for text in (detail, result.hint) if text)
    outcome = result.outcome.value
    told = f"**{outcome}**" if result.outcome in _PROBLEMS else outcome
    return row((told, code(str(result.address)), result.verb, what))


def _call(it: CallRow) -> str:
    name = it.occurrence or it.name
    attempt = f" (attempt {it.attempt})" if it.attempt > 1 else ""
    what = ", ".join(text for text in (it.detail, it.end_reason, it.recording) if text)
    when = it.when.isoformat() if it.when else ""
    return row((code(name) + attempt, escape(it.state), escape(when), escape(it.to), prose(what)))


def _left_out(changes: int, findings: int, folds: int, whole: str = "") -> str:
    counts = ((changes, "line"), (findings, "finding"), (folds, "detail"))
    told = ", ".join(words.counted(count, noun) for count, noun in counts if count)
    more = f"; `{whole}` shows all of it" if whole else ""
    return f"\n**Too long for a comment:** {told} left out{more}.\n" if told else ""


def _folds(changes: Sequence[Change], *, show_numbers: bool) -> Iterator[str]:
    """The fields of each change that has any."""
    for change in changes:
        if change.diffs:
            place = f" · {html(str(change.location))}" if change.location else ""
            name = f"<code>{html(str(change.address))}</code>"
            summary = f"{words.glyph(change)} {name} {change.verb}{place}"
            yield fold(summary, _fields(change, show_numbers=show_numbers))


def _fields(change: Change, *, show_numbers: bool) -> str:
    """Short values in a table, long texts below it, each in a diff of its own."""
    rows: list[str] = []
    texts: list[str] = []
    for diff in change.diffs:
        before, after = visible(change, diff, show_numbers=show_numbers)
        side = words.SIDES[diff.changed_by]
        if is_long(before) or is_long(after):
            texts.append(_text(diff, before, after, side, own_file(diff, change)))
            continue
        rows += [_field(diff, part, side) for part in differences(before, after)]
    return table(("Field", "Before", "After", ""), rows) + "".join(texts)


def _field(diff: FieldDiff, part: Part, side: str) -> str:
    path = f"{diff.path}.{part.path}" if part.path else diff.path
    before, after = _value(part.before, path), _value(part.after, path)
    same = words.SAME_TO_SEE if before == after else ""
    return row((code(path), before, after, escape(" ".join(text for text in (side, same) if text))))


def _value(value: Any, path: str) -> str:
    return escape(cut(line(value, path), _WIDEST_VALUE)) if value is not None else ""


def _text(diff: FieldDiff, before: Any, after: Any, side: str, place: str) -> str:
    old, new = (side if isinstance(side, str) else "" for side in (before, after))
    change = growth(old, new) if old and new else size(new or old)
    title = f"\n{code(diff.path)} {escape(change)}{'; ' + escape(side) if side else ''}\n"
    if old.split() == new.split():
        return f"{title.rstrip()} {escape(LEGEND)}\n" + text_diff(old, new, place)
    return title + text_diff(old, new)

"""Plans and reports as comments on a pull request, within the greatest length of one.

The verdict comes first, then the findings, a table of changes and a fold for each; many calls are one fold.
What does not fit is left out from the least grave end, calls before prompts, and named by kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Outcome
from reconciler.redaction import mask_in
from reconciler.render import call_tables, forecasts, one_cause, words
from reconciler.render.call_groups import alike_rows, cells, groups, is_grouped, refused_rows
from reconciler.render.finding_list import alike
from reconciler.render.markdown_fields import fields
from reconciler.render.markup import code, escape, fitting, fold, html, prose, row, table
from reconciler.render.reading_order import Section, by_kind, first_of_all, rank, section
from reconciler.render.terminal import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import Change, Finding, Plan, Report, Result
    from reconciler.planning.outlook import Outlook
    from reconciler.render.call_groups import AlikeRows, Call, CallGroup
    from reconciler.schedule.call_report import CallList, CallRow

LIMIT = 65_000  # characters; GitHub takes 65,536, and a bot may put a line around ours
_RESERVED = 1_000  # for table heads and for saying what was left out
_WIDEST_VALUE = 300
_MOST_GROUPS = 40
_COLUMNS = ("", "Change", "Action", "Why")
_PROBLEMS = frozenset(Outcome) - {Outcome.DONE}


def plan(
    plan: Outlook,
    *,
    show_numbers: bool = False,
    limit: int = LIMIT,
    next_command: str = "reconciler apply",
    whole_command: str = "reconciler plan",
) -> str:
    """The plan in at most ``limit`` characters (of at least 4,000); ``whole_command`` shows what is left out."""
    page = _Page(plan, show_numbers=show_numbers, whole_command=whole_command)
    end = _next(words.onward(plan, next_command))
    return page.within(limit - len(end)) + end


class _Page:
    """The parts of a plan's comment, in the order in which they get their room: the least grave last."""

    def __init__(self, plan: Outlook, *, show_numbers: bool, whole_command: str) -> None:
        self._plan, self._show_numbers, self._whole = plan, show_numbers, whole_command
        ranked = sorted((it for it in plan.changes if not words.uneventful(it)), key=rank)
        self._groups = groups(ranked, plan.forecast) if is_grouped(ranked) else []
        single = [it for it in ranked if not self._groups or section(it) is not Section.CALLS]
        single, self._refused = refused_rows(single)
        kept, self._alike_rows = alike_rows([it for it in single if section(it) is Section.KEPT])
        self._single = [*(it for it in single if section(it) is not Section.KEPT), *kept]
        self._general, others = first_of_all(plan.findings)
        self._findings, self._alike = alike(others)

    def within(self, limit: int) -> str:
        """All of it, or as much as ``limit`` has room for and what was left out."""
        general, _ = fitting(map(_finding, self._general), limit // 4)
        head = "".join(general) + ("\n" if general else "") + _head(self._plan)
        room = limit - _RESERVED - len(head)
        top, room, missed = self._rows(room)
        told, room = fitting([*map(_finding, self._findings), *(f"- {escape(text)}\n" for text in self._alike)], room)
        folds, room = fitting(self._folds(), room)
        calls, unnamed = self._calls(room)
        findings = len(self._general) + len(self._findings) + len(self._alike) - len(general) - len(told)
        with_fields = [change for change in self._single if change.diffs]
        left_out = _left_out(
            _named("", missed),
            words.counted(findings, "finding") if findings else "",
            _named("details of ", with_fields[len(folds) :]),
            words.counted(unnamed, "call") if unnamed else "",
            whole=self._whole,
        )  # fmt: skip - from the gravest to the least grave
        return head + _listed(told) + top + "".join(folds) + calls + left_out

    def _rows(self, room: int) -> tuple[str, int, list[Change]]:
        """A row for each change and group."""
        rows, left = fitting(map(_row, self._single), room)
        if len(rows) < len(self._single):
            return self._some_rows(room)
        own = [place for place, it in enumerate(self._single) if section(it) is Section.KEPT]
        grouped, left = fitting(map(_group_row, self._groups[:_MOST_GROUPS]), left)
        place = own[0] if own else len(rows)
        refused, left = fitting(map(_alike_row, self._refused), left)
        alike_, left = fitting(map(_alike_row, self._alike_rows), left)
        return table(_COLUMNS, [*refused, *rows[:place], *grouped, *rows[place:], *alike_]), left, []

    def _some_rows(self, room: int) -> tuple[str, int, list[Change]]:
        """Rows as far as there is room for them, names alone of the rest, and what there is no room even to name."""
        pieces = [f"{it.verb} {code(str(it.address))}, " for it in self._single]
        reserve = min(sum(map(len, pieces)), room // 2)
        rows, left = fitting(map(_row, self._single), room - reserve)
        names, left = fitting(pieces[len(rows) :], left + reserve - len("\n\n"))
        told = f"{table(_COLUMNS, rows)}\n{''.join(names).removesuffix(', ')}\n"
        return told, left, self._single[len(rows) + len(names) :]

    def _folds(self) -> Iterator[str]:
        """The fields of each change that has any."""
        for change in self._single:
            if change.diffs:
                place = f" · {html(str(change.location))}" if change.location else ""
                name = f"<code>{html(str(change.address))}</code>"
                summary = f"{words.glyph(change)} {name} {change.verb}{place}"
                yield fold(summary, fields(change, show_numbers=self._show_numbers))

    def _calls(self, room: int) -> tuple[str, int]:
        """One fold with a line for each call of the groups, names alone where there is no room for lines."""
        calls = [(group, call) for group in self._groups for call in group.calls]
        if not calls:
            return "", 0
        room -= len(fold("", "")) + 2 * _WIDEST_VALUE
        rows, _ = fitting((self._call(group, call) for group, call in calls), room)
        summary = html(f"{words.counted(len(calls), 'call')}: {words.tally([it.change for _, it in calls])}")
        if len(rows) == len(calls):
            return fold(summary, table(("", "When", "Call", "Whom", "Agent", ""), rows)), 0
        names, _ = fitting((f"{code(it.change.address.name)}, " for _, it in calls), room)
        return fold(summary, f"\n{''.join(names).removesuffix(', ')}\n") if names else "", len(calls) - len(names)

    def _call(self, group: CallGroup, call: Call) -> str:
        when, whom, more = cells(call, show_numbers=self._show_numbers, said=group.sentence)
        change = call.change
        day = "" if call.ring and call.ring.recurs else group.day
        told = (
            escape(f"{day} {when}".strip()),
            code(change.address.name),
            escape(whom),
            escape(call.ring.agent if call.ring else ""),
        )
        return row((words.sign(change), *told, prose(more)))


def _group_row(group: CallGroup) -> str:
    agent = f" of {code(group.agent) if group.agent else group.whose}" if group.whose else ""
    glyph = words.glyph(group.calls[0].change)
    return row((glyph, f"{group.title}{agent}", group.verb, escape(group.sentence)))


def _alike_row(rows: AlikeRows) -> str:
    return row((words.glyph(rows.changes[0]), escape(rows.title), rows.changes[0].verb, prose(rows.sentence)))


def _named(what: str, changes: Sequence[Change]) -> str:
    """``details of 3 agents and 1 phone number``; "" for none."""
    listed = " and ".join(words.counted(count, noun) for noun, count in by_kind(changes).items())
    return f"{what}{listed}" if listed else ""


def report(
    report: Report,
    *,
    show_numbers: bool = False,
    limit: int = LIMIT,
    following: words.AfterApply = words.AFTER_APPLY,
) -> str:
    """The result of each change, what went wrong first, in at most ``limit`` characters."""
    head = f"**{escape(words.applied(report))}**\n\n{_account(report.plan)}\n"
    end = _next(words.after_apply(report, following))
    ranked = sorted(report.results, key=lambda result: result.outcome not in _PROBLEMS)
    lines = (_outcome(result, show_numbers=show_numbers) for result in ranked)
    rows, _ = fitting(lines, limit - _RESERVED - len(head) - len(end))
    left_out = _left_out(_lines(len(ranked) - len(rows)))
    return head + table(("Outcome", "Change", "Action", "What happened"), rows) + left_out + end


def findings(findings: Sequence[Finding], *, limit: int = LIMIT, verdict: str = "") -> str:
    """Findings as a list below their verdict, in at most ``limit`` characters."""
    causes = [one_cause.told(alike_) for alike_ in one_cause.of_findings(findings)]
    told, _ = fitting(map(_finding, causes), limit - _RESERVED)
    missed = len(causes) - len(told)
    left_out = _left_out(words.counted(missed, "finding") if missed else "", whole="reconciler validate")
    body = (_listed(told) + left_out).lstrip("\n") or "No findings.\n"
    return f"**{escape(verdict)}**\n\n{body}" if verdict else body


def calls(rows: Sequence[CallRow], *, limit: int = LIMIT, about: CallList | None = None) -> str:
    """Scheduled calls as a table, in at most ``limit`` characters."""
    head = "".join(f"**{prose(cut(text, _WIDEST_VALUE))}**\n\n" for text in call_tables.held(about)) if about else ""
    head += f"{escape(cut(call_tables.title(about), _WIDEST_VALUE))}\n\n" if about else ""
    shown, more = call_tables.of_lists_in_error(rows)
    end = "".join(f"\n{escape(text)}\n" for text in more)
    return head + _called(shown, rows, limit - len(head) - len(end), nothing=call_tables.nothing(about)) + end


def dispatch(rows: Sequence[CallRow], *, limit: int = LIMIT, dry_run: bool = False) -> str:
    """What dispatch did with each call that was due, those kept back for one reason counted."""
    shown, more = call_tables.alike(rows)
    end = "".join(f"\n{escape(text)}\n" for text in more)
    end += "\nNothing was dialled: this was a dry run.\n" if dry_run else ""
    return _called(shown, rows, limit - len(end), nothing="No call is due.") + end


def _called(rows: Sequence[CallRow], counted: Sequence[CallRow], limit: int, *, nothing: str) -> str:
    told, _ = fitting(map(_call, rows, call_tables.spoken_times(rows)), limit - _RESERVED)
    shown = table(("Call", "State", "When", "To", "What happened"), told).lstrip("\n")
    verdict = f"\n{escape(call_tables.verdict(counted))}\n" if counted else f"{nothing}\n"
    return shown + verdict + _left_out(_lines(len(rows) - len(told)), whole="reconciler calls")


def _head(plan: Outlook) -> str:
    weighty = words.weighty(plan)
    also = f"\n\n{' · '.join(f'**{escape(it)}**' for it in weighty)}" if weighty else ""
    kept = sum(words.uneventful(change) for change in plan.changes)
    more = f" · {kept:,} unchanged" if kept else ""
    return f"**{escape(words.verdict(plan))}**{also}\n\n{_account(plan)}{more}\n{_foreseen(plan)}{_undeclared(plan)}"


def _foreseen(plan: Outlook) -> str:
    """How many calls to how many people, for how much at most, and what that rests on, in one line."""
    if plan.forecast is None or not plan.forecast.rings_anybody:
        return ""
    remarks = "; ".join(forecasts.remarks(plan.forecast))
    headline = f"To come: {forecasts.headline(plan.forecast)}"
    return f"\n**{escape(headline)}**, {escape(forecasts.first(plan.forecast))} ({escape(remarks)}).\n"


def _undeclared(plan: Outlook) -> str:
    return f"\n{prose(words.undeclared(plan))}\n" if words.undeclared(plan) else ""


def _account(plan: Plan) -> str:
    """Which account, in few letters whatever it is called."""
    return escape(cut(f"{words.account(plan.target)} · {words.host(plan.target)}", _WIDEST_VALUE))


def _next(step: str) -> str:
    return f"\nNext: {escape(step)}\n" if step else ""


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


def _call(it: CallRow, when: str) -> str:
    what = "; ".join(call_tables.below(it))
    return row((code(call_tables.name_of(it)), escape(it.state), escape(when), escape(it.to), prose(what)))


def _lines(count: int) -> str:
    return words.counted(count, "line") if count else ""


def _left_out(*parts: str, whole: str = "") -> str:
    """What there was no room for, each part named, and the command that shows it."""
    told = ", ".join(part for part in parts if part)
    more = f"; `{whole}` shows all of it" if whole else ""
    return f"\n**Too long for a comment:** {told} left out{more}.\n" if told else ""

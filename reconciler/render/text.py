"""Plans and reports for a person at a terminal.

It reads well at 80 columns without colour: signs and words carry the meaning. ``findings``, ``calls`` and
``dispatch`` are here too, so that every text a command prints comes from one module.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reconciler.model import Action, Outcome
from reconciler.redaction import mask_in
from reconciler.render import finding_list, forecasts, one_cause, words
from reconciler.render.call_groups import alike_rows, cells, groups, is_grouped, refused_rows
from reconciler.render.call_tables import calls, dispatch, interrupted
from reconciler.render.fields import INDENT, Fields
from reconciler.render.finding_list import findings
from reconciler.render.reading_order import Section, first_of_all, rank, section
from reconciler.render.terminal import Paint, clean, columns, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import Change, Finding, Report, Result
    from reconciler.planning.outlook import Outlook
    from reconciler.render.call_groups import Call, CallGroup

__all__ = ["calls", "dispatch", "findings", "interrupted", "plan", "report"]

_WIDEST_ADDRESS = 36
_NARROWEST_SENTENCE = 24
_FEW = 5  # unchanged or skipped resources with the same reason that are listed before the rest is counted
_WIDEST_ACTION = len("reschedule")
_MOST_GROUPS = 30
_MOST_LOST = 25  # cancelled calls listed below their group
_MOST_CALLS, _FEWEST_CALLS = 60, 3  # calls listed below all groups, and below each at least


def plan(  # noqa: PLR0913 - how to print, all keyword-only
    plan: Outlook,
    *,
    width: int = 80,
    color: bool = False,
    show_numbers: bool = False,
    brief: bool = False,
    full: bool = False,
    next_command: str = "reconciler apply",
) -> str:
    """The plan: what it comes to, the findings, each change with its fields, a verdict, what to do next.

    More than a few calls are told in groups. ``brief`` leaves out the fields; ``full`` tells every call with
    its fields, lists unchanged resources and prints new long texts whole.
    Lines stay within ``width`` unless a single word is longer.
    """
    page = _Page(width=width, color=color, show_numbers=show_numbers, brief=brief, full=full)
    body = [*page.head(plan), *page.findings(plan), *page.changes(plan), *page.forecast(plan)]
    return page.text([*body, *page.end(plan, next_command)])


def report(
    report: Report,
    *,
    width: int = 80,
    color: bool = False,
    show_numbers: bool = False,
    following: words.AfterApply = words.AFTER_APPLY,
) -> str:
    """The result of each change, failures first; then a verdict that names them and what to do next.

    Of what was skipped for the same reason only the first are listed, and the others counted.
    """
    page = _Page(width=width, color=color, show_numbers=show_numbers)
    lines = list(page.results(words.failures_first(report)))
    lines += ["", *wrap(words.applied(report), width)] if lines else [words.applied(report)]
    return page.text([*lines, *page.onward(words.after_apply(report, following))])


class _Page:
    """How to print, and the parts of a page printed so."""

    def __init__(self, *, width: int, color: bool, show_numbers: bool, brief: bool = False, full: bool = False) -> None:
        self._width, self._brief, self._full = width, brief, full
        self._show_numbers = show_numbers
        self._paint = Paint(color=color)
        self._fields = Fields(width=width, paint=self._paint, show_numbers=show_numbers, full=full)

    def text(self, lines: Sequence[str]) -> str:
        return "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"

    def head(self, plan: Outlook) -> Iterator[str]:
        """Which account, how much of what, and what weighs."""
        title = f"reconciler plan · {words.account(plan.target)} · {words.host(plan.target)}"
        yield from (self._paint(line, "bold") for line in wrap(clean(title), self._width))
        yield from self._finding_lines(first_of_all(plan.findings)[0])
        yield ""
        yield from wrap(words.tally(plan.changes) or "nothing is declared", self._width)
        if why := words.stopped(plan):
            yield from (self._paint(line, "grave") for line in wrap(f"! {why}", self._width))
        if weighty := words.weighty(plan):
            yield from (self._paint(line, "changed") for line in wrap(" · ".join(weighty), self._width))

    def changes(self, plan: Outlook) -> Iterator[str]:
        """In the order of ``reading_order``, many calls in groups; unchanged resources last."""
        ranked = sorted(plan.changes, key=rank)
        listed = [change for change in ranked if change.action is not Action.KEEP]
        told, more = self._worth_telling([change for change in ranked if change.action is Action.KEEP])
        grouped: Sequence[CallGroup] = ()
        listed, refused = (listed, []) if self._full else refused_rows(listed)
        for rows in refused:
            yield ""
            yield f"{words.glyph(rows.changes[0])} {self._paint(rows.title, 'bold')}  {rows.changes[0].verb}"
            yield from self._indented(rows.sentence)
        if not self._full and is_grouped(listed):
            grouped = groups(listed, plan.forecast)
            listed = [change for change in listed if section(change) is not Section.CALLS]
        if self._brief:
            yield from ("", *self._rows(listed)) if listed else ()
        else:
            yield from (line for change in listed for line in ("", *self._block(change)))
        yield from self._groups(grouped)
        if told or more:
            yield ""
        yield from self._rows(told)
        for line in more:
            first, *rest = wrap(line, self._width - INDENT)
            yield from (f"  {self._paint(part, 'dim')}" for part in (first, *(f"  {part}" for part in rest)))

    def _rows(self, changes: Sequence[Change]) -> Iterator[str]:
        address_width = _column(str(change.address) for change in changes)
        for change in changes:
            yield from self._row(change, address_width)

    def _groups(self, grouped: Sequence[CallGroup]) -> Iterator[str]:
        """A line for each group; below it its calls, a line each, unless the page is to be brief."""
        shown = grouped[:_MOST_GROUPS]
        most = 0 if self._brief else max(_FEWEST_CALLS, _MOST_CALLS // max(len(grouped), 1))
        if self._brief and shown:
            yield ""
        for group in shown:
            yield from ("", *self._group(group)) if most else self._group(group)
            yield from self._listed(group, most)
        if left := sum(len(group.calls) for group in grouped[_MOST_GROUPS:]):
            yield from ("", self._paint(f"… and {words.counted(left, 'call')} more; --full lists them", "dim"))

    def _listed(self, group: CallGroup, most: int) -> Iterator[str]:
        """A line for each, ``most`` at most; calls that nobody will ring any more are listed further."""
        calls = group.calls
        shown = max(most, _MOST_LOST) if most and calls[0].change.action.removes else most
        for call in calls[:shown]:
            yield from self._call(call, group.sentence)
        if shown and len(calls) > shown:
            yield " " * INDENT + self._paint(f"… and {len(calls) - shown:,} more; --full lists them", "dim")

    def _group(self, group: CallGroup) -> Iterator[str]:
        """``! 40 calls to arm: front-desk, Mon 30 Nov 09:00 to 10:57 New York, 38 people``."""
        head = f"{words.glyph(group.calls[0].change)} {group.title} {words.spoken(group.verb)}"
        more = ", ".join(text for text in (clean(group.whose), group.sentence) if text)
        first, *rest = wrap(f"{head}: {more}" if more else head, self._width)
        yield first.replace(group.title, self._paint(group.title, "bold"), 1)
        yield from (" " * INDENT + line for line in wrap(" ".join(rest), self._width - INDENT) if line)

    def _call(self, call: Call, said: str) -> Iterator[str]:
        when, whom, more = cells(call, show_numbers=self._show_numbers, said=said)
        line = "  ".join(it for it in (when, whom, clean(call.change.address.name)) if it)
        fits = columns(line) <= self._width - INDENT
        yield from (" " * INDENT + part for part in ([line] if fits else wrap(line, self._width - INDENT)))
        if more:
            yield from (" " * INDENT * 2 + line for line in wrap(more, self._width - INDENT * 2))

    def _worth_telling(self, kept: Sequence[Change]) -> tuple[list[Change], list[str]]:
        """Of what stays: all in full, otherwise what has something to say, and how many more say the same."""
        if self._full:
            return list(kept), []
        told: list[Change] = []
        hidden: dict[str, int] = {}
        seen: dict[str, int] = {}
        single, rows = alike_rows([change for change in kept if not words.uneventful(change)])
        for change in single:
            seen[change.reason] = seen.get(change.reason, 0) + 1
            if seen[change.reason] <= _FEW:
                told.append(change)
            else:
                hidden[change.reason] = hidden.get(change.reason, 0) + 1
        more = [f"… and {count:,} more: {clean(reason)}" for reason, count in hidden.items()]
        return told, [*more, *(f"{group.title}: {group.sentence}" for group in rows)]

    def _block(self, change: Change) -> Iterator[str]:
        """A change in full: whose it is, why, what it would mean, and every field."""
        yield from self._title(change)
        yield from self._indented(change.sentence)
        if marks := self._marks(change):
            yield from self._indented(f"! {marks}", "changed")
        yield from self._fields.lines(change)
        yield from self._notes(change)

    def _title(self, change: Change) -> Iterator[str]:
        """Sign, address and action, and at the right edge where it is declared."""
        place = clean(f"{change.location.path}:{change.location.line}") if change.location else ""
        address, action, style = clean(str(change.address)), change.verb, words.style(change)
        head = f"{self._paint(words.glyph(change), style)} {self._paint(address, 'bold')}"
        head += f"  {self._paint(action, style)}"
        gap = self._width - columns(address) - columns(action) - columns(place) - 4
        if not place or gap > 1:
            yield f"{head}{' ' * gap}{self._paint(place, 'dim')}"
            return
        yield head
        yield from self._indented(place, "dim")

    def _marks(self, change: Change) -> str:
        return ", ".join(words.marks(change))

    def _notes(self, change: Change) -> Iterator[str]:
        for note in change.notes:
            yield from self._indented(f"note: {note}")

    def _indented(self, text: str, style: str = "") -> Iterator[str]:
        for line in wrap(clean(text), self._width - INDENT):
            yield " " * INDENT + self._paint(line, style)

    def _row(self, change: Change, address_width: int) -> Iterator[str]:
        """A change in short: in columns, with the sentence below where it has no room beside them."""
        style, address = words.style(change), clean(str(change.address))
        marks = self._marks(change)
        sentence = clean(change.sentence + (f" ({marks})" if marks else ""))
        head = f"{self._paint(words.glyph(change), style)} {self._paint(pad(address, address_width), 'bold')}"
        head += f"  {self._paint(pad(change.verb, _WIDEST_ACTION), style)}"
        start = 2 + address_width + 2 + _WIDEST_ACTION + 2
        beside = columns(address) <= address_width and self._width - start >= _NARROWEST_SENTENCE
        indent = start if beside else INDENT
        lines = wrap(sentence, max(self._width - indent, 1))
        yield f"{head}  {lines[0]}" if beside else head
        yield from (" " * indent + line for line in lines[1 if beside else 0 :])
        yield from self._notes(change)

    def forecast(self, plan: Outlook) -> Iterator[str]:
        """Whom the declared calls will ring, when in their own time, and what that may cost."""
        if self._brief and not (plan.forecast and plan.forecast.rings_anybody):
            return  # what auto-reload may charge stands in the head
        found = forecasts.lines(
            plan.forecast,
            width=self._width,
            paint=self._paint,
            show_numbers=self._show_numbers,
            full=self._full,
        )
        told = list(found)
        yield from ("", *told) if told else ()

    def findings(self, plan: Outlook) -> Iterator[str]:
        """Errors, warnings and notes about one thing each, with its hint; of alike ones the first."""
        found = first_of_all(plan.findings)[1]
        shown, more = (found, []) if self._full else finding_list.alike(found, brief=self._brief)
        yield from self._finding_lines(shown)
        yield from (self._paint(line, "dim") for line in more)

    def _finding_lines(self, findings: Sequence[Finding]) -> Iterator[str]:
        if findings:
            yield ""
        for finding in findings:
            yield from finding_list.headline(finding, self._width, self._paint)
            yield from finding_list.hint(finding.hint, self._width, self._paint)

    def end(self, plan: Outlook, next_command: str) -> Iterator[str]:
        """The verdict, and what to do next."""
        yield ""
        yield from (self._paint(line, "bold") for line in wrap(clean(words.verdict(plan)), self._width))
        yield from wrap(clean(words.undeclared(plan)), self._width) if words.undeclared(plan) else ()
        yield from self.onward(words.onward(plan, next_command))

    def onward(self, step: str) -> Iterator[str]:
        """``Next: …``, or nothing."""
        if step:
            yield from wrap(f"Next: {clean(step)}", self._width)

    def results(self, results: Sequence[Result]) -> Iterator[str]:
        """Every result, but of many that were skipped for the same reason a few and how many more there are."""
        skipped: Counter[str] = Counter()
        for result, *others in one_cause.of_results(results):
            if result.outcome is Outcome.SKIPPED:
                skipped[result.detail] += 1
            if others or result.outcome is not Outcome.SKIPPED or skipped[result.detail] <= _FEW:
                yield from self.result(result, others)
        for detail, count in skipped.items():
            if count > _FEW:
                more = f"… and {count - _FEW:,} more skipped: {clean(self._masked(detail))}"
                yield from (f"{' ' * 9}{self._paint(line, 'dim')}" for line in wrap(more, self._width - 9))

    def _masked(self, detail: str) -> str:
        return detail if self._show_numbers else mask_in(detail)

    def result(self, result: Result, others: Sequence[Result] = ()) -> Iterator[str]:
        """The outcome in a word, whose it is, and what there is to say; ``others`` are rows of which it is the same."""
        outcome = self._paint(pad(result.outcome.value, 7), words.OUTCOMES[result.outcome])
        whose = one_cause.rows(result, others) if others else str(result.address)
        yield f"{outcome}  {self._paint(f'{clean(whose)}  {result.verb}', 'bold')}"
        if result.detail:
            names = one_cause.named(result, others) if others else ""
            detail = clean(self._masked(result.detail) + names)
            yield from (f"{' ' * 9}{line}" for line in wrap(detail, self._width - 9))
        if result.hint:
            yield from (f"{' ' * 9}{line}" for line in wrap(f"hint: {clean(result.hint)}", self._width - 9))


def _column(texts: Iterator[str]) -> int:
    """Wide enough for every text that is not unusually long."""
    sizes = [columns(clean(text)) for text in texts]
    return max((size for size in sizes if size <= _WIDEST_ADDRESS), default=0)

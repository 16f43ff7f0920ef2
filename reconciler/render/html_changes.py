"""Changes of a plan as cards: whose it is, why, what it would mean, every field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import htpy

from reconciler.model import ChangedBy
from reconciler.render import one_cause, words
from reconciler.render.call_groups import alike_rows, refused_rows
from reconciler.render.html_parts import prose, row, table, unseen
from reconciler.render.html_texts import side_by_side, whole
from reconciler.render.prompts import growth, size
from reconciler.render.reading_order import Section, section
from reconciler.render.values import differences, is_long, line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from htpy import Node

    from reconciler.model import Address, Change, FieldDiff, Finding
    from reconciler.render.call_groups import CallGroup
    from reconciler.render.values import Part

_OPEN = 25  # changes that are shown opened; of more, only what must not be overlooked


def anchors(changes: Sequence[Change]) -> dict[Address, str]:
    """The place on the page of each resource: of its first card."""
    found: dict[Address, str] = {}
    for place, change in enumerate(changes):
        found.setdefault(change.address, f"change-{place}")
    return found


def link(address: Address, places: Mapping[Address, str], *, name: str = "") -> Node:
    """An address, or a shorter name for it, as a link to its card where it has one."""
    shown = htpy.code[name or str(address)]
    return htpy.a(href=f"#{places[address]}")[shown] if address in places else shown


def badge(text: str, class_: str) -> Node:
    """A short word in a box."""
    return htpy.span(class_=f"badge {class_}")[text]


def cards(
    changes: Sequence[Change], grouped: Sequence[CallGroup], places: Mapping[Address, str], *, show_numbers: bool
) -> Node:
    """A card for each change, in the order given; after them one for each group of calls, their cards inside."""
    single = [(place, it) for place, it in enumerate(changes) if not grouped or section(it) is not Section.CALLS]
    few = len(single) <= _OPEN
    told = (
        _card(change, f"change-{place}", opened=few or section(change) <= Section.MONEY, show_numbers=show_numbers)
        for place, change in single
    )
    groups = (_group(group, f"group-{place}", places, show_numbers=show_numbers) for place, group in enumerate(grouped))
    return [*told, *groups]


def _group(group: CallGroup, anchor: str, places: Mapping[Address, str], *, show_numbers: bool) -> Node:
    """Calls behind one line."""
    verb = group.verb
    summary = htpy.summary[
        htpy.span(class_="glyph", aria_hidden="true")[words.sign(group.calls[0].change)],
        htpy.h3[group.title],
        badge(verb, verb),
        htpy.span[_described(group)],
    ]
    inside = [
        (_card(it.change, places[it.change.address], opened=False, show_numbers=show_numbers) for it in group.calls)
    ]
    return htpy.details(class_=f"card {verb}", id=anchor)[summary, htpy.div(class_="body")[inside]]


def _described(group: CallGroup) -> Iterator[Node]:
    if group.agent:
        yield htpy.code[group.agent]
    elif group.whose:
        yield group.whose
    if group.sentence:
        yield f" {group.sentence}"


def _card(change: Change, anchor: str, *, opened: bool, show_numbers: bool) -> Node:
    action = change.verb
    place = f"{change.location.path}:{change.location.line}" if change.location else ""
    summary = htpy.summary[
        htpy.span(class_="glyph", aria_hidden="true")[words.sign(change)],
        htpy.h3[htpy.code[str(change.address)]],
        badge(action, action),
        *(badge(mark, "weighty") for mark in words.marks(change)),
        htpy.span(class_="place")[place] if place else None,
    ]
    body = (
        htpy.p(class_="why")[prose(change.sentence)],
        _fields(change, show_numbers=show_numbers),
        *(htpy.p(class_="note")["Note: ", prose(note)] for note in change.notes),
    )
    return htpy.details(class_=f"card {action}", id=anchor, open=opened)[summary, htpy.div(class_="body")[body]]


def _fields(change: Change, *, show_numbers: bool) -> Node:
    """Short values in a table, long texts below it."""
    rows: list[Node] = []
    texts: list[Node] = []
    fresh = change.observed is None
    for diff in change.diffs:
        before, after = visible(change, diff, show_numbers=show_numbers)
        if is_long(after) or (is_long(before) and isinstance(after, str)):
            texts.append(_text(diff, before, after))
        elif fresh:
            rows.append(row(htpy.code[diff.path], _value(after, diff.path)))
        else:
            rows += (_field(diff, part) for part in differences(before, after))
    head = ("Field", "Value") if fresh else ("Field", "Before", "After", "Changed by")
    shown = table(head, rows, class_="fields", caption=f"Fields of {change.address}") if rows else None
    return [shown, *texts]


def _field(diff: FieldDiff, part: Part) -> Node:
    path = f"{diff.path}.{part.path}" if part.path else diff.path
    before, after = _value(part.before, path), _value(part.after, path)
    remark = words.SAME_TO_SEE if before == after else ""
    gone = None if part.sign == "+" else htpy.del_[before]
    come = None if part.sign == "-" else htpy.ins[after]
    return row(htpy.code[path], gone, come, [side(diff), remark])


def _value(value: Any, path: str) -> str:
    return f"{size(value)}" if is_long(value) else line(value, path.rpartition(".")[2])


_SIDES = {
    ChangedBy.MANIFEST: "manifest",
    ChangedBy.DASHBOARD: "drift: dashboard",
    ChangedBy.BOTH: "conflict: both",
    ChangedBy.SERVER: "not kept: server",
}


def side(diff: FieldDiff) -> Node:
    """Which side moved the field, as a word in a box."""
    return badge(_SIDES[diff.changed_by], f"side {diff.changed_by.value}")


def _text(diff: FieldDiff, before: Any, after: Any) -> Node:
    """A long text: whole where it is new, both versions where it changed."""
    old, new = (value if isinstance(value, str) else "" for value in (before, after))
    place = f"{diff.location.path}" if diff.location else ""
    told = growth(old, new) if old and new else size(new or old)
    head = htpy.p(class_="text-head")[
        htpy.code[diff.path],
        " ",
        htpy.span(class_="quiet")[told],
        " ",
        side(diff) if old else None,
        htpy.span(class_="place")[place] if place else None,
    ]
    if old and new:
        return htpy.div(class_="long")[head, side_by_side(old, new)]
    fold = htpy.details(class_="read")[htpy.summary["Read it"], whole(new or old)]
    return htpy.div(class_="long")[head, fold]


def findings(found: Sequence[Finding], places: Mapping[Address, str]) -> Node:
    """Errors, warnings and notes, each with its place and its hint."""
    told = map(one_cause.told, one_cause.of_findings(found))
    return htpy.ul(class_="findings")[(_finding(it, places) for it in told)] if found else None


def _finding(finding: Finding, places: Mapping[Address, str]) -> Node:
    return htpy.li[
        badge(f"{finding.severity.value} {finding.code}", finding.severity.value),
        " ",
        prose(finding.message),
        htpy.p(class_="hint")["What to do: ", prose(finding.hint)] if finding.hint else None,
        htpy.p(class_="quiet")[_whereabouts(finding, places)] if finding.location or finding.address else None,
    ]


def _whereabouts(finding: Finding, places: Mapping[Address, str]) -> Iterator[Node]:
    if finding.address:
        yield link(finding.address, places)
    if finding.location:
        yield htpy.span(class_="place")[f" {finding.location}"]


def first_glance(changes: Sequence[Change], places: Mapping[Address, str], grouped: Sequence[CallGroup]) -> Node:
    """What must not be overlooked: refusals, what cannot be undone or overwrites, what spends money, the calls."""
    chosen = [change for change in changes if section(change) <= Section.MONEY]
    if not grouped:
        chosen += [change for change in changes if section(change) is Section.CALLS]
    chosen, refused = refused_rows(chosen)
    rows = [
        _glance(
            change,
            (
                link(change.address, places),
                " ",
                badge(change.verb, change.verb),
                *(badge(mark, "weighty") for mark in words.marks(change)),
                htpy.p[prose(change.sentence)],
            ),
        )
        for change in chosen
    ]
    rows[:0] = [
        _glance(alike_.changes[0], (alike_.title, " ", badge("refuse", "refuse"), htpy.p[prose(alike_.sentence)]))
        for alike_ in refused
    ]
    rows += [
        _glance(
            group.calls[0].change,
            (
                htpy.a(href=f"#group-{place}")[group.title],
                " ",
                badge(group.verb, group.verb),
                htpy.p[_described(group)],
            ),
        )
        for place, group in enumerate(grouped)
    ]
    return htpy.ul(class_="glance")[rows] if rows else None


def _glance(change: Change, told: Sequence[Node | str]) -> Node:
    glyph = htpy.span(class_=f"glyph {change.verb}", aria_hidden="true")[words.sign(change)]
    return htpy.li[glyph, htpy.div[told]]


def unchanged(changes: Sequence[Change]) -> Node:
    """What stays as it is, behind its count."""
    if not changes:
        return None
    single, rows = alike_rows(changes)
    items = [
        *(
            htpy.li[htpy.code[str(change.address)], " ", prose(change.sentence), *map(_note, change.notes)]
            for change in single
        ),
        *(htpy.li[group.title, " ", prose(group.sentence)] for group in rows),
    ]
    summary = htpy.summary[f"{words.counted(len(changes), 'resource')} as declared or settled"]
    return htpy.details(class_="fold")[summary, htpy.ul(class_="kept")[items]]


def _note(note: str) -> Node:
    return htpy.span(class_="quiet")[unseen(" note: "), " — ", prose(note)]

"""Show each change of a plan as a card: whose it is, why, what it would mean, every field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model import ChangedBy
from reconciler.render import words
from reconciler.render.html_markup import NOTHING, Html, element, join, prose, row, table, text, unseen
from reconciler.render.html_texts import side_by_side, whole
from reconciler.render.prompts import growth, size
from reconciler.render.reading_order import Section, section
from reconciler.render.values import differences, is_long, line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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


def link(address: Address, places: Mapping[Address, str], *, name: str = "") -> Html:
    """An address, or a shorter name for it, as a link to its card where it has one."""
    shown = element("code", name or str(address))
    return element("a", shown, href=f"#{places[address]}") if address in places else shown


def badge(text: str, class_: str) -> Html:
    """A short word in a box."""
    return element("span", text, class_=f"badge {class_}")


def cards(
    changes: Sequence[Change], grouped: Sequence[CallGroup], places: Mapping[Address, str], *, show_numbers: bool
) -> Html:
    """A card for each change, in the order given; after them one for each group of calls, their cards inside."""
    single = [(place, it) for place, it in enumerate(changes) if not grouped or section(it) is not Section.CALLS]
    few = len(single) <= _OPEN
    told = (
        _card(change, f"change-{place}", opened=few or section(change) <= Section.MONEY, show_numbers=show_numbers)
        for place, change in single
    )
    groups = (_group(group, f"group-{place}", places, show_numbers=show_numbers) for place, group in enumerate(grouped))
    return join((*told, *groups))


def _group(group: CallGroup, anchor: str, places: Mapping[Address, str], *, show_numbers: bool) -> Html:
    """Calls behind one line."""
    verb = group.verb
    summary = element(
        "summary",
        element("span", words.sign(group.calls[0].change), class_="glyph", aria_hidden="true"),
        element("h3", group.title),
        badge(verb, verb),
        element("span", *_described(group)),
    )
    inside = join(
        _card(it.change, places[it.change.address], opened=False, show_numbers=show_numbers) for it in group.calls
    )
    return element("details", summary, element("div", inside, class_="body"), class_=f"card {verb}", id=anchor)


def _described(group: CallGroup) -> Iterator[Html]:
    if group.agent:
        yield element("code", group.agent)
    if group.sentence:
        yield text(f" {group.sentence}")


def _card(change: Change, anchor: str, *, opened: bool, show_numbers: bool) -> Html:
    action = change.verb
    place = f"{change.location.path}:{change.location.line}" if change.location else ""
    summary = element(
        "summary",
        element("span", words.sign(change), class_="glyph", aria_hidden="true"),
        element("h3", element("code", str(change.address))),
        badge(action, action),
        *(badge(mark, "weighty") for mark in words.marks(change)),
        element("span", place, class_="place") if place else NOTHING,
    )
    body = (
        element("p", prose(change.sentence), class_="why"),
        _fields(change, show_numbers=show_numbers),
        *(element("p", "Note: ", prose(note), class_="note") for note in change.notes),
    )
    return element(
        "details", summary, element("div", *body, class_="body"), class_=f"card {action}", id=anchor, open=opened
    )


def _fields(change: Change, *, show_numbers: bool) -> Html:
    """Short values in a table, long texts below it."""
    rows: list[Html] = []
    texts: list[Html] = []
    fresh = change.observed is None
    for diff in change.diffs:
        before, after = visible(change, diff, show_numbers=show_numbers)
        if is_long(after) or (is_long(before) and isinstance(after, str)):
            texts.append(_text(diff, before, after))
        elif fresh:
            rows.append(row(element("code", diff.path), _value(after, diff.path)))
        else:
            rows += (_field(diff, part) for part in differences(before, after))
    head = ("Field", "Value") if fresh else ("Field", "Before", "After", "Changed by")
    shown = table(head, rows, class_="fields", caption=f"Fields of {change.address}") if rows else NOTHING
    return join((shown, *texts))


def _field(diff: FieldDiff, part: Part) -> Html:
    path = f"{diff.path}.{part.path}" if part.path else diff.path
    before, after = _value(part.before, path), _value(part.after, path)
    remark = words.SAME_TO_SEE if before == after else ""
    gone = NOTHING if part.sign == "+" else element("del", before)
    come = NOTHING if part.sign == "-" else element("ins", after)
    return row(element("code", path), gone, come, join((side(diff), remark)))


def _value(value: Any, path: str) -> str:
    return f"{size(value)}" if is_long(value) else line(value, path.rpartition(".")[2])


_SIDES = {
    ChangedBy.MANIFEST: "manifest",
    ChangedBy.DASHBOARD: "drift: dashboard",
    ChangedBy.BOTH: "conflict: both",
    ChangedBy.SERVER: "not kept: server",
}


def side(diff: FieldDiff) -> Html:
    """Which side moved the field, as a word in a box."""
    return badge(_SIDES[diff.changed_by], f"side {diff.changed_by.value}")


def _text(diff: FieldDiff, before: Any, after: Any) -> Html:
    """A long text: whole where it is new, both versions where it changed."""
    old, new = (value if isinstance(value, str) else "" for value in (before, after))
    place = f"{diff.location.path}" if diff.location else ""
    told = growth(old, new) if old and new else size(new or old)
    head = element(
        "p",
        element("code", diff.path),
        " ",
        element("span", told, class_="quiet"),
        " ",
        side(diff) if old else NOTHING,
        element("span", place, class_="place") if place else NOTHING,
        class_="text-head",
    )
    if old and new:
        return element("div", head, side_by_side(old, new), class_="long")
    fold = element("details", element("summary", "Read it"), whole(new or old), class_="read")
    return element("div", head, fold, class_="long")


def findings(found: Sequence[Finding], places: Mapping[Address, str]) -> Html:
    """Errors, warnings and notes, each with its place and its way out."""
    return element("ul", join(_finding(it, places) for it in found), class_="findings") if found else NOTHING


def _finding(finding: Finding, places: Mapping[Address, str]) -> Html:
    return element(
        "li",
        badge(f"{finding.severity.value} {finding.code}", finding.severity.value),
        " ",
        prose(finding.message),
        element("p", "What to do: ", prose(finding.hint), class_="hint") if finding.hint else NOTHING,
        element("p", *_whereabouts(finding, places), class_="quiet")
        if finding.location or finding.address
        else NOTHING,
    )


def _whereabouts(finding: Finding, places: Mapping[Address, str]) -> Iterator[str]:
    if finding.address:
        yield link(finding.address, places)
    if finding.location:
        yield element("span", f" {finding.location}", class_="place")


def first_glance(changes: Sequence[Change], places: Mapping[Address, str], grouped: Sequence[CallGroup]) -> Html:
    """What must not be overlooked: refusals, what cannot be undone or overwrites, what spends money, the calls."""
    chosen = [change for change in changes if section(change) <= Section.MONEY]
    if not grouped:
        chosen += [change for change in changes if section(change) is Section.CALLS]
    rows = [
        _glance(
            change,
            (
                link(change.address, places),
                " ",
                badge(change.verb, change.verb),
                *(badge(mark, "weighty") for mark in words.marks(change)),
                element("p", prose(change.sentence)),
            ),
        )
        for change in chosen
    ]
    rows += [
        _glance(
            group.calls[0].change,
            (
                element("a", group.title, href=f"#group-{place}"),
                " ",
                badge(group.verb, group.verb),
                element("p", *_described(group)),
            ),
        )
        for place, group in enumerate(grouped)
    ]
    return element("ul", join(rows), class_="glance") if rows else NOTHING


def _glance(change: Change, told: Sequence[Html | str]) -> Html:
    glyph = element("span", words.sign(change), class_=f"glyph {change.verb}", aria_hidden="true")
    return element("li", glyph, element("div", *told))


def unchanged(changes: Sequence[Change]) -> Html:
    """What stays as it is, behind its count."""
    if not changes:
        return NOTHING
    items = join(
        element("li", element("code", str(change.address)), " ", prose(change.sentence), *map(_note, change.notes))
        for change in changes
    )
    summary = element("summary", f"{words.counted(len(changes), 'resource')} as declared or settled")
    return element("details", summary, element("ul", items, class_="kept"), class_="fold")


def _note(note: str) -> Html:
    return element("span", unseen(" note: "), " — ", prose(note), class_="quiet")

"""Drift in rows: the declared value first, then what is live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.planning.undeclared import NOTHING
from reconciler.render import markup
from reconciler.render.fields import Fields
from reconciler.render.terminal import Paint, clean, columns, wrap
from reconciler.render.values import is_long, line, visible
from reconciler.render.words import SIDES, account, counted, host

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import Address, Change, Location, Target
    from reconciler.planning.undeclared import Undeclared

_SIGNS = {"drift": "~", "conflict": "!", "deleted_outside": "-", "foreign_draft": "?"}


def verdict(drift: Sequence[Change]) -> str:
    """One line that says how much was changed outside."""
    if not drift:
        return "No drift: nothing was changed outside since the last apply."
    objects = len({change.address for change in drift})
    return f"Drift: {counted(objects, 'object')} changed outside since the last apply."


def text(  # noqa: PLR0913 - how to print, all keyword-only
    drift: Sequence[Change],
    target: Target,
    unknown: Sequence[Address],
    *,
    undeclared: Undeclared = NOTHING,
    width: int,
    color: bool,
    show_numbers: bool,
) -> str:
    """Each object with the fields that were changed outside; then a verdict, and what could not be told."""
    paint = Paint(color=color)
    fields = Fields(width=width, paint=paint, show_numbers=show_numbers, full=False)
    title = f"reconciler drift · {account(target)} · {host(target)}"
    lines = [paint(row, "bold") for row in wrap(clean(title), width)]
    for change in drift:
        lines += ["", *_head(change, width, paint)]
        lines += fields.lines(change)
    lines += [
        "",
        *wrap(verdict(drift), width),
        *(row for note in _notes(unknown, undeclared) for row in wrap(clean(note), width)),
    ]
    return "\n".join(row.rstrip() for row in lines) + "\n"


def _head(change: Change, width: int, paint: Paint) -> Iterator[str]:
    """Sign, address and what happened, and the place beside it where it fits, else below."""
    address, place = clean(str(change.address)), clean(str(change.location or ""))
    told = f"{_SIGNS[change.reason]} {address}  {clean(change.sentence)}"
    if place and columns(told) + 2 + columns(place) <= width:
        told, place = f"{told}  {place}", ""
    first, *rest = [told] if columns(told) <= width else wrap(told, width)
    yield first.replace(address, paint(address, "name"), 1)
    yield from (f"    {line}" for line in (*rest, *([place] if place else [])))


def _notes(unknown: Sequence[Address], undeclared: Undeclared) -> Iterator[str]:
    if undeclared.found:
        yield f"{undeclared.sentence}."
    if unknown:
        shown = ", ".join(map(str, unknown[:3])) + (", …" if len(unknown) > 3 else "")  # noqa: PLR2004 - a taste of it
        yield (
            f"{counted(len(unknown), 'object')} never applied with this state, so nothing is known of "
            f"their drift: {shown}"
        )


def document(
    drift: Sequence[Change],
    target: Target,
    unknown: Sequence[Address],
    *,
    undeclared: Undeclared = NOTHING,
    show_numbers: bool,
) -> dict[str, Any]:
    """The drift document, ``reconciler.drift/v1``."""
    return {
        "format": "reconciler.drift/v1",
        "target": {"url": target.url, "organization": {"id": target.organization_id, "name": target.organization_name}},
        "drift": [_entry(change, show_numbers=show_numbers) for change in drift],
        "unknown": [str(address) for address in unknown],
        "undeclared": undeclared.counts,
    }


def _entry(change: Change, *, show_numbers: bool) -> dict[str, Any]:
    found = {
        "address": str(change.address),
        "kind": change.address.kind,
        "name": change.address.name,
        "id": change.id,
        "what": change.reason,
        "sentence": change.sentence,
        "source": _place(change.location),
    }
    return {**found, "fields": [_field(change, place, show_numbers=show_numbers) for place in range(len(change.diffs))]}


def _field(change: Change, place: int, *, show_numbers: bool) -> dict[str, Any]:
    diff = change.diffs[place]
    declared, live = visible(change, diff, show_numbers=show_numbers)
    return {
        "path": diff.path,
        "declared": declared,
        "live": live,
        "changed_by": diff.changed_by.value,
        "source": _place(diff.location),
    }


def _place(location: Location | None) -> dict[str, Any] | None:
    return {"path": location.path, "line": location.line, "column": location.column} if location else None


def markdown(
    drift: Sequence[Change],
    unknown: Sequence[Address],
    *,
    undeclared: Undeclared = NOTHING,
    show_numbers: bool,
    next_step: str = "",
) -> str:
    """A verdict, a table with a row for each field, a diff for each long text, and what to do next."""
    rows = [row for change in drift for row in _rows(change, show_numbers=show_numbers)]
    texts = [text for change in drift for text in _texts(change, show_numbers=show_numbers)]
    parts = [
        f"**{markup.escape(verdict(drift))}**\n",
        markup.table(("what", "field", "declared", "live"), rows),
        *texts,
    ]
    following = f"\nNext: {markup.prose(next_step)}\n" if next_step else ""
    return "".join([*parts, *(f"\n{markup.prose(note)}\n" for note in _notes(unknown, undeclared)), following])


def _rows(change: Change, *, show_numbers: bool) -> Iterator[str]:
    what = f"{markup.code(str(change.address))} {markup.escape(change.sentence)}"
    if not change.diffs:
        yield markup.row((what, "", "", ""))
    for diff in change.diffs:
        before, after = visible(change, diff, show_numbers=show_numbers)
        declared, live = (
            ("", "see below") if _is_text(before, after) else (_short(line(it, diff.path)) for it in (before, after))
        )
        name = f"{markup.code(diff.path)} {markup.escape(SIDES[diff.changed_by].partition(':')[0])}"
        yield markup.row((what, name, markup.escape(declared), markup.escape(live)))


def _is_text(before: Any, after: Any) -> bool:
    return isinstance(before, str) and isinstance(after, str) and (is_long(before) or is_long(after))


def _texts(change: Change, *, show_numbers: bool) -> Iterator[str]:
    """Long texts: what the dashboard took away from them and put in."""
    for diff in change.diffs:
        before, after = visible(change, diff, show_numbers=show_numbers)
        if _is_text(before, after):
            place = diff.location or change.location
            where = f" · {markup.escape(str(place))}" if place else ""
            title = f"\n{markup.code(str(change.address))} {markup.code(diff.path)}{where}\n"
            yield title + markup.text_diff(before, after)


def _short(words: str) -> str:
    return words if len(words) <= 120 else f"{words[:60]} … {words[-50:]}"  # noqa: PLR2004 - what a cell holds

"""The fields of a change in Markdown: short values in a table, long texts as the words that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.render import words
from reconciler.render.fields import own_file
from reconciler.render.markup import code, escape, html, marked_words, row, table, text_diff
from reconciler.render.prompts import LEGEND, growth, passages, size
from reconciler.render.terminal import cut
from reconciler.render.values import differences, is_long, line, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model import Change, FieldDiff
    from reconciler.render.prompts import Passage
    from reconciler.render.values import Part

_WIDEST_VALUE = 300
_LONGEST_TEXT = 12_000  # characters of one text; a rewritten manual must not take the page from the others
_FEWEST_LEFT = 400


def fields(change: Change, *, show_numbers: bool) -> str:
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
    if old and new:
        return title + reworded(old, new, place)
    shown, left = _head(new or old)
    return title + (text_diff("", shown) if new else text_diff(shown, "")) + left


def _head(text: str) -> tuple[str, str]:
    """As much of a text as a page holds, and what to say of the rest."""
    if len(text) <= _LONGEST_TEXT:
        return text, ""
    shown = text[:_LONGEST_TEXT].rpartition("\n")[0] or text[:_LONGEST_TEXT]
    return shown, f"\n… and {size(text[len(shown) :])} more\n"


def reworded(before: str, after: str, place: str = "") -> str:
    """Each passage that differs, below its heading; ``place`` is the file of the text, "" without one."""
    return "".join(_fitting(passages(before, after), place))


def _fitting(found: Iterable[Passage], place: str) -> Iterable[str]:
    """Passages in HTML as long as there is room for them, and how many there are beyond."""
    room, left, heading = _LONGEST_TEXT, 0, ""
    for passage in found:
        if room < _FEWEST_LEFT:
            left += 1
            continue
        piece = _passage(passage, place, room, titled=passage.heading != heading and not passage.titled)
        heading = passage.heading
        room -= len(piece)
        yield piece
    if left:
        yield f"\n… and {words.counted(left, 'more place')}\n"


def _passage(passage: Passage, place: str, room: int, *, titled: bool) -> str:
    """A block of HTML, in which the text of a prompt can make no Markdown."""
    title = f"<b>{html(passage.heading)}</b>" if titled and passage.heading else ""
    where = f"<code>{html(place)}:{passage.line}</code>" if place and (titled or not passage.continued) else ""
    head = " · ".join(part for part in (title, where) if part)
    return f"\n<blockquote>{head}{'<br>' if head else ''}{marked_words(passage.words, room)}</blockquote>\n"

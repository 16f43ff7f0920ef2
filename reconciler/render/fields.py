"""Fields of a change that differ, one by one, and long texts by passage."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from reconciler.model import ChangedBy
from reconciler.render import prompts
from reconciler.render.terminal import Paint, Span, clean, columns, flow, pad, wrap, wrap_words
from reconciler.render.values import differences, is_long, line, visible
from reconciler.render.words import SAME_TO_SEE, SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import Change, FieldDiff
    from reconciler.render.values import Part

INDENT = 4
_WIDEST_NAME = 28
_NARROWEST = 20
_FEW = 5  # places of changed white space that are shown before the rest is counted
_ARROW = Span("→", "dim")
_SIGNS = {"+": "added", "-": "removed"}


class Fields:
    """Prints the fields of changes in a given width."""

    def __init__(self, *, width: int, paint: Paint, show_numbers: bool, full: bool) -> None:
        self._width, self._paint = width, paint
        self._show_numbers, self._full = show_numbers, full

    def lines(self, change: Change) -> Iterator[str]:
        """Every field that differs: its name in a column of its own, and what becomes of it beside it."""
        most = min(_WIDEST_NAME, max(self._width // 3, 8))
        names = [size for diff in change.diffs if (size := columns(clean(diff.path))) <= most]
        name_width = max(names, default=8)
        for diff in change.diffs:
            yield from self._field(diff, change, name_width)

    def _field(self, diff: FieldDiff, change: Change, name_width: int) -> Iterator[str]:
        room = max(self._width - INDENT - name_width - 2, _NARROWEST)
        name = clean(diff.path)
        if columns(name) > name_width:
            yield from (" " * INDENT + self._paint(row, "name") for row in wrap_words(name, self._width - INDENT))
            name = ""
        for text in [*self._body(diff, change, room), *self._side(diff, room)]:
            yield f"{' ' * INDENT}{self._paint(pad(name, name_width), 'name')}  {text}".rstrip()
            name = ""

    def _body(self, diff: FieldDiff, change: Change, room: int) -> list[str]:
        before, after = visible(change, diff, show_numbers=self._show_numbers)
        place = own_file(diff, change)
        if change.observed is None:
            return self._new(diff.path, after, place, room)
        found: list[str] = []
        for part in differences(before, after):
            found += self._part(part, diff.path, place, room)
        return found

    def _new(self, name: str, value: Any, place: str, room: int) -> list[str]:
        """A value where there was none: as it is, or its size when it is long."""
        if isinstance(value, dict) and columns(line(value)) > room:
            return [row for key, item in value.items() for row in self._entry(str(key), item, room)]
        if not is_long(value):
            return wrap_words(line(value, name), room)
        told = self._beside(prompts.size(value), place, "dim", room)
        if self._full:
            told += [part for row in value.strip().splitlines() for part in wrap_words(clean(row), room)]
        return told

    def _entry(self, key: str, value: Any, room: int) -> list[str]:
        """One key of a mapping: its value beside it; a mapping with no room there on lines of its own."""
        label, beside = f"{clean(key)}:", line(value, key)
        if isinstance(value, dict) and columns(f"{label} {beside}") > room:
            rows = self._new(key, value, "", max(room - 2, 1))
            return [*wrap_words(label, room), *(f"  {row}" for row in rows)]
        size, *whole = self._new(key, value, "", max(room - 2, 1)) if is_long(value) else [beside]
        first, *rest = wrap_words(f"{label} {size}", max(room - 2, 1))
        return [first, *(f"  {row}" for row in (*rest, *whole))]

    def _part(self, part: Part, name: str, place: str, room: int) -> list[str]:
        """One place inside a value: gained, lost, reworded, or one value after another."""
        lead = [Span(f"{clean(part.path)}:", "dim")] if part.path else []
        if part.sign:
            value = line(part.after if part.sign == "+" else part.before)
            return self._spans([*lead, Span(f"{part.sign} {value}", _SIGNS[part.sign])], room)
        before, after = part.before, part.after
        texts = isinstance(before, str) and isinstance(after, str)
        alike = before != after and line(before) == line(after)
        if texts and (is_long(before) or is_long(after) or alike):
            return [*self._spans(lead, room), *self._text(before, after, place, room)]
        if is_long(after):
            return [*self._spans(lead, room), *self._new(name, after, place, room)]
        field = part.path or name
        went = prompts.size(before) if is_long(before) else line(before, field)
        come = line(after, field)
        if went == come:
            return self._spans([*lead, Span(come), Span(SAME_TO_SEE, "dim")], room)
        left, right = Span(went, "removed"), Span(come, "added")
        return self._spans([*lead, left, _ARROW, right], room)

    def _text(self, before: str, after: str, place: str, room: int) -> list[str]:
        """A long text: how its length changes, then each passage that changed under its heading."""
        if before.split() == after.split():
            return self._respaced(before, after, place, room)
        told, heading = [self._paint(prompts.growth(before, after), "dim")], ""
        if self._full:
            return [*told, *self._whole(before, after, room)]
        for passage in prompts.passages(before, after):
            title = "" if passage.titled or passage.heading == heading else passage.heading
            where = f"{place}:{passage.line}" if place and (title or not passage.continued) else ""
            heading = passage.heading
            told += self._beside(title, where, "bold", room)
            told += [self._paint.line(row) for row in flow(passage.words, room)]
        return told

    def _respaced(self, before: str, after: str, place: str, room: int) -> list[str]:
        """White space alone: where, and which; it is written out, for it cannot be seen."""
        told = [self._paint(row, "dim") for row in wrap(prompts.LEGEND, room)]
        found = list(prompts.respaced(before, after))
        for passage in found if self._full else found[:_FEW]:
            where = f"{place}:{passage.line}" if place else f"line {passage.line} of the text"
            told += self._beside("", where, "bold", room)
            told += [self._paint.line(row) for row in flow(passage.words, room)]
        more = 0 if self._full else len(found) - _FEW
        return [*told, *([self._paint(f"… and {more:,} more", "dim")] if more > 0 else [])]

    def _whole(self, before: str, after: str, room: int) -> list[str]:
        """Both texts, line by line: ``-`` what went, ``+`` what came, the rest as it is."""
        old, new = before.strip().splitlines(), after.strip().splitlines()
        told: list[str] = []
        for tag, i, j, k, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            sides = [(" ", new[k:end])] if tag == "equal" else [("-", old[i:j]), ("+", new[k:end])]
            for sign, rows in sides:
                told += [part for row in rows for part in self._signed(sign, row, room)]
        return told

    def _signed(self, sign: str, row: str, room: int) -> Iterator[str]:
        first, *rest = wrap_words(clean(row), max(room - 2, 1))
        yield self._paint(f"{sign} {first}", _SIGNS.get(sign, ""))
        yield from (self._paint(f"  {part}", _SIGNS.get(sign, "")) for part in rest)

    def _beside(self, left: str, right: str, style: str, room: int) -> list[str]:
        """Words, and a place at the right edge where both fit; otherwise below each other."""
        gap = room - columns(left) - columns(right)
        if left and right and gap > 1:
            return [f"{self._paint(left, style)}{' ' * gap}{self._paint(right, 'dim')}"]
        rows = [self._paint(row, style) for row in wrap_words(left, room) if row]
        return [*rows, *(self._paint(row, "dim") for row in wrap_words(right, room) if row)]

    def _spans(self, spans: list[Span], room: int) -> list[str]:
        """Broken wherever a word ends."""
        words = [Span(word, span.style) for span in spans for word in span.text.split(" ")]
        return [self._paint.line(row) for row in flow(words, room)]

    def _side(self, diff: FieldDiff, room: int) -> list[str]:
        """Who else moved the field, when somebody did."""
        words = SIDES[diff.changed_by]
        style = "grave" if diff.changed_by is ChangedBy.BOTH else "changed"
        return [self._paint(part, style) for part in wrap(words, room)] if words else []


def own_file(diff: FieldDiff, change: Change) -> str:
    """The file a long text was read from, "" when it stands in the manifest itself."""
    if diff.location is None or (change.location and diff.location.path == change.location.path):
        return ""
    return clean(diff.location.path)

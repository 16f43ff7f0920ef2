"""Picture of which resource names which: a column for each kind, a line for each reference.

The lines come from the ``Ref`` annotations of the specs, so that a new kind appears in the picture by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import htpy

from reconciler.contract.fields import named
from reconciler.model import Action, Address
from reconciler.render import words
from reconciler.render.terminal import clean, cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from htpy import Node

    from reconciler.model import Change

_TALLEST = 24  # boxes in a column; more are counted in one box below
_WIDTH, _HEIGHT, _GAP, _BETWEEN, _TOP = 232, 40, 15, 88, 34
_LETTERS = 25  # of a name that fit into a box


@dataclass(frozen=True, slots=True)
class _Box:
    """One resource, or the count of those that had no room, and where it stands."""

    address: Address | None
    label: str
    action: str
    x: int
    y: int


def picture(changes: Sequence[Change], places: Mapping[Address, str]) -> Node:
    """The resources that name each other, and the same said in a list; nothing where none does."""
    edges = _edges(changes)
    if not edges:
        return None
    actions = _actions(changes)
    columns = _columns(edges)
    boxes = [box for index, kind in enumerate(columns) for box in _stack(index, columns[kind], actions)]
    by_address = {box.address: box for box in boxes if box.address is not None}
    heads = (_head(index, kind) for index, kind in enumerate(columns))
    drawn = (_line(by_address[one], by_address[other]) for one, other in edges if {one, other} <= set(by_address))
    width = len(columns) * (_WIDTH + _BETWEEN) - _BETWEEN + 2
    height = max(box.y for box in boxes) + _HEIGHT + 2
    image = htpy.svg(
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="group",
        aria_label="Which resource uses which",
    )[*drawn, *heads, *(_box(box, places) for box in boxes)]  # fmt: skip - the drawing, then its frame
    scrolled = htpy.div(class_="scrolls picture", tabindex=0, role="region", aria_label="Picture")[image]
    return [scrolled, _in_words(edges)]


def _edges(changes: Sequence[Change]) -> list[tuple[Address, Address]]:
    """From what is named to what names it, where both are part of the plan."""
    known = {change.address for change in changes}
    found: dict[tuple[Address, Address], None] = {}
    for change in changes:
        if change.resource is None:
            continue
        for _, ref, name in named(type(change.resource.spec), change.resource.declared):
            target = Address(ref.kind, name)
            if target in known and target.kind != change.address.kind:
                found[target, change.address] = None
    return sorted(found)


def _actions(changes: Sequence[Change]) -> dict[Address, str]:
    """What happens to each resource; something pending goes before what stays."""
    found: dict[Address, str] = {}
    for change in changes:
        if found.get(change.address, Action.KEEP.value) == Action.KEEP.value:
            found[change.address] = change.verb
    return found


def _columns(edges: Iterable[tuple[Address, Address]]) -> dict[str, list[Address]]:
    """The resources by kind, a kind to the right of every kind that it names."""
    pairs = list(edges)
    kinds = sorted({address.kind for pair in pairs for address in pair})
    depth = dict.fromkeys(kinds, 0)
    for _ in kinds:
        for one, other in pairs:
            depth[other.kind] = min(max(depth[other.kind], depth[one.kind] + 1), len(kinds))
    members = sorted({address for pair in pairs for address in pair})
    return {
        kind: [address for address in members if address.kind == kind]
        for kind in sorted(kinds, key=lambda kind: (depth[kind], kind))
    }  # fmt: skip - one thought


def _stack(index: int, members: Sequence[Address], actions: Mapping[Address, str]) -> list[_Box]:
    """A column of boxes; what changes goes before what stays when there is no room for all."""
    chosen = sorted(members, key=lambda it: (actions[it] == Action.KEEP.value, it))[:_TALLEST]
    x = index * (_WIDTH + _BETWEEN) + 1
    boxes = [
        _Box(address, address.name, actions[address], x, _TOP + place * (_HEIGHT + _GAP))
        for place, address in enumerate(sorted(chosen))
    ]
    if len(members) > len(chosen):
        more = f"… and {len(members) - len(chosen):,} more"
        boxes.append(_Box(None, more, Action.KEEP.value, x, _TOP + len(chosen) * (_HEIGHT + _GAP)))
    return boxes


def _head(index: int, kind: str) -> Node:
    return htpy.text(x=index * (_WIDTH + _BETWEEN) + 1, y=16, class_="column")[kind]


def _line(one: _Box, other: _Box) -> Node:
    """From the right side of one to the left side of the other; past a column in between, through a gap in it."""
    x1, y1, x2, y2 = one.x + _WIDTH, one.y + _HEIGHT // 2, other.x, other.y + _HEIGHT // 2
    drawn = f"M{x1} {y1}"
    if x2 - x1 > _BETWEEN:
        lane = _lane((y1 + y2) // 2) + _track(one)
        drawn += f"{_curve(x1, y1, x1 + _BETWEEN, lane)}H{x2 - _BETWEEN}{_curve(x2 - _BETWEEN, lane, x2, y2)}"
    else:
        drawn += _curve(x1, y1, x2, y2)
    pending = one.action != Action.KEEP.value or other.action != Action.KEEP.value
    return htpy.path(d=drawn, class_="edge pending" if pending else "edge")


def _curve(x1: int, y1: int, x2: int, y2: int) -> str:
    middle = (x1 + x2) // 2
    return f"C{middle} {y1} {middle} {y2} {x2} {y2}"


def _track(one: _Box) -> int:
    """How far from the middle of a gap the lines of a box run: those of neighbours do not become one."""
    return ((one.y - _TOP) // (_HEIGHT + _GAP) % 3 - 1) * (_GAP // 3)


def _lane(y: int) -> int:
    """The height of the gap between two rows that is nearest to a height."""
    step = _HEIGHT + _GAP
    return _TOP - _GAP // 2 + max(1, round((y - _TOP + _GAP // 2) / step)) * step


def _box(box: _Box, places: Mapping[Address, str]) -> Node:
    drawn = [
        htpy.title[f"{box.address}: {box.action}" if box.address else box.label],
        htpy.rect(x=box.x, y=box.y, width=_WIDTH, height=_HEIGHT, rx=9, class_="box"),
        htpy.rect(x=box.x, y=box.y + 8, width=4, height=_HEIGHT - 16, rx=2, class_="sign"),
        htpy.text(x=box.x + 16, y=box.y + 25)[cut(clean(box.label), _LETTERS)],
    ]  # fmt: skip - back to front
    group = htpy.g(class_=f"node {box.action}")[drawn]
    if box.address is None or box.address not in places:
        return group
    name = f"{box.address}, {box.action}"
    return htpy.a(href=f"#{places[box.address]}", aria_label=name)[group]


def _in_words(edges: Sequence[tuple[Address, Address]]) -> Node:
    items = [htpy.li[htpy.code[str(other)], " uses ", htpy.code[str(one)]] for one, other in edges]
    return htpy.details(class_="fold")[
        htpy.summary[f"The same in words: {words.counted(len(edges), 'reference')}"], htpy.ul(class_="kept")[items]
    ]  # fmt: skip - a fold and its list

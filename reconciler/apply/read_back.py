"""Which declared fields did not come out as they were written (promise P12).

An answer may echo what was not kept, so a create is judged by what is read afterwards, and a draft before any
caller hears it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.apply.kept_texts import kept
from reconciler.contract.equality import same
from reconciler.contract.fields import policies
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from reconciler.contract.account import Context
    from reconciler.contract.kind import Kind
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Change, FieldDiff, Observed

_COMPARE = "compare with the dashboard; the vendor may not accept the value"


def not_as_declared(change: Change, kind: Kind, resolver: Resolver, observed: Observed) -> tuple[FieldDiff, ...]:
    """The declared fields that are not as declared on the object as it was read."""
    if change.resource is None:
        return ()
    return kind.diff(change.resource, observed.body, resolver)


def not_in_draft(change: Change, kind: Kind, resolver: Resolver, draft: Observed) -> tuple[FieldDiff, ...]:
    """The fields of the change that a deploy would make live otherwise than declared."""
    own = policies(kind.spec)
    declared = kind.expected(change.resource) if change.resource else {}
    wanted = {own[item.path].wire: resolver.to_wire(own[item.path], declared[item.path]) for item in change.diffs}
    told = kind.staged_values(draft, wanted)
    return tuple(
        replace(item, before=told[wire], after=wanted[wire])
        for item in change.diffs
        if (wire := own[item.path].wire) in told and not same(own[item.path], wanted[wire], told[wire])
    )


def not_kept(lost: tuple[FieldDiff, ...]) -> str:
    """What to say of them."""
    names = ", ".join(f"`{item.path}`" for item in lost)
    where = [f"{lost[0].location}"] if lost[0].location else []
    known = {item.path: how for item in lost if (how := kept(item.after, item.before).how)}
    made = [f"{'it' if len(lost) == 1 else f'`{name}`'} {how} there" for name, how in known.items()]
    more = f" ({'; '.join([*where, *made])})" if where or made else ""
    return f"the server answered success, but {names} did not come out as declared{more}"


def way_out(lost: tuple[FieldDiff, ...]) -> str:
    """What their author can do."""
    ways = (kept(item.after, item.before).way_out for item in lost)
    return "; ".join(dict.fromkeys(way or _COMPARE for way in ways))


class Listed:
    """Reads objects of one kind from a single list; one that cannot be read is not asked for again."""

    def __init__(self, kind: Kind, context: Context) -> None:
        self._found: dict[str, Observed] = {}
        self._error: ReconcilerError | None = None
        try:
            self._found = {item.id: item for item in kind.observe(context.look)}
        except ReconcilerError as error:
            self._error = error

    def __call__(self, id_: str, context: Context, parent: str) -> Observed:
        """The object as it was listed; raises what the list raised, or KeyError."""
        del context, parent
        if self._error is not None:
            raise self._error
        return self._found[id_]

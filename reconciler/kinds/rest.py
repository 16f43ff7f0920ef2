"""Plain REST kinds: one path, one list, POST, PATCH and DELETE; all they say is a path and a spec."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.api import segment
from reconciler.api.identifiers import identifier
from reconciler.contract.declared import declared_in
from reconciler.contract.equality import meaning
from reconciler.contract.fields import parent, policies
from reconciler.contract.kind import FoundBy, Kind
from reconciler.contract.resolver import UNRESOLVED
from reconciler.errors import AmbiguousWrite, Rejected
from reconciler.model import Action, Finding, Observed, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.contract.account import Account, Context, Look
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Change, Resource

_NOT_FOUND = 404
_SIDE_BY_SIDE = 8  # lists of a nested kind, one for each parent


class RestKind(Kind):
    """A collection of the vendor's under ``path``, in which every object has an id.

    - ``path`` is the collection, with ``{parent}`` where a nested kind has its parent's id;
    - ``flat`` is the collection of those that have no parent, where a nested kind may do without one;
    - ``label`` is the manifest key of the display name: ``metadata.name`` where it is left out of a create;
    - ``known_by`` are the manifest keys that tell an object while no id is remembered, the surest set first;
    - ``envelope`` is the key that the list is wrapped in where there are several, ``id_field`` where the id is;
    - ``needed`` are the manifest keys without which the vendor creates none;
    - ``later`` are the manifest keys that the vendor takes by a PATCH alone: they go out after a create;
    - ``listed_only``: one object cannot be asked for, so it is read from the list.

    Hooks beyond these are the contract's own: ``seen`` to say that an object is moving, failed or somebody else's.
    """

    path: ClassVar[str]
    flat: ClassVar[str] = ""
    label: ClassVar[str] = "name"
    known_by: ClassVar[tuple[tuple[str, ...], ...]] = ()
    envelope: ClassVar[str | None] = None
    id_field: ClassVar[str] = "id"
    needed: ClassVar[tuple[str, ...]] = ()
    later: ClassVar[tuple[str, ...]] = ()
    listed_only: ClassVar[bool] = False

    def observe(self, look: Look) -> Iterable[Observed]:
        """The whole list; for a nested kind one for each parent that matters, side by side."""
        above = parent(self.spec)
        if above is None:
            return self._listed(look, "")
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to load, and validate observes nothing

        parents = (*look.parents(self.name, above), *([""] if self.flat else []))
        found: dict[str, Observed] = {}
        with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
            for items in pool.map(lambda id_: tuple(self._listed(look, id_)), parents):
                for item in items:
                    found.setdefault(item.id, item)  # what a flat list repeats was found below its parent
        return tuple(found.values())

    def _listed(self, look: Look, below: str) -> Iterator[Observed]:
        try:
            found = look.api.items(self.collection(below), key=self.envelope)
        except Rejected as error:
            if not below or error.status != _NOT_FOUND:
                raise
            return  # gone with its parent
        for body in found:
            seen = self.seen(body, below)
            if seen is not None:
                yield seen

    def collection(self, below: str = "") -> str:
        """The path of the collection."""
        return self.path.replace("{parent}", segment(below)) if below else self.flat or self.path

    def item(self, id_: str, below: str = "") -> str:
        """The path of one object."""
        return f"{self.collection(below)}/{segment(id_)}"

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """A live object as observed; None for one that is not this kind's business. Override to say more of it."""
        above, own = parent(self.spec), policies(self.spec)
        name = own[self.label].live(body) if self.label in own else None
        whole = {**body, above.wire: body.get(above.wire, _id(below) if below else None)} if above is not None else body
        identity = "".join(self._live_keys(whole)[:1]) if self.found_by is FoundBy.IDENTITY else ""
        return Observed(
            self.name,
            identifier(body.get(self.id_field), path=self.path),
            whole,
            name=str(name or ""),
            identity=identity,
            parent=below,
        )

    def display(self, resource: Resource) -> str:
        """The vendor's name for it: the declared one, or the name it has here."""
        return str(resource.declared.get(self.label) or resource.address.name)

    def identity(self, spec: Any) -> str:
        """The first of ``known_by``, where the vendor keeps that unique."""
        if self.found_by is not FoundBy.IDENTITY:
            return ""
        written = declared_in(spec)
        return _key([written.get(name) for name in self.known_by[0]])

    def keys(self, resource: Resource, resolver: Resolver) -> tuple[str, ...]:
        """Each set of ``known_by`` as it would be sent; "" where a name in it leads to nothing yet."""
        own, values = policies(self.spec), {self.label: self.display(resource), **resource.declared}
        return tuple(
            _key([meaning(own[name], resolver.to_wire(own[name], values.get(name))) for name in names])
            for names in self._known_by()
        )

    def live_keys(self, observed: Observed) -> tuple[str, ...]:
        """Each set of ``known_by`` as it is live."""
        return self._live_keys(observed.body)

    def _live_keys(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        own = policies(self.spec)
        return tuple(_key([meaning(own[name], own[name].live(body)) for name in names]) for names in self._known_by())

    def _known_by(self) -> tuple[tuple[str, ...], ...]:
        above = parent(self.spec)
        below = (above.name,) if above is not None else ()
        return self.known_by or ((*below, self.label),)

    def initial(self, resource: Resource) -> Mapping[str, Any]:
        """What was declared, and a display name: an undeclared one is given once and left alone after."""
        expected = self.expected(resource)
        return {self.label: self.display(resource), **expected} if self.label in policies(self.spec) else expected

    def body(self, fields: Mapping[str, Any], resolver: Resolver) -> dict[str, Any]:
        """Fields as they are sent: by the vendor's names, references as ids; what is the path's business is not."""
        own = policies(self.spec)
        return {
            own[name].wire: resolver.to_wire(own[name], value)
            for name, value in fields.items()
            if not own[name].local and not own[name].parent
        }

    def create(self, change: Change, context: Context) -> Observed:
        """One POST of just what is declared."""
        below, wanted = self.below(declared(change), context), self.initial(declared(change))
        given = {name: value for name, value in wanted.items() if name not in self.later}
        return self._one(context.api.post(self.collection(below), self.body(given, context.resolver)), below)

    def complete(self, change: Change, made: Observed, context: Context) -> Observed:
        """With the fields that a create does not take; reading it back says so where they were refused."""
        wanted = self.initial(declared(change))
        fields = {name: wanted[name] for name in self.later if name in wanted}
        if not fields:
            return made
        try:
            body = context.api.patch(self.item(made.id, made.parent), self.body(fields, context.resolver))
        except Rejected:
            return made
        return self._one({**made.body, **body}, made.parent)

    def update(self, change: Change, context: Context) -> Observed:
        """PATCH just the fields that differ; what is answered may be partial, so it is read again."""
        seen, wanted = live(change), self.expected(declared(change))
        fields = {diff.path: wanted[diff.path] for diff in change.diffs}
        context.api.patch(self.item(seen.id, seen.parent), self.body(fields, context.resolver))
        return self.read(seen.id, context, seen.parent)

    def delete(self, change: Change, context: Context) -> None:
        """DELETE; gone already is done."""
        seen = live(change)
        try:
            context.api.delete(self.item(seen.id, seen.parent))
        except Rejected as error:
            if error.status != _NOT_FOUND:
                raise
        except AmbiguousWrite:
            if any(item.id == seen.id for item in self.observe(context.look)):
                raise

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """One object, as it is now."""
        if self.listed_only:
            return self._from_list(id_, context, parent)
        return self._one(context.api.get(self.item(id_, parent)), parent)

    def _from_list(self, id_: str, context: Context, below: str) -> Observed:
        found = next((item for item in self._listed(context.look, below) if item.id == id_), None)
        if found is None:
            raise LookupError(id_)
        return found

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterator[Finding]:
        """A create needs what the vendor does not fill in."""
        resource = change.resource
        if resource is None or not change.action.writes_fields:
            return
        if self.outputs and change.action is not Action.UPDATE:
            yield from self._homeless(change, resource, account)
        if change.action is not Action.CREATE:
            return
        if missing := [name for name in self.needed if not resource.declared.get(name)]:
            message = f"cannot be created: {' and '.join(f'`{name}`' for name in missing)} not declared"
            hint = "declare it, or bind an existing object with metadata.id"
            yield Finding(Severity.ERROR, "RC230", message, hint, change.address, change.location)

    def _homeless(self, change: Change, resource: Resource, account: Account) -> Iterator[Finding]:
        """Nothing is created that shows a secret once while nothing says where that goes."""
        if resource.declared.get("secret_to") or account.settings.secrets.recipients:
            return
        shown = " and ".join(f"`{name}`" for name in self.outputs)
        message = f"the platform shows its {shown} once, and nothing says where that goes"
        hint = (
            "declare `secret_to: {file: PATH}` (a file that git ignores, or one in .age), or write "
            "`secrets: {recipients: [age1…]}` in reconciler.yaml and read it by `reconciler state secret`"
        )
        yield Finding(Severity.ERROR, "RC231", message, hint, change.address, change.location)

    def _one(self, body: Any, below: str) -> Observed:
        seen = self.seen(body, below)
        if seen is None:
            raise LookupError(self.name)
        return seen

    def below(self, resource: Resource, context: Context) -> str:
        """The id of the parent that the document names; LookupError while there is none."""
        above = parent(self.spec)
        if above is None or (self.flat and resource.declared.get(above.name) is None):
            return ""
        id_ = context.resolver.to_wire(above, resource.declared.get(above.name))
        if id_ is UNRESOLVED or id_ is None:
            raise LookupError(f"{above.name} {resource.declared.get(above.name)}")
        return str(id_)


def _key(values: list[Any]) -> str:
    """What some fields say, as one text; "" where one of them is not known yet or none says anything."""
    if UNRESOLVED in values or all(value in (None, "") for value in values):
        return ""
    return str(values[0]) if len(values) == 1 else json.dumps(values, default=str)


def _id(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text


def declared(change: Change) -> Resource:
    """The document of a change that has one."""
    if change.resource is None:
        raise LookupError(f"{change.address} is not declared")
    return change.resource


def live(change: Change) -> Observed:
    """The live object of a change that has one."""
    if change.observed is None:
        raise LookupError(f"{change.address} was not found")
    return change.observed

"""A plain resource as one declaration: paths, ids, fields, rules, and what a reader sees.

Routing, storage, the controls under ``/emulator``, seeding and the passing of time are derived from it: a
resource is one object in one file and a line in ``catalogue``.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.emulator import tables
from reconciler.emulator import validators as v
from reconciler.emulator.database import counted, document
from reconciler.emulator.exchange import Refusal, refused
from reconciler.emulator.routes import INTEGER, UUID
from reconciler.emulator.timestamps import after, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.emulator.exchange import Scene
    from reconciler.emulator.routes import Route

    Hook = Callable[[Scene, dict[str, Any]], dict[str, Any]]
    Effect = Callable[[Scene, dict[str, Any], dict[str, Any] | None], None]
    Completion = Callable[[Scene, dict[str, Any], dict[str, Any] | None], dict[str, Any]]

Body = dict[str, Any]

REQUIRED = "This field is required."
ADMINISTRATORS = ("owner", "admin")
VERBS = ("list", "create", "show", "patch", "delete")
# Vendors add fields without notice (contract 1.1): every answer has one that no document mentions.
UNANNOUNCED = {"x_emulated": True}


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be written: how it is judged and what the server fills in when it is not sent.

    ``refers`` names the table whose id it holds (or a list of ids); ``create`` and ``patch`` say which
    of the two take it, the other ignores it silently.
    """

    check: v.Check
    default: Any = None
    required: bool = False
    refers: str = ""
    create: bool = True
    patch: bool = True


@dataclass(frozen=True, slots=True)
class Parent:
    """What a nested resource lives below: its table, the field that holds its id, the vendor's name for it."""

    table: str
    field: str
    noun: str


def nothing_more(_scene: Scene, _body: Body, _before: Body | None) -> Body:
    """The completion that adds nothing."""
    return {}


def nothing_else(_scene: Scene, _body: Body) -> Body:
    """The detail that adds nothing."""
    return {}


def as_stored(_scene: Scene, body: Body) -> Body:
    """The hook that changes nothing."""
    return body


def no_rule(_scene: Scene, _body: Body, _before: Body | None) -> None:
    """The rule that everything satisfies, and the effect that does nothing."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One collection of the vendor's.

    - ``name`` is its table and its word in the controls, ``noun`` its name in a 404, ``path`` the collection;
    - ``first_id`` is given for integer ids, otherwise they are UUIDs, under ``id_field``;
    - ``verbs`` are the plain operations it has, ``actions`` every other route;
    - ``envelope`` is the key that a list is wrapped in, empty for a bare array;
    - ``upsert_by`` names the field by which a POST changes what is there instead of adding;
    - ``once`` are fields that ``compute`` makes (with an underscore) and only the create's answer shows;
    - ``validate`` raises Refusal on a combination (``before`` is None for a new one), ``compute`` is what the
      server puts in itself before it stores what a client wrote, ``view`` makes what a reader sees, ``detail``
      adds what one sees who asks for it alone, ``on_due`` is called when ``_due`` has come, ``after_write`` follows
      every write (``before`` None: new) and ``after_delete`` every deletion;
    - ``soft_delete`` turns a DELETE into a change: what it returns stays; ``before_delete`` raises Refusal on a
      DELETE that the vendor does not allow.
    """

    name: str
    noun: str
    path: str
    fields: Mapping[str, Field]
    first_id: int | None = None
    id_field: str = "id"
    verbs: tuple[str, ...] = VERBS
    actions: tuple[Route, ...] = ()
    parent: Parent | None = None
    envelope: str = ""
    newest_first: bool = False
    created_status: int = 201
    upsert_by: str = ""
    once: tuple[str, ...] = ()
    administrators_only: bool = False
    form: bool = False
    stamps: tuple[str, ...] = ("created_at", "updated_at")
    validate: Effect = no_rule
    compute: Completion = nothing_more
    view: Hook = as_stored
    on_due: Hook = as_stored
    after_write: Effect = no_rule
    after_delete: Effect = no_rule
    soft_delete: Hook | None = None
    before_delete: Effect = no_rule
    detail: Hook = nothing_else

    @property
    def item(self) -> str:
        """The path of one object."""
        return f"{self.path}/{UUID if self.first_id is None else INTEGER}"

    def key(self, body: Body) -> str:
        """The id as text."""
        return str(body[self.id_field])

    def below(self, parent_id: Any) -> str:
        """The row's parent as the table keeps it, empty for what has none."""
        return f"{self.parent.table}/{parent_id}" if self.parent else ""

    def load(self, scene: Scene, key: Any, parent_id: Any = None) -> Body:
        """The object of that id, below that parent if one is named; Refusal 404 when it is not here."""
        below = self.below(parent_id) if parent_id is not None else None
        body = tables.find(scene, self.name, key, below)
        if body is None:
            raise refused(404, f"No {self.noun} matches the given query.")
        return body

    def every(self, scene: Scene, parent_id: Any = None) -> list[Body]:
        """All that the list has, those below one parent if it is named, as stored and in the list's order."""
        below = None if self.parent and parent_id is None else self.below(parent_id)
        return tables.every(scene, self.name, below, newest_first=self.newest_first)

    def make(self, scene: Scene, values: Body, parent_id: Any = None, below: str = "", /, **more: Any) -> Body:
        """A new object of judged values; ``more`` is set whatever the rules; stored and returned whole.

        ``below`` puts it under a parent that its paths do not name.
        """
        body: Body = {self.id_field: self._fresh_id(scene)}
        if self.parent:
            body[self.parent.field] = parent_id
        body |= {name: deepcopy(each.default) for name, each in self.fields.items()} | values
        body |= dict.fromkeys(self.stamps, stamp(scene.now))
        self.validate(scene, body, None)
        body |= self.compute(scene, body, None) | more
        tables.insert(scene, self.name, self.key(body), body, below or self.below(parent_id))
        self.after_write(scene, body, None)
        return body

    def write(self, scene: Scene, before: Body, values: Body) -> Body:
        """The object with values put in, judged, stored and returned whole."""
        body = before | values
        self.validate(scene, body, before)
        return self.store(scene, body | self.compute(scene, body, before), before)

    def store(self, scene: Scene, body: Body, before: Body) -> Body:
        """The object as it is now, judged by nobody: what the platform itself or a colleague does."""
        if "updated_at" in self.stamps:
            body = body | {"updated_at": after(before["updated_at"], scene.now)}
        tables.save(scene, self.name, self.key(body), body)
        self.after_write(scene, body, before)
        return body

    def drop(self, scene: Scene, body: Body) -> None:
        """Take the object away, with what lives below it."""
        if self.soft_delete:
            self.store(scene, self.soft_delete(scene, body), body)
            return
        tables.remove(scene, self.name, self.key(body))
        self.after_delete(scene, body, None)

    def shown(self, scene: Scene, body: Body, *, created: bool = False) -> Body:
        """The object as an answer; what begins with an underscore stays here."""
        seen = {name: value for name, value in self.view(scene, body).items() if not name.startswith("_")}
        secrets = {name: body[f"_{name}"] for name in self.once} if created else {}
        return {**seen, **secrets, **UNANNOUNCED}

    def understand(self, scene: Scene, sent: Body, *, new: bool) -> Body:
        """The fields a request names, as they would be stored (see ``understood``)."""
        return understood(scene, self.fields, sent, new=new)

    def authorize(self, scene: Scene) -> None:
        """Refusal 403 unless the user behind the key may change such things."""
        if self.administrators_only:
            administrator(scene)

    def parent_of(self, scene: Scene, arguments: tuple[Any, ...]) -> Any:
        """The id of the parent in a path, None where there is none; Refusal 404 when it is not here."""
        if self.parent is None:
            return None
        if not tables.exists(scene, self.parent.table, arguments[0]):
            raise refused(404, f"No {self.parent.noun} matches the given query.")
        return arguments[0]

    def _fresh_id(self, scene: Scene) -> int | str:
        if self.first_id is None:
            return tables.fresh_uuid(scene, self.name)
        return self.first_id - 1 + counted(scene.database, self.name)


def understood(scene: Scene, fields: Mapping[str, Field], sent: Body, *, new: bool) -> Body:
    """The fields a request names, as they would be stored; keys that are not known are ignored.

    Refusal 400 with every complaint at once, a missing required field included when it is ``new``.
    """
    values: Body = {}
    complaints: dict[str, list[str]] = {}
    trims = bool(document(scene.database, "options")["trims_text"])
    for name, each in fields.items():
        if name not in sent:
            if new and each.required:
                complaints[name] = [REQUIRED]
        elif each.create if new else each.patch:
            try:
                values[name] = _judged(scene, each, sent[name], trims=trims)
            except v.Invalid as complaint:
                complaints[name] = [str(complaint)]
    if complaints:
        raise Refusal(400, complaints)
    return values


def asked(scene: Scene, fields: Mapping[str, Field], sent: Body) -> Body:
    """What an action is asked for: the fields sent, judged, and the defaults of the others."""
    return {name: each.default for name, each in fields.items()} | understood(scene, fields, sent, new=True)


def administrator(scene: Scene) -> None:
    """Refusal 403 unless the user behind the key is an administrator or the owner."""
    if document(scene.database, "options")["role"] not in ADMINISTRATORS:
        raise refused(403, "You do not have permission to perform this action.")


def _judged(scene: Scene, each: Field, value: Any, *, trims: bool) -> Any:
    judged = each.check(value.strip() if trims and isinstance(value, str) else value)
    if each.refers and judged is not None:
        for key in judged if isinstance(judged, list) else [judged]:
            if not tables.exists(scene, each.refers, key):
                raise v.Invalid(f'Invalid pk "{key}" - object does not exist.')
    return judged

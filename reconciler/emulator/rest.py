"""The plain operations of a resource: list, create, show, patch, put and delete, from its declaration."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import Exchange, Reply, answer
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import DUE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.emulator.exchange import Scene
    from reconciler.emulator.resource import Body, Resource


def routes(resource: Resource) -> Iterator[Route]:
    """Every route of a resource; its own actions first, so that a word in a path is not taken for an id."""
    yield from resource.actions
    for verb, (method, whole, handler) in OPERATIONS.items():
        if verb in resource.verbs:
            path = resource.path if whole else resource.item
            yield Route(method, path, partial(handler, resource), form=resource.form)


def index(resource: Resource, exchange: Exchange) -> Reply:
    """``GET`` the collection: all of it, no filters."""
    parent = resource.parent_of(exchange, exchange.arguments)
    found = [resource.shown(exchange, body) for body in resource.every(exchange, parent)]
    return answer({resource.envelope: found} if resource.envelope else found)


def create(resource: Resource, exchange: Exchange) -> Reply:
    """``POST`` to the collection: a new object; never idempotent, unless the resource is an upsert."""
    resource.authorize(exchange)
    parent = resource.parent_of(exchange, exchange.arguments)
    values = resource.understand(exchange, exchange.body, new=True)
    twin = _twin(resource, exchange, values)
    body = resource.write(exchange, twin, values) if twin else resource.make(exchange, values, parent)
    return answer(resource.shown(exchange, body, created=True), resource.created_status)


def show(resource: Resource, exchange: Exchange) -> Reply:
    """``GET`` one object."""
    body = addressed(resource, exchange)
    return answer(resource.shown(exchange, body) | resource.detail(exchange, body))


def patch(resource: Resource, exchange: Exchange) -> Reply:
    """``PATCH`` one object: what is named changes, the rest stays."""
    resource.authorize(exchange)
    before = addressed(resource, exchange)
    values = resource.understand(exchange, exchange.body, new=False)
    return answer(resource.shown(exchange, resource.write(exchange, before, values)))


def put(resource: Resource, exchange: Exchange) -> Reply:
    """``PUT`` one object: what is omitted falls to its default."""
    resource.authorize(exchange)
    before = addressed(resource, exchange)
    values = {name: each.default for name, each in resource.fields.items()}
    values |= resource.understand(exchange, exchange.body, new=True)
    return answer(resource.shown(exchange, resource.write(exchange, before, values)))


def delete(resource: Resource, exchange: Exchange) -> Reply:
    """``DELETE`` one object: 204."""
    resource.authorize(exchange)
    body = addressed(resource, exchange)
    resource.before_delete(exchange, body, None)
    resource.drop(exchange, body)
    return Reply(204)


def addressed(resource: Resource, exchange: Exchange) -> Body:
    """The object that the path of a request names; Refusal 404 when it, or its parent, is not here."""
    parent = resource.parent_of(exchange, exchange.arguments)
    return resource.load(exchange, exchange.arguments[0 if parent is None else 1], parent)


def control(resource: Resource, scene: Scene, entry: Body) -> None:
    """What a colleague does in the dashboard, or the platform by itself; ValueError for an object not here.

    Without an id a new object is made: what can be written is judged, everything else is taken as it is.
    With one, any field at all is set, or ``"delete": true`` takes it away.
    """
    key = entry.get(resource.id_field)
    if key is None:
        values = resource.understand(scene, entry, new=True)
        rest = {name: value for name, value in entry.items() if name not in values}
        parent: Any = rest.pop(resource.parent.field) if resource.parent else None
        resource.make(scene, values, parent, **rest)
        return
    before = resource.load(scene, key)
    if entry.get("delete"):
        resource.drop(scene, before)
    else:
        resource.store(scene, before | entry, before)


def wake(resource: Resource, scene: Scene, key: str) -> None:
    """Let the moment pass that the object of that id was waiting for."""
    before = resource.load(scene, key)
    body = before | {DUE: None}
    resource.store(scene, body | resource.on_due(scene, body), before)


def _twin(resource: Resource, exchange: Exchange, values: Body) -> Body | None:
    name = resource.upsert_by
    if not name:
        return None
    return next((body for body in resource.every(exchange) if body[name] == values[name]), None)


# verb → (method, whether it is on the collection, handler)
OPERATIONS = {
    "list": ("GET", True, index),
    "create": ("POST", True, create),
    "show": ("GET", False, show),
    "patch": ("PATCH", False, patch),
    "put": ("PUT", False, put),
    "delete": ("DELETE", False, delete),
}

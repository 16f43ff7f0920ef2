"""The organisation (contract-next 6): read as one model, answered to a write as another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.database import document, has_document, keep_document
from reconciler.emulator.exchange import Refusal, answer, invalid, refused
from reconciler.emulator.resource import REQUIRED, administrator
from reconciler.emulator.timestamps import after

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene

Body = dict[str, Any]

KEY = "organization"
CHECKS: dict[str, v.Check] = {
    "name": v.text(minimum=1, maximum=255),
    "timezone": v.timezone,
    "business_hours": v.anything,
    "excluded_numbers": v.anything,
    "phi_processing": v.choice("no_phi", "phi"),
}
OPENING: Body = {
    "timezone": "America/New_York",
    "business_hours": {},
    "excluded_numbers": [],
    "phi_processing": "no_phi",
}


def index(exchange: Exchange) -> Reply:
    """``GET /v1/orgs/``: one entry with an API key."""
    return answer([_as_member(exchange)])


def show(exchange: Exchange) -> Reply:
    """``GET /v1/orgs/{id}/``."""
    _own(exchange)
    return answer(_as_member(exchange))


def patch(exchange: Exchange) -> Reply:
    """``PATCH /v1/orgs/{id}/``: what is named; the answer has no role but two keys that a GET lacks."""
    _own(exchange)
    administrator(exchange)
    return answer(write(exchange, exchange.body))


def replace(exchange: Exchange) -> Reply:
    """``PUT /v1/orgs/{id}/``: the name is required, what is omitted falls to its default."""
    _own(exchange)
    administrator(exchange)
    if "name" not in exchange.body:
        raise invalid("name", REQUIRED)
    return answer(write(exchange, OPENING | exchange.body))


def write(scene: Scene, body: Body) -> Body:
    """Write the fields that a body names, and say what the organisation is now; Refusal 400 for a bad one."""
    values = _understood(body)
    options = document(scene.database, "options")
    name = values.pop("name", options["organization_name"])
    keep_document(scene.database, "options", options | {"organization_name": name})
    kept = _kept(scene)
    keep_document(scene.database, KEY, kept | values | {"updated_at": after(kept["updated_at"], scene.now)})
    return _as_written(scene)


def zone_of(scene: Scene) -> str:
    """The organisation's time zone."""
    return str(_kept(scene)["timezone"])


def _own(exchange: Exchange) -> None:
    if document(exchange.database, "options")["organization_id"] != exchange.arguments[0]:
        raise refused(404, "No Organization matches the given query.")


def _understood(body: Body) -> Body:
    understood: Body = {}
    complaints: dict[str, list[str]] = {}
    for name, check in CHECKS.items():
        try:
            if name in body:
                understood[name] = check(body[name])
        except v.Invalid as complaint:
            complaints[name] = [str(complaint)]
    if complaints:
        raise Refusal(400, complaints)
    return understood


def _kept(scene: Scene) -> Body:
    if has_document(scene.database, KEY):
        return document(scene.database, KEY)
    return {**OPENING, "updated_at": document(scene.database, "options")["seeded_at"]}


def _shared(scene: Scene) -> Body:
    options = document(scene.database, "options")
    return {
        "id": options["organization_id"],
        "name": options["organization_name"],
        "baa_status": "none",
        "created_at": options["seeded_at"],
        **_kept(scene),
        "x_emulated": True,
    }


def _as_member(scene: Scene) -> Body:
    return _shared(scene) | {"role": document(scene.database, "options")["role"]}


def _as_written(scene: Scene) -> Body:
    experimental = document(scene.database, "options")["experimental_products"]
    return _shared(scene) | {"bolt_pipeline": "v2", "experimental_products_enabled": experimental}

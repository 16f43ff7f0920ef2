"""Integrations, the tools an agent may call (contract-next 5.1): header values are masked on read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import refresh, tool_name
from reconciler.emulator.exchange import answer, invalid, refused
from reconciler.emulator.resource import Field, Resource
from reconciler.emulator.routes import Route
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

MASK = "********"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FORMATS = ("standard", "vapi", "retell")


def function_tool(value: Any) -> Body:
    """A function tool: ``type`` is ``function``, and it has a name."""
    spec = v.mapping(value)
    if spec.get("type", "function") != "function":
        raise v.Invalid('"type" must be "function".')
    if not tool_name(spec):
        raise v.Invalid("The function needs a name.")
    return spec


def header(value: Any) -> Body:
    """A header to send with each call of the tool: a key and a value."""
    entry = v.mapping(value)
    missing = [name for name in ("key", "value") if name not in entry]
    if missing:
        raise v.Invalid(f"Each header needs {' and '.join(missing)}.")
    return {"key": v.text(minimum=1)(entry["key"]), "value": v.text()(entry["value"])}


def secure_url(value: Any) -> str:
    """An https address, or an empty string while the tool is unfinished; plain http is for this machine."""
    address = v.web_address(value)
    parts = urlsplit(address)
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise v.Invalid("Enter an https URL.")
    return address


def masked(headers: list[Body]) -> list[Body]:
    """The headers as anybody may read them."""
    return [{**entry, "value": MASK} for entry in headers]


def _view(_scene: Scene, body: Body) -> Body:
    return body | {"headers": masked(body["headers"])}


def _after_write(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "integrations", body["id"], INTEGRATIONS.shown(scene, body))


def _after_delete(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "integrations", body["id"], None)


def versions(exchange: Exchange) -> Reply:
    """``GET /v1/integrations/{id}/versions``: only the one there is."""
    body = INTEGRATIONS.load(exchange, exchange.arguments[0])
    page = {"id": body["id"], "created_at": body["updated_at"], "snapshot": INTEGRATIONS.shown(exchange, body)}
    return answer({"count": 1, "results": [page]})


def transfer(exchange: Exchange) -> Reply:
    """``POST /v1/integrations/{id}/transfer``: there is no other organisation to send it to."""
    INTEGRATIONS.load(exchange, exchange.arguments[0])
    if "target_org_id" not in exchange.body:
        raise invalid("target_org_id", "This field is required.")
    raise refused(404, "No Organization matches the given query.")


def test_request(exchange: Exchange) -> Reply:
    """``POST /v1/integrations/test-request``: nothing is called; a host under ``.invalid`` cannot be reached."""
    if "url" not in exchange.body:
        raise invalid("url", "This field is required.")
    try:
        host = urlsplit(secure_url(exchange.body["url"])).hostname or ""
    except v.Invalid as complaint:
        raise refused(400, str(complaint), code="url_not_allowed") from complaint
    reached = not host.endswith(".invalid")
    preview = '{"ok": true}' if reached else ""
    return answer(
        {
            "ok": reached,
            "status_code": 200 if reached else None,
            "latency_ms": 41,
            "reason": "" if reached else "Could not resolve host.",
            "response_headers": {"content-type": "application/json"} if reached else {},
            "response_body_preview": preview,
            "response_truncated": False,
            "tested_at": stamp(exchange.now),
        }
    )


INTEGRATIONS = Resource(
    name="integrations",
    noun="Integration",
    path="/v1/integrations",
    fields={
        "display_name": Field(v.text(minimum=1, maximum=255), required=True),
        "spec": Field(function_tool, required=True),
        "endpoint_url": Field(secure_url, ""),
        "endpoint_method": Field(v.choice(*METHODS), "POST"),
        "headers": Field(v.each(header), []),
        "request_format": Field(v.choice(*FORMATS), "standard"),
        "validation_status": Field(v.choice("untested", "validated", "error"), "untested"),
        "wizard_input": Field(v.text(), ""),
    },
    verbs=("list", "create", "show", "patch", "put", "delete"),
    actions=(
        Route("POST", "/v1/integrations/test-request", test_request),
        Route("GET", "/v1/integrations/{uuid}/versions", versions),
        Route("POST", "/v1/integrations/{uuid}/transfer", transfer),
    ),
    view=_view,
    after_write=_after_write,
    after_delete=_after_delete,
)

"""`reconciler webhooks`: one event to see whether a receiver works, and what was not delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.api import segment
from reconciler.cli import completed_values
from reconciler.cli.common_options import verb
from reconciler.cli.session import Session
from reconciler.cli.verbs import Verbs
from reconciler.errors import InputError
from reconciler.model import Address

if TYPE_CHECKING:
    from reconciler.cli.options import Options
    from reconciler.state.ledger import Ledger

_KIND = "WebhookEndpoint"
_ENDPOINTS = "/v1/developer/webhook-endpoints"
_DELIVERIES = "/v1/developer/webhook-deliveries"
_FORMAT = "reconciler.webhooks/v1"
_UNDELIVERED = ("failed", "retrying")
_TOLD = ("event_type", "status", "http_status", "failure_category", "attempt_count", "call_id")
_WHEN = ("last_attempt_at", "next_retry_at")


class _Webhooks(Verbs):
    default = "deliveries"


@click.group("webhooks", cls=_Webhooks)
def command() -> None:
    """Send a test event to a webhook endpoint, or list what was not delivered.

    `reconciler webhooks` alone is `reconciler webhooks deliveries`.
    """


@verb("test", paths=False, formats=("text", "json"))
@click.argument("name", shell_complete=completed_values.addresses)
def test(options: Options, name: str) -> int:
    """Have the platform send its test event to an endpoint; exit 0 when the receiver took it, else 1.

    NAME is the name in the manifests. The event is signed like any other, and changes nothing on the account.
    """
    with Session(options, read_only=False) as session:
        api, target = session.connect()
        id_ = _id(session.ledger(target), name)
        answer = api.post(f"{_ENDPOINTS}/{segment(id_)}/test", {})
        taken = bool(answer.get("success"))
        if options.format == "json":
            kept = ("success", "status", "response_code", "error", "event_id", "event_type")
            session.output.json({"format": _FORMAT, "name": name, **{key: answer.get(key) for key in kept}})
        else:
            code = f"HTTP {answer['response_code']}" if answer.get("response_code") else "no answer"
            why = f": {answer['error']}" if answer.get("error") else ""
            session.output.data(f"{name}: {'taken' if taken else 'not taken'} ({code}){why}")
    return 0 if taken else 1


@verb("deliveries", paths=False, formats=("text", "json"))
@click.argument("name", required=False, shell_complete=completed_values.addresses)
@click.option("--all", "everything", is_flag=True, help="Those that were delivered as well.")
def deliveries(options: Options, name: str | None, everything: bool) -> int:
    """List the events that were not delivered, or are being tried again; newest first.

    The platform keeps no copy of an event to be sent again: what was missed is read from the call itself.
    """
    with Session(options, read_only=True) as session:
        api, target = session.connect()
        endpoint = _id(session.ledger(target), name) if name else None
        found = [row for row in api.items(_DELIVERIES, key="results") if isinstance(row, dict)]
        rows = [row for row in found if everything or row.get("status") in _UNDELIVERED]
        rows = [row for row in rows if endpoint is None or str(row.get("endpoint_id")) == endpoint]
        if options.format == "json":
            session.output.json({"format": _FORMAT, "deliveries": [_row(row) for row in rows]})
            return 0
        for row in rows:
            session.output.data(_line(row))
        if not rows:
            session.output.data("nothing is undelivered" if not everything else "nothing was sent")
    return 0


def _row(row: dict[str, Any]) -> dict[str, Any]:
    named = {"endpoint": row.get("endpoint_label"), "endpoint_id": row.get("endpoint_id")}
    return named | {key: row.get(key) for key in (*_TOLD, *_WHEN)}


def _line(row: dict[str, Any]) -> str:
    """``2030-01-14T…  crm  call.graded  failed (HTTP 500, 3 attempts)  call 17``."""
    why = f"HTTP {row['http_status']}" if row.get("http_status") else row.get("failure_category") or "no answer"
    tried = row.get("attempt_count") or 0
    parts = [
        row.get("last_attempt_at") or "",
        row.get("endpoint_label") or "",
        row.get("event_type") or "",
        f"{row.get('status')} ({why}, {tried} {'attempt' if tried == 1 else 'attempts'})",
        f"call {row['call_id']}" if row.get("call_id") else "",
    ]
    return "  ".join(str(part) for part in parts if part)


def _id(ledger: Ledger, name: str) -> str:
    """The id that a name is bound to; raises InputError where it is not."""
    address = Address(_KIND, name.removeprefix(f"{_KIND}/"))
    binding = ledger.binding(address)
    if binding is None or not binding.id:
        known = [it.name for it in ledger.bindings() if it.kind == _KIND]
        hint = f"bound are {', '.join(known)}" if known else "apply first"
        raise InputError(f"`{address}` is not bound", code="RC633", hint=hint)
    return binding.id


for each in (test, deliveries):
    command.add_command(each)

"""VoIP connections (contract-next 4): a carrier of one's own, made from evidence that it works.

Credentials are never told again. ``carrier_numbers`` of the controls are what the carrier has to offer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import phone_numbers
from reconciler.emulator import validators as v
from reconciler.emulator.database import document
from reconciler.emulator.exchange import answer, invalid, refused
from reconciler.emulator.resource import REQUIRED, Field, Resource, administrator, asked
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import fresh_uuid
from reconciler.emulator.timestamps import stamp
from reconciler.emulator.voip_evidence import consume, fingerprint, provider, run_test

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

CARRIER_NUMBERS = ("+15551240001", "+15551240002", "+15551240003")
METHODS = ("api_key", "manual", "guided_telnyx", "twilio_subaccount")
TESTED = {
    "provider": Field(provider, required=True),
    "credentials": Field(v.nullable(v.mapping)),
    "sip_config": Field(v.nullable(v.mapping)),
}
NOTE = "Your carrier may bill for this."
ONE = "/v1/voip-connections/{int}"


def test(exchange: Exchange) -> Reply:
    """``POST /v1/voip-connections/test``: 201 whether it passed or not; with ``connection_id`` it tests that again."""
    body = _tested(exchange)
    evidence = run_test(exchange, body["provider"], body.get("credentials"), body.get("sip_config"))
    passed = (evidence["inbound_status"], evidence["outbound_status"]) == ("pass", "pass")
    result = {"credentials_valid": True, "passed": passed, **evidence["evidence"]}
    return answer(
        {**_suggested(body["provider"]), "test_result": result, "verification_evidence": _public(evidence)}, 201
    )


def suggest_name(exchange: Exchange) -> Reply:
    """``POST /v1/voip-connections/suggest-name``: nothing is required."""
    wanted = asked(exchange, {"provider": Field(provider, "manual")}, exchange.body)
    return answer(_suggested(wanted["provider"]))


def available_numbers(exchange: Exchange) -> Reply:
    """``GET …/available-numbers``: what the carrier has that no account uses yet."""
    VOIP_CONNECTIONS.load(exchange, exchange.arguments[0])
    return answer([{"number": number, "phone_number": number, "country": "US"} for number in _offered(exchange)])


def import_numbers(exchange: Exchange) -> Reply:
    """``POST …/import-numbers``: 201 with those that were offered; the others are passed over in silence."""
    administrator(exchange)
    connection = VOIP_CONNECTIONS.load(exchange, exchange.arguments[0])
    wanted = asked(exchange, {"numbers": Field(v.each(v.text(minimum=1)), required=True)}, exchange.body)["numbers"]
    offered = set(_offered(exchange))
    results = [_imported(exchange, number, connection) for number in dict.fromkeys(wanted) if number in offered]
    return answer(
        {
            "imported_count": len(results),
            "results": results,
            "provider_charge_estimate_cents": 0,
            "provider_charge_note": NOTE,
        },
        201,
    )


def search_numbers(exchange: Exchange) -> Reply:
    """``GET …/search-numbers``: numbers for sale, of a country and a type that must be named."""
    VOIP_CONNECTIONS.load(exchange, exchange.arguments[0])
    for name in ("country", "type"):
        if not exchange.request.query.get(name):
            raise invalid(name, REQUIRED)
    return answer({"results": [{"number": "+15551250001", "monthly_cents": 115}], "provider_charge_note": NOTE})


def provision_number(exchange: Exchange) -> Reply:
    """``POST …/provision-number``: 201, bought at the carrier; that is money."""
    administrator(exchange)
    connection = VOIP_CONNECTIONS.load(exchange, exchange.arguments[0])
    wanted = asked(exchange, {"number": Field(v.e164, required=True)}, exchange.body)
    result = _imported(exchange, wanted["number"], connection)
    return answer({"result": result, "order_id": None, "order_status": None, "provider_charge_note": NOTE}, 201)


def enable_transfers(exchange: Exchange) -> Reply:
    """``POST …/enable-transfers``: for Twilio only; 409 with what to change by hand for the others."""
    before = VOIP_CONNECTIONS.load(exchange, exchange.arguments[0])
    if before["provider"] != "twilio":
        raise refused(409, "Allow SIP REFER on your trunk, then try a transfer.", code="transfers_not_supported")
    body = VOIP_CONNECTIONS.store(exchange, before | {"transfer_enabled_at": stamp(exchange.now)}, before)
    return answer(VOIP_CONNECTIONS.shown(exchange, body))


def sip_host(_exchange: Exchange) -> Reply:
    """``GET /v1/voip-connections/sip-host``."""
    return answer({"sip_host": "sip.emulator.invalid"})


def subaccounts(exchange: Exchange) -> Reply:
    """``POST …/twilio/subaccounts``: one, whatever the credentials."""
    found = {"sid": "AC01", "friendly_name": "Branch", "already_connected": False, "connection_id": None}
    return answer(
        {
            "discovery_id": fresh_uuid(exchange, "discoveries"),
            "parent": {"sid": "AC00", "friendly_name": "Head office"},
            "subaccounts": [found],
        }
    )


def connect_subaccounts(exchange: Exchange) -> Reply:
    """``POST …/twilio/subaccounts/connect``: a connection for each that is known, a failure for the others."""
    administrator(exchange)
    wanted = asked(exchange, {"subaccount_sids": Field(v.each(v.text()), required=True)}, exchange.body)
    results = [_connected(exchange, sid) for sid in wanted["subaccount_sids"]]
    return answer({"results": results}, 201)


def _tested(exchange: Exchange) -> Body:
    """What is to be tested: the body, over what the connection it names was made of."""
    key = exchange.body.get("connection_id")
    stored = VOIP_CONNECTIONS.load(exchange, key) if key is not None else {}
    known = {name: stored[name] for name in ("provider", "credentials", "sip_config") if name in stored}
    return asked(exchange, TESTED, known | exchange.body)


def _public(evidence: Body) -> Body:
    return {name: value for name, value in evidence.items() if not name.startswith("_")}


def _suggested(name: str) -> Body:
    return {"suggested_connection_name": f"{name.title()} trunk", "suggested_connection_name_inferred": True}


def _offered(scene: Scene) -> list[str]:
    stock = document(scene.database, "options").get("carrier_numbers") or CARRIER_NUMBERS
    return [number for number in stock if phone_numbers.owned(scene.database, number) is None]


def _imported(scene: Scene, number: str, connection: Body) -> Body:
    phone_numbers.put(
        scene.database, {"number": number, "voip_connection_id": connection["id"], "status": "provisioning"}
    )
    body = phone_numbers.owned(scene.database, number) or {}
    return {name: body[name] for name in ("id", "number", "status")}


def _connected(exchange: Exchange, sid: str) -> Body:
    if sid != "AC01":
        return {
            "sid": sid,
            "status": "failed",
            "friendly_name": None,
            "error": "No such subaccount.",
            "connection": None,
        }
    credentials = {"accountSid": sid}
    evidence = run_test(exchange, "twilio", credentials, None)
    values = {"provider": "twilio", "credentials": credentials, "verification_evidence_id": evidence["id"]}
    values |= {"setup_method": "twilio_subaccount", "name": "Branch", "sip_config": None}
    made = VOIP_CONNECTIONS.make(exchange, values)
    shown = VOIP_CONNECTIONS.shown(exchange, made)
    return {"sid": sid, "status": "created", "friendly_name": "Branch", "error": None, "connection": shown}


def _compute(scene: Scene, body: Body, before: Body | None) -> Body:
    """A connection stands on evidence, and so does every change of what was tested."""
    mark = fingerprint(body["provider"], body["credentials"], body["sip_config"])
    named = body["verification_evidence_id"]
    if before and (before["_fingerprint"], before["verification_evidence_id"]) == (mark, named):
        return {}
    if before and named == before["verification_evidence_id"]:
        raise invalid("verification_evidence_id", "Test the new configuration and send its evidence.")
    evidence = consume(scene, named, mark)
    tested = {"_fingerprint": mark, "last_tested_at": evidence["created_at"], "test_result": {"passed": True}}
    return tested | ({} if before else _first(body))


def _first(body: Body) -> Body:
    suggested = _suggested(body["provider"])["suggested_connection_name"]
    return {
        "name": body["name"] or suggested,
        "inferred_name": not body["name"],
        "status": "connected",
        "provisioning_supported": body["provider"] in {"twilio", "telnyx"},
        "provisioning_message": None,
        "transfer_enabled_at": None,
        "transfer_refused_at": None,
    }


def _view(scene: Scene, body: Body) -> Body:
    imported = phone_numbers.of_connection(scene.database, body["id"])
    secretive = {name: value for name, value in (body["sip_config"] or {}).items() if "password" not in name.casefold()}
    return {
        **{name: value for name, value in body.items() if name != "verification_evidence_id"},
        "credentials": {},
        # The trunk has more settings than were ever sent.
        "sip_config": {"transport": "tls", **secretive},
        "numbers_imported": len(imported),
        "numbers_pending_verification": 0,
    }


def _after_delete(scene: Scene, body: Body, _before: Body | None) -> None:
    """Its numbers stay, of no connection and unproven."""
    for number in phone_numbers.of_connection(scene.database, body["id"]):
        loose = {"voip_connection_id": None, "voip_verification_status": "unverified"}
        phone_numbers.put(scene.database, {"number": number["number"], **loose})


VOIP_CONNECTIONS = Resource(
    name="voip_connections",
    noun="VoipConnection",
    path="/v1/voip-connections",
    fields={
        "provider": Field(provider, required=True, patch=False),
        "verification_evidence_id": Field(v.text(minimum=1), required=True),
        "credentials": Field(v.nullable(v.mapping)),
        "sip_config": Field(v.nullable(v.mapping)),
        "name": Field(v.text(maximum=255), ""),
        "setup_method": Field(v.choice(*METHODS), "api_key", patch=False),
    },
    first_id=32,
    verbs=("list", "create", "patch", "delete"),
    actions=(
        Route("POST", "/v1/voip-connections/test", test),
        Route("POST", "/v1/voip-connections/suggest-name", suggest_name),
        Route("GET", "/v1/voip-connections/sip-host", sip_host),
        Route("POST", "/v1/voip-connections/twilio/subaccounts", subaccounts),
        Route("POST", "/v1/voip-connections/twilio/subaccounts/connect", connect_subaccounts),
        Route("GET", f"{ONE}/available-numbers", available_numbers),
        Route("POST", f"{ONE}/import-numbers", import_numbers),
        Route("GET", f"{ONE}/search-numbers", search_numbers),
        Route("POST", f"{ONE}/provision-number", provision_number),
        Route("POST", f"{ONE}/enable-transfers", enable_transfers),
    ),
    administrators_only=True,
    compute=_compute,
    view=_view,
    after_delete=_after_delete,
)

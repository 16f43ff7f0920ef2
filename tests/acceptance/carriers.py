"""Carriers of the second platform: evidence, connections made of it, and the numbers they bring; from the contract."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = dict[str, Any]

OFFERED = ("+15557770001", "+15557770002")
_TESTED = ("provider", "credentials", "sip_config")
_TEST = {*_TESTED, "target_number", "connection_id"}
_PATCHED = {"name", "credentials", "sip_config", "verification_evidence_id"}
_CREATED = {*_PATCHED, "provider", "setup_method"}


class Refusal(Exception):
    """A status that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class Carriers:
    """The connections of an account; ``fails`` names the direction in which the carrier's test fails."""

    def __init__(self, numbers: dict[int, JSON], number: Callable[..., JSON], now: Callable[[], str]) -> None:
        self._numbers, self._number, self._now = numbers, number, now
        self.connections: dict[int, JSON] = {}
        self.evidence: dict[str, JSON] = {}
        self.fails = ""
        self._ids = iter(range(601, 700))

    @property
    def tested(self) -> int:
        """How many tests the carrier may have billed."""
        return len(self.evidence)

    def answer(self, method: str, parts: list[str], body: Any) -> tuple[int, Any] | None:
        """The status and body of a request; None for a path that is none of these; raises Refusal."""
        match method, parts:
            case "POST", ["voip-connections", "test"]:
                return 201, self._test(body)
            case "GET", ["voip-connections"]:
                return 200, [self._shown(it) for it in self.connections.values()]
            case "POST", ["voip-connections"]:
                return 201, self._create(body)
            case "PATCH", ["voip-connections", id_]:
                return 200, self._patch(self._found(id_), body)
            case "DELETE", ["voip-connections", id_]:
                del self.connections[self._found(id_)["id"]]
                return 204, None
            case "GET", ["voip-connections", id_, "available-numbers"]:
                self._found(id_)
                return 200, [{"phone_number": it, "monthly": "1.00"} for it in OFFERED]
            case "POST", ["voip-connections", id_, "import-numbers"]:
                return 201, self._import(self._found(id_), body)
        return None

    def _found(self, id_: str) -> JSON:
        if not id_.isdecimal() or int(id_) not in self.connections:
            raise Refusal(404, {"detail": "Not found."})
        return self.connections[int(id_)]

    def _test(self, body: JSON) -> JSON:
        _known(body, _TEST)
        if not body.get("provider"):
            raise Refusal(400, {"provider": ["This field is required."]})
        id_ = str(uuid.uuid4())
        status = {f"{it}_status": "fail" if it == self.fails else "pass" for it in ("inbound", "outbound")}
        self.evidence[id_] = {
            "id": id_, "provider": body["provider"], **status, "config_fingerprint": _print(body),
            "evidence": {"sip": "603 Declined by the trunk"} if self.fails else {}, "created_at": self._now(),
            "provider_charge_currency": "USD", "provider_charge_estimate_cents": 1, "provider_charge_note": "A probe.",
        }  # fmt: skip
        named = {"suggested_connection_name": "Trunk", "suggested_connection_name_inferred": True}
        return {**named, "test_result": {}, "verification_evidence": self.evidence[id_]}

    def _proven(self, body: JSON, provider: str) -> None:
        """What is written must be what was tested, and the test must have passed in both directions."""
        evidence = self.evidence.get(str(body.get("verification_evidence_id")))
        if evidence is None or "fail" in (evidence["inbound_status"], evidence["outbound_status"]):
            raise Refusal(400, {"verification_evidence_id": ["There is no evidence that it works."]})
        if evidence["config_fingerprint"] != _print({"provider": provider, **body}):
            raise Refusal(400, {"credentials": ["These are not what was tested."]})

    def _create(self, body: JSON) -> JSON:
        _known(body, _CREATED)
        self._proven(body, str(body.get("provider")))
        id_ = next(self._ids)
        self.connections[id_] = {
            "id": id_, "name": body.get("name") or "Trunk", "provider": body["provider"], "setup_method": "api_key",
            "inferred_name": not body.get("name"), "status": "connected", "numbers_imported": 0,
            "kept": {name: body.get(name) for name in ("credentials", "sip_config")}, "created_at": self._now(),
        }  # fmt: skip
        return self._shown(self.connections[id_])

    def _patch(self, connection: JSON, body: JSON) -> JSON:
        _known(body, _PATCHED)
        secret = {name: body[name] for name in ("credentials", "sip_config") if name in body}
        if secret:
            self._proven({**connection["kept"], **body}, connection["provider"])
        connection["kept"] |= secret
        connection |= {"name": body["name"]} if "name" in body else {}
        return self._shown(connection)

    def _shown(self, connection: JSON) -> JSON:
        """Credentials are never told again; some of them are hinted at."""
        masked = {"credentials": {"apiKey": "••••"}, "sip_config": {}}
        rest = {"numbers_pending_verification": 0, "provisioning_supported": False, "provisioning_message": None,
                "test_result": None, "last_tested_at": None, "transfer_enabled_at": None, "transfer_refused_at": None,
                "updated_at": self._now(), "temper": "even"}  # fmt: skip
        return {key: value for key, value in connection.items() if key != "kept"} | masked | rest

    def _import(self, connection: JSON, body: JSON) -> JSON:
        wanted = body["numbers"]
        if strangers := sorted(set(wanted) - set(OFFERED)):
            raise Refusal(400, {"numbers": [f"{it} is not of this carrier." for it in strangers]})
        there = {it["number"] for it in self._numbers.values()}
        rows = []
        for number in wanted:
            if number in there:
                raise Refusal(400, {"numbers": [f"{number} is on the account already."]})
            id_ = max(self._numbers) + 1
            self._numbers[id_] = self._number(id_, number, "voip", "unverified")
            self._numbers[id_]["voip_connection_id"] = connection["id"]
            rows.append({"id": id_, "number": number, "status": "active"})
        connection["numbers_imported"] += len(rows)
        charge = {"provider_charge_estimate_cents": 0, "provider_charge_note": ""}
        return {"imported_count": len(rows), "results": rows, **charge}


def _print(body: JSON) -> str:
    return json.dumps([body.get(name) or None for name in _TESTED], sort_keys=True)


def _known(body: JSON, fields: set[str]) -> None:
    if unknown := sorted(set(body) - fields):
        raise Refusal(400, {key: ["Unknown field."] for key in unknown})

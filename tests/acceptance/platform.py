"""The vendor a second time: small, strict and rude, written from the contract alone.

It shares nothing with ``reconciler.emulator``, so that a misreading of the contract would have to be made
twice to go unnoticed. Every request is kept for assertions. What it can be told to do wrong is in ``Fault``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, RLock
from typing import TYPE_CHECKING, Any

from acceptance import carriers, whole_account
from acceptance.agent_tests import AgentTests, Unwell
from acceptance.attachments import Attachments
from acceptance.plain import PLAIN_PATHS, PlainResources, Refusal
from acceptance.second_campaigns import SecondCampaigns

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk_live_0123456789abcdefghij"
VOIP, UNPROVEN, DEMO = "+15551230001", "+15551230002", "+15551230003"
JSON = dict[str, Any]

_ROUTING = ("inbound_agent_id", "outbound_agent_id", "label", "webhook_url", "status")
_RELOAD = ("enabled", "minimum_cents", "amount_cents", "monthly_limit_cents")
_AGENT: JSON = {
    "name": "",
    "prompt": "",
    "voice": "",
    "product": "spark",
    "primary_language": "en",
    "additional_languages": [],
    "outbound_speak_order": "caller_first",
    "inbound_speak_order": "agent_first",
    "voicemail_action": "prompt",
    "voicemail_message": "",
    "max_call_duration_seconds": None,
    "ring_duration_seconds": None,
    "widget_enabled": True,
    "transfer_destinations": [],
    "silence_checkins_enabled": True,
    "timezone": "UTC",
    "call_summary_enabled": False,
}  # fmt: skip - the settings this platform knows, with its defaults
_CALL = {"from_number", "to_number", "agent_id", "config", "variables", "idempotency_key", "max_hold_seconds",
         "language", "phi_mode"}  # fmt: skip
_CONFIG = {"prompt", "voice", "product", "language", "variables", "max_call_duration_seconds"}


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    body: Any

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD")


@dataclass
class Fault:
    """What goes wrong ``times`` times on a path: an answer instead, or silence ``before`` or ``after`` acting.

    ``how`` is one of answer, cut, hang, pass (nothing goes wrong); ``acts`` says whether the request took effect all
    the same.
    """

    method: str
    path: str
    how: str = "answer"
    acts: bool = False
    status: int = 502
    body: Any = field(default_factory=lambda: {"detail": "upstream failure"})
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1


class Refused(Exception):
    """A status that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class SecondPlatform:
    """The account behind the API; the knobs are public and may be turned while it runs."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.over = Event()  # ends what hangs
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.dropped: set[str] = set()
        self.trims = True
        self.echoes_what_it_drops = False
        self.carrier = "verified"
        self.ends_as = "completed"
        self.clock_skew = timedelta(0)
        self.organization = {"id": 42, "name": "Acme"}
        self.confirmation: JSON | None = {"id": 7, "status": "active", "text_version": "3", "locale": "en"}
        self.agents: dict[int, JSON] = {}
        self.calls: dict[int, JSON] = {}
        self.plain = PlainResources()
        self.when_dialled: Callable[[JSON], None] = lambda _: None
        self.campaigns = SecondCampaigns()
        self.tests = AgentTests(self.agents, self._now)
        self.keys: dict[str, tuple[JSON, int]] = {}
        self.billing: JSON = {
            "balance_cents": 2500, "balance_usd": "25.00", "currency": "usd", "has_payment_method": True,
            "auto_reload_enabled": False, "auto_reload_minimum_cents": None, "auto_reload_amount_cents": None,
            "auto_reload_monthly_limit_cents": None, "auto_reload_status": "off", "loyalty_tier": "copper",
        }  # fmt: skip
        self.numbers = {
            1: _number(1, VOIP, "voip", "verified"),
            2: _number(2, UNPROVEN, "voip", "unverified"),
            3: _number(3, DEMO, "demo", "unverified"),
        }
        self.attachments = Attachments(self._attachable)
        self.whole = whole_account.WholeAccount(self._now)
        self.carriers = carriers.Carriers(self.numbers, _number, self._now)
        self.url = ""
        self._ids = iter(range(7001, 8000))
        self._tick = 0

    # What tests ask and do from the dashboard's side.

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.writes]

    @property
    def dialled(self) -> list[JSON]:
        return list(self.calls.values())

    def forget_requests(self) -> None:
        self.requests.clear()

    def in_dashboard(self, agent_id: int, **values: Any) -> None:
        """A colleague edits and deploys."""
        self.agents[agent_id] |= values | {"updated_at": self._now()}

    def draft_in_dashboard(self, agent_id: int, **values: Any) -> None:
        """A colleague edits and does not deploy."""
        self._stage(self.agents[agent_id], values)

    def new_agent(self, **values: Any) -> int:
        made: JSON = self._create(values)
        return int(made["id"])

    # The API.

    def answer(  # noqa: C901, PLR0912 - the table of what there is, one row per endpoint
        self, request: Request, query: dict[str, str]
    ) -> tuple[int, Any]:
        """The status and body of an authorised request; raises Refused."""
        parts = request.path.removeprefix("/v1/").split("/")
        if (told := self._tested(request, parts)) is not None:
            return told
        match request.method, parts:
            case "GET", ["whoami"]:
                return 200, {"credential_kind": "api_key", "organization": self.organization, "role": None, "new": 1}
            case "GET", ["outbound-tcpa-confirmation"]:
                return (200, self.confirmation) if self.confirmation else (404, {"detail": "Not found."})
            case "GET", ["voices"]:
                return 200, {"voices": [{"id": "olivia"}, {"id": "john"}], "languages": ["en"]}
            case "GET", ["agents"]:
                return 200, list(self.agents.values())
            case "POST", ["agents"]:
                return 201, self._create(request.body)
            case _, ["agents", id_, *rest]:
                return self._agent(request, int(id_), rest)
            case "GET", ["phone-numbers"]:
                return 200, sorted(self.numbers.values(), key=lambda number: -number["id"])
            case _, ["phone-numbers", id_, *rest]:
                return self._phone_number(request, int(id_), rest)
            case _, ["billing"]:
                return self._billing(request)
            case "POST", ["call"]:
                return self._place(request.body)
            case "GET", ["calls"]:
                return 200, self._listed(query)
            case "GET", ["calls", id_]:
                return 200, self._found(self.calls, int(id_))
        return self._plain(request, parts)

    def _tested(self, request: Request, parts: list[str]) -> tuple[int, Any] | None:
        try:
            asked = (request.method, parts, request.body)
            found = self.tests.answer(*asked) or self.carriers.answer(*asked) or self.whole.answer(*asked)
            return found or self.whole.organizations(*asked, self.organization)
        except (Unwell, carriers.Refusal, whole_account.Denial) as error:
            raise Refused(error.status, error.body) from None

    def _plain(self, request: Request, parts: list[str]) -> tuple[int, Any]:
        try:
            answer = self.plain.answer(request.method, parts, request.body) or self.campaigns.answer(
                request.method, parts, request.body
            )
        except Refusal as refusal:
            raise Refused(refusal.status, refusal.body) from None
        if answer is None and request.method == "GET" and "/".join(parts) in PLAIN_PATHS:
            return 200, []  # of a kind that this platform was not taught, nobody has any
        if answer is None:
            raise Refused(404, {"detail": "Not found."})
        return answer

    def _agent(self, request: Request, id_: int, rest: list[str]) -> tuple[int, Any]:
        agent = self._found(self.agents, id_)
        match request.method, rest:
            case "GET", []:
                return 200, agent
            case "PATCH", []:
                values = dict(request.body)
                self._unmoved(agent, values.pop("if_updated_at", None))
                values, ids = self.attachments.taken(values)
                self._stage(agent, self._checked(values))
                agent |= self.attachments.staged(ids)
                return 200, agent
            case "POST", ["deploy" | "discard-draft" as verb]:
                self._unmoved(agent, request.body.get("if_updated_at"))
                self._settle_draft(agent, live=verb == "deploy")
                return 200, agent
            case "DELETE", []:
                del self.agents[id_]
                return 204, None
        raise Refused(405, {"detail": "Method not allowed."})

    def _create(self, body: JSON) -> JSON:
        if missing := [name for name in ("name", "prompt", "voice") if not body.get(name)]:
            raise Refused(400, {name: ["This field is required."] for name in missing})
        body, ids = self.attachments.taken(body)
        values, now = self._checked(body), self._now()
        drafts = {f"draft_{name}": None for name in _AGENT}
        id_ = next(self._ids)
        self.agents[id_] = {
            **_AGENT, **self._kept(values), **drafts, "id": id_, "has_draft": False, "draft_updated_at": None,
            "created_at": now, "updated_at": now, "tool_collision_warnings": [], "vibe": "warm",
            **self.attachments.created(ids),
        }  # fmt: skip
        return self.agents[id_] | (values if self.echoes_what_it_drops else {})

    def _checked(self, values: JSON) -> JSON:
        if unknown := sorted(set(values) - set(_AGENT)):
            raise Refused(400, {name: ["Unknown field."] for name in unknown})
        if values.get("voice", "olivia") not in ("olivia", "john"):
            raise Refused(400, {"voice": [f'"{values["voice"]}" is not a valid voice.']})
        if "prompt" in values and self.trims:
            values = {**values, "prompt": values["prompt"].strip()}
        return values

    def _kept(self, values: JSON) -> JSON:
        return {name: value for name, value in values.items() if name not in self.dropped}

    def _stage(self, agent: JSON, values: JSON) -> None:
        now = self._now()
        agent |= {f"draft_{name}": value for name, value in self._kept(values).items()}
        agent |= {"has_draft": True, "draft_updated_at": now, "updated_at": now}

    def _settle_draft(self, agent: JSON, *, live: bool) -> None:
        for name in _AGENT:
            if live and agent[f"draft_{name}"] is not None:
                agent[name] = agent[f"draft_{name}"]
            agent[f"draft_{name}"] = None
        agent |= self.attachments.settled(agent, live=live)
        agent |= {"has_draft": False, "draft_updated_at": None, "updated_at": self._now()}

    def _attachable(self, what: str) -> dict[str, JSON]:
        """The objects of an account that may hang on agents."""
        if what == "knowledge_documents":
            return self.whole.of("knowledge-bases/*/documents")
        path = what.replace("_", "-")
        return self.plain.objects.get(path) or self.whole.of(path)

    def _unmoved(self, agent: JSON, expected: str | None) -> None:
        if expected is not None and expected != agent["updated_at"]:
            raise Refused(409, {"detail": "The agent was updated by someone else."})

    def _phone_number(self, request: Request, id_: int, rest: list[str]) -> tuple[int, Any]:
        number = self._found(self.numbers, id_)
        match request.method, rest:
            case "GET", []:
                return 200, number
            case "PATCH", []:
                return 200, self._route(number, request.body)
            case "POST", ["verify-voip"]:
                self._prove(number)
                status = number["voip_verification_status"]
                evidence = {"id": "b1d1", "provider": "twilio", "outbound_status": "pass"}
                return 200, {"phone_number_id": id_, "voip_verification_status": status, "evidence": evidence}
        raise Refused(405, {"detail": "Method not allowed."})

    def _route(self, number: JSON, body: JSON) -> JSON:
        if unknown := sorted(set(body) - set(_ROUTING)):
            raise Refused(400, {name: ["Unknown field."] for name in unknown})
        for name in ("inbound_agent_id", "outbound_agent_id"):
            if body.get(name) is not None and (type(body[name]) is not int or body[name] not in self.agents):
                raise Refused(400, {name: ["Invalid pk - object does not exist."]})
        number |= self._kept(body)
        return {name: number[name] for name in _ROUTING}

    def _prove(self, number: JSON) -> None:
        if number["source"] != "voip":
            raise Refused(400, {"detail": "Only VoIP numbers can be verified."})
        good = self.carrier == "verified"
        reason = None if good else "The carrier refused the probe call."
        number |= {"voip_verification_status": self.carrier, "outbound_eligible": good}
        number |= {"outbound_ineligible_reason": reason, "voip_last_verified_at": self._now()}

    def _billing(self, request: Request) -> tuple[int, Any]:
        if request.method == "GET":
            left = self.tests.budget
            return 200, self.billing | ({} if left is None else {"test_call_budget_remaining_cents": left})
        body = request.body
        if unknown := sorted(set(body) - {f"auto_reload_{name}" for name in _RELOAD}):
            raise Refused(400, {name: ["Unknown field."] for name in unknown})
        if body.get("auto_reload_enabled"):
            if not self.billing["has_payment_method"]:
                raise Refused(422, {"detail": "Add a card first.", "code": "payment_method_required"})
            if not {"auto_reload_minimum_cents", "auto_reload_amount_cents"} <= set(body):
                raise Refused(400, {"auto_reload_amount_cents": ["Required when enabling."]})
        self.billing |= self._kept(body)
        self.billing["auto_reload_status"] = "ok" if self.billing["auto_reload_enabled"] else "off"
        return 200, self.billing

    def _place(self, body: JSON) -> tuple[int, Any]:
        key = body.get("idempotency_key")
        if key in self.keys:
            first, call_id = self.keys[key]
            if first != body:
                raise Refused(409, {"detail": "Key used with another body.", "code": "idempotency_key_reused"})
            return 200, {"call_id": call_id, "status": "initiated", "idempotent_replay": True}
        self._may_dial(body)
        id_ = next(self._ids)
        if key is not None:
            self.keys[key] = (dict(body), id_)
        number = next(item for item in self.numbers.values() if item["number"] == body["from_number"])
        agent_id = body.get("agent_id") or (None if body.get("config") else number["outbound_agent_id"])
        self.calls[id_] = {
            "call_id": id_, "agent_id": agent_id, "direction": "outbound", "status": "in_progress",
            "from_number": body["from_number"], "to_number": body["to_number"], "start_time": self._now(),
            "end_time": None, "duration_seconds": None, "end_reason": None, "recording_url": None, "mood": "calm",
            "variables": body.get("variables", {}),
        }  # fmt: skip
        self.when_dialled(self.calls[id_])
        return 201, {"call_id": id_, "status": "initiated"}

    def _may_dial(self, body: JSON) -> None:  # noqa: C901 - the table of refusals, one row each
        if unknown := sorted((set(body) - _CALL) | (set(body.get("config") or {}) - _CONFIG)):
            raise Refused(400, {name: ["Unknown field."] for name in unknown})
        if body.get("agent_id") is not None and body.get("config") is not None:
            raise Refused(400, {"detail": "Give agent_id or config, not both."})
        if len(body.get("idempotency_key") or "") > 128:
            raise Refused(400, {"idempotency_key": ["At most 128 characters."]})
        number = next((item for item in self.numbers.values() if item["number"] == body["from_number"]), None)
        if number is None:
            raise Refused(404, {"detail": "from_number is not registered to this organization."})
        if number["source"] == "demo":
            raise Refused(403, {"detail": "Demo numbers cannot place outbound calls."})
        if number["voip_verification_status"] not in ("verified", "carrier_accepted"):
            raise Refused(403, {"detail": "This VoIP number is not verified."})
        if not self.confirmation or self.confirmation["status"] != "active":
            raise Refused(403, {"detail": "Outbound TCPA confirmation is missing."})
        if self.billing["balance_cents"] <= 0:
            raise Refused(402, {"detail": "Your balance is $0.00."})
        agent_id = body.get("agent_id")
        if agent_id is not None and (type(agent_id) is not int or agent_id not in self.agents):
            raise Refused(404, {"detail": "Agent not found."})
        if agent_id is None and body.get("config") is None and number["outbound_agent_id"] is None:
            raise Refused(400, {"detail": "No outbound agent is configured for this number."})

    def _listed(self, query: dict[str, str]) -> JSON:
        """A page of calls; each look at a call brings it to its end."""
        since = datetime.fromisoformat(query.get("start_date", "2000-01-01T00:00:00+00:00"))
        found = [
            call
            for call in self.calls.values()
            if query.get("from_number", call["from_number"]) == call["from_number"]
            and query.get("to_number", call["to_number"]) == call["to_number"]
            and datetime.fromisoformat(call["start_time"]) >= since
        ]
        limit, offset = int(query.get("limit", 50)), int(query.get("offset", 0))
        return {"results": found[offset : offset + limit], "total": len(found), "limit": limit, "offset": offset}

    def end_calls(self) -> None:
        """Everybody hangs up."""
        for call in self.calls.values():
            recording = f"https://media.example/{call['call_id']}.wav"
            call |= {"status": self.ends_as, "end_reason": "agent_end", "duration_seconds": 37}
            call |= {"recording_url": recording, "end_time": self._now()}

    def _found(self, things: dict[int, JSON], id_: int) -> JSON:
        if id_ not in things:
            raise Refused(404, {"detail": "Not found."})
        return things[id_]

    def _now(self) -> str:
        """Microseconds, and never the same twice."""
        self._tick += 1
        return (datetime.now(UTC) + self.clock_skew + timedelta(microseconds=self._tick)).isoformat(
            timespec="microseconds"
        )


def _number(id_: int, number: str, source: str, proof: str) -> JSON:
    good = proof == "verified"
    return {
        "id": id_, "number": number, "label": "", "source": source, "status": "active", "inbound_agent_id": None,
        "outbound_agent_id": None, "webhook_url": None, "webhook_signing_secret": "whsec_do_not_show",
        "outbound_eligible": good, "outbound_ineligible_reason": None if good else "not verified",
        "voip_connection_id": None, "voip_verification_status": proof, "voip_last_verified_at": None, "aura": "blue",
    }  # fmt: skip

"""Set the stage for codes that need an account in trouble, and to raise what no command can."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from reconciler.api import Reply, segment
from reconciler.api.error_body import Censor
from reconciler.api.error_mapping import ErrorMapping, RequestLine
from reconciler.api.read_only import ReadOnlyTransport
from reconciler.calls import clock_agreement, gates
from reconciler.calls.answers import read
from reconciler.cli import dispatch as dispatch_command
from reconciler.contract.resolver import Resolver
from reconciler.emulator import Fault, Scenario
from reconciler.errors import ApiError, Interrupted, NotPosted, ReconcilerError, Rejected
from reconciler.kinds.campaign_load import refused_rows
from reconciler.schedule.call_states import CallState
from reconciler.state.call_records import Attempt, Hold
from reconciler.state.campaign_records import CampaignRecord, Chunk
from reconciler.state.digests import PLAIN
from reconciler.state.ledger import Ledger
from reconciler.state_key import StateKey
from reconciler.store import Store, open_store
from reconciler.store.lease import acquire
from reconciler.telephony import phone_numbers
from reconciler.telephony.eligibility import refusal, undialable

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2030, 1, 14, 18, 0, tzinfo=UTC)


class Happened(NamedTuple):
    code: str
    message: str


def refused(status: int, detail: str = "Injected fault.") -> tuple[Scenario, tuple[Fault, ...]]:
    return Scenario(), (Fault("POST", "/v1/call", times=None, status=status, detail=detail),)


def listing(**fault: Any) -> tuple[Scenario, tuple[Fault, ...]]:
    return Scenario(), (Fault("GET", "/v1/agents", times=None, **fault),)


TWINS = tuple({"name": "Reception", "prompt": "Hello.", "voice": "olivia"} for _ in range(2))
FAILING = {"label": "crm", "url": "https://crm.example.com/events", "status": "failing"}
SCENARIOS: dict[str, tuple[Scenario, tuple[Fault, ...]]] = {
    "RC210": (Scenario(balance_cents=0), ()),
    "RC211": (Scenario(tcpa="missing"), ()),
    "RC213": (Scenario(has_payment_method=False), ()),
    "RC214": (Scenario(auto_reload={"auto_reload_minimum_cents": None, "auto_reload_amount_cents": None}), ()),
    "RC232": (Scenario(objects={"webhook_endpoints": (FAILING,)}), ()),
    "RC300": (Scenario(agents=TWINS), ()),
    "RC402": listing(status=429, retry_after="0"),
    "RC403": listing(status=401),
    "RC404": listing(status=403),
    "RC405": listing(status=500),
    "RC407": listing(malform="html"),
    "RC610": (Scenario(), (Fault("POST", "/v1/call", times=None, drop="read"),)),
    "RC632": (Scenario(), (Fault("POST", "/v1/call", times=None, skip=1, drop="read"),)),
    "RC620": refused(402),
    "RC621": refused(403),
    "RC622": refused(404),
    "RC623": refused(404, "No such agent."),
    "RC625": refused(422),
    "RC626": refused(400),
}


def raised(run: Callable[[], Any]) -> Happened:
    try:
        run()
    except ReconcilerError as error:
        return Happened(error.code, error.message)
    raise AssertionError("nothing was raised")


def closed(gate: Callable[..., gates.Blocked | None], due: Any, order: Any, moment: Any) -> Happened:
    found = gate(due, order, moment)
    assert found is not None
    return Happened(found.code, found.message)


def with_store(use: Callable[[Store], Any]) -> Happened:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store("sqlite:s.db", root=Path(folder), read_only=False) as store,
    ):
        return raised(lambda: use(store))


def _locked(store: Store) -> None:
    for owner in ("first", "second"):
        acquire(store, "lease", owner=owner, now=lambda: NOW, sleep=lambda _: None, heartbeat=False)


def _written_twice(store: Store) -> None:
    store.put("key", {"value": 1}, expected=None)
    store.put("key", {"value": 2}, expected=None)


def _damaged(store: Store) -> None:
    store.put("42/binding/Agent/front-desk", {"address": "Agent/front-desk"}, expected=None)
    Ledger(store, "42").bindings()


def _keyed(store: Store) -> None:
    Ledger(store, "42", key=StateKey("the key of the team")).hold_all(Hold("a fault", NOW.isoformat(), "jane"))
    Ledger(store, "42").check_key()


def _raise(error: ReconcilerError) -> None:
    raise error


def _ambiguous() -> None:
    seam = ErrorMapping("api.example.com", Censor("sk_live_0123456789abcdef"))
    raise seam.failure(RequestLine("POST", "/v1/agents"), httpx.ReadTimeout("timed out"))


def _writing_while_reading() -> None:
    transport = ReadOnlyTransport(httpx.MockTransport(lambda _: httpx.Response(200)))
    transport.handle_request(httpx.Request("POST", "https://api.example.com/v1/call"))


def _undialable() -> Happened:
    found = undialable({"number": "+15551230005", "voip_verification_status": "verified", "outbound_eligible": False})
    assert found is not None
    return Happened(found.code, f"{found.message}: ")


def _conflict() -> Happened:
    error = Rejected("no", method="POST", path="/v1/call", status=409, body={"retryable": False})
    return Happened(*refusal(error))


def _no_date() -> None:
    settings = SimpleNamespace(clock="strict")
    session: Any = SimpleNamespace(options=SimpleNamespace(emulator=False), project=SimpleNamespace(settings=settings))
    api: Any = SimpleNamespace(server_offset=lambda: None)
    dispatch_command._check_clock(session, api, dry_run=False)


def _gone() -> Happened:
    return Happened(*refusal(Rejected("no", method="POST", path="/v1/call", status=410)))


def _of_somebody_else() -> Happened:
    claimed = Attempt("confirm-jane", "confirm-jane", 1, CallState.CLAIMED, to=phone_numbers.digest("+14155550199"))
    found = read(claimed, Reply(201, {"call_id": 7, "to_number": "+14155550188"}, {}), PLAIN)
    return Happened(found.code, found.detail)


def _refused_contacts() -> Happened:
    """What the emulator takes is what this tool sends, so none of its rows is refused."""
    chunk = Chunk(120, "", "", accepted=118, rejected=(4, 9))
    return Happened("RC242", refused_rows(CampaignRecord("recall", "1", contacts=120, chunks=(chunk,))))


_CALL = Attempt("other", "other", 1, CallState.PLACED, call_id="7", claimed_at=NOW.isoformat())
_TALKING = SimpleNamespace(now=NOW, attempts=(_CALL,))
_OTHER = SimpleNamespace(attempt=SimpleNamespace(occurrence="confirm-jane"))
_ZONE = SimpleNamespace(zone="America/Vancouver")
_NEWER = SimpleNamespace(armed=SimpleNamespace(is_by_newer_rules=True, tzdata="2030a", call=_ZONE))
_LATE = SimpleNamespace(is_open=lambda _now: False)
_ORDER = SimpleNamespace(agent="front-desk")
_MOMENT = SimpleNamespace(now=NOW, resolver=Resolver({}))

CALLABLE: dict[str, Callable[[], Happened]] = {
    "RC126": lambda: raised(lambda: segment("..")),
    "RC204": _undialable,
    "RC242": _refused_contacts,
    "RC304": lambda: with_store(_locked),
    "RC306": lambda: raised(lambda: clock_agreement.agree_on_time(SimpleNamespace(server_offset=lambda: 95.0))),  # type: ignore[arg-type]  # all it asks
    "RC308": lambda: raised(_no_date),
    "RC400": lambda: raised(lambda: _raise(ApiError("no", method="GET", path="/v1/agents"))),
    "RC406": lambda: raised(_ambiguous),
    "RC408": lambda: raised(_writing_while_reading),
    "RC501": lambda: with_store(_written_twice),
    "RC503": lambda: with_store(_damaged),
    "RC504": lambda: with_store(_keyed),
    "RC604": lambda: closed(gates._window, _LATE, _ORDER, _MOMENT),
    "RC606": lambda: closed(gates._agent, _LATE, _ORDER, _MOMENT),
    "RC624": _conflict,
    "RC612": _of_somebody_else,
    "RC613": lambda: closed(gates._line, _OTHER, _ORDER, _TALKING),
    "RC614": lambda: closed(gates._rules, _NEWER, _ORDER, _MOMENT),
    "RC627": _gone,
    "RC800": lambda: raised(lambda: _raise(NotPosted("the comment was not written"))),
    "RC900": lambda: raised(lambda: _raise(ReconcilerError("what nobody foresaw"))),
    "RC901": lambda: raised(lambda: _raise(Interrupted("interrupted while waiting"))),
}

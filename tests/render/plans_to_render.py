"""Hand-built plans: what the engine would make, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reconciler.model import (
    Action,
    Address,
    Change,
    ChangedBy,
    Consequence,
    FieldDiff,
    Finding,
    Location,
    Manifest,
    Observed,
    Outcome,
    Report,
    Resource,
    Result,
    Severity,
    Sort,
    Target,
)
from reconciler.planning.outlook import Outlook

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TARGET = Target("https://api.thunderphone.com/v1", "42", "Acme")
CALLEE = "+14155550199"
OLD_PROMPT = """# Front desk

You answer the telephone for Acme Dental.

## Opening hours

We are open from 9 to 17 on weekdays and closed at weekends.

## Booking

Ask for the name and the date of birth.
"""
NEW_PROMPT = """# Front desk

You answer the telephone for Acme Dental.

## Opening hours

We are open from 8 to 17 on weekdays and closed at weekends.

## Booking

Ask for the full name, politely, and the date of birth.
Never promise a time.
"""


class Empty(BaseModel):
    """A spec that no renderer looks into."""


def resource(address: Address, declared: Mapping[str, Any], location: Location) -> Resource:
    return Resource(Manifest(address, {}, location, marks=None), Empty(), declared)


def change(
    address: str,
    action: Action,
    sentence: str,
    *,
    reason: str = "changed",
    diffs: Iterable[FieldDiff] = (),
    consequences: Iterable[Consequence] = (),
    notes: Iterable[str] = (),
    at: Location | None = None,
    declared: Mapping[str, Any] | None = None,
    id_: str | None = None,
    verb: str = "",
    quiet: bool = False,
) -> Change:
    parsed = Address.parse(address)
    return Change(
        parsed,
        action,
        reason,
        sentence,
        id=id_,
        resource=resource(parsed, declared or {}, at) if at else None,
        observed=Observed(parsed.kind, id_, {}) if id_ else None,
        diffs=tuple(diffs),
        consequences=tuple(consequences),
        notes=tuple(notes),
        verb=verb,
        quiet=quiet,
    )


def plan_of(*changes: Change, findings: Iterable[Finding] = ()) -> Outlook:
    return Outlook(TARGET, changes, tuple(findings), "f" * 64)


CREATE = change(
    "Agent/appointment-confirmations",
    Action.CREATE,
    "does not exist",
    reason="missing",
    at=Location("manifests/agents.yaml", 1),
    diffs=[
        FieldDiff("name", None, "Appointment confirmations"),
        FieldDiff("voice", None, "olivia"),
        FieldDiff("prompt", None, NEW_PROMPT, location=Location("prompts/confirm.md")),
    ],
)
UPDATE = change(
    "Agent/front-desk",
    Action.UPDATE,
    "changed here and in the dashboard",
    reason="conflict",
    id_="501",
    at=Location("manifests/agents.yaml", 14),
    diffs=[
        FieldDiff("prompt", OLD_PROMPT, NEW_PROMPT, location=Location("prompts/front-desk.md")),
        FieldDiff("voice", "maya", "olivia", ChangedBy.DASHBOARD),
        FieldDiff(
            "transfer_destinations",
            [{"name": "Reception", "number": "+15551230000", "id": 7}],
            [{"name": "Reception", "number": "+15551230001"}, {"name": "Doctor", "number": "{{doctor}}"}],
            ChangedBy.BOTH,
        ),
    ],
    notes=["`background_track` is no longer declared: left as it is"],
)
VERIFY = change(
    "PhoneNumber/main-line",
    Action.ACT,
    "is not proven at its carrier: a billed probe call",
    verb="verify",
    reason="not_proven",
    id_="9001",
    at=Location("manifests/numbers.yaml", 1),
    consequences=[Consequence(Sort.SPENDS_MONEY, occasion="billed probe call")],
)
MONEY = change(
    "AutoReload/billing",
    Action.UPDATE,
    "off → on: $50.00 whenever below $10.00, at most $200.00 a month",
    id_="account",
    at=Location("manifests/billing.yaml", 1),
    declared={
        "enabled": True,
        "minimum_cents": 1000,
        "amount_cents": 5000,
        "monthly_limit_cents": 20000,
    },
    diffs=[
        FieldDiff("enabled", before=False, after=True),
        FieldDiff("minimum_cents", None, 1000),
        FieldDiff("amount_cents", None, 5000),
        FieldDiff("monthly_limit_cents", 0, 20000),
    ],
    consequences=[Consequence(Sort.SPENDS_MONEY, cents=20000, per="month")],
)
ARM = change(
    "ScheduledCall/confirm-jane",
    Action.CREATE,
    "+1•••••••0199 on Tue 1 Dec 15:00 New York (in 9 d 7 h), until 15:10",
    verb="arm",
    reason="missing",
    at=Location("manifests/calls.yaml", 3),
    diffs=[
        FieldDiff("from", None, "main-line"),
        FieldDiff("to_number", None, CALLEE, personal=True),
        FieldDiff("variables", None, {"patient": "Jane", "time": "3pm"}),
        FieldDiff("at", None, "2026-12-01T15:00:00"),
    ],
    consequences=[Consequence(Sort.RINGS_A_PERSON, people=1), Consequence(Sort.SPENDS_MONEY)],
)
RESCHEDULE = change(
    "ScheduledCall/confirm-john",
    Action.UPDATE,
    "+1•••••••0188 on Wed 2 Dec 10:00 New York (in 10 d 2 h), until 10:10",
    verb="reschedule",
    id_="confirm-john",
    at=Location("manifests/calls.yaml", 30),
    diffs=[
        FieldDiff("to_number", "8f14e45fceea167a", "+14155550188", personal=True),
        FieldDiff("at", "2026-12-02T09:00:00", "2026-12-02T10:00:00"),
    ],
    consequences=[Consequence(Sort.RINGS_A_PERSON, people=1), Consequence(Sort.SPENDS_MONEY)],
)
DELETE = change(
    "Agent/retired",
    Action.DELETE,
    "is not declared any more",
    reason="not_declared",
    id_="77",
    consequences=[Consequence(Sort.CANNOT_BE_UNDONE)],
)
REFUSED = change(
    "Agent/reminders",
    Action.REFUSE,
    "has a draft that this tool did not write",
    reason="foreign_draft",
    id_="502",
    at=Location("manifests/agents.yaml", 40),
    diffs=[FieldDiff("max_call_duration_seconds", 300, 240)],
)
KEPT = tuple(
    change(
        f"Agent/steady-{index}",
        Action.KEEP,
        "is as declared",
        quiet=True,
        reason="unchanged",
        id_=str(index),
        at=Location("manifests/agents.yaml", 60 + index),
    )
    for index in range(3)
)
PLACED = change(
    "ScheduledCall/confirm-jack",
    Action.KEEP,
    "already placed on 2026-11-20 15:00 UTC",
    reason="settled",
    id_="confirm-jack",
    at=Location("manifests/calls.yaml", 50),
)
WARNING = Finding(
    Severity.WARNING,
    "RC210",
    "the balance is $0.00 and nothing refills it: calls are refused (402)",
    "top up in the dashboard, or declare an AutoReload",
    Address("ScheduledCall", "confirm-jane"),
    Location("manifests/calls.yaml", 9, 14),
)
ERROR = Finding(
    Severity.ERROR,
    "RC201",
    "`+15551234567` is not on this account",
    "import it from your carrier in the dashboard, or check the key's organisation",
    Address("PhoneNumber", "main-line"),
    Location("manifests/numbers.yaml", 4, 11),
)

FULL = plan_of(CREATE, UPDATE, VERIFY, MONEY, ARM, *KEPT, PLACED, findings=[WARNING])
REMOVALS = plan_of(RESCHEDULE, DELETE, *KEPT)
REFUSING = plan_of(REFUSED, CREATE, findings=[ERROR, WARNING])
CLEAN = plan_of(*KEPT)
NOTHING = plan_of()
PLANS = {"full": FULL, "removals": REMOVALS, "refusing": REFUSING, "clean": CLEAN, "nothing": NOTHING}

REPORT = Report(
    FULL,
    (
        Result(CREATE.address, Action.CREATE, Outcome.DONE, id="613"),
        Result(
            UPDATE.address,
            Action.UPDATE,
            Outcome.FAILED,
            "changed while we were applying",
            "501",
            "nothing was overwritten; run plan again to see the change",
        ),
        Result(
            VERIFY.address,
            Action.ACT,
            Outcome.UNKNOWN,
            "POST /v1/phone-numbers/9001/verify-voip: no answer",
            verb="verify",
        ),
        Result(MONEY.address, Action.UPDATE, Outcome.DONE, id="account"),
        Result(
            ARM.address,
            Action.CREATE,
            Outcome.SKIPPED,
            "needs PhoneNumber/main-line, which was not applied",
            verb="arm",
        ),
    ),
)

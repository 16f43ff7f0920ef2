"""The projects that are cut: what is declared, what is on the account, what is run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 20, 1, tzinfo=UTC)
LATER = timedelta(minutes=2)

# Somebody else's agent, with a draft of theirs on it: whatever happens, it stays as it is.
COLLEAGUE: dict[str, Any] = {"name": "Colleague", "prompt": "Sell.", "voice": "olivia"}
COLLEAGUES_DRAFT = {"prompt": "Sell more."}

AGENTS = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {name: Front desk, prompt: Greet the caller., voice: olivia, product: spark}
---
apiVersion: reconciler/v1
kind: Agent
metadata: {name: reminders}
spec: {name: Reminders, prompt: Remind the patient., voice: olivia, outbound_speak_order: agent_first}
"""
RETIRED = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: retired}
spec: {name: Retired, prompt: Say goodbye., voice: olivia}
"""
LINE = """\
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: main-line}
spec: {number: "+15551234567", verify: true, inbound_agent: front-desk, outbound_agent: reminders, label: Main}
"""
BILLING = """\
apiVersion: reconciler/v1
kind: AutoReload
metadata: {name: billing}
spec: {enabled: true, minimum_cents: 1000, amount_cents: 5000, monthly_limit_cents: 20000}
"""
CALLS = """\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: call-jane}
spec: {from: main-line, to_number: "+12125550123", agent: reminders, at: "2026-12-01T20:00:00Z"}
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: call-june}
spec: {from: main-line, to_number: "+12125550124", agent: reminders, at: "2026-12-01T20:00:00Z"}
"""
JANES_CALL, JUNES_CALL = CALLS.split("---\n")
CALLEES = ("+12125550123", "+12125550124")

FIRST = {"agents.yaml": AGENTS, "line.yaml": LINE, "billing.yaml": BILLING, "calls.yaml": CALLS}
EDITED = {
    "agents.yaml": AGENTS.replace("Greet the caller.", "Welcome the caller.").replace("Remind the", "Call the"),
    "line.yaml": LINE.replace("inbound_agent: front-desk", "inbound_agent: reminders"),
    "calls.yaml": CALLS.replace("20:00:00Z", "20:01:00Z", 1),
}


@dataclass(frozen=True)
class Start:
    """An account and what was applied to it: ``agents`` were made by hand, ``applied`` by the tool."""

    agents: tuple[dict[str, Any], ...] = ()
    applied: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Project:
    """One command on one account, cut in two and run again: what it must come to whatever happened.

    ``agents`` are the display names of ours that must be there in the end, ``calls`` how many of the callees
    must have been called, ``probes`` how often the number was verified; ``again`` is when it is run again.
    """

    start: Start
    files: dict[str, str]
    command: tuple[str, ...]
    options: tuple[str, ...] = ()
    now: datetime = NOON
    again: datetime = NOON + LATER
    agents: tuple[str, ...] = ("Front desk", "Reminders")
    calls: int = 0
    probes: int = 1


APPLIED = Start(applied=FIRST)
APPLY = ("apply", "--yes", "--parallelism", "1")
_BY_HAND = (
    {"name": "Front desk", "prompt": "Greet the caller.", "voice": "olivia", "product": "spark"},
    {"name": "Reminders", "prompt": "Written by hand.", "voice": "olivia"},
)
_FIRST_APPLY = Project(Start(), FIRST, APPLY)

PROJECTS = {
    "first-apply": _FIRST_APPLY,
    "first-apply-in-parallel": replace(_FIRST_APPLY, command=("apply", "--yes")),
    "edit": Project(APPLIED, {**FIRST, **EDITED}, APPLY),
    "edit-in-parallel": Project(APPLIED, {**FIRST, **EDITED}, ("apply", "--yes")),
    "adoption": Project(Start(agents=_BY_HAND), FIRST, APPLY),
    "deletion": Project(
        Start(applied={**FIRST, "retired.yaml": RETIRED}), {**FIRST, "calls.yaml": JANES_CALL}, APPLY, ("--prune",)
    ),
    "dispatch": Project(APPLIED, FIRST, ("dispatch",), now=DUE, again=DUE + LATER, calls=2),
    "apply-and-dispatch": Project(
        APPLIED, {**FIRST, **EDITED}, (*APPLY, "--dispatch"), now=DUE, again=DUE + LATER, calls=2
    ),
}

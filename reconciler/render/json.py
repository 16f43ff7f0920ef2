"""Plans, reports and calls as JSON for machines: stable keys, stable order.

The shapes are versioned by ``format``; that of a plan is described by ``json_schema.PLAN_SCHEMA``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from reconciler.contract.equality import digest
from reconciler.contract.fields import Spec, attributes
from reconciler.planning.outlook import Outlook
from reconciler.redaction import mask_in
from reconciler.render import forecasts
from reconciler.render.terminal import obeyed
from reconciler.render.values import Part, differences, visible
from reconciler.schedule.call_report import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model import Change, Consequence, FieldDiff, Finding, Location, Report, Result
    from reconciler.schedule.call_report import CallList, CallRow

_BEYOND_ASCII = re.compile(r"[\x7f-\U0010ffff]")
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")


def dumps(document: Any) -> str:
    """The document as text: keys in the order built, two spaces, one line end at the end.

    Letters are as they are; what a terminal obeys, or what cannot be encoded, is escaped.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _BEYOND_ASCII.sub(lambda match: _shown(match[0]), text) + "\n"


def plan(plan: Outlook, *, show_numbers: bool = False) -> dict[str, Any]:
    """The plan document, ``reconciler.plan/v1``; ``sealed`` makes it one that can be applied."""
    target = plan.target
    return {
        "format": "reconciler.plan/v1",
        "fingerprint": str(plan.fingerprint),
        "target": {
            "url": target.url,
            "organization": {"id": _id(target.organization_id), "name": target.organization_name},
        },
        "summary": plan.summary,
        "changes": [_change(change, show_numbers=show_numbers) for change in plan.changes],
        "findings": _findings(plan.findings),
        "forecast": forecasts.document(plan.forecast, show_numbers=show_numbers),
        "undeclared": plan.undeclared.counts if plan.undeclared is not None else None,
    }


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document with a digest of all that it shows, so that an approver's text and what is applied are one."""
    shown = {key: value for key, value in document.items() if key != "seal"}
    return {**shown, "seal": digest(shown)}


def report(report: Report, *, show_numbers: bool = False) -> dict[str, Any]:
    """The plan document under the format ``reconciler.apply/v1``, and the result of each change."""
    results = [_result(result, show_numbers=show_numbers) for result in report.results]
    return {
        **plan(Outlook.followed(report.plan), show_numbers=show_numbers),
        "format": "reconciler.apply/v1",
        "results": results,
    }


def dispatch(rows: Iterable[CallRow]) -> dict[str, Any]:
    """What dispatch did, ``reconciler.dispatch/v1``."""
    return {"format": "reconciler.dispatch/v1", "calls": [_call(row) for row in rows]}


def calls(rows: Iterable[CallRow], about: CallList | None = None) -> dict[str, Any]:
    """Every scheduled call, ``reconciler.calls/v1``, with their sums and the hold over all of them (null: none)."""
    listed = list(rows)
    why, since, by, until = about.hold if about else ("", "", "", "")
    return {
        "format": "reconciler.calls/v1",
        "hold": {"why": why, "since": since or None, "by": by or None, "until": until or None} if why else None,
        "calls": [_call(row) for row in listed],
        "totals": {
            "calls": len(listed),
            "states": dict(Counter(row.state for row in listed)),
            "outcomes": {outcome: sum(row.outcome == outcome for row in listed) for outcome in OUTCOMES},
            "cost_cents": sum(row.cost_cents or 0 for row in listed),
            "duration_seconds": sum(row.duration_seconds or 0 for row in listed),
        },
    }


def validate(findings: Iterable[Finding], documents: int) -> dict[str, Any]:
    """What was read and what is wrong with it, ``reconciler.validate/v1``."""
    return {"format": "reconciler.validate/v1", "findings": _findings(findings), "documents": documents}


def _change(change: Change, *, show_numbers: bool) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "kind": change.address.kind,
        "name": change.address.name,
        "action": change.verb,
        "reason": change.reason,
        "sentence": change.sentence,
        "id": _id(change.id),
        "source": _source(change.location) or None,
        "fields": [row for diff in change.diffs for row in _fields(change, diff, show_numbers=show_numbers)],
        "consequences": [consequence.sort.value for consequence in change.consequences],
        "amounts": [_amount(consequence) for consequence in change.consequences],
        "notes": list(change.notes),
        "fingerprint": change.fingerprint,
    }


def _amount(consequence: Consequence) -> dict[str, Any]:
    """What can be added up: people rung, agents whose callers hear it at once, the most it may cost in cents.

    No cents are that nothing tells, or that there is no limit.
    """
    counts = {"people": consequence.people, "agents": consequence.agents, "cents": consequence.cents}
    return {"consequence": consequence.sort.value, **counts}


def _fields(change: Change, diff: FieldDiff, *, show_numbers: bool) -> list[dict[str, Any]]:
    """A field, or of a group of keys the manifest knows (``audio_conditions``) each declared one that differs."""
    before, after = visible(change, diff, show_numbers=show_numbers)
    grouped = isinstance(before, dict) and isinstance(after, dict) and _is_group(change, diff.path)
    parts = differences(before, after) if grouped else [Part("", before, after)]
    return [
        {
            "path": f"{diff.path}.{part.path}" if part.path else diff.path,
            "before": part.before,
            "after": part.after,
            "changed_by": diff.changed_by.value,
        }
        for part in parts
    ]


def _is_group(change: Change, name: str) -> bool:
    spec = change.resource.spec if change.resource is not None else None
    return spec is not None and isinstance(getattr(spec, attributes(type(spec)).get(name, ""), None), Spec)


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "severity": finding.severity.value,
            "code": finding.code,
            "message": finding.message,
            "hint": finding.hint,
            "address": str(finding.address) if finding.address else None,
            "source": _source(finding.location),
        }
        for finding in findings
    ]


def _result(result: Result, *, show_numbers: bool) -> dict[str, Any]:
    return {
        "address": str(result.address),
        "action": result.verb,
        "outcome": result.outcome.value,
        "detail": result.detail if show_numbers else mask_in(result.detail),
        "id": _id(result.id),
        "hint": result.hint,
        "source": _source(result.location) or None,
    }


def _call(row: CallRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "occurrence": row.occurrence,
        "attempt": row.attempt,
        "state": row.state,
        "call_id": _id(row.call_id),
        "detail": row.detail,
        "hint": row.hint,
        "code": row.code,
        "when": row.when.isoformat() if row.when else None,
        "zone": row.zone or None,
        "to": row.to,
        "agent": row.agent or None,
        "outcome": row.outcome or None,
        "placed_at": row.placed_at.isoformat() if row.placed_at else None,
        "cost_cents": row.cost_cents,
        "end_reason": row.end_reason,
        "duration_seconds": row.duration_seconds,
        "recording": row.recording,
    }


def _shown(letter: str) -> str:
    """JSON's own escape leaves the upper control characters and lone surrogates as they are."""
    return json.dumps(letter)[1:-1] if obeyed(letter) else letter


def _source(location: Location | None) -> dict[str, Any]:
    """Empty when nobody knows."""
    return {"path": location.path, "line": location.line, "column": location.column} if location else {}


def _id(text: str | None) -> int | str | None:
    """The vendor's integer ids as JSON numbers, any other as it is, null for none."""
    if not text:
        return None
    return int(text) if _INTEGER.fullmatch(text) else text

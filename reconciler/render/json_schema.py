"""Schema of the JSON of a plan, so that others may rely on it (JSON Schema 2020-12)."""

from __future__ import annotations

from typing import Any

from reconciler.model import VERBS, ChangedBy, Severity, Sort

Schema = dict[str, Any]


def _object(properties: Schema, description: str = "") -> Schema:
    """An object with exactly these keys."""
    told: Schema = {"description": description} if description else {}
    return {
        **told,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Schema, description: str) -> Schema:
    return {"description": description, "type": "array", "items": items}


def _text(description: str) -> Schema:
    return {"description": description, "type": "string"}


def _one_of(values: type[ChangedBy | Severity | Sort]) -> Schema:
    return {"enum": [value.value for value in values]}


_COUNT: Schema = {"type": "integer", "minimum": 0}
_POSITION: Schema = {"type": "integer", "minimum": 1}
_ID: Schema = {
    "description": "The vendor's id: a number where it is one, null while there is none.",
    "type": ["integer", "string", "null"],
}
_PLACE: Schema = _object(
    {"path": _text("Relative to the project."), "line": _POSITION, "column": _POSITION},
    "A place in a manifest; lines and columns count from 1.",
)
_NOWHERE: Schema = {"type": "object", "maxProperties": 0}
_FIELD: Schema = _object(
    {
        "path": _text("The manifest's key below `spec`."),
        "before": {"description": "Live; null where there is nothing. Callees' numbers are masked."},
        "after": {"description": "As declared; references by name."},
        "changed_by": _one_of(ChangedBy),
    }
)
_AMOUNT: Schema = _object(
    {
        "consequence": _one_of(Sort),
        "people": {"description": "How many are rung.", **_COUNT},
        "agents": {"description": "Of how many agents the callers hear it at once.", **_COUNT},
        "cents": {"description": "The most it may cost, where that is known.", "type": ["integer", "null"]},
    }
)
_CHANGE: Schema = _object(
    {
        "address": _text("`Kind/name`."),
        "kind": {"type": "string"},
        "name": {"type": "string"},
        "action": {
            "description": f"What apply will do: one of {', '.join(VERBS)}, or a word of the kind's own.",
            "type": "string",
        },
        "reason": _text("A stable word that says why; it never decides anything."),
        "sentence": _text("Why, for people; its wording may change."),
        "id": _ID,
        "source": {"anyOf": [_PLACE, {"type": "null"}]},
        "fields": _list(_FIELD, "The declared fields that are not as declared."),
        "consequences": _list(_one_of(Sort), "What must not be overlooked."),
        "amounts": _list(_AMOUNT, "The same, with what can be added up."),
        "notes": _list({"type": "string"}, "Remarks for people."),
        "fingerprint": _text("What apply --plan compares: over what is declared and what it would touch."),
    }
)
_FINDING: Schema = _object(
    {
        "severity": _one_of(Severity),
        "code": {"type": "string", "pattern": "^RC[0-9]{3}$"},
        "message": {"type": "string"},
        "hint": _text("What fixes it."),
        "address": {"type": ["string", "null"]},
        "source": {"anyOf": [_PLACE, _NOWHERE]},
    }
)
_CENTS: Schema = {"type": ["integer", "null"]}
_INSTANT: Schema = _text("ISO 8601, with an offset.")
_RING: Schema = _object(
    {
        "address": _text("`Kind/name` of the declared call."),
        "at": _INSTANT,
        "closes": _INSTANT,
        "zone": _text("The zone the call was declared in."),
        "to": _text("The callee, masked."),
        "callee_local": _list(_INSTANT, "The same instant by the clocks where the callee may be."),
        "within_calling_hours": {"type": "boolean"},
        "agent": {"type": ["string", "null"]},
        "tries": {"description": "Calls at most, second tries included.", **_POSITION},
        "cents_at_most": _COUNT,
    }
)
_SKIP: Schema = _object(
    {
        "address": _text("`Kind/name` of the declared call."),
        "at": _INSTANT,
        "zone": _text("The zone the call was declared in."),
        "reason": _text("Why it is not to be placed: a holiday, a closed day, an exception."),
    }
)
_EXPECTED_CAMPAIGN: Schema = _object(
    {
        "address": {"type": "string"},
        "at": _text("When dispatch starts it."),
        "closes": _text("Until when it may be started."),
        "zone": _text("The zone of its daily window."),
        "daily_window": {"type": "array", "items": {"type": "string"}, "description": "Between which hours it calls."},
        "ends": {"description": "From when on it calls nobody any more.", "type": ["string", "null"]},
        "agent": {"type": ["string", "null"]},
        "people": _COUNT,
        "tries": {"description": "Calls to each of them at most.", **_CENTS},
        "cents_at_most": {"description": "Null where no limit is told.", **_CENTS},
    }
)
_FORECAST: Schema = _object(
    {
        "rings": {"description": "Occurrences to come.", **_COUNT},
        "calls_at_most": {"description": "Calls to come, second tries included.", **_COUNT},
        "people": _COUNT,
        "cents_at_most": _COUNT,
        "timezone_data": {"description": "Version of the time-zone data in use.", "type": "string"},
        "complete": {"description": "Whether every occurrence was counted.", "type": "boolean"},
        "recurring_until": _text("The date until which recurring calls are counted."),
        "rates": _object(
            {
                "read": _text("The date the rates were read from the price list."),
                "cents_per_minute": _object({tier: {"type": "number"} for tier in ("spark", "bolt", "storm")}),
                "unlimited_call_minutes": _POSITION,
            }
        ),
        "balance_cents": {"description": "Null where it was not read.", **_CENTS},
        "rings_covered": {"description": "How many the balance pays for at their dearest.", **_CENTS},
        "auto_reload": _object({"enabled": {"type": "boolean"}, "monthly_limit_cents": _CENTS}),
        "calls": _list(_RING, "The occurrences, ascending in time."),
        "campaigns": _list(_EXPECTED_CAMPAIGN, "Campaigns to be started, ascending; not among the sums above."),
        "skipped": _list(_SKIP, "The occurrences that are left out, ascending in time."),
    },
    "What the declared calls mean for money and people; nothing is decided by it.",
)
PLAN_SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "reconciler plan, version 1",
    **_object(
        {
            "format": {"const": "reconciler.plan/v1"},
            "fingerprint": _text("Equal for equal plans on equal accounts."),
            "seal": _text("A digest of all the rest: apply --plan refuses a plan that was changed after it was made."),
            "target": _object(
                {
                    "url": {"type": "string"},
                    "organization": _object({"id": _ID, "name": {"type": "string"}}),
                },
                "The account the plan is about.",
            ),
            "summary": {
                **_object(dict.fromkeys(VERBS, _COUNT), "How many changes of each action; words of a kind's own too."),
                "additionalProperties": _COUNT,
            },
            "changes": _list(_CHANGE, "In the order apply takes them; one resource may have two."),
            "findings": _list(_FINDING, "Errors first; an error stops apply."),
            "forecast": {"anyOf": [_FORECAST, {"type": "null"}]},
            "undeclared": {
                "anyOf": [{"type": "object", "additionalProperties": _COUNT}, {"type": "null"}],
                "description": "By kind, how many live objects nobody declares; null where only a part was read.",
            },
        },
        "What `reconciler plan --format json` prints.",
    ),
}

PLAN_SCHEMA["required"] = [
    key for key in PLAN_SCHEMA["required"] if key not in ("seal", "undeclared")
]  # older plans have none


def schema() -> Schema:
    """The schema of ``schemas/plan.json``."""
    return PLAN_SCHEMA

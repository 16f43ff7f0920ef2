from __future__ import annotations

import json as parser
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from plans_to_render import (
    ARM,
    CALLEE,
    CREATE,
    FULL,
    NEW_PROMPT,
    PLANS,
    REFUSING,
    REPORT,
    RESCHEDULE,
    TARGET,
    UPDATE,
    WARNING,
    Empty,
    plan_of,
)
from schema_check import complaints

from reconciler.contract.resolver import UNRESOLVED
from reconciler.model import Action, FieldDiff, Finding, Severity
from reconciler.planning.outlook import Outlook
from reconciler.render import json
from reconciler.render.json_schema import PLAN_SCHEMA, schema


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_fits_the_schema(name: str) -> None:
    assert complaints(parser.loads(json.dumps(json.sealed(json.plan(PLANS[name])))), PLAN_SCHEMA) == []


def test_the_schema_notices_what_does_not_fit() -> None:
    document = json.plan(FULL)
    assert complaints({**document, "extra": 1}, PLAN_SCHEMA)
    assert complaints({**document, "format": "reconciler.plan/v2"}, PLAN_SCHEMA)
    assert complaints({**document, "summary": {"create": -1}}, PLAN_SCHEMA)
    assert complaints({**document, "changes": [{"action": "explode"}]}, PLAN_SCHEMA)


def test_the_schema_is_one_document() -> None:
    assert schema() is PLAN_SCHEMA
    assert parser.loads(json.dumps(PLAN_SCHEMA)) == PLAN_SCHEMA


def test_a_plan_has_the_promised_shape() -> None:
    assert json.plan(plan_of(CREATE, findings=[WARNING])) == {
        "format": "reconciler.plan/v1",
        "fingerprint": "f" * 64,
        "target": {"url": "https://api.thunderphone.com/v1", "organization": {"id": 42, "name": "Acme"}},
        "summary": {
            "create": 1,
            "update": 0,
            "delete": 0,
            "adopt": 0,
            "verify": 0,
            "arm": 0,
            "reschedule": 0,
            "cancel": 0,
            "keep": 0,
            "refuse": 0,
        },
        "changes": [
            {
                "address": "Agent/appointment-confirmations",
                "kind": "Agent",
                "name": "appointment-confirmations",
                "action": "create",
                "reason": "missing",
                "sentence": "does not exist",
                "id": None,
                "source": {"path": "manifests/agents.yaml", "line": 1, "column": 1},
                "fields": [
                    {
                        "path": "name",
                        "before": None,
                        "after": "Appointment confirmations",
                        "changed_by": "manifest",
                    },
                    {"path": "voice", "before": None, "after": "olivia", "changed_by": "manifest"},
                    {"path": "prompt", "before": None, "after": NEW_PROMPT, "changed_by": "manifest"},
                ],
                "consequences": [],
                "amounts": [],
                "notes": [],
                "fingerprint": "",
            }
        ],
        "findings": [
            {
                "severity": "warning",
                "code": "RC210",
                "message": "the balance is $0.00 and nothing refills it: calls are refused (402)",
                "hint": "top up in the dashboard, or declare an AutoReload",
                "address": "ScheduledCall/confirm-jane",
                "source": {"path": "manifests/calls.yaml", "line": 9, "column": 14},
            }
        ],
        "forecast": None,
        "undeclared": None,
    }


def test_a_report_is_the_plan_and_its_results() -> None:
    document = json.report(REPORT)
    results = document.pop("results")
    assert document == {**json.plan(FULL), "format": "reconciler.apply/v1"}
    assert results[1] == {
        "address": "Agent/front-desk",
        "action": "update",
        "outcome": "failed",
        "detail": "changed while we were applying",
        "id": 501,
        "hint": "nothing was overwritten; run plan again to see the change",
        "source": None,
    }


def test_validate_counts_documents() -> None:
    assert json.validate([], 3) == {"format": "reconciler.validate/v1", "findings": [], "documents": 3}


def test_a_finding_without_a_place_has_an_empty_source() -> None:
    (finding,) = json.validate([Finding(Severity.ERROR, "RC900", "no")], 0)["findings"]
    assert (finding["source"], finding["address"]) == ({}, None)


@pytest.mark.parametrize(
    ("id_", "expected"),
    [("501", 501), ("0", 0), ("007", "007"), ("account", "account"), (None, None), ("", None), ("٣", "٣")],
)
def test_an_id_is_a_number_where_it_is_one(id_: str | None, expected: int | str | None) -> None:
    assert json.plan(plan_of(replace(UPDATE, id=id_)))["changes"][0]["id"] == expected


def test_an_organisation_without_a_number_keeps_its_name() -> None:
    plan = Outlook(replace(TARGET, organization_id="org_1"), (), (), "")
    assert json.plan(plan)["target"]["organization"]["id"] == "org_1"


def test_callees_are_masked_unless_numbers_were_asked_for() -> None:
    assert CALLEE not in json.dumps(json.plan(FULL))
    assert CALLEE in json.dumps(json.plan(FULL, show_numbers=True))


def test_a_digest_in_place_of_a_number_is_hidden() -> None:
    field = json.plan(plan_of(RESCHEDULE), show_numbers=True)["changes"][0]["fields"][0]
    assert field == {
        "path": "to_number",
        "before": "(hidden)",
        "after": "+14155550188",
        "changed_by": "manifest",
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (UNRESOLVED, "(known after apply)"),
        (("a", {"b": (1, 2.5)}), ["a", {"b": [1, 2.5]}]),
        (float("nan"), "nan"),
        (date(2026, 12, 1), "2026-12-01"),
        (Empty(), {}),
        ({1: True}, {"1": True}),
        (Action.ADOPT, "adopt"),
    ],
)
def test_every_value_becomes_json(value: Any, expected: Any) -> None:
    document = json.plan(plan_of(replace(UPDATE, diffs=(FieldDiff("x", None, value),))))
    assert parser.loads(json.dumps(document))["changes"][0]["fields"][0]["after"] == expected


def test_a_secret_never_leaves() -> None:
    diffs = (FieldDiff("token", "hush", None, secret=True),)
    field = json.plan(plan_of(replace(UPDATE, diffs=diffs)), show_numbers=True)["changes"][0]["fields"][0]
    assert (field["before"], field["after"]) == ("(secret)", None)


def test_the_text_is_the_same_each_time_and_reads_back() -> None:
    document = json.plan(FULL)
    assert json.dumps(document) == json.dumps(json.plan(FULL))
    assert parser.loads(json.dumps(document)) == document
    assert json.dumps({"b": "é", "a": 1}) == '{\n  "b": "é",\n  "a": 1\n}\n'


def test_nothing_in_it_commands_a_terminal_or_breaks_the_encoding() -> None:
    odd = {"x": "\x1b[2J\x7f\x9b\u202e\u2028\ud800"}
    written = json.dumps(odd)
    assert all(letter.isprintable() or letter == "\n" for letter in written)
    assert written.encode()
    assert parser.loads(written) == odd


def test_a_masked_number_in_the_vendors_words_stays_masked() -> None:
    result = replace(REPORT.results[1], detail=f"cannot call {CALLEE}")
    assert CALLEE not in json.dumps(json.report(replace(REPORT, results=(result,))))


def test_refusals_and_errors_are_in_the_document() -> None:
    document = json.plan(REFUSING)
    assert document["summary"]["refuse"] == 1
    assert document["findings"][0]["severity"] == "error"
    assert json.plan(plan_of(ARM))["changes"][0]["consequences"] == ["rings_a_person", "spends_money"]

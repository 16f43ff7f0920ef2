"""Examples at the end of each command's help: what people type most, first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "validate": ("reconciler validate", "reconciler validate --format sarif > findings.sarif"),
    "plan": (
        "reconciler plan --env live",
        "reconciler plan --emulator -l team=scheduling",
        "reconciler plan --env live --out plan.json --page plan.html",
    ),
    "apply": (
        "reconciler apply --env live",
        "reconciler apply --env live --plan plan.json",
        "reconciler apply --env live --target Agent/front-desk",
    ),
    "dispatch": ("reconciler dispatch --env live --lookahead 30m", "reconciler dispatch --env live --dry-run"),
    "serve": (
        "reconciler serve --env live --webhook-secret-file webhook.secret",
        "reconciler serve --env live --listen 0.0.0.0:8414 --token-file token --log-format json",
    ),
    "test run": (
        "reconciler test --env staging",
        "reconciler test --env staging --target Agent/front-desk --max-cost-cents 200",
        "reconciler test --env staging --yes --format junit > tests.xml",
        "reconciler test --env staging --resume",
    ),
    "test generate": ("reconciler test generate Agent/front-desk --env staging --count 4",),
    "test from-call": ("reconciler test from-call 70001 --env live",),
    "calls show": ("reconciler calls --env live", "reconciler calls --env live --watch"),
    "calls report": (
        "reconciler calls report --env live --since 2026-12-01 --until 2026-12-07",
        "reconciler calls report reminders-2026-w49 --env live --format csv > report.csv",
    ),
    "calls hold": (
        'reconciler calls hold confirm-jane --env live --why "moved to Friday"',
        'reconciler calls hold --all --env live --why "the practice is flooded"',
    ),
    "calls release": ("reconciler calls release confirm-jane --env live", "reconciler calls release --all --env live"),
    "calls cancel": ("reconciler calls cancel confirm-jane --env live",),
    "calls resolve": (
        "reconciler calls resolve confirm-jane --env live",
        "reconciler calls resolve confirm-jane --env live --did-not-ring",
    ),
    "calls adopt-history": ("reconciler calls adopt-history --env live",),
    "calls opt-out": ('reconciler calls opt-out +14155550199 --why "asked by telephone" --env live',),
    "calls dnc export": ("reconciler calls dnc export --env live > do-not-call.txt",),
    "campaigns show": ("reconciler campaigns --env live", "reconciler campaigns spring --env live"),
    "campaigns pause": ("reconciler campaigns pause spring --env live",),
    "campaigns resume": ("reconciler campaigns resume spring --env live",),
    "campaigns cancel": ("reconciler campaigns cancel spring --env live --yes",),
    "state show": ("reconciler state --env live", "reconciler state --env live --format json"),
    "state locks": ("reconciler state locks --env live",),
    "state unlock": ("reconciler state unlock --env live",),
    "state rekey": ("reconciler state rekey --env live",),
    "state forget": ("reconciler state forget Agent/front-desk --env live",),
    "state move": (
        "reconciler state move Agent/front-desk Agent/reception --env live",
        "reconciler state move --project acme/phones acme/telephony --env live",
    ),
    "state export": ("reconciler state export --env live > backup.json",),
    "state import": ("reconciler state import backup.json --env live --state git:reconciler-state",),
    "state secret": ("reconciler state secret WebhookEndpoint/crm --env live --out crm.secret",),
    "webhooks test": ("reconciler webhooks test crm --env live",),
    "webhooks deliveries": (
        "reconciler webhooks deliveries --env live",
        "reconciler webhooks deliveries crm --env live",
    ),
    "seal": ("reconciler seal token.txt",),
    "init": (
        "reconciler init .",
        "reconciler init phones --ci gitlab",
        "reconciler init . --tool acme/reconciler@v1.2.3",
    ),
    "doctor": ("reconciler doctor --env live",),
    "export": ("reconciler export --env live", "reconciler export --env live --kind Agent"),
    "drift": ("reconciler drift --env live", "reconciler drift --env live --write --dry-run"),
    "fmt": ("reconciler fmt --check",),
    "explain": ("reconciler explain RC210", "reconciler explain Agent.voice", "reconciler explain project.limits"),
    "schema": ("reconciler schema Agent", "reconciler schema --out schemas"),
    "emulator": ("reconciler emulator --port 8765",),
}

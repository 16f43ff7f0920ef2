"""The prepaid balance and its auto-reload (contract 2.18)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.database import document, keep_document
from reconciler.emulator.exchange import Refusal, answer, encode, raw_answer
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from reconciler.emulator.exchange import Exchange, Reply

Account = dict[str, Any]

KEY = "billing"
SETTINGS: dict[str, v.Check] = {
    "auto_reload_enabled": v.boolean,
    "auto_reload_minimum_cents": v.integer(0),
    "auto_reload_amount_cents": v.integer(1),
    "auto_reload_monthly_limit_cents": v.nullable(v.integer(0)),
}
# Cents per started minute, by the first word of the product (contract 2.18; prices change: X28).
RATES = {"spark": 2, "bolt": 5, "storm": 9}
OPENING: Account = {
    "balance_cents": 2500,
    "has_payment_method": True,
    "card_declines": False,
    "auto_reload_enabled": False,
    "auto_reload_minimum_cents": 0,
    "auto_reload_amount_cents": 0,
    "auto_reload_monthly_limit_cents": None,
    "auto_reload_consecutive_declines": 0,
    "auto_reload_failed_at": None,
    "test_call_budget_cents": 1000,
    "test_call_budget_remaining_cents": 1000,
}
BUDGET = ("test_call_budget_cents", "test_call_budget_remaining_cents")
TEST_MULTIPLIER = 2
DECLINED = "Your card was declined."
CARD = {
    "id": "pm_emulated",
    "brand": "visa",
    "exp_month": 12,
    "exp_year": 2030,
    "is_default": True,
    "last4": "4242",
}


def show(exchange: Exchange) -> Reply:
    """``GET /v1/billing``."""
    return answer(_described(exchange.database, exchange.now))


def patch(exchange: Exchange) -> Reply:
    """``PATCH /v1/billing``: the four auto-reload settings; answers the full account.

    400 for a bad value or for enabling without minimum and amount, 422 ``payment_method_required``
    without a card. Enabling below the minimum charges the card at once (inferred in 2.18).
    """
    account = document(exchange.database, KEY)
    changes = _understood(exchange.body, account)
    if changes.get("auto_reload_enabled") and not account["has_payment_method"]:
        raise Refusal(
            422,
            {
                "detail": "Add a payment method before turning on auto-reload.",
                "code": "payment_method_required",
            },
        )
    keep_document(exchange.database, KEY, account | changes)
    reload_if_low(exchange.database, exchange.now)
    return answer(_described(exchange.database, exchange.now))


def transactions(exchange: Exchange) -> Reply:
    """``GET /v1/billing/transactions``: a bare array, newest first (X4)."""
    rows = exchange.database.execute("SELECT body FROM transactions ORDER BY id DESC")
    return raw_answer("[" + ",".join(row[0] for row in rows) + "]")


def payment_methods(exchange: Exchange) -> Reply:
    """``GET /v1/billing/payment-methods``."""
    cards = [CARD] if document(exchange.database, KEY)["has_payment_method"] else []
    return answer({"payment_methods": cards})


def solvent(database: sqlite3.Connection, now: datetime) -> bool:
    """Whether an outbound call may be placed: a balance above zero, after a reload if one can help."""
    reload_if_low(database, now)
    return bool(document(database, KEY)["balance_cents"] > 0)


def price(product: str, minutes: int) -> int:
    """What so many minutes with a product cost, in cents."""
    return RATES.get(product.split("-", maxsplit=1)[0], RATES["spark"]) * minutes


def test_price(product: str, minutes: int) -> int:
    """What a test of so many minutes costs: twice the price of a call (contract-next 2)."""
    return TEST_MULTIPLIER * price(product, minutes)


def charge_call(database: sqlite3.Connection, now: datetime, *, cents: int, call_id: int) -> int:
    """Take the price of a call from the balance, once, and say how many cents it was."""
    if cents:
        _book(database, now, "call_usage", -cents, call_id)
        reload_if_low(database, now)
    return cents


def reserve_tests(database: sqlite3.Connection, cents: int) -> bool:
    """Take the estimate of a batch of tests from their budget; False, and nothing taken, when it is too small."""
    account = document(database, KEY)
    left: int = (OPENING | account)[BUDGET[1]] - cents
    if left >= 0:
        keep_document(database, KEY, account | {BUDGET[1]: left})
    return left >= 0


def billable_minutes(seconds: float) -> int:
    """Started minutes (contract 2.18: rounded up)."""
    return math.ceil(seconds / 60)


def reload_if_low(database: sqlite3.Connection, now: datetime) -> None:
    """Charge the card when auto-reload is on, the balance is below its minimum and the cap allows it."""
    account = document(database, KEY)
    if not _wants_reload(account) or _capped(database, now, account):
        return
    if account["card_declines"]:
        declines = account["auto_reload_consecutive_declines"] + 1
        account |= {"auto_reload_consecutive_declines": declines, "auto_reload_failed_at": stamp(now)}
        keep_document(database, KEY, account)
        return
    keep_document(database, KEY, account | {"auto_reload_consecutive_declines": 0, "auto_reload_failed_at": None})
    _book(database, now, "auto_reload", account["auto_reload_amount_cents"], None)


def _wants_reload(account: Account) -> bool:
    low = account["balance_cents"] < max(1, account["auto_reload_minimum_cents"])
    return bool(account["auto_reload_enabled"] and account["has_payment_method"] and low)


def _capped(database: sqlite3.Connection, now: datetime, account: Account) -> bool:
    cap = account["auto_reload_monthly_limit_cents"]
    planned = _spent_this_month(database, now, "auto_reload") + account["auto_reload_amount_cents"]
    return cap is not None and planned > cap


def _understood(body: Account, account: Account) -> Account:
    understood: Account = {}
    complaints: dict[str, list[str]] = {}
    for name, check in SETTINGS.items():
        try:
            if name in body:
                understood[name] = check(body[name])
        except v.Invalid as complaint:
            complaints[name] = [str(complaint)]
    if understood.get("auto_reload_enabled") and not account["auto_reload_enabled"]:
        for name in ("auto_reload_minimum_cents", "auto_reload_amount_cents"):
            if name not in body:
                complaints[name] = ["This field is required when enabling auto-reload."]
    if complaints:
        raise Refusal(400, complaints)
    return understood


def _book(database: sqlite3.Connection, now: datetime, kind: str, cents: int, call_id: int | None) -> None:
    account = document(database, KEY)
    keep_document(database, KEY, account | {"balance_cents": account["balance_cents"] + cents})
    number = database.execute("SELECT coalesce(max(id), 0) + 1 FROM transactions").fetchone()[0]
    body = {
        "id": number,
        "kind": kind,
        "amount_cents": cents,
        "amount_usd": _dollars(cents),
        "call_id": call_id,
        "created_at": stamp(now),
        "description": kind.replace("_", " ").capitalize(),
        "has_receipt": cents > 0,
        "metadata": {},
        "phone_number_id": None,
        "phone_number_value": None,
    }
    database.execute(
        "INSERT INTO transactions (id, kind, amount_cents, created_at, body) VALUES (?, ?, ?, ?, ?)",
        (number, kind, cents, body["created_at"], encode(body)),
    )


def _spent_this_month(database: sqlite3.Connection, now: datetime, kind: str) -> int:
    row = database.execute(
        "SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE kind = ? AND created_at >= ?",
        (kind, f"{stamp(now)[:7]}-01"),
    ).fetchone()
    return abs(int(row[0]))


def _described(database: sqlite3.Connection, now: datetime) -> Account:
    account = document(database, KEY)
    last = database.execute(
        "SELECT amount_cents, created_at FROM transactions WHERE kind = 'auto_reload' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    reload = {"amount_cents": last[0], "created_at": last[1]} if last else None
    balance = account["balance_cents"]
    return {
        **{name: account[name] for name in SETTINGS},
        **_standing(database, now, account),
        "balance_cents": balance,
        "balance_usd": _dollars(balance),
        "currency": "usd",
        "available_cash_cents": balance,
        "has_payment_method": account["has_payment_method"],
        "has_ever_topped_up": True,
        "last_auto_reload": reload,
        "last_top_up": reload and {**reload, "kind": "auto"},
        "last_manual_topup_error": None,
        "last_manual_topup_intent_id": None,
        "average_daily_spend_cents_7d": None,
        "balance_runway_days": None,
        "current_month_usage_spend_cents": _spent_this_month(database, now, "call_usage"),
        "monthly_spending_limit_cents": None,
        "spending_limit_reached": False,
        **{name: account.get(name, OPENING[name]) for name in BUDGET},
        "x_emulated": True,
    }


def _standing(database: sqlite3.Connection, now: datetime, account: Account) -> Account:
    declines = account["auto_reload_consecutive_declines"]
    status = "off"
    if account["auto_reload_enabled"]:
        status = "retrying" if declines else "ok"
        if _wants_reload(account) and _capped(database, now, account):
            status = "capped"
    return {
        "auto_reload_status": status,
        "auto_reload_paused": False,
        "auto_reload_paused_until": None,
        "auto_reload_next_retry_at": None,
        "auto_reload_in_progress": False,
        "auto_reload_month_spend_cents": _spent_this_month(database, now, "auto_reload"),
        "auto_reload_consecutive_declines": declines,
        "auto_reload_failed_at": account["auto_reload_failed_at"],
        "auto_reload_failed_amount_cents": account["auto_reload_amount_cents"] if declines else None,
        "auto_reload_failure_code": "card_declined" if declines else None,
        "auto_reload_last_error": DECLINED if declines else None,
    }


def _dollars(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"

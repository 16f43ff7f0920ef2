"""Reasons for which the vendor refuses to dial, each with its fix.

The rows are the failure table of the vendor's outbound guide (contract, section 4). Plan asks these
questions early, dispatch asks them again right before it dials, and a refusal that still comes is
explained in the same words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.model import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.errors import ApiError

PROVEN = frozenset({"verified", "carrier_accepted"})


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a call would not go out. ``lasting``: it cannot work as declared, whatever the day brings.

    ``curable``: a proof at the carrier would take it away.
    """

    code: str
    message: str
    hint: str
    lasting: bool
    curable: bool = False


def not_on_account(number: str) -> Obstacle:
    """404 for ``from_number``."""
    return Obstacle(
        "RC201",
        f"`{number}` is not on this account",
        "import it from your carrier in the dashboard, or check the key's organisation",
        lasting=True,
    )


def undialable(number: Mapping[str, Any]) -> Obstacle | None:
    """What keeps a number of the account from dialling out; None when it may.

    ``outbound_eligible`` is authoritative (contract 2.8.2); where it is missing, an active VoIP number
    that is proven may dial.
    """
    number = _facts(number)
    name, reason = number.get("number", "?"), str(number.get("outbound_ineligible_reason") or "")
    eligible = number.get("outbound_eligible")
    proven = number.get("voip_verification_status") in PROVEN
    if eligible or (eligible is None and number.get("source") == "voip" and proven and _active(number)):
        return None
    if number.get("source") == "demo":
        return Obstacle(
            "RC202",
            f"`{name}` is a ThunderPhone demo number and does not dial out",
            "bring a VoIP number of your own and declare it with `verify: true`",
            lasting=True,
        )
    if not proven:
        return Obstacle(
            "RC203",
            f"`{name}` is not verified at its carrier, so it does not dial out",
            "declare its PhoneNumber with `verify: true` and apply",
            lasting=True,
            curable=True,
        )
    return Obstacle(
        "RC204",
        f"`{name}` may not dial out{': ' + reason if reason else ''}",
        "the dashboard's page of the number says what is missing",
        lasting=True,
    )


def _active(number: Mapping[str, Any]) -> bool:
    return bool(number.get("status", "active") == "active")


def unfunded(billing: Mapping[str, Any] | None) -> Obstacle | None:
    """An empty balance that nothing will refill: calls answer 402; None when there is money to come by."""
    billing = _facts(billing)
    balance = billing.get("balance_cents")
    if not isinstance(balance, int):
        return None  # not told: the platform itself refuses when there is none
    if balance > 0 or _refills(billing):
        return None
    return Obstacle(
        "RC210",
        f"the balance is {dollars(balance)} and nothing refills it: calls are refused (402)",
        "top up in the dashboard, or declare an AutoReload",
        lasting=False,
    )


def _refills(billing: Mapping[str, Any]) -> bool:
    """Auto-reload that is on and neither stopped nor at its cap."""
    return bool(billing.get("auto_reload_enabled")) and billing.get("auto_reload_status", "ok") not in (
        "stopped",
        "capped",
        "off",
    )


def unconfirmed(confirmation: Mapping[str, Any] | None) -> Obstacle | None:
    """The organisation's outbound confirmation (TCPA): anything but an active one blocks (contract 2.17)."""
    status = _facts(confirmation).get("status")
    if status == "active":
        return None
    state = f" ({status})" if status else ""
    return Obstacle(
        "RC211",
        f"the organisation has not confirmed its outbound calling{state}: calls are refused (403)",
        "an administrator confirms it in the dashboard; a key cannot",
        lasting=False,
    )


def _facts(body: Any) -> Mapping[str, Any]:
    """What an answer tells; one that is no object, such as null or a list, tells nothing (contract Q23)."""
    return body if isinstance(body, dict) else {}


_BY_STATUS: dict[int, tuple[str, str]] = {
    402: (
        "RC620",
        "top up in the dashboard, or declare an AutoReload; then dispatch again inside the window",
    ),
    409: ("RC624", "the vendor's code says what is wrong with the caller id"),
    422: ("RC625", "the vendor's words say what to change"),
    400: ("RC626", "correct the manifest"),
}


def refusal(error: ApiError) -> tuple[str, str]:
    """The code and the fix for an answer to ``POST /v1/call`` that says no: nothing rang."""
    words = f"{error} {error.detail}".lower()
    if error.status == 403:  # noqa: PLR2004 - the status that hides four causes
        return _forbidden(words)
    if error.status == 404:  # noqa: PLR2004 - the number, or the agent
        if "agent" in words and "from_number" not in words:
            return "RC623", "apply again: the agent is not on this account"
        return "RC622", "the number is not on this account: import it, or check the key's organisation"
    return _BY_STATUS.get(error.status or 0, ("RC627", error.hint or "the vendor's words say what to change"))


def _forbidden(words: str) -> tuple[str, str]:
    if "demo" in words or "platform" in words:
        return "RC621", "bring a VoIP number of your own: demo numbers do not dial out"
    if "verif" in words:
        return "RC621", "declare the PhoneNumber with `verify: true` and apply"
    if "tcpa" in words or "confirm" in words:
        return "RC621", "an administrator confirms outbound calling in the dashboard"
    return "RC621", "the key's user may lack the role, or the organisation is on trial"

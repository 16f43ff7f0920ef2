"""Checks of whether an account is ready to be kept in git, each with its fix where it is not.

Pure functions from what was read to ``Check``; `cli/doctor.py` does the reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reconciler.model import dollars
from reconciler.telephony.eligibility import PROVEN, unconfirmed, undialable, unfunded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.model import Finding, Target

_CLOCKS_AGREE, _CLOCKS_DIFFER = 30.0, 120.0  # seconds; a call's window is ten minutes, a Date header is whole seconds
_LOW_DAYS = 3


class Status(StrEnum):
    """How a check of the doctor's came out; only ``FAIL`` makes it exit 1."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the doctor looked at, what was found, and the fix ("" when there is nothing to fix).

    ``note`` is what is worth knowing of a thing that is well.
    """

    name: str
    status: Status
    found: str
    fix: str = ""
    note: str = ""


def ok(name: str, found: str) -> Check:
    """Nothing to fix."""
    return Check(name, Status.OK, found)


def warn(name: str, found: str, fix: str) -> Check:
    """It may not work."""
    return Check(name, Status.WARN, found, fix)


def fail(name: str, found: str, fix: str) -> Check:
    """It does not work."""
    return Check(name, Status.FAIL, found, fix)


def organization(target: Target, pinned: int | str | None) -> Check:
    """Whether the key opens the organisation that the project names (promise P11)."""
    found = f"{target.organization_name} (organisation {target.organization_id})"
    if pinned is None:
        fix = f"write `organization: {target.organization_id}` into reconciler.yaml, so that no other key is used"
        return warn("organisation", f"{found}, not pinned", fix)
    if str(pinned) != target.organization_id:
        fix = "use that organisation's key, or change `organization` in reconciler.yaml"
        return fail("organisation", f"the key opens {found}, and the project is pinned to {pinned}", fix)
    return ok("organisation", f"{found}, pinned")


def role(who: Mapping[str, Any]) -> Check:
    """Whether the user behind the key may verify numbers, which only an administrator may (contract 1.2)."""
    named = who.get("role")
    if named in ("owner", "admin"):
        return ok("role", str(named))
    if not named:
        return warn("role", "not told", "verifying a number needs the key of an owner or an administrator")
    fix = "let an owner or an administrator make the key: verifying a number is refused otherwise"
    return warn("role", str(named), fix)


def timezones(version: str, system: str, package: str) -> Check:
    """Which time-zone data the hours of calls are read by: the newer of the system's and the tool's own."""
    if not version:
        return warn("time zones", "their version cannot be told", "install the package tzdata beside reconciler")
    where = "the tool's own" if package == version else "the system's"
    other = system if package == version else package
    older = f"; the other is {other}" if other and other != version else ""
    return ok("time zones", f"{version}, {where}{older}")


def clock(offset: float | None) -> Check:
    """Whether this machine and the platform agree on the time; ``offset`` is how far the server is ahead."""
    if offset is None:
        return warn("clock", "the server told no time", "make sure that this machine's clock is set by NTP")
    found = f"{abs(offset):.0f} s {'behind' if offset > 0 else 'ahead of'} the server" if abs(offset) >= 1 else "agrees"
    fix = "set this machine's clock (NTP): calls would miss their window"
    if abs(offset) >= _CLOCKS_DIFFER:
        return fail("clock", found, fix)
    return warn("clock", found, fix) if abs(offset) >= _CLOCKS_AGREE else ok("clock", found)


def balance(billing: Mapping[str, Any]) -> Check:
    """Whether there is money to call with, and for how long (contract 2.18)."""
    if (obstacle := unfunded(billing)) is not None:
        return fail("balance", obstacle.message, obstacle.hint)
    cents, days = billing.get("balance_cents"), billing.get("balance_runway_days")
    if not isinstance(cents, int):
        return warn("balance", "not told", "look at the billing page of the dashboard")
    reloads = billing.get("auto_reload_enabled")
    found = f"{dollars(cents)}, auto-reload {'on' if reloads else 'off'}"
    if cents <= 0:
        fix = "top up in the dashboard: calls are refused (402) until auto-reload has charged the card"
        return warn("balance", found, fix)
    if not reloads and isinstance(days, int | float) and days < _LOW_DAYS:
        fix = "top up in the dashboard, or declare an AutoReload"
        return warn("balance", f"{found}, lasts {days:.0f} more days at the last week's pace", fix)
    return ok("balance", found)


def confirmation(found: Mapping[str, Any] | None, *, calls: int) -> Check:
    """Whether the organisation confirmed outbound calling; it matters where ``calls`` are declared."""
    obstacle = unconfirmed(found)
    if obstacle is None:
        return ok("outbound", "calling is confirmed")
    judge = fail if calls else warn
    return judge("outbound", obstacle.message, obstacle.hint)


def numbers(live: Iterable[Mapping[str, Any]], *, dialling: frozenset[str], proving: frozenset[str]) -> Iterator[Check]:
    """A check per number of the account: it fails where a declared call dials from a number that may not.

    ``dialling`` are the numbers, in E.164, from which declared calls go out, ``proving`` those declared with
    ``verify: true``.
    """
    known = {str(number.get("number")): number for number in live}
    if not known:
        yield warn("numbers", "there is none", "import a VoIP number of your carrier in the dashboard")
    for name, number in known.items():
        obstacle = undialable(number)
        if obstacle is None:
            proof = number.get("voip_verification_status")
            yield ok(f"number {name}", "may dial" + (", verified" if proof in PROVEN else ""))
        elif obstacle.curable and name in proving:
            yield warn(f"number {name}", "is not verified yet", "reconciler apply proves it: a billed probe call")
        elif name in dialling:
            yield fail(f"number {name}", obstacle.message, obstacle.hint)
        else:
            found = f"{obstacle.message}; no declared call needs it to"
            yield Check(f"number {name}", Status.OK, found, note=obstacle.hint)
    for name in sorted(dialling - set(known)):
        yield fail(f"number {name}", "is not on this account", "import it, or check the key's organisation")


def manifests(documents: int, findings: Iterable[Finding]) -> Check:
    """Whether what is declared is valid."""
    told = list(findings)
    errors = [finding for finding in told if finding.severity == "error"]
    if errors:
        first = errors[0]
        where = f"{first.location}: " if first.location else ""
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        return fail("manifests", f"{where}{first.code} {first.message}{more}", "reconciler validate")
    if not documents:
        return warn("manifests", "nothing is declared", "reconciler init writes first manifests")
    found = f"{documents} {'document' if documents == 1 else 'documents'}, valid"
    return (
        warn("manifests", f"{found}, {len(told)} to look at", "reconciler validate") if told else ok("manifests", found)
    )

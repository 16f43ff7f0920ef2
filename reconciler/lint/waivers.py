"""Waivers: findings of lint that an author accepts, with a reason and until a date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.diagnostics.codes import CODES
from reconciler.diagnostics.suggestions import closest
from reconciler.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from reconciler.model import Address, Resource, Waiver

EXPIRED, IMPOSSIBLE, UNUSED = "RC720", "RC721", "RC722"
_FIRST = "RC701"


@dataclass(frozen=True, slots=True)
class Waived:
    """What is left to say, what the authors have waived, and the secrets seen on the way, which nobody may print."""

    findings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    secrets: frozenset[str] = frozenset()


def apply_waivers(
    found: Iterable[Finding], resources: Iterable[Resource], today: date, *, ran: frozenset[str]
) -> Waived:
    """Set aside what is waived today, and complain about waivers that do nothing.

    ``ran`` are the codes whose rules have just run in full: only of those can a waiver be called unused, and
    where it is empty nothing is said about waivers at all.
    """
    own = [resource for resource in resources if resource.manifest.waivers]
    valid = {
        (resource.address, waiver.code): waiver
        for resource in own
        for waiver in resource.manifest.waivers
        if waiver.until >= today
    }
    left: list[Finding] = []
    waived: list[Finding] = []
    for finding in found:
        accepted = finding.address is not None and (finding.address, finding.code) in valid
        (waived if accepted else left).append(finding)
    used = {(finding.address, finding.code) for finding in waived}
    if ran:
        left += [each for resource in own for each in _complaints(resource, today, used, ran)]
    return Waived(tuple(left), tuple(waived))


def why(finding: Finding, resource: Resource | None) -> str:
    """The waiver's reason and last day, for a reader who asks to see what is waived."""
    waivers = resource.manifest.waivers if resource else ()
    waiver = next((each for each in waivers if each.code == finding.code), None)
    return f"waived until {waiver.until}: {waiver.reason}" if waiver else ""


def _complaints(
    resource: Resource, today: date, used: set[tuple[Address | None, str]], ran: frozenset[str]
) -> Iterator[Finding]:
    for index, waiver in enumerate(resource.manifest.waivers):
        if (complaint := _complaint(waiver, today)) is None:
            if waiver.code in ran and (resource.address, waiver.code) not in used:
                complaint = (
                    Severity.NOTE,
                    UNUSED,
                    f"the waiver of {waiver.code} waives nothing",
                    "remove it: what it was about is no more",
                )
            else:
                continue
        severity, code, message, hint = complaint
        where = resource.manifest.locate("metadata", "waivers", index, "code")
        yield Finding(severity, code, message, hint, resource.address, where)


def _complaint(waiver: Waiver, today: date) -> tuple[Severity, str, str, str] | None:
    """What is wrong with a waiver by itself; None for one that holds today."""
    waivable = waivable_codes()
    if waiver.code not in waivable:
        what = "is no finding of lint" if waiver.code in CODES else "is no code of this tool's"
        meant = closest(waiver.code, waivable)
        hint = f"only lint can be waived ({waivable[0]} to {waivable[-1]})" + (f"; `{meant}`?" if meant else "")
        return Severity.ERROR, IMPOSSIBLE, f"{waiver.code} cannot be waived: it {what}", hint
    if waiver.until < today:
        hint = f"settle it, or set `until` to a later day; reconciler explain {waiver.code}"
        return Severity.WARNING, EXPIRED, f"the waiver of {waiver.code} ended on {waiver.until}", hint
    return None


def waivable_codes() -> Sequence[str]:
    """The codes a waiver may name: those of rules, not those about waivers."""
    return [code for code in sorted(CODES) if _FIRST <= code < EXPIRED]

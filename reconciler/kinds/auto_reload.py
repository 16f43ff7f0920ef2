"""Auto-reload: four settings of the account's prepaid balance.

The vendor's oddity (contract, 2.18): it is four fields of the billing account, there is one per
organisation, enabling it needs a card (422 otherwise) and both amounts in the same request.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from reconciler.contract.fields import Spec, Wire, policies
from reconciler.contract.kind import FoundBy, Kind, Orphans
from reconciler.errors import UnsafePlan
from reconciler.model import Action, Change, Consequence, Finding, Observed, Resource, Severity, Sort, dollars

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pydantic import BaseModel

    from reconciler.contract.account import Account, Context, Look
    from reconciler.contract.resolver import Resolver

_PATH = "/v1/billing"
_TOGETHER = ("enabled", "minimum_cents", "amount_cents")


class AutoReloadSpec(Spec):
    """The four settings; amounts are US cents."""

    enabled: Annotated[bool | None, Wire("auto_reload_enabled")] = Field(
        default=None, description="Whether the card is charged when the balance runs low."
    )
    minimum_cents: Annotated[int | None, Wire("auto_reload_minimum_cents")] = Field(
        default=None, ge=0, strict=True, description="Reload when the balance falls below this, in cents."
    )
    amount_cents: Annotated[int | None, Wire("auto_reload_amount_cents")] = Field(
        default=None, gt=0, strict=True, description="Charged each time, in cents."
    )
    monthly_limit_cents: Annotated[int | None, Wire("auto_reload_monthly_limit_cents")] = Field(
        default=None,
        ge=0,
        strict=True,
        description="Most that may be charged in a calendar month (UTC); null: no cap.",
    )


_POLICIES = policies(AutoReloadSpec)


class AutoReload(Kind):
    """The account's auto-reload settings; one document per account."""

    name = "AutoReload"
    spec = AutoReloadSpec
    uninvited = MappingProxyType({"enabled": False, "minimum_cents": 0})
    orphans = Orphans.NEVER_OURS
    found_by = FoundBy.IDENTITY
    file = "auto-reload.yaml"
    after = ("PhoneNumber",)

    def observe(self, look: Look) -> Iterator[Observed]:
        """The billing account, whole: calls are checked against its balance."""
        yield _observed(look.api.get(_PATH))

    def identity(self, spec: BaseModel) -> str:
        """There is one per account."""
        return "account"

    def says_nothing(self, body: Mapping[str, Any]) -> frozenset[str]:
        """While it is off, an amount of nothing is none."""
        unset = not body.get("auto_reload_enabled") and not body.get("auto_reload_amount_cents")
        return frozenset({"amount_cents"} if unset else ())

    def update(self, change: Change, context: Context) -> Observed:
        """PATCH what differs; with ``enabled: true`` always both amounts, as the vendor demands."""
        resource, seen = change.resource, change.observed
        if resource is None or seen is None:
            raise LookupError(str(change.address))
        names = {diff.path for diff in change.diffs}
        if resource.declared.get("enabled", seen.body.get("auto_reload_enabled")):
            names.update(name for name in _TOGETHER if name in resource.declared)
        body = {_POLICIES[name].wire: resource.declared[name] for name in sorted(names)}
        if body.get("auto_reload_enabled"):
            for name in _TOGETHER:
                body.setdefault(_POLICIES[name].wire, seen.body.get(_POLICIES[name].wire))
        context.api.patch(_PATH, body)
        return self.read(seen.id, context)

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """The billing account, as it is now."""
        return _observed(context.api.get(_PATH))

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterator[Finding]:
        """Enabling needs a card and amounts; without a monthly limit nothing bounds the charges."""
        resource, live = change.resource, change.observed
        if resource is None or live is None:
            return
        after = {**_settings(live.body), **resource.declared}
        if not after.get("enabled"):
            return
        unset = () if after.get("amount_cents") else ("amount_cents",)
        if not live.body.get("has_payment_method", True) and resource.declared.get("enabled"):
            yield _finding(resource, Severity.ERROR, "RC213", "enabled",
                           "auto-reload needs a card, and the account has none",
                           "add a card in the dashboard (Billing), then plan again")  # fmt: skip
        if missing := [name for name in _TOGETHER[1:] if after.get(name) is None or name in unset]:
            yield _finding(resource, Severity.ERROR, "RC214", "enabled",
                           f"enabling needs {' and '.join(f'`{name}`' for name in missing)}",
                           "declare both amounts beside `enabled: true`")  # fmt: skip
        yield from _beyond(change, account, after.get("monthly_limit_cents"))
        if after.get("monthly_limit_cents") is None:
            yield _finding(resource, Severity.WARNING, "RC212", "monthly_limit_cents",
                           "no monthly limit: nothing bounds what auto-reload may charge",
                           "declare `monthly_limit_cents`")  # fmt: skip

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """One per account, and never absent: turning it off is declaring it off."""
        for resource in own:
            if resource.manifest.absent:
                yield _finding(resource, Severity.ERROR, "RC149", "enabled",
                               "auto-reload cannot be declared absent", "declare `enabled: false`")  # fmt: skip
        for resource in own[1:]:
            yield _finding(resource, Severity.ERROR, "RC117", "enabled",
                           f"there is one auto-reload per account; `{own[0].address}` is declared already",
                           "keep one of the two documents")  # fmt: skip

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """Money, where more can be charged than before."""
        if change.resource is None or change.observed is None or change.action is not Action.UPDATE:
            return ()
        before = _settings(change.observed.body)
        after = {**before, **change.resource.declared}
        charged = Consequence(Sort.SPENDS_MONEY, cents=after.get("monthly_limit_cents"), per="month")
        return (charged,) if _raises(before, after) else ()

    def summary(self, change: Change, account: Account) -> str:
        """What the settings will mean, in one line."""
        if change.action is not Action.UPDATE or change.resource is None or change.observed is None:
            return ""
        before = _settings(change.observed.body)
        after = {**before, **change.resource.declared}
        if not after.get("enabled"):
            return "on → off: nothing refills the balance" if before.get("enabled") else ""
        turned = "on" if before.get("enabled") else "off → on"
        limit = after.get("monthly_limit_cents")
        capped = f"at most {dollars(limit)} a month" if limit is not None else "with no monthly limit"
        amounts = dollars(after.get("amount_cents") or 0), dollars(after.get("minimum_cents") or 0)
        return f"{turned}: {amounts[0]} whenever below {amounts[1]}, {capped}"


def _beyond(change: Change, account: Account, asked: int | None) -> Iterator[Finding]:
    """What a month may cost once the change is made, whether its limit is declared or was there already."""
    limit = account.settings.limits.auto_reload_monthly_cents
    if limit is None or not change.pending or (asked is not None and asked <= limit):
        return
    may = f"{dollars(asked)} a month" if asked is not None else "without end"
    message = f"{change.address} may charge {may}, limit {dollars(limit)}"
    hint = "declare a lower `monthly_limit_cents`, or raise `limits.auto_reload_monthly_cents`"
    yield Finding(Severity.ERROR, UnsafePlan.code, message, hint, change.address, change.location, unsafe=True)


def _observed(body: Any) -> Observed:
    return Observed(kind=AutoReload.name, id="account", body=body, identity="account", name="auto-reload")


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body.get(policy.wire) for name, policy in _POLICIES.items()}


def _raises(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether more may be charged: turned on, a larger amount, an earlier reload, a higher or no cap."""
    if not after.get("enabled"):
        return False
    if not before.get("enabled"):
        return True
    cap = [side.get("monthly_limit_cents") for side in (before, after)]
    higher_cap = cap[0] is not None and (cap[1] is None or cap[1] > cap[0])
    return higher_cap or any(
        (after.get(name) or 0) > (before.get(name) or 0) for name in ("amount_cents", "minimum_cents")
    )


def _finding(  # noqa: PLR0913 - a finding has these parts
    resource: Resource, severity: Severity, code: str, field: str, message: str, hint: str
) -> Finding:
    where = resource.manifest.locate("spec", field)
    return Finding(severity, code, message, hint, resource.address, where)

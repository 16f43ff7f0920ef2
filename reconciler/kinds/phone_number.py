"""Phone numbers: who answers them, and that a VoIP number is proven at its carrier.

The vendor's oddity (contract, 2.8.3): verifying places a real, carrier-billed probe call, and HTTP 200
does not mean verified. So it is planned as an action of its own, tried once per apply, and not repeated
after a failure until a person asks. A number is never bought and never released here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from reconciler.api import segment
from reconciler.api.identifiers import identifier
from reconciler.contract.fields import E164, FIXED, LOCAL, Ref, Spec, policies
from reconciler.contract.kind import DueAction, FoundBy, Kind, Orphans
from reconciler.errors import AmbiguousWrite, Declined
from reconciler.kinds.rest import declared
from reconciler.model import Action, Change, Consequence, Finding, Observed, Resource, Severity, Sort
from reconciler.telephony.eligibility import PROVEN, Obstacle, not_on_account, undialable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pydantic import BaseModel

    from reconciler.contract.account import Account, Context, Look
    from reconciler.contract.resolver import Resolver

_PATH = "/v1/phone-numbers"
_CARRIERS = "VoipConnection"  # whose numbers are imported in the same run


class PhoneNumberSpec(Spec):
    """The writable settings of a number that is on the account already (contract 2.8.2)."""

    number: Annotated[E164, FIXED] = Field(description="The number; it must already be on the account.")
    verify: Annotated[bool | None, LOCAL] = Field(
        default=None,
        description="Prove the number at its carrier when it is not proven: a billed probe call.",
    )
    inbound_agent: Annotated[str | None, Ref("Agent", wire="inbound_agent_id")] = Field(
        default=None, description="Name of the Agent that answers; null for none."
    )
    outbound_agent: Annotated[str | None, Ref("Agent", wire="outbound_agent_id")] = Field(
        default=None, description="Name of the Agent that dials when a call names none; null for none."
    )
    label: str | None = Field(default=None, description="Friendly name.")
    webhook_url: str | None = Field(default=None, description="Webhook of this number alone; null for none.")


_POLICIES = policies(PhoneNumberSpec)
_PROBE = DueAction(
    "verify",
    "not_proven",
    "is not proven at its carrier: a billed probe call",
    (Consequence(Sort.SPENDS_MONEY, occasion="billed probe call"),),
)


class PhoneNumber(Kind):
    """A phone number of the account: its routing, and that it is verified."""

    name = "PhoneNumber"
    spec = PhoneNumberSpec
    orphans = Orphans.NEVER_OURS
    after = (_CARRIERS,)
    found_by = FoundBy.IDENTITY
    file = "phone-numbers.yaml"
    watched = ("source", "voip_verification_status")

    def observe(self, look: Look) -> Iterator[Observed]:
        """The whole list, newest first."""
        return map(_observed, look.api.items(_PATH))

    def identity(self, spec: BaseModel) -> str:
        """The number itself, which the vendor keeps unique (contract Q18)."""
        return spec.number if isinstance(spec, PhoneNumberSpec) else ""

    def update(self, change: Change, context: Context) -> Observed:
        """PATCH the routing that differs; the answer is partial, so the number is read again."""
        resource, seen = change.resource, change.observed
        if resource is None or seen is None:
            raise LookupError(str(change.address))
        body = {
            _POLICIES[diff.path].wire: context.resolver.to_wire(_POLICIES[diff.path], resource.declared[diff.path])
            for diff in change.diffs
        }
        context.api.patch(f"{_PATH}/{segment(seen.id)}", body)
        return self.read(seen.id, context)

    def create(self, change: Change, context: Context) -> Observed:
        """Route what a connection imported in this run; a number is never bought."""
        number = declared(change).declared.get("number")
        found = next((item for item in self.observe(context.look) if item.identity == number), None)
        if found is None:
            raise LookupError(f"{number} was not imported")
        diffs = self.diff(declared(change), found.body, context.resolver)
        return self.update(replace(change, id=found.id, observed=found, diffs=diffs), context) if diffs else found

    def due_once_made(self, resource: Resource) -> Iterator[DueAction]:
        """The probe call that was asked for, once the number is there."""
        if resource.declared.get("verify"):
            yield _PROBE

    def act(self, change: Change, context: Context) -> Observed:
        """Place the probe call once, and read what the carrier made of it."""
        id_ = change.id or context.resolver.id(change.address) or ""
        if change.observed is None and _proven(before := self.read(id_, context)):
            return before
        try:
            answer = context.api.post(f"{_PATH}/{segment(id_)}/verify-voip", {})
        except AmbiguousWrite:
            after = self.read(id_, context)
            if not _proven(after):
                raise
            return after
        after = self.read(id_, context)
        if not _proven(after):
            status = after.body.get("voip_verification_status")
            raise Declined(
                f"the carrier's proof did not succeed: the number is `{status}`",
                method="POST",
                path=f"{_PATH}/{id_}/verify-voip",
                detail=_evidence(answer) or str(after.body.get("outbound_ineligible_reason") or ""),
                hint=f"fix the carrier's settings, then: reconciler apply --verify-again {change.address}",
            )
        return after

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """One number, as it is now."""
        return _observed(context.api.get(f"{_PATH}/{segment(id_)}"))

    def due_actions(self, resource: Resource, observed: Observed) -> Iterator[DueAction]:
        """A probe call where one was asked for and can help."""
        if not resource.declared.get("verify") or _proven(observed) or observed.body.get("source") == "demo":
            return
        yield _PROBE

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterator[Finding]:
        """A number that is missing, cannot be verified, or was refused by its carrier before."""
        resource = change.resource
        if resource is None:
            return
        if change.action is Action.CREATE and not _imported(resource, account):
            yield _finding(change, not_on_account(str(resource.declared.get("number", "?"))), "number")
        live = change.observed
        if live is None or not resource.declared.get("verify") or _proven(live):
            return
        binding = account.bindings.get(change.address)
        if binding is not None and binding.refused and change.action is not Action.ACT:
            message = f"its proof failed before, and is not tried again unless asked: {binding.refused}"
            hint = f"fix the carrier's settings, then: reconciler apply --verify-again {change.address}"
            yield _finding(change, Obstacle("RC205", message, hint, lasting=False), "verify")
        if live.body.get("source") == "demo" and (obstacle := undialable(live.body)):
            yield _finding(change, obstacle, "verify")

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """A number is never removed by this tool, so it cannot be declared absent; nor twice."""
        first: dict[Any, Resource] = {}
        for resource in own:
            where = resource.manifest.locate("spec", "number")
            if resource.manifest.absent:
                message = "a number cannot be declared absent: this tool never releases one"
                hint = "remove the document; release the number in the dashboard"
                yield Finding(Severity.ERROR, "RC149", message, hint, resource.address, where)
            if (number := resource.declared.get("number")) is None:
                continue
            twin = first.setdefault(number, resource)
            if twin is not resource:
                message, hint = f"the number is that of `{twin.address}` too", "keep one of the two documents"
                yield Finding(Severity.ERROR, "RC117", message, hint, resource.address, where)

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """Routing is undone by routing again."""
        return ()


def _imported(resource: Resource, account: Account) -> bool:
    """Whether a connection that is declared brings the number."""
    carriers = [it for it in account.resources.values() if it.address.kind == _CARRIERS and not it.manifest.absent]
    return any(resource.declared.get("number") in (it.declared.get("numbers") or ()) for it in carriers)


def _observed(body: Any) -> Observed:
    return Observed(
        kind=PhoneNumber.name,
        id=identifier(body["id"], path=_PATH),
        body=body,
        identity=str(body.get("number", "")),
        name=str(body.get("label") or ""),
    )


def _evidence(answer: Any) -> str:
    """The carrier's own words on a proof: ``outbound: SIP 403 from the trunk``; the one thing a person needs."""
    told = answer.get("verification_evidence") if isinstance(answer, dict) else None
    words = told.get("evidence") if isinstance(told, dict) else None
    if not isinstance(words, dict):
        return str(words or "")
    return "; ".join(f"{side}: {said}" for side, said in words.items() if isinstance(said, str) and said)


def _proven(observed: Observed) -> bool:
    return observed.body.get("voip_verification_status") in PROVEN


def _finding(change: Change, obstacle: Obstacle, field: str) -> Finding:
    location = change.resource.manifest.locate("spec", field) if change.resource else None
    severity = Severity.ERROR if obstacle.lasting else Severity.WARNING
    return Finding(severity, obstacle.code, obstacle.message, obstacle.hint, change.address, location)

"""The organisation: its name, its time zone, and two settings whose shape the vendor does not tell.

The vendor's oddity (contract-next 6): it answers a write with another model than a read, so it is read again.
``phi_processing`` is a legal switch and is never declared; ``excluded_numbers`` are left out of reports, and are no
do-not-call list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from reconciler.api import segment
from reconciler.api.identifiers import identifier
from reconciler.contract.fields import Spec, policies
from reconciler.contract.kind import FoundBy, Kind, Orphans
from reconciler.kinds.rest import declared, live
from reconciler.model import Observed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from reconciler.contract.account import Context, Look
    from reconciler.model import Change

_PATH = "/v1/orgs/"


class OrganizationSpec(Spec):
    """What may be declared of the organisation."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="Its name in the dashboard.")
    timezone: str | None = Field(default=None, min_length=1, description="IANA zone of its local time.")
    business_hours: Any = Field(default=None, description="Opening hours, as `export` reads them; any JSON.")
    excluded_numbers: Any = Field(
        default=None, description="Numbers that reports leave out, as `export` reads them; no do-not-call list."
    )


class Organization(Kind):
    """The account's organisation; one document per account."""

    name = "Organization"
    spec = OrganizationSpec
    orphans = Orphans.NEVER_OURS
    found_by = FoundBy.IDENTITY

    def observe(self, look: Look) -> Iterator[Observed]:
        """The organisation that the key opens."""
        yield from (_observed(body) for body in look.api.items(_PATH))

    def identity(self, spec: BaseModel) -> str:
        """There is one per key."""
        return "account"

    def update(self, change: Change, context: Context) -> Observed:
        """PATCH what differs, and read it again: the answer is another model."""
        wanted = self.expected(declared(change))
        own, id_ = policies(self.spec), live(change).id
        fields = {own[diff.path].wire: wanted[diff.path] for diff in change.diffs}
        context.api.patch(f"{_PATH}{segment(id_)}/", fields)
        return self.read(id_, context)

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """The organisation, as it is now."""
        return _observed(context.api.get(f"{_PATH}{segment(id_)}/"))


def _observed(body: Any) -> Observed:
    return Observed(
        Organization.name,
        identifier(body.get("id"), path=_PATH),
        body,
        identity="account",
        name=str(body.get("name", "")),
    )

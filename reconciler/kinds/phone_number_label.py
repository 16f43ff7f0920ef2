"""Labels of other people's numbers: a name that the call list shows in place of a number.

The vendor's oddity (contract-next 7): posting a number again changes its label, and there is no other way to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from reconciler.contract.fields import E164, PERSONAL, Spec
from reconciler.contract.kind import FoundBy
from reconciler.kinds.rest import RestKind, declared

if TYPE_CHECKING:
    from reconciler.contract.account import Context
    from reconciler.model import Change, Observed


class PhoneNumberLabelSpec(Spec):
    """The number, and what it is called."""

    phone_number: Annotated[E164, PERSONAL] = Field(description="The number, in E.164.")
    label: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")


class PhoneNumberLabel(RestKind):
    """What a telephone number is called in the account's lists."""

    name = "PhoneNumberLabel"
    spec = PhoneNumberLabelSpec
    path = "/v1/phone-number-labels"
    label = "label"
    known_by = (("phone_number",),)
    found_by = FoundBy.IDENTITY
    listed_only = True

    def update(self, change: Change, context: Context) -> Observed:
        """Post it again."""
        fields = {**self.expected(declared(change)), "phone_number": declared(change).declared["phone_number"]}
        return self._one(context.api.post(self.path, self.body(fields, context.resolver)), "")

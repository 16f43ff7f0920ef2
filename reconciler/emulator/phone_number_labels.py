"""Labels that people give to other people's numbers (contract-next 7): posting one again changes it."""

from __future__ import annotations

from reconciler.emulator import validators as v
from reconciler.emulator.resource import Field, Resource

PHONE_NUMBER_LABELS = Resource(
    name="phone_number_labels",
    noun="PhoneNumberLabel",
    path="/v1/phone-number-labels",
    fields={
        "phone_number": Field(v.dialable, required=True),
        "label": Field(v.text(minimum=1, maximum=255), required=True),
    },
    first_id=4001,
    verbs=("list", "create", "delete"),
    created_status=200,
    upsert_by="phone_number",
)

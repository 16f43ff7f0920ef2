"""Every plain resource, one line each; what it needs beyond that stands in its own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.phone_number_labels import PHONE_NUMBER_LABELS
from reconciler.emulator.reusable_instructions import REUSABLE_INSTRUCTIONS
from reconciler.emulator.webhook_endpoints import WEBHOOK_ENDPOINTS

if TYPE_CHECKING:
    from reconciler.emulator.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    WEBHOOK_ENDPOINTS,
    REUSABLE_INSTRUCTIONS,
    PHONE_NUMBER_LABELS,
)

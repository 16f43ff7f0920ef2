"""List the kinds there are; adding one is a file beside this and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds.agent import Agent
from reconciler.kinds.auto_reload import AutoReload
from reconciler.kinds.phone_number import PhoneNumber
from reconciler.kinds.scheduled_call import ScheduledCall

if TYPE_CHECKING:
    from reconciler.kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Agent(), PhoneNumber(), AutoReload(), ScheduledCall())}

"""Our own record of a campaign, which goes along with what the platform tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.state.campaign_records import CampaignRecord

if TYPE_CHECKING:
    from reconciler.model import Observed

RECORD = "our record"  # beside the vendor's keys; no key of theirs has a space


def record(observed: Observed) -> CampaignRecord:
    """What is remembered of a live campaign."""
    found = observed.body.get(RECORD)
    return found if isinstance(found, CampaignRecord) else CampaignRecord("", observed.id)

"""Identity of the account that a key opens."""

from __future__ import annotations

from typing import Any

from reconciler.api.identifiers import identifier
from reconciler.errors import Unintelligible
from reconciler.model import Target


def target_of(url: str, who: Any) -> Target:
    """The organisation in an answer to whoami; raises Unintelligible where it names none."""
    organization = who.get("organization") if isinstance(who, dict) else None
    if not isinstance(organization, dict) or "id" not in organization:
        raise Unintelligible(
            "the answer to whoami names no organisation",
            method="GET",
            path="/v1/whoami",
            hint="is the address that of the API? check --api-url and THUNDERPHONE_API_BASE_URL",
        )
    id_ = identifier(organization["id"], path="/v1/whoami")
    return Target(url.rstrip("/"), id_, str(organization.get("name", "")))

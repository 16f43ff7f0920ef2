"""Rules about webhooks whose events reach nobody."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.lint.rule import Complaint, at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from reconciler.model import Resource

_RESERVED = (".invalid", ".test", ".local", ".localhost", ".internal", ".home.arpa")


def unreachable(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """An endpoint that is switched on, at an address that only this machine or network knows."""
    del now
    for resource in resources.values():
        said = resource.declared
        if resource.address.kind != "WebhookEndpoint" or said.get("status") == "disabled" or "url" not in said:
            continue
        host = urlsplit(said["url"]).hostname or ""
        if _is_private(host):
            message = f"`{host}` is not reached from the platform: nobody receives these events"
            yield at(resource, message, "name a public https address, or declare `status: disabled`", "url")


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(_RESERVED)

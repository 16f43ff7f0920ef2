"""This file exists to name what the rest of the tool may use of the HTTP client.

``connect`` opens the vendor's API once per run, ``Api`` is shared by all threads of it. Every failure is one
of ``reconciler.errors``; nothing of httpx passes this package.
"""

from __future__ import annotations

from reconciler.api.address import DEFAULT_BASE_URL, base_url, segment
from reconciler.api.client import Api, Reply, connect

__all__ = ["DEFAULT_BASE_URL", "Api", "Reply", "base_url", "connect", "segment"]

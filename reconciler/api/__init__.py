"""The public names of the HTTP client.

``connect`` opens the vendor's API once per run, ``Api`` is shared by all threads of it. Every failure is one
of ``reconciler.errors``; nothing of httpx passes this package.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from reconciler.api.address import DEFAULT_BASE_URL, base_url, segment

if TYPE_CHECKING:
    from reconciler.api.client import Api, Reply, connect

__all__ = ["DEFAULT_BASE_URL", "Api", "Reply", "base_url", "connect", "segment"]


def __getattr__(name: str) -> Any:
    """Import the client when it is first asked for: httpx is slow to load, and a kind needs ``segment`` alone."""
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    # httpx tries to import a command line of its own, which takes 40 ms where rich happens to be installed. None in its
    # place is an ImportError, which httpx expects.
    modules: dict[str, Any] = sys.modules
    left_out = "httpx" not in modules and modules.setdefault("httpx._main", None) is None
    from reconciler.api import client  # noqa: PLC0415 - the point of this function

    if left_out:
        del modules["httpx._main"]
    return getattr(client, name)

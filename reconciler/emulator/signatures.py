"""Signatures of webhooks (contract-next 1.5): one over the body, one over time, method, path and body."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

V1 = "X-ThunderPhone-Signature"
V2 = "X-ThunderPhone-Signature-V2"


def signed(secret: str, url: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Both signature headers of a POST."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    text = b"\n".join([str(timestamp).encode(), b"POST", target.encode(), body])
    return {V1: _hex(secret, body), V2: f"t={timestamp},v1={_hex(secret, text)}"}


def _hex(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()

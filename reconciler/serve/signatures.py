"""Signatures of the platform's webhooks: over time, method, path and body; version 1 over the body."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

V1 = "x-thunderphone-signature"
V2 = "x-thunderphone-signature-v2"
TOLERANCE_SECONDS = 300
_MOST_DIGITS = 15


class Signed(NamedTuple):
    """What was signed: the method in upper case, the path with its query as it came, and the raw body."""

    method: str
    target: bytes
    body: bytes


def is_authentic(
    headers: Mapping[str, str], signed: Signed, secrets: Sequence[bytes], *, now: float, accept_v1: bool = False
) -> bool:
    """Whether one of the secrets signed this request, within five minutes of ``now`` either way.

    The signature of version 1 has no time and can be replayed: it counts only where it is accepted and the newer
    one is absent. A newer one that is wrong is never made good by an older one.
    """
    if V2 in headers:
        return _is_authentic_v2(headers[V2], signed, secrets, now)
    return accept_v1 and _matches(headers.get(V1, "").strip().lower(), [_hex(key, signed.body) for key in secrets])


def _is_authentic_v2(header: str, signed: Signed, secrets: Sequence[bytes], now: float) -> bool:
    parsed = _parsed(header)
    if parsed is None:
        return False
    timestamp, given = parsed
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        return False
    text = b"\n".join([str(timestamp).encode(), signed.method.upper().encode(), signed.target, signed.body])
    expected = [_hex(key, text) for key in secrets]
    found = False
    for each in given:  # all of them: how long it takes does not tell which matched
        found |= _matches(each, expected)
    return found


def _parsed(header: str) -> tuple[int, list[str]] | None:
    """The time and the signatures; None for a header that has no or two times, or no signature."""
    timestamp: int | None = None
    given = []
    for item in header.split(","):
        key, sign, value = (part.strip() for part in item.partition("="))
        if not sign:
            continue
        if key == "t":
            if timestamp is not None or not (value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS):
                return None
            timestamp = int(value)
        elif key == "v1" and value:
            given.append(value.lower())
    return None if timestamp is None or not given else (timestamp, given)


def _matches(given: str, expected: Sequence[str]) -> bool:
    found = False
    for each in expected:
        found |= hmac.compare_digest(each.encode(), given.encode("utf-8", "surrogatepass"))
    return found


def _hex(secret: bytes, text: bytes) -> str:
    return hmac.new(secret, text, hashlib.sha256).hexdigest()

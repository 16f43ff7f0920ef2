"""Addresses of an API: which of them a key may be sent to, and how paths are written.

A wrong address is a leaked key, so messages never repeat what was given: it may carry a password.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from reconciler.errors import InputError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

DEFAULT_BASE_URL = "https://api.thunderphone.com"

_VERSION = "/v1"
_LOOPBACK = IPv4Network("127.0.0.0/8")
_NOT_THE_API = {
    "app.thunderphone.com": "is the dashboard",
    "docs.thunderphone.com": "is the documentation",
    "thunderphone.com": "is the vendor's site",
    "www.thunderphone.com": "is the vendor's site",
}


def base_url(text: str) -> str:
    """The address of the API, without a trailing slash and without ``/v1``.

    https anywhere, http on loopback only; no credentials, query or fragment (contract 1.3). A trailing
    ``/v1`` is dropped, since every path brings its own (contract 1.1); a path prefix is kept.
    InputError (RC120) otherwise.
    """
    trimmed = text.strip()
    complaint = _unreadable(trimmed) or _complaint(urlsplit(trimmed))
    if complaint:
        raise InputError(
            f"the API address {complaint}",
            code="RC120",
            hint=f"pass `--api-url {DEFAULT_BASE_URL}`, or set THUNDERPHONE_API_BASE_URL to it",
        )
    parts = urlsplit(trimmed)
    path = parts.path.rstrip("/").removesuffix(_VERSION).rstrip("/")
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def segment(identifier: str | int) -> str:
    """One path segment, percent-encoded, so that no id can reach another path.

    InputError (RC126) for the empty string, ``.`` and ``..``, which a URL cannot carry as a segment.
    """
    written = quote(str(identifier), safe="")
    if written in {"", ".", ".."}:
        raise InputError(
            f"`{written}` cannot be an id at the vendor",
            code="RC126",
            hint="copy the id from the dashboard into `metadata.id`, or leave it out",
        )
    return written


def loopback(host: str | None) -> bool:
    """Whether a host name is this machine: 127.0.0.0/8, ::1 or ``localhost``."""
    if host == "localhost":
        return True
    try:
        number = ip_address(host or "")
    except ValueError:
        return False
    return number == IPv6Address("::1") or (number.version == 4 and number in _LOOPBACK)  # noqa: PLR2004 - IPv4


def check_path(path: str) -> None:
    """ValueError for a path that is not below ``/v1`` or that a URL would rewrite: a bug of ours."""
    parts = path.split("/")
    if parts[:2] != ["", "v1"] or not {".", "..", ""}.isdisjoint(parts[2:-1]) or parts[-1] in {".", ".."}:
        raise ValueError("a path starts with /v1 and has no empty or dot segments")
    if any(character in "?#\\" or not character.isprintable() or character == " " for character in path):
        raise ValueError("a path is written with `segment`, and its query is passed as `params`")


def _unreadable(text: str) -> str:
    """What makes the text no URL at all, or nothing."""
    if not text:
        return "is empty"
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return "contains blanks, backslashes or characters outside ASCII"
    try:
        _ = urlsplit(text).port
    except ValueError:
        return "has a host or port that cannot be read"
    return ""


def _complaint(parts: SplitResult) -> str:
    """What is wrong with a readable URL, or nothing; the first row that applies."""
    host = parts.hostname
    return next(
        (
            complaint
            for applies, complaint in (
                (parts.scheme not in {"https", "http"}, "must start with https://"),
                ("@" in parts.netloc, "must not contain a user name or password"),
                (not host, "has no host"),
                (parts.port == 0, "has a host or port that cannot be read"),
                (bool(parts.query), "must not have a query"),
                (bool(parts.fragment), "must not have a fragment"),
                (parts.scheme == "http" and not loopback(host), "must be https: http is for loopback only"),
                (host in _NOT_THE_API, f"points at {host}, which {_NOT_THE_API.get(host or '')}"),
            )
            if applies
        ),
        "",
    )

"""Access to the page and its switches: who may read, who may hold and release."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_PORT = 65535


class Address(NamedTuple):
    """Where the service listens."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def address(written: str) -> Address:
    """``HOST:PORT``, an IPv6 address in brackets; raises InputError for anything else."""
    host, colon, port = written.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if colon and host and port.isascii() and port.isdigit() and int(port) <= _LONGEST_PORT:
        return Address(host, int(port))
    raise InputError(
        f"`{written}` is no address to listen on", code="RC124", hint="for example --listen 127.0.0.1:8414"
    )


class Access:
    """Reading on loopback is free, by the loopback's own name; anything else takes the token."""

    def __init__(self, listen: Address, token: str) -> None:
        self._listen, self._token = listen, token

    def may_read(self, headers: Mapping[str, str]) -> bool:
        """Whether the page may be shown; a browser asks for the token as a password.

        A page of another site that resolves to loopback names another host, and is not answered.
        """
        if self._listen.is_loopback and _host(headers.get("host", "")) in _names(self._listen):
            return True
        scheme, _, written = headers.get("authorization", "").partition(" ")
        return self._is(_password(written) if scheme.lower() == "basic" else _bearer(headers))

    def may_switch(self, headers: Mapping[str, str], field: str) -> bool:
        """Whether calls may be held and released: the token itself must come with the request.

        A password that the browser sends by itself does not count: another site could make it send the form.
        """
        return self._is(_bearer(headers)) or self._is(field)

    def _is(self, given: str) -> bool:
        return bool(self._token) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self._token.encode())


def _names(listen: Address) -> frozenset[str]:
    return frozenset({"localhost", "127.0.0.1", "::1", listen.host})


def _host(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return (header.rpartition(":")[0] if ":" in header else header).lower()


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, written = headers.get("authorization", "").partition(" ")
    return written.strip() if scheme.lower() == "bearer" else ""


def _password(written: str) -> str:
    try:
        return base64.b64decode(written.strip(), validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, ValueError):
        return ""

"""Addresses on the command line: KIND/NAME of a kind that there is."""

from __future__ import annotations

from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.model import Address


def address_of(text: str) -> Address:
    """The address; raises InputError for what is none."""
    try:
        address = Address.parse(text)
    except ValueError as error:
        raise InputError(str(error), code="RC124", hint="for example Agent/front-desk") from None
    if address.kind not in KINDS:
        raise InputError(f"unknown kind `{address.kind}`", code="RC111", hint=f"one of {', '.join(KINDS)}")
    return address

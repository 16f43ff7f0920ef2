"""What opens the account, a key or a stored login, and the address that it is sent to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.api.address import DEFAULT_BASE_URL
from reconciler.api.key import VARIABLE, Key, find_key
from reconciler.api.profile import Login, find_login, stored_profiles
from reconciler.diagnostics.suggestions import listed
from reconciler.errors import InputError
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from reconciler.cli.options import Options


@dataclass(frozen=True, slots=True)
class Credential:
    """A key with the address it may go to, and in words where it came from; ``chosen`` where this run was told so."""

    key: Key
    address: str
    source: str
    chosen: bool = True


def credential(options: Options, address: str | None) -> Credential:
    """What this run uses, see ``found``; InputError (RC123) where there is nothing."""
    used = found(options, address)
    if used is None:
        raise InputError("there is no API key, and --emulator was not asked for", code="RC123", hint=ways_on())
    return used


def found(options: Options, address: str | None) -> Credential | None:
    """What this run uses, ``address`` being asked for by an option, a variable or the project file; None for nothing.

    A file that an option names comes first, then a login that an option names, the variable, and last a stored login.
    InputError where it cannot be used.
    """
    if options.api_key_file is not None and options.profile:
        raise InputError("`--api-key-file` and `--profile` exclude each other", code="RC124", hint="leave one out")
    if not options.profile and (key := find_key(os.environ, options.api_key_file)) is not None:
        return Credential(key, address or DEFAULT_BASE_URL, f"of {options.api_key_file or VARIABLE}")
    login = find_login(os.environ, options.profile, SystemClock().now())
    if login is None:
        return None
    return Credential(Key(login.token), login.address_for(address or ""), _spoken(login), chosen=bool(options.profile))


def _spoken(login: Login) -> str:
    organization = f", {login.organization}" if login.organization else ""
    return f"the login `{login.profile}` of `{login.file}`{organization}"


def ways_on() -> str:
    """What to do where there is neither a key nor a login."""
    profiles = stored_profiles(os.environ)
    stored = f", choose one of the logins {listed(profiles)} by --profile" if profiles else ""
    key = "set THUNDERPHONE_API_KEY (or --api-key-file FILE)"
    return f"{key}{stored}, or add --emulator to try it without an account"

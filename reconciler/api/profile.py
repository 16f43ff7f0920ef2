"""Logins that the vendor's own tools stored: read only, and sent to no origin but their own.

The file is ``credentials.json`` of the vendor's configuration folder (contract 1.3), an object by profile. Its refresh
tokens are good for one use and rotate, so a login that has ended is renewed where it was made, and not here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.api.address import base_url
from reconciler.api.key import SHORTEST
from reconciler.diagnostics.suggestions import nearest, offer
from reconciler.documents.project_files import Unreadable, read_limited
from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CODE = "RC131"
DEFAULT_PROFILE = "default"
VARIABLE = "THUNDERPHONE_PROFILE"
_FOLDER = "THUNDERPHONE_CONFIG_DIR"
_FILE = "credentials.json"
_LARGEST = 1_000_000
_TOKENS = ("access_token", "refresh_token")
_PORTS = {"https": 443, "http": 80}
_AGAIN = "log in again with the vendor's own command line, or set THUNDERPHONE_API_KEY"


@dataclass(frozen=True, slots=True)
class Login:
    """A login that can be used now, and the one origin that it may be sent to."""

    profile: str
    file: Path
    token: str
    address: str
    organization: str

    def address_for(self, asked: str) -> str:
        """Where requests go: its own address where none was ``asked`` for; InputError (RC131) for another origin."""
        if not asked:
            return self.address
        if _origin(base_url(asked)) != _origin(self.address):
            raise _unusable(
                f"the login `{self.profile}` is for {self.address} and is sent to no other address",
                "leave the address out, or set THUNDERPHONE_API_KEY to a key of the other one",
            )
        return asked


def find_login(environment: Mapping[str, str], named: str | None, now: datetime) -> Login | None:
    """The login of a profile: the one that is ``named``, that of THUNDERPHONE_PROFILE, or ``default``.

    None where nobody named one and there is no default. InputError (RC131) for one that is named and not there, that
    has ended, or that cannot be read.
    """
    file, asked = _file(environment), named or environment.get(VARIABLE, "").strip()
    profiles = _profiles(file) if file is not None else {}
    profile = asked or DEFAULT_PROFILE
    if profile in profiles and file is not None:
        return _login(file, profile, profiles[profile], now)
    if not asked:
        return None
    where = f" in `{file}`" if file is not None else ""
    known = list(profiles)
    raise _unusable(f"there is no login `{profile}`{where}", nearest(profile, known) or offer(known) or _AGAIN)


def stored_profiles(environment: Mapping[str, str]) -> list[str]:
    """The names of all logins; none where the file cannot be read."""
    try:
        return sorted(_profiles(file)) if (file := _file(environment)) is not None else []
    except InputError:
        return []


def stored_tokens(environment: Mapping[str, str]) -> Iterator[str]:
    """Every token in the file, to be hidden; never raises."""
    try:
        profiles = _profiles(file) if (file := _file(environment)) is not None else {}
    except InputError:
        return
    for login in profiles.values():
        tokens = (login.get(name) for name in _TOKENS)
        yield from (token for token in tokens if isinstance(token, str) and len(token) >= SHORTEST)


def _file(environment: Mapping[str, str]) -> Path | None:
    """Where the vendor's tools keep logins; None where there is no such file."""
    if named := environment.get(_FOLDER, ""):
        folder = Path(named)
    elif settings := environment.get("XDG_CONFIG_HOME", ""):
        folder = Path(settings, "thunderphone")
    else:
        try:
            folder = Path.home() / ".config" / "thunderphone"
        except RuntimeError:
            return None
    file = folder / _FILE
    return file if file.is_file() else None


def _profiles(file: Path) -> dict[str, dict[str, Any]]:
    content = read_limited(file, largest=_LARGEST)
    if isinstance(content, Unreadable):
        raise _unusable(f"`{file}` {content.message}")
    try:
        found = json.loads(content)
    except ValueError:
        raise _unusable(f"`{file}` is not JSON") from None
    if not isinstance(found, dict):
        raise _unusable(f"`{file}` is no object of logins")
    return {name: login for name, login in found.items() if isinstance(login, dict)}


def _login(file: Path, profile: str, stored: Mapping[str, Any], now: datetime) -> Login:
    token, address = stored.get("access_token"), stored.get("api_base_url")
    if not isinstance(token, str) or not token or any(not ("!" <= letter <= "~") for letter in token):
        raise _unusable(f"the login `{profile}` in `{file}` has no access token")
    if not isinstance(address, str) or not address:
        raise _unusable(f"the login `{profile}` in `{file}` does not say which API it is for")
    if (end := _end(stored.get("expires_at"))) is not None and end <= now:
        raise _unusable(f"the login `{profile}` ended at {end:%Y-%m-%dT%H:%M:%SZ}")
    name, number = stored.get("organization_name"), stored.get("organization_id")
    organization = f"{name} (organisation {number})" if name and number else ""
    return Login(profile, file, token, base_url(address), organization)


def _end(stored: Any) -> datetime | None:
    """When a login ends, written as milliseconds since 1970; None where it is not said."""
    if isinstance(stored, bool) or not isinstance(stored, int | float):
        return None
    try:
        return datetime.fromtimestamp(stored / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _origin(address: str) -> tuple[str, str, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def _unusable(message: str, hint: str = _AGAIN) -> InputError:
    return InputError(message, code=CODE, hint=hint)

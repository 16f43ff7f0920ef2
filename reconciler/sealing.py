"""Sealed files: age encryption for a project's recipients, opened in memory with an identity.

Nothing opened is written to disk or shown, and no message quotes an identity or what a file holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from reconciler.distribution import with_extra
from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

SUFFIX = ".age"
VARIABLE = "RECONCILER_AGE_IDENTITY"
_IDENTITY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")
_RECIPIENT = re.compile(r"age1[0-9a-z]{50,}|ssh-(?:ed25519|rsa) \S+(?: .*)?")
_NO_IDENTITY = f"set {VARIABLE} to the identity or to the path of its file, or `secrets.identity` in reconciler.yaml"


def _recipient(text: str) -> str:
    if not _RECIPIENT.fullmatch(text.strip()):
        raise ValueError("is not an age recipient (age1…) and no SSH key: `age-keygen -y FILE` prints one")
    return text.strip()


class Secrets(BaseModel):
    """For whom secrets are sealed, and who opens them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    recipients: tuple[Annotated[str, AfterValidator(_recipient)], ...] = Field(
        default=(), description="Public keys (age1…) that sealed files and what the platform shows once are sealed for."
    )
    identity: str | None = Field(
        default=None, min_length=1, description=f"File of the age identity that opens them, unless {VARIABLE} is set."
    )


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seals for a project's recipients, and opens with its identity; raises InputError (RC161) where it cannot."""

    secrets: Secrets
    root: Path
    process: Mapping[str, str]

    @property
    def seals(self) -> bool:
        """Whether there is anybody to seal for."""
        return bool(self.secrets.recipients)

    def seal(self, data: bytes) -> bytes:
        """The bytes, readable for the recipients alone."""
        if not self.seals:
            hint = "write `secrets: {recipients: [age1…]}` in reconciler.yaml; `age-keygen` makes a pair"
            raise InputError("nothing says for whom to seal", code="RC161", hint=hint)
        pyrage = _library()
        sealed: bytes = pyrage.encrypt(data, [_parsed(pyrage, text) for text in self.secrets.recipients])
        return sealed

    def open(self, data: bytes) -> bytes:
        """What was sealed."""
        pyrage = _library()
        identities = self._identities(pyrage)
        try:
            opened: bytes = pyrage.decrypt(data, identities)
        except pyrage.DecryptError:
            hint = "use the identity of one of its recipients, or seal it again: reconciler seal FILE"
            raise InputError("is not sealed for this identity, or damaged", code="RC161", hint=hint) from None
        return opened

    def _identities(self, pyrage: ModuleType) -> list[Any]:
        text = self._identity()
        try:
            if found := _IDENTITY.findall(text):
                return [pyrage.x25519.Identity.from_str(each) for each in found]
            return [pyrage.ssh.Identity.from_buffer(text.encode())]
        except Exception:  # noqa: BLE001 - the library's own errors, whose words might quote the identity
            raise InputError("the age identity cannot be used", code="RC161", hint=_NO_IDENTITY) from None

    def _identity(self) -> str:
        """The identity's text: what is set, or the file that it names."""
        given = self.process.get(VARIABLE) or self.secrets.identity
        if not given:
            raise InputError("there is no identity to open it with", code="RC161", hint=_NO_IDENTITY)
        if given.lstrip().startswith(("AGE-SECRET-KEY-1", "-----BEGIN")):
            return given
        try:
            return (self.root / Path(given).expanduser()).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise InputError("the file of the age identity cannot be read", code="RC161", hint=_NO_IDENTITY) from None


def _library() -> ModuleType:
    try:
        import pyrage  # noqa: PLC0415 - an extra: only who seals needs it
    except ImportError:
        raise InputError(
            "sealed files need a library that is not installed", code="RC161", hint=with_extra("sealed")
        ) from None  # fmt: skip - one call
    library: ModuleType = pyrage
    return library


def _parsed(pyrage: ModuleType, text: str) -> Any:
    try:
        if text.startswith("age1"):
            return pyrage.x25519.Recipient.from_str(text)
        return pyrage.ssh.Recipient.from_str(text)
    except Exception:  # noqa: BLE001 - the library's own errors
        hint = "correct `secrets.recipients` in reconciler.yaml"
        raise InputError(f"the recipient {text[:12]}… cannot be used", code="RC161", hint=hint) from None

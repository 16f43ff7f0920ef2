"""The API key: read once, and kept out of everything that leaves the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.documents.project_files import read_limited
from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VARIABLE = "THUNDERPHONE_API_KEY"
_LONGEST = 4096
SHORTEST = 8  # anything shorter is a placeholder, and hiding it would hide ordinary words
_SECRET_VARIABLES = (
    *(VARIABLE, "RECONCILER_STATE_KEY"),
    *("GITHUB_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN", "BITBUCKET_TOKEN", "SYSTEM_ACCESSTOKEN"),
)


class Key:
    """An API key whose text must be asked for by name; printing it shows only what kind of key it is."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the one header that carries it."""
        return self._text

    def __repr__(self) -> str:
        return f"Key({self._text[:8]}…)" if self._text.startswith("sk_") else "Key(…)"

    __str__ = __repr__


def known_secrets(environment: Mapping[str, str], file: Path | None) -> Iterator[str]:
    """The secrets this run was given, so that they are hidden before anything is read; never raises."""
    lines = (line.strip() for name in _SECRET_VARIABLES for line in environment.get(name, "").splitlines())
    yield from (secret for secret in lines if len(secret) >= SHORTEST)
    content = read_limited(file, largest=_LONGEST) if file is not None else b""
    if isinstance(content, bytes):
        yield from (line for line in content.decode("utf-8", "replace").split() if len(line) >= SHORTEST)


def find_key(environment: Mapping[str, str], file: Path | None) -> Key | None:
    """The key of ``--api-key-file``, or else of the environment; None when neither is there.

    Raises InputError when the file cannot be read, or when what was given cannot be a key.
    """
    if file is not None:
        try:
            return _checked(file.read_bytes()[: _LONGEST + 1], f"`{file}`")
        except OSError as error:
            raise InputError(
                f"the key file `{file}` cannot be read: {error.strerror}",
                code="RC121",
                hint="name a file that holds the key alone",
            ) from None
    text = environment.get(VARIABLE, "").strip()
    return _checked(text.encode(), f"`{VARIABLE}`") if text else None


def _checked(raw: bytes, where: str) -> Key:
    """A key is one printable word: anything else would break the header that carries it."""
    text = raw.decode("ascii", "replace").strip()
    if text.startswith("pk_"):
        raise InputError(
            f"{where} holds a publishable key, which the API does not accept",
            code="RC121",
            hint="use a secret key (sk_live_…) of the dashboard's API keys page",
        )
    if not text or len(raw) > _LONGEST or any(not ("!" <= letter <= "~") for letter in text):
        raise InputError(
            f"{where} does not hold an API key: one word of printable ASCII is expected",
            code="RC121",
            hint="store the key alone, without quotes or a name",
        )
    return Key(text)

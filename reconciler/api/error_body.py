"""The vendor's own words in an error, without what must not be shown.

The shapes are those of contract 1.5: ``{"detail"}`` with or without a code, complaints by field, ``{"error",
"message"}``, OAuth's ``{"error", "error_description"}``, and text that is no JSON at all. Keys and telephone
numbers never come out (promise P8): a server may echo what it was sent.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from reconciler.redaction import HIDDEN, hide_credentials, mask_in_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_TEXT = 400
_LONGEST_COMPLAINT = 200
_MOST_FIELDS = 20
_MOST_KEYS = 100
_DEEPEST = 5
_SENTENCES = ("detail", "message", "error_description", "error")
_CODES = ("code", "error")
_ENVELOPE = frozenset({*_SENTENCES, *_CODES, "retryable", "status", "status_code"})
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error body said: a short line for people, complaints by dotted field, and the decoded body."""

    detail: str = ""
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True, repr=False)
class Censor:
    """Takes one secret, anything that looks like a credential, and telephone numbers out of text."""

    secret: str

    def line(self, text: str, longest: int = _LONGEST_TEXT) -> str:
        """One printable line of at most ``longest`` characters, without credentials and E.164 numbers."""
        printable = "".join(character if character.isprintable() else " " for character in self.hide(text))
        line = mask_in_answer(" ".join(printable.split()), bare=False)
        return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"

    def words(self, text: str, longest: int = _LONGEST_TEXT) -> str:
        """As ``line``, for the vendor's words, where ten digits in a row may be a number without its plus."""
        return mask_in_answer(self.line(text, longest), bare=True)

    def hide(self, text: str) -> str:
        """The text without the secret and without anything that looks like a credential."""
        return hide_credentials(text.replace(self.secret, HIDDEN) if self.secret else text)

    def body(self, value: Any) -> Any:
        """A decoded body with every string in it, keys included, rid of credentials; numbers stay."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, list):
            return [self.body(item) for item in value]
        if isinstance(value, dict):
            return {self.hide(key): self.body(item) for key, item in value.items()}
        return value


def read_error_body(content: bytes, censor: Censor) -> ErrorBody:
    """The vendor's words in an error body of any shape; never fails."""
    try:
        body = censor.body(decode(content))
    except (ValueError, RecursionError):
        return ErrorBody(detail=censor.words(_plain(content)))
    fields = _fields(body, censor)
    return ErrorBody(detail=censor.words(_sentence(body) or _joined(fields)), fields=fields, body=body)


def decode(content: bytes | bytearray) -> Any:
    """JSON in bytes; ValueError or RecursionError when it is not, ``NaN`` and ``Infinity`` included."""
    try:
        return from_json(content, allow_inf_nan=False)  # a third of the time and the memory that json takes
    except ValueError:
        return json.loads(
            content, parse_constant=_refuse_constant
        )  # which knows half a surrogate pair, and has the words


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _plain(content: bytes) -> str:
    """Text that is not JSON: a page's title, or the text itself."""
    text = content.decode("utf-8", errors="replace")
    if not text.lstrip().startswith("<"):
        return text
    title = _TITLE.search(text)
    return f"an HTML page titled {' '.join(title[1].split())}" if title else "an HTML page"


def _sentence(body: Any) -> str:
    """The sentence of a body that has one, with its code in brackets."""
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(item for item in body if isinstance(item, str))
    if not isinstance(body, dict):
        return ""
    key = next((key for key in _SENTENCES if isinstance(body.get(key), str)), "")
    code = next((body[name] for name in _CODES if name != key and isinstance(body.get(name), str)), "")
    return f"{body[key]} ({code})" if key and code else str(body.get(key, ""))


def _fields(body: Any, censor: Censor) -> dict[str, tuple[str, ...]]:
    """Complaints by dotted field name, the first few."""
    if not isinstance(body, dict):
        return {}
    spoken = any(isinstance(body.get(key), str) for key in _SENTENCES)
    found: dict[str, tuple[str, ...]] = {}
    for key, value in islice(body.items(), _MOST_KEYS):
        if spoken and (key in _ENVELOPE or not isinstance(value, (list, dict))):
            continue
        for path, complaint in islice(_complaints(key, value, _DEEPEST), _MOST_FIELDS):
            name = censor.words(path, _LONGEST_COMPLAINT)
            if name in found or len(found) < _MOST_FIELDS:
                found[name] = (*found.get(name, ()), censor.words(complaint, _LONGEST_COMPLAINT))[:_MOST_FIELDS]
    return found


def _complaints(path: str, value: Any, depth: int) -> Iterator[tuple[str, str]]:
    """Each text below a field with its dotted path; the places in a list of objects count from 0."""
    if isinstance(value, str):
        yield path, value
    elif depth and isinstance(value, dict):
        for key, item in value.items():
            yield from _complaints(f"{path}.{key}", item, depth - 1)
    elif depth and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _complaints(path if isinstance(item, str) else f"{path}.{index}", item, depth - 1)


def _joined(fields: dict[str, tuple[str, ...]]) -> str:
    """All complaints on one line; those about no field come without a name."""
    return "; ".join(
        " ".join(complaints) if name == "non_field_errors" else f"{name}: {' '.join(complaints)}"
        for name, complaints in fields.items()
    )

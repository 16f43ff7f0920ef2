"""Know a secret when it sees one in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A rare letter and a sign must be in the text for a pattern to match at all: looking for those costs a hundredth of
# matching.
_SECRETS = tuple(
    (tuple(rare.split()), tuple(signs.split()), re.compile(pattern))
    for rare, signs, pattern in (
        ("_", "sk_ pk_ rk_ whsec_", r"\b(?:sk|pk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{12,}"),
        ("K S", "AKIA ASIA", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("_", "gh github_pat_", r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{20,})"),
        ("I", "AIza", r"\bAIza[\w-]{35}"),
        ("J", "eyJ", r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"),
        ("-", "-----BEGIN", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    )
)  # fmt: skip - a table
_DASHED = ("sk", "glpat", "xoxa", "xoxb", "xoxp", "xoxr", "xoxs")  # words before a dash, of which a text has few
_DASHED_VALUE = re.compile(r"\b(?:sk-[A-Za-z0-9_-]{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,})")
_DIGITS = tuple("0123456789")
_NAMES = ("password", "passphrase", "secret", "key", "token")
_NAMED_VALUE = re.compile(
    r"(?i)\b(?:password|passphrase|secret|api[ _-]?key|token)\b[\"'` ]*(?:is|[:=])[\"'` ]*"
    r"(?=[\w/+=-]*[0-9])(?=[\w/+=-]*[A-Za-z])[\w/+=-]{12,}"
)


def secrets_in(text: str) -> Iterator[re.Match[str]]:
    """What looks like a key or a password."""
    for rare, signs, pattern in _SECRETS:
        if _holds(text, rare) and _holds(text, signs):
            yield from pattern.finditer(text)
    if "-" in text and any(word.endswith(_DASHED) for word in text.split("-")):
        yield from _DASHED_VALUE.finditer(text)
    if _holds(text, _DIGITS) and _holds(text.lower(), _NAMES):
        yield from _NAMED_VALUE.finditer(text)


def _holds(text: str, signs: Iterable[str]) -> bool:
    """Whether a text holds one of some short signs."""
    return any(map(text.__contains__, signs))  # called a dozen times for each prompt, and a generator costs more

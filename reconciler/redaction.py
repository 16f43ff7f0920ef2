"""Secrets and telephone numbers in texts: one set of patterns for all that is shown or kept.

What looks like a key, a password or somebody's number is known by its form; what this run was given (its key, the
numbers it calls) is known by its value, and is hidden in whatever spelling it turns up.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from reconciler.telephony.phone_numbers import is_e164

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "[hidden]"
KEY = "(key)"

_BLOCK = "-----BEGIN"
_RUN = b"a" * 12  # of what keys and passwords are made of: letters (any byte beyond ASCII), digits and some signs
_MADE_OF = (string.ascii_letters + string.digits + "_/+=-").encode() + bytes(range(0x80, 0x100))
_RUNS = bytes.maketrans(_MADE_OF, b"a" * len(_MADE_OF))
# A rare letter and a sign must be in the text for a pattern to match at all: looking for those costs a hundredth of
# matching.
_SECRETS = tuple(
    (rare, tuple(signs.split()), re.compile(pattern))
    for rare, signs, pattern in (
        ("_", "sk_ pk_ rk_ whsec_", r"\b(?:sk|pk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{12,}"),
        ("A", "AKIA ASIA", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("_", "gh github_pat_", r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{20,})"),
        ("I", "AIza", r"\bAIza[\w-]{35}"),
        ("J", "eyJ", r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"),
        (
            "-",
            _BLOCK,
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:[A-Za-z0-9+/=\s]*-----END [A-Z ]*PRIVATE KEY-----)?",
        ),
        ("G", "AGE-SECRET-KEY-1", r"\bAGE-SECRET-KEY-1[0-9A-Z]{20,}"),
    )
)  # fmt: skip - a table
_DASHED = ("sk-", "glpat-", "xox")
_DASHED_VALUE = re.compile(r"\b(?:sk-[A-Za-z0-9_-]{20,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{10,})")
_DIGITS = tuple("0123456789")
_NAMES = ("pass", "secret", "key", "token")
_NAMED_VALUE = re.compile(
    r"(?i)(?<![A-Za-z0-9])(?:password|passphrase|secret|api[ _-]?key|token)\b[\"'` ]*(?:is|[:=])[\"'` ]*"
    r"(?=[\w/+=-]*[0-9])(?=[\w/+=-]*[A-Za-z])[\w/+=-]{12,}"
)
# A line of a file under a name that promises a secret: there the value is hidden whatever it looks like.
_NAMED_LINE = re.compile(
    r"(?i)((?<![A-Za-z0-9])(?:password|passwd|passphrase|secret|api[ _-]?key|token|credentials?|authorization)\b"
    r"[\"' ]*[:=][ \t]*)(?![\"']?\$\{)[^\s#{\[|>&*!][^\n]*"
)
_PROMISES_A_SECRET = re.compile(r"(?i)key|secret|token|pass|auth|credential")  # in the name of a setting
# Whole URLs with a password in them, and credentials as a server echoes them.
_CREDENTIAL = re.compile(
    r"(?i)\b[sp]k_(?:live|test)_[\w*-]{4,}"  # the vendor's keys, also when abridged
    r"|\b(?:bearer|token)\s+(?=[^\s\"',;<>]*\d)[^\s\"',;<>]{12,}"  # any other credential has digits
    r"|(?<=://)[^\s/:@\"']*:[^\s/@\"']+(?=@)"  # user:password@ of a URL
)

_BULLETS = "\u2022" * 7  # one length for all, so that it says nothing about what it hides
_COVER = "\ufdd0"  # no character of any text
_COVERED = re.compile(f"{_COVER}+")
_SHOWN_SIGN = re.compile(r"[^\r\n]")
_COUNTRY_CODE = re.compile(r"\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2})")
_SHOWN_DIGITS = 4
_FEWEST_HIDDEN = 3
_FEWEST_DIGITS = 7
_NATIONAL = 10  # digits of a North American number without its country code
_PLUS = r"(?:\+|%2[Bb])"  # a number in a query string travels as %2B1415…
_BETWEEN = r"[ ().\u00a0\u2010-\u2015-]{0,3}"
_NO_EXAMPLE = r"(?!\+?1415555XXXX)"  # what hints say to write, which is no number
_NUMBER_IN_TEXT = re.compile(
    rf"{_NO_EXAMPLE}{_PLUS}(1(?:{_BETWEEN}[0-9]){{10}}(?![0-9])"  # +1 and exactly ten digits
    r"|[1-9][0-9]{10,14}(?![0-9])"  # written without a break
    rf"|[1-9](?:{_BETWEEN}[0-9]){{6,}})"  # anything else, as far as the digits go
)
# Without `+`: ten digits in the American grouping, or nine in a row.
_BARE_IN_LINE = re.compile(r"(?<![\w+•])(?:\(?[0-9]{3}\)?[ .-]?[0-9]{3}[ .-]?[0-9]{4}|[0-9]{9,})(?![\w])")
# In the vendor's words, where ten digits in a row may be a number without its plus.
_WITH_PLUS_IN_ANSWER = re.compile(rf"{_NO_EXAMPLE}(?:\+|%2[Bb])\d[\d\s().-]{{5,18}}\d")
_BARE_IN_ANSWER = re.compile(r"(?<![\w.+-])\d{10,15}(?![\w.-]*\d)")
_BARE_IN_REASON = re.compile(  # a day is left as it is, also right before a number
    _NO_EXAMPLE + r"(?<![0-9])(?:(?P<day>20[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9]))"
    r"|\(?[0-9](?:[ ().\u00a0\u2010-\u2015-]{0,3}[0-9]){6,})"
)
_DIGITS_IN_A_ROW = re.compile(r"(?:\+|%2B)?([0-9]{7,15})(?![0-9])")
_DIGITS_APART = re.compile(r"\+?\(?[0-9](?:[ ().\u00a0-]{0,3}[0-9]){6,14}(?![0-9])")
_ENOUGH_DIGITS = re.compile(r"[0-9](?:[ ().\u00a0-]{0,3}[0-9]){6}")  # in whatever the two before it match
_NOT_DIGITS = re.compile(r"[^0-9]")
_LONGEST_REASON = 400
_LONGEST_WHOLE = 40  # of a longer secret its beginning is hidden too: messages cut what they quote


def promises_a_secret(name: str) -> bool:
    """Whether a setting has a name that promises a secret."""
    return _PROMISES_A_SECRET.search(name) is not None


def covered(text: str) -> str:
    """A text that is not to be shown, each character of it covered, so that what follows it keeps its column."""
    return _SHOWN_SIGN.sub(_COVER, text)


def secrets_in(text: str) -> Iterator[re.Match[str]]:
    """What looks like a key or a password; none has fewer than twelve signs in a row, but for a block between lines."""
    if _RUN in text.encode("utf-8", "surrogatepass").translate(_RUNS) or _BLOCK in text:
        yield from _patterns_in(text)


def _patterns_in(text: str) -> Iterator[re.Match[str]]:
    for rare, signs, pattern in _SECRETS:
        if rare in text and _holds(text, signs):
            yield from pattern.finditer(text)
    if "-" in text and _holds(text, _DASHED):
        yield from _DASHED_VALUE.finditer(text)
    if _holds(text, _DIGITS) and _holds(text.lower(), _NAMES):
        yield from _NAMED_VALUE.finditer(text)


def _holds(text: str, signs: Iterable[str]) -> bool:
    """Whether a text holds one of some short signs."""
    return any(map(text.__contains__, signs))  # called a dozen times for each prompt, and a generator costs more


def hide_secrets(text: str) -> str:
    """The text without anything that looks like a key or a password; its lines stay as many as they are."""
    for found in sorted(secrets_in(text), key=_length, reverse=True):
        text = text.replace(found[0], HIDDEN + "\n" * found[0].count("\n"))
    return text


def _length(found: re.Match[str]) -> int:
    return found.end() - found.start()


def hide_secret_lines(text: str) -> str:
    """As ``hide_secrets``, of a file's text: what stands under a name such as ``api_key`` is hidden as well."""
    return _NAMED_LINE.sub(rf"\1{HIDDEN}", hide_credentials(hide_secrets(text)))


def hide_credentials(text: str) -> str:
    """The text without credentials as a server echoes them."""
    return _CREDENTIAL.sub(HIDDEN, text)


def mask(number: str) -> str:
    """Hide a number: country code, seven bullets, last four digits; anything short or odd is hidden whole.

    What is masked already stays as it is.
    """
    if _BULLETS in number:
        return number
    code = _COUNTRY_CODE.match(number)
    if not (is_e164(number) and code) or len(number) - code.end() - _SHOWN_DIGITS < _FEWEST_HIDDEN:
        return _BULLETS
    return f"{code[0]}{_BULLETS}{number[-_SHOWN_DIGITS:]}"


def mask_in(text: str) -> str:
    """Mask every number written with ``+`` and its country code, whatever separates its digits.

    Ten digits after +1, or eleven in a row, are a whole number. Otherwise what follows it is hidden too,
    for as long as it may still belong to it.
    """
    return _NUMBER_IN_TEXT.sub(lambda match: mask("+" + _NOT_DIGITS.sub("", match[1])), text)


def mask_in_line(text: str) -> str:
    """As ``mask_in``, of a line of a file, where a number may stand without its plus, and parts may be covered."""
    return _BARE_IN_LINE.sub(_BULLETS, mask_in(_COVERED.sub(_BULLETS, text)))


def mask_in_answer(text: str, *, bare: bool) -> str:
    """As ``mask_in``, of a server's words; ``bare`` masks ten digits in a row as well."""
    masked = _WITH_PLUS_IN_ANSWER.sub(_masked_in_answer, text)
    return _BARE_IN_ANSWER.sub(_masked_in_answer, masked) if bare else masked


def _masked_in_answer(number: re.Match[str]) -> str:
    """A telephone number by its first digit and its last four."""
    digits = "".join(character for character in re.sub("%2[Bb]", "", number[0]) if character.isdigit())
    return f"{'' if number[0][0].isdigit() else '+'}{digits[0]}{_BULLETS}{digits[-_SHOWN_DIGITS:]}"


def storable(reason: str) -> str:
    """A person's reason as it may be kept: numbers masked in any spelling, and nothing that looks like a key."""
    if not reason:
        return ""
    for found in list(secrets_in(reason)):
        reason = reason.replace(found[0], KEY)
    printable = "".join(character if character.isprintable() else " " for character in mask_in(reason))
    words = mask_in_answer(" ".join(hide_credentials(printable).split()), bare=True)
    words = words if len(words) <= _LONGEST_REASON else f"{words[: _LONGEST_REASON - 1].rstrip()}…"
    return _BARE_IN_REASON.sub(lambda found: found[0] if found["day"] else mask(found[0]), words).strip()


def hide(text: str, number: str) -> str:
    """Mask one E.164 number in a text however it is written, with or without its country code."""
    last = rf"{_BETWEEN}".join(number[-_FEWEST_DIGITS:])
    spelt = re.compile(rf"{_PLUS}?\(?(?:[0-9]{_BETWEEN}){{0,8}}{last}(?![0-9])")
    return spelt.sub(mask(number), text)


class Redactor:
    """The secrets and the callees' numbers that this run knows of, hidden in any text it lets out."""

    def __init__(self) -> None:
        self._callees: set[str] = set()
        self._secrets: dict[str, None] = {}

    def hide_numbers(self, callees: Iterable[str]) -> None:
        """Mask these numbers (E.164) from now on, however they are written."""
        self._callees.update(callees)

    def hide_secret(self, secret: str) -> None:
        """Never let this text out, nor the beginning of it where it is long."""
        self._secrets[secret] = None
        if len(secret) > _LONGEST_WHOLE:
            self._secrets[secret[:_LONGEST_WHOLE]] = None

    @property
    def knows_numbers(self) -> bool:
        """Whether there is any number to mask."""
        return bool(self._callees)

    def without_secrets(self, text: str) -> str:
        """The text with every known secret replaced."""
        for secret in self._secrets:
            text = text.replace(secret, KEY)
        return text

    def without_numbers(self, text: str) -> str:
        """The text with every known callee's number masked."""
        if not self._callees or not _ENOUGH_DIGITS.search(text):
            return text
        return _DIGITS_APART.sub(self._apart, _DIGITS_IN_A_ROW.sub(self._in_a_row, text))

    def holds_number(self, text: str) -> bool:
        """Whether a text has a known callee's number in it."""
        return self.without_numbers(text) != text

    def _apart(self, found: re.Match[str]) -> str:
        return self._masked(_NOT_DIGITS.sub("", found[0]), found[0])

    def _in_a_row(self, found: re.Match[str]) -> str:
        return self._masked(found[1], found[0])

    def _masked(self, digits: str, written: str) -> str:
        """Of a hundred thousand numbers few are ever written: how each may be is asked of what was found."""
        whole = (f"+{digits}", digits, f"+1{digits}" if len(digits) == _NATIONAL else "")
        number = next((it for it in whole if it in self._callees), None)
        return written if number is None else mask(number)

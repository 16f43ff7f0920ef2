"""Rules about prompts: what a callee must be told, and what a prompt gives away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.lint.rule import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.lint.scripts import Script
    from reconciler.model import Resource

# A heuristic, and lenient: one turn of phrase of each list is enough, and only English is read.
_WHO = re.compile(
    r"\b(?:on behalf of|(?:this|here|it) is|my name is|your name is|(?:calling|call|calls) (?:from|for)|we are"
    r"|(?:assistant|agent|receptionist|dispatch\w*|caller|team|voice|secretary) (?:of|for|at|from)|introduce"
    r"|work(?:s|ing)? for|represent\w*|say who)\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\b(?:about|because|regarding|concerning|reason|purpose|in order to|confirm\w*|remind\w*|survey\w*|notif\w+|inform"
    r"|invit\w+|offer\w*|schedul\w+|collect\w*|follow(?:ing)?[ -]up|return\w* (?:the|your|a) call|say why"
    r"|(?:ask|tell|let) (?:them|him|her|the|a|whether|if|for|one)|to (?:ask|tell|check|find out|arrange|book))\b",
    re.IGNORECASE,
)

_TELEPHONE = re.compile(
    r"(?<![\w+])(?:\+[1-9][0-9 ().-]{7,17}[0-9]|\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[ .-][0-9]{4})(?!\w)"
)
# A text in which digits, and what stands between their groups, are alike: a tenth of the time that matching takes.
_ALIKE = bytes.maketrans(b"123456789 .", b"000000000--")
_MAIL = re.compile(r"\b([A-Za-z0-9._%+-]+)@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\b")
_TOLL_FREE = re.compile(r"(?:1)?(?:800|888|877|866|855|844|833)[0-9]{7}")
_OFFICES = frozenset(
    {
        "accounts",
        "appointments",
        "billing",
        "bookings",
        "contact",
        "frontdesk",
        "hello",
        "help",
        "info",
        "jobs",
        "legal",
        "no-reply",
        "noreply",
        "office",
        "press",
        "privacy",
        "reception",
        "sales",
        "service",
        "support",
        "team",
    }
)  # fmt: skip - a list of words


def unintroduced(scripts: Sequence[Script], resources: Mapping[str, Resource]) -> Iterator[Complaint]:
    """Somebody who is rung wants to know by whom and why, and in many places the law wants it too."""
    del resources
    for script in scripts:
        if not script.outbound or not _english(script):
            continue
        missing = [word for word, told in (("who", _WHO), ("why", _WHY)) if not told.search(script.text)]
        if missing:
            yield Complaint(
                script.resource,
                script.locate(),
                f"the prompt of an outbound call does not seem to say {' and '.join(missing)} it calls",
                "name the business and the reason in the first sentences; waive this where the words are others",
            )


def _english(script: Script) -> bool:
    language = script.settings.get("primary_language") or script.settings.get("language") or "en"
    return str(language).lower().startswith("en")


def with_secrets(scripts: Sequence[Script], resources: Mapping[str, Resource]) -> Iterator[Complaint]:
    """What a prompt holds is in git, at the vendor, and one clever question away from any caller."""
    del resources
    for script in scripts:
        for found in script.secrets:
            yield Complaint(
                script.resource,
                script.locate(found.start()),
                f"the prompt holds what looks like a secret (`{found[0][:4]}…`)",
                "remove it and have it replaced where it was issued: it is in git's history now",
            )


def with_personal_data(scripts: Sequence[Script], resources: Mapping[str, Resource]) -> Iterator[Complaint]:
    """A person's number or address belongs into the call's variables, not into everybody's prompt."""
    own = frozenset(_own_numbers(resources))
    for script in scripts:
        for match, what in _personal_data(script.text, own):
            yield Complaint(
                script.resource,
                script.locate(match.start()),
                f"the prompt holds {what}: anybody who calls may be told it",
                "pass a person's data as a `variables` entry of the call; waive this where it is a public one",
            )


def _personal_data(text: str, own: frozenset[str]) -> Iterator[tuple[re.Match[str], str]]:
    if "+" in text or _has_groups_of_digits(text):
        yield from ((each, "a telephone number") for each in _TELEPHONE.finditer(text) if not _public(each[0], own))
    if "@" in text:
        yield from ((each, "an e-mail address") for each in _MAIL.finditer(text) if each[1].lower() not in _OFFICES)


def _has_groups_of_digits(text: str) -> bool:
    """Whether three digits, three and four stand together: bytes are translated in a third of the time of text."""
    return b"000-000-0000" in text.encode("utf-8", "surrogatepass").translate(_ALIKE, b")")


def _own_numbers(resources: Mapping[str, Resource]) -> Iterator[str]:
    """The digits of numbers that the manifests declare as the account's own, or as places to transfer to."""
    for resource in resources.values():
        declared = resource.declared
        listed = [declared.get("number"), declared.get("from_number"), declared.get("sms_from_number")]
        listed += [each.get("number") for each in declared.get("transfer_destinations") or ()]
        yield from (_digits(str(number))[-10:] for number in listed if number)


def _public(number: str, own: frozenset[str]) -> bool:
    digits = _digits(number)
    return digits[-10:] in own or _TOLL_FREE.fullmatch(digits) is not None


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())

"""People who must not be called: a list of numbers, and hashes of numbers.

A hash is the same in every store of one organisation. With a key nobody can try all numbers there are; without one
whoever reads a hash can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from reconciler.state_key import KEYED, NO_KEY, PLAIN, VARIABLE, StateKey
from reconciler.telephony.phone_numbers import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable

_HASH = re.compile(rf"(?:{KEYED}|{PLAIN}):[0-9a-f]{{64}}")


class DoNotCallSetting(BaseModel):
    """Who must not be called, whatever the manifests say."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    file: str = Field(min_length=1, description="A file with a number, or a hash of `calls dnc export`, a line.")


_REMARK = re.compile(r"(?:^|\s)\s*#")


class WrongLine(NamedTuple):
    """A line that is no number and no hash, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Hashing:
    """How numbers are hashed for one organisation, with its key where there is one."""

    organization: str
    key: StateKey = NO_KEY

    def hash(self, number: str) -> str:
        """The hash of an E.164 number as it is kept and exported."""
        return self.key.digest(self._text(number))

    def hashes(self, number: str) -> tuple[str, ...]:
        """Every hash by which a number may be known: an earlier key's, or none's, is of a time before this one."""
        return tuple(dict.fromkeys(key.digest(self._text(number)) for key in (self.key, *self.key.earlier, NO_KEY)))

    def _text(self, number: str) -> str:
        return f"do-not-call:{self.organization}:{number}"


@dataclass(frozen=True, slots=True)
class Listed:
    """The numbers and the hashes of a do-not-call list, and the lines that are neither."""

    numbers: frozenset[str] = frozenset()
    hashed: frozenset[str] = frozenset()
    wrong: tuple[WrongLine, ...] = ()


NOBODY = Listed()


def read_list(text: str) -> Listed:
    """One number or hash a line, and behind a ``#`` whose it is; blank lines and such words alone are nothing."""
    numbers, hashed, wrong = set(), set(), []
    for place, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        written = _REMARK.split(line, maxsplit=1)[0].strip()
        if not written:
            continue
        if _HASH.fullmatch(written):
            hashed.add(written)
            continue
        try:
            numbers.add(normalise(written))
        except ValueError as error:
            wrong.append(WrongLine(place, str(error)))
    return Listed(frozenset(numbers), frozenset(hashed), tuple(wrong))


@dataclass(frozen=True)
class DoNotCall:
    """Who must not be called: a list, and who opted out; ``unknown`` says why that cannot be told of anybody."""

    listed: Listed
    opted_out: frozenset[str]
    hashing: Hashing
    unknown: str = ""

    def forbids(self, number: str) -> bool:
        """Whether the owner of a number (E.164) is among them."""
        if number in self.listed.numbers:
            return True
        if not (self.listed.hashed or self.opted_out):
            return False  # hashing every number of a long list for nothing would take as long as reading it
        return any(it in self.listed.hashed or it in self.opted_out for it in self.hashing.hashes(number))

    @property
    def is_empty(self) -> bool:
        """Whether nobody is among them."""
        return not (self.listed.numbers or self.listed.hashed or self.opted_out)

    @cached_property
    def untold(self) -> str:
        """Why nobody may be rung; "" where it can be told of everybody: a keyed hash says nothing without the key."""
        keyed = any(it.startswith(KEYED) for it in (*self.listed.hashed, *self.opted_out))
        if not self.unknown and keyed and not self.hashing.key:
            return f"it holds keyed hashes, and {VARIABLE} is not set"
        return self.unknown

    def exported(self) -> list[str]:
        """A hash for each of them."""
        own: Iterable[str] = map(self.hashing.hash, self.listed.numbers)
        return sorted({*own, *self.listed.hashed, *self.opted_out})

"""Key of the state: without it, digests cannot be tried against all numbers there are.

A key may have several lines, the oldest first: each makes a digest of what the line before made. So what was kept with
the first lines is taken over into all of them without knowing the number, and the first alone reads nothing any more.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "RECONCILER_STATE_KEY"
KEYED, PLAIN = "hmac-sha256", "sha256"


@dataclass(frozen=True, slots=True)
class StateKey:
    """The key of every digest of somebody's number or words, a line for each time it grew; "" where there is none."""

    text: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> StateKey:
        """As the environment says; blanks and line ends around it, which secrets collect, are no part of it."""
        return cls(environment.get(VARIABLE, "").strip())

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The keys it is made of, the oldest first."""
        return tuple(line for each in self.text.splitlines() if (line := each.strip()))

    @property
    def earlier(self) -> tuple[StateKey, ...]:
        """What it was before each line that was added, the latest first."""
        lines = self.lines
        return tuple(StateKey("\n".join(lines[:count])) for count in range(len(lines) - 1, 0, -1))

    def digest(self, text: str) -> str:
        """The digest of a text: keyed, or plain where there is no key."""
        if self.text:
            return _chained(text, self.lines)
        return f"{PLAIN}:{hashlib.sha256(text.encode()).hexdigest()}"

    def grown(self, digest: str, since: StateKey) -> str:
        """A digest that an earlier one of this key made, as this one makes it."""
        return _chained(digest, self.lines[len(since.lines) :])


def _chained(text: str, lines: tuple[str, ...]) -> str:
    for line in lines:
        text = f"{KEYED}:{hmac.new(line.encode(), text.encode(), hashlib.sha256).hexdigest()}"
    return text


NO_KEY = StateKey()

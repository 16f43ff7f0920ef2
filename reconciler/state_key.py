"""Key of the state: whoever reads a digest cannot try all numbers there are without it."""

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
    """The key of every digest of somebody's number or words; ``text`` is "" where there is none."""

    text: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> StateKey:
        """As the environment says; blanks and line ends around it, which secrets collect, are no part of it."""
        return cls(environment.get(VARIABLE, "").strip())

    def __bool__(self) -> bool:
        return bool(self.text)

    def digest(self, text: str) -> str:
        """The digest of a text: keyed, or plain where there is no key."""
        if self.text:
            return f"{KEYED}:{hmac.new(self.text.encode(), text.encode(), hashlib.sha256).hexdigest()}"
        return f"{PLAIN}:{hashlib.sha256(text.encode()).hexdigest()}"


NO_KEY = StateKey()

"""The log of the service on stderr: one line an entry, as words or as JSON."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Log:
    """Writes entries from any thread; ``clean`` hides secrets and callees' numbers in all of them."""

    def __init__(self, form: str, clean: Callable[[str], str]) -> None:
        self._json, self._clean = form == "json", clean
        self._lock = Lock()

    def say(self, message: str, *, level: str = "info", **fields: Any) -> None:
        """One entry; a field that is empty is left out."""
        told = {name: value for name, value in fields.items() if value not in ("", None)}
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if self._json:
            line = json.dumps({"at": at, "level": level, "message": message, **told}, default=str, ensure_ascii=False)
        else:
            words = " ".join(f"{name}={_word(value)}" for name, value in told.items())
            line = " ".join(filter(None, (at, level if level != "info" else "", message, words)))
        with self._lock:
            sys.stderr.write(self._clean(" ".join(line.splitlines())) + "\n")
            sys.stderr.flush()


def _word(value: Any) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text

"""JSON files that a user names: read within limits, never waited for, and refused in words."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from reconciler.documents.project_files import Unreadable, read_limited
from reconciler.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 1 << 28


def json_file(path: Path, *, what: str, hint: str) -> Any:
    """The document in a file, or on standard input for ``-``; raises InputError (RC125) when it is none.

    ``what`` it should have been, and ``hint`` is the command that makes one.
    """
    content = sys.stdin.read() if str(path) == "-" else read_limited(path, largest=_LARGEST)
    if isinstance(content, Unreadable):
        why = f"it {content.message}".removeprefix("it cannot be read: ")
        raise InputError(f"`{path}` is not {what}: {why}", code="RC125", hint=hint)
    try:
        return json.loads(content)
    except (ValueError, RecursionError):  # half a document, or one that nests a hundred thousand deep
        raise InputError(f"`{path}` is not {what}: it is not JSON", code="RC125", hint=hint) from None

"""What was said on a call (contract 2.13): the same few words whenever somebody answered."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]

WORDS = (
    ("agent", "Hello, this is an emulated agent.", 0, 1800),
    ("user", "Yes, that works for me.", 2100, 3600),
)


def spoken(call: Body) -> list[Body]:
    """The turns of a call that is over, none when nobody answered."""
    if not call["sip_answered_at"] or call["status"] != "completed":
        return []
    return [
        {"role": role, "content": content, "content_type": "text/plain", "start_ms": start, "end_ms": end}
        for role, content, start, end in WORDS
    ]

"""Renderers: pure functions from the nouns of a run to text, JSON, Markdown and HTML.

No I/O and no clock: an instant that matters is in the noun already. A form is loaded when it is asked for, since a
run writes one of them: ``render.markdown.plan(...)``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.render import (
        call_csv,
        call_detail,
        call_sums,
        html,
        html_call_sums,
        json,
        junit,
        markdown,
        sarif,
        text,
    )

__all__ = [
    "call_csv",
    "call_detail",
    "call_sums",
    "html",
    "html_call_sums",
    "json",
    "junit",
    "markdown",
    "sarif",
    "text",
]


def __getattr__(name: str) -> Any:
    """Import the renderer of one form."""
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return import_module(f"{__name__}.{name}")

"""Times as manifests write them: checked where they are read, kept as they were written."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.schedule import clock


def duration(written: Any) -> Any:
    """Before pydantic sees it: a bare number must be told to take a unit, not that it is no text."""
    clock.parse_duration(written)
    return written


def moment(text: str) -> str:
    """An instant, or a wall time; raises ValueError for anything else."""
    clock.parse_moment(text)
    return text


def _zone(text: str) -> str:
    clock.zone(text)
    return text


Zone = Annotated[str, AfterValidator(_zone), Field(examples=["America/New_York"])]

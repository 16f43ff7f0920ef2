"""Headers that the platform sends to a tool: names that are told again, and values that are not."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reconciler.contract.fields import SECRET, Spec, Unread
from reconciler.contract.shapes import SealedText  # noqa: TC001 - pydantic reads it at run time


class Header(Spec):
    """One header: its value is a secret, whatever it is called."""

    key: str = Field(min_length=1, description="Its name: Authorization.")
    value: Annotated[str | SealedText, SECRET] = Field(description="${env:NAME}, or {file: PATH.age}; never shown.")


Headers = Annotated[tuple[Header, ...] | None, Unread(readable=("key",))]

"""The setting ``notify``: to which addresses, and of what."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Topic = Literal["missed", "unknown", "refused", "drift", "balance", "apply"]
TOPICS: tuple[Topic, ...] = ("missed", "unknown", "refused", "drift", "balance", "apply")
Address = Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9+-]*://.+)$")]


class Notify(BaseModel):
    """Who hears of what goes wrong, once each; needs the extra ``notify``."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    to: tuple[Address, ...] = Field(
        default=(),
        description="Addresses as the library apprise writes them (mailto://, slack://, …); env:NAME for one that is "
        "secret.",
    )
    on: tuple[Topic, ...] = Field(default=TOPICS, description="What is told.")
    balance_below_cents: int = Field(default=500, ge=0, description="A balance below this is low.")

"""Gates of a release: what has to be shown before what was staged may reach callers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Strictness = Literal["required", "warn", "off"]


class Gates(BaseModel):
    """What has to be shown before a deploy."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    validation: Strictness = Field(
        default="warn",
        description="Whether a draft must pass the agent's validation examples before it is deployed: required, warn "
        "(deployed all the same), or off.",
    )

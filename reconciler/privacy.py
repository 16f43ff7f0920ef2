"""Privacy of a project: whether people's numbers may stand in its files in clear."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Privacy(BaseModel):
    """What is kept out of the repository."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    numbers: Literal["clear", "sealed"] = Field(
        default="clear",
        description="`sealed`: lint warns of each file with a number of somebody to call, or not to call, in clear.",
    )

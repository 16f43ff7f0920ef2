"""Envelope of a manifest: what every document says beside its spec."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model

from reconciler.gates import Gates

if TYPE_CHECKING:
    from reconciler.contract.kind import Kind

API_VERSION = "reconciler/v1"

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63),
    Field(description="Identity in the repository: lower-case words and hyphens, at most 63."),
]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


def _calendar_day(value: Any) -> Any:
    if isinstance(value, str):
        return date.fromisoformat(value)
    raise ValueError("a day is written 2026-12-31")  # pydantic would take a number for a moment of 1970


class Acceptance(_Closed):
    """A finding of lint that is accepted here, why, and for how long."""

    code: Annotated[str, StringConstraints(pattern=r"^RC[0-9]{3}$")] = Field(
        description="The code of the finding, RC7xx.", examples=["RC703"]
    )
    reason: str = Field(min_length=8, description="Why it is accepted, for the next reader.")
    until: Annotated[date, BeforeValidator(_calendar_day)] = Field(
        description="The last day on which it is accepted (UTC).", examples=["2026-12-31"]
    )


class Metadata(_Closed):
    """Who a resource is in this repository; none of it is sent to the vendor."""

    name: Name
    labels: dict[str, str] = Field(  # from a factory: a default that can be changed is copied, slowly, each time
        default_factory=dict, description="For -l selectors.", json_schema_extra={"default": {}}
    )
    protect: bool = Field(default=False, description="Never deleted by this tool, even without its document.")
    id: str | Annotated[int, Field(strict=True)] | None = Field(
        default=None, description="The vendor's id of an existing object."
    )
    was: tuple[Name, ...] = Field(default=(), description="Earlier names: renames without re-creating.")
    gates: Gates | None = Field(
        default=None, description="What has to be shown before it is deployed, over that of reconciler.yaml; of agents."
    )
    waivers: tuple[Acceptance, ...] = Field(default=(), description="Findings of lint that are accepted for a time.")


@cache
def document_model(kind: type[Kind]) -> type[BaseModel]:
    """The model of a whole document of a kind: the envelope around its spec."""
    parts: dict[str, Any] = {
        "apiVersion": (Literal[API_VERSION], ...),
        "kind": (Literal[kind.name], ...),
        "metadata": (Metadata, ...),
        "spec": (kind.spec | None, Field(default=None, description="The declared settings.")),
        "absent": (bool, Field(default=False, description="Must not exist: deleted if it does.")),
    }
    return create_model(f"{kind.name}Document", __base__=_Closed, __doc__=kind.__doc__, **parts)

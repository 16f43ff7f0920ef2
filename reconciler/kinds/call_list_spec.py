"""Spec of a list of calls: a table, its key, and each field of a call as a constant or a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from pydantic_core import core_schema

from reconciler.contract.fields import E164, PERSONAL, FileContent, Largest, Ref, Seconds, Spec
from reconciler.contract.shapes import FileNumber  # noqa: TC001 - pydantic reads the annotations
from reconciler.kinds.scheduled_call_spec import (  # noqa: TC001 - pydantic reads the annotations
    Attempts,
    Cancelled,
    Duration,
    Held,
    InlineConfig,
    Moment,
    Recurrence,
    Scalar,
    VariableName,
)  # fmt: skip - one line of names
from reconciler.kinds.times import Zone  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

LARGEST = 1 << 26


class Column(Spec):
    """The cell of each row in a column of the table."""

    column: str = Field(min_length=1, description="Name of the column, as the header writes it.")


@dataclass(frozen=True, slots=True)
class OrColumn:
    """An annotation: the value, one for all rows, or the column that has each row's."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Whatever is written as a column is read as one; complaints about anything else are the value's own."""
        return core_schema.no_info_wrap_validator_function(
            _value_or_column,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(_written),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """The value's schema, or a column's."""
        inner: Any = schema
        return {"anyOf": [handler(inner["schema"]), handler(Column.__pydantic_core_schema__)]}


def _value_or_column(value: Any, handler: Callable[[Any], Any]) -> Any:
    return Column.model_validate(value) if isinstance(value, dict) and "column" in value else handler(value)


def _written(value: Any) -> Any:
    return value.model_dump() if isinstance(value, Spec) else value


class CallListSpec(Spec):
    """Which table, which column is the key, and what each row's call is made of."""

    rows: Annotated[FileContent, Largest(LARGEST)] = Field(
        description="{file: PATH} of a .csv file with a header line, or of a .jsonl file."
    )
    key: str = Field(min_length=1, description="The column that is each row's permanent identity.")
    from_: Annotated[str | None, Ref("PhoneNumber"), OrColumn()] = Field(
        default=None, alias="from", description="Name of the PhoneNumber to call from."
    )
    from_number: Annotated[E164 | None, OrColumn()] = Field(
        default=None, description="Or the number itself, in E.164."
    )  # fmt: skip - as the others
    to_number: Annotated[E164 | FileNumber, PERSONAL, OrColumn()] = Field(
        description="Whom to call, in E.164; or {file: PATH} of a file with the number, sealed where it ends in .age."
    )
    agent: Annotated[str | None, Ref("Agent"), OrColumn()] = Field(
        default=None, description="Name of the Agent; the number's outbound agent when left out."
    )
    config: InlineConfig | None = Field(default=None, description="A one-off agent in place of `agent`.")
    variables: dict[VariableName, Annotated[Scalar, OrColumn()]] | None = Field(
        default=None, description="Facts of each call that fill the prompt's {{placeholders}}."
    )
    max_hold_seconds: Annotated[Seconds | None, OrColumn()] = Field(
        default=None, description="Most time on hold in a call."
    )
    language: Annotated[str | None, OrColumn()] = Field(default=None, description="Language of a call.")
    phi_mode: Annotated[Literal["phi"] | None, OrColumn()] = Field(
        default=None, description="Handle a call as health data."
    )
    at: Annotated[Moment | None, OrColumn()] = Field(
        default=None, description="When to call: local to `timezone`, or with an offset of its own."
    )
    timezone: Annotated[Zone | None, OrColumn()] = Field(default=None, description="IANA zone of `at`.")
    schedule: Recurrence | None = Field(default=None, description="When recurring calls are due, in place of `at`.")
    attempts: Attempts | None = Field(default=None, description="Whether an unanswered call is tried again.")
    late: Annotated[Duration | None, OrColumn()] = Field(
        default=None,
        description="How late a call may still be placed, in d, h, m and s (10m when left out); never after.",
    )
    held: Held | None = Field(default=None, description="Why none of its calls is placed for now, and until when.")
    cancelled: Cancelled | None = Field(default=None, description="Why all of its calls are called off.")

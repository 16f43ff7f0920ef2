"""What an author wrote of a spec is what pydantic's serializer tells of it, in the same order."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kinds.specimens import have_specimens, specimen
from reconciler.contract.declared import declared_in
from reconciler.kinds import KINDS


@pytest.mark.parametrize("name", have_specimens())
def test_what_is_declared_is_what_was_written_by_key_in_the_order_of_the_fields(name: str) -> None:
    """Also of the part of it that holds plain values alone, which no serializer is asked for."""
    for written in (specimen(name).first, specimen(name).second):
        plain = {key: value for key, value in reversed(written.items()) if not isinstance(value, dict | list)}
        for part in (written, plain, {**plain, **dict.fromkeys(written)}):
            if (spec := _read(name, part)) is not None:
                expected = spec.model_dump(exclude_unset=True, by_alias=True)
                assert [*declared_in(spec).items()] == [*expected.items()]


def _read(kind: str, spec: dict[str, Any]) -> Any:
    """The spec, or None where a part of one is none."""
    try:
        return KINDS[kind].spec.model_validate(spec)
    except ValidationError:
        return None

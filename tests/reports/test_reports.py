"""Show that what was reported once goes right: each case is a folder of data, and a new one needs no code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from reported_case import cases, complaints, steps

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_reported_fault_goes_right(case: Path, tmp_path: Path) -> None:
    found = complaints(case, tmp_path)
    assert found == [], "\n\n".join(found)


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_case_says_what_is_right(case: Path) -> None:
    assert any(step.said or step.unsaid or step.code for step in steps(case))

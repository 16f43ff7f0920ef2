"""Masks leave the example of a number as it is."""

from __future__ import annotations

from reconciler.redaction import mask_in, mask_in_answer, mask_in_line, storable


def test_the_example_of_a_number_is_never_masked_and_a_number_beside_it_is() -> None:
    said = "not E.164: write it as +1415555XXXX, not +14155550123"
    for masked in (mask_in(said), mask_in_line(said), storable(said), mask_in_answer(said, bare=True)):
        assert "write it as +1415555XXXX" in masked
        assert "5550123" not in masked

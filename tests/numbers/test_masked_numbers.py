"""Masking to hiding every number, wherever in a text it stands."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.redaction import mask, mask_in

HIDDEN = "•••••••"
# Eleven digits in a row are taken for a whole number, so that a date after it stays legible.
WRITTEN_IN_PARTS = st.from_regex(r"\+1[2-9][0-9]{9}|\+[2-9][0-9]{7,10}", fullmatch=True)
SEPARATORS = st.sampled_from(["", "", " ", "-", ".", " (", ") ", "\u00a0", "\u2011"])


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+14155550199", f"+1{HIDDEN}0199"),
        ("+442079460000", f"+44{HIDDEN}0000"),
        ("+881612345678", f"+881{HIDDEN}5678"),
        ("+79161234567", f"+7{HIDDEN}4567"),
        ("+3531234567", f"+353{HIDDEN}4567"),
        *[(odd, HIDDEN) for odd in ("+29012345", "+2902345", "4155550199", "anonymous", "", "+1 415 555 0199")],
    ],
)
def test_a_number_keeps_its_country_code_and_four_digits(number: str, masked: str) -> None:
    assert mask(number) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("no number here", "no number here"),
        ("call +14155550199.", f"call +1{HIDDEN}0199."),
        ("+14155550199 at 09:00", f"+1{HIDDEN}0199 at 09:00"),
        ("+14155550199 2026-12-01", f"+1{HIDDEN}0199 2026-12-01"),
        ("+1 (415) 555-0199, +44 20 7946 0000", f"+1{HIDDEN}0199, +44{HIDDEN}0000"),
        ("/v1/calls?to_number=%2B14155550199&limit=5", f"/v1/calls?to_number=+1{HIDDEN}0199&limit=5"),
        ("+442079460000 2026-12-01", f"+44{HIDDEN}0000 2026-12-01"),
        ("+12345678901234567890", HIDDEN),
        ("?to=%2b14155550199", f"?to=+1{HIDDEN}0199"),
        ("tel:+49-30-1234567", f"tel:+49{HIDDEN}4567"),
        ('{"to_number":"+14155550199","n":1}', f'{{"to_number":"+1{HIDDEN}0199","n":1}}'),
        ("+4420794 60000", f"+44{HIDDEN}0000"),
        ("2026-12-01T15:00:00+05:30", "2026-12-01T15:00:00+05:30"),
        ("+12 %, +500 cents", "+12 %, +500 cents"),
    ],
)
def test_every_number_in_a_text_is_masked(text: str, masked: str) -> None:
    assert mask_in(text) == masked


@given(number=WRITTEN_IN_PARTS, separators=st.lists(SEPARATORS, min_size=15, max_size=15))
def test_no_separator_makes_a_number_show(number: str, separators: list[str]) -> None:
    written = "+" + "".join(digit + between for digit, between in zip(number[1:], separators, strict=False)).rstrip(
        " ("
    )
    shown = re.sub(r"[^0-9]", "", mask_in(f"to {written}: busy"))
    assert len(shown) <= 3 + 4
    assert mask_in(f"to {written}: busy").endswith("busy")


@given(st.text("+0123456789 -().%2B•x", max_size=60))
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask_in(text)
    assert mask_in(once) == once

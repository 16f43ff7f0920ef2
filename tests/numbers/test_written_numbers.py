"""Telephone numbers to one spelling and to complaints that do not repeat them."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.telephony.phone_numbers import digest, doubt, is_e164, normalise

NORTH_AMERICAN = st.from_regex(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}", fullmatch=True)


@pytest.mark.parametrize(
    "number",
    ["+15551234567", "+14155550199", "+447700900123", "+4930123456", "+881612345678", "+80012345678"],
)
def test_a_possible_number_is_accepted_whether_or_not_it_is_assigned(number: str) -> None:
    assert is_e164(number)
    assert normalise(number) == number


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("+1 (415) 555-0199", None, "+14155550199"),
        (" +1.415.555.0199 ", None, "+14155550199"),
        ("+44 (0)20 7946 0000", None, "+442079460000"),
        ("+39 06 12345678", None, "+390612345678"),
        ("(415) 555-0199", "US", "+14155550199"),
        ("1-415-555-0199", "US", "+14155550199"),
        ("030 123456", "DE", "+4930123456"),
        ("011 44 20 7946 0000", "US", "+442079460000"),
        ("+49 30 123456", "US", "+4930123456"),
    ],
)
def test_a_written_number_becomes_e164(written: str, region: str | None, number: str) -> None:
    assert normalise(written, region) == number


@pytest.mark.parametrize(
    ("written", "region", "complaint"),
    [
        ("4155550199", None, "not E.164: write it as +1415555XXXX, with `+` and the country code"),
        ("+1415555", None, "too short for country code +1"),
        ("+141555501999", None, "too long for country code +1"),
        ("+210 123456789", None, "no country has that country code"),
        ("+0123456789", None, "no country has that country code"),
        ("555-0199", "US", "the area code is missing for country code +1"),
        ("", None, "not a telephone number"),
        ("+", None, "not a telephone number"),
        ("+1 015 555 0199", None, "no area code of country code +1 begins with 0 or 1"),
        ("+1 415 155 0199", None, "no number of country code +1 has a 0 or 1 behind its area code"),
        ("(415) 055-0199", "US", "no number of country code +1 has a 0 or 1 behind its area code"),
        ("anonymous", None, "not a telephone number"),
        ("+1 800 FLOWERS", None, "not a telephone number"),
        ("+1 415 555 0199 x5", None, "without an extension"),
        ("+١٤١٥٥٥٥٠١٩٩", None, "not a telephone number"),
        ("sip:+14155550199@example.com", None, "not a telephone number"),
        ("1" * 300, "US", "too long"),
        ("12", "US", "too short"),
        ("4155550199", "ZZ", "`ZZ` is not a region"),
    ],
)
def test_what_cannot_be_dialled_is_complained_about(written: str, region: str | None, complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        normalise(written, region)
    assert complaint in str(caught.value)


@given(st.text("0123456789+-() .x", min_size=1, max_size=25), st.sampled_from([None, "US", "DE"]))
def test_whatever_is_written_becomes_stable_e164_or_a_complaint_that_hides_it(written: str, region: str | None) -> None:
    try:
        number = normalise(written, region)
    except ValueError as error:
        complaint = str(error).replace("+1415555XXXX", "").replace("E.164", "")
        number = None
    if number is None:
        assert sum(character.isdigit() for character in complaint) <= 3  # a country code
    else:
        assert normalise(number) == number


@given(NORTH_AMERICAN)
def test_the_short_way_for_north_america_answers_what_the_tables_answer(number: str) -> None:
    parsed = phonenumbers.parse(number)
    assert phonenumbers.is_possible_number(parsed)
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number
    assert normalise(number) == number


@pytest.mark.parametrize("text", ["14155550199", "+0123456789", "+123", "+1234567890123456", "+1415555019a", ""])
def test_other_shapes_are_not_e164(text: str) -> None:
    assert not is_e164(text)


def test_a_well_formed_north_american_number_does_not_load_the_tables() -> None:
    program = (
        "import sys; from reconciler.telephony.phone_numbers import digest, is_e164, normalise;"
        "from reconciler.redaction import mask_in;"
        "number = normalise('+14155550199'); is_e164(number); mask_in(number); digest(number);"
        "sys.exit('phonenumbers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_one_number_has_one_digest_however_it_is_written() -> None:
    assert digest("+1 (415) 555-0199") == digest("+14155550199")
    assert digest("+14155550199") == "sha256:e8d4612843461999eefd96a316ed1b97a142e152473aebfe6cb220d6f484b109"
    assert digest("+14155550198") != digest("+14155550199")


def test_what_is_no_number_has_no_digest() -> None:
    with pytest.raises(ValueError, match="not a telephone number"):
        digest("anonymous")


def test_a_number_longer_than_e164_allows_is_refused() -> None:
    # Germany's plan has numbers of up to 15 digits after the country code; E.164 counts that too.
    with pytest.raises(ValueError, match="at most 15 digits"):
        normalise("+49" + "1" * 14)


@pytest.mark.parametrize(
    "written",
    [
        "+49 30 1234567/68",
        "+49 30 1234567 / 68",
        "+43 1 234567/89",
        "+81 3 1234 5678/9",
        "+49 30 1234567-68",
        "+49-30-1234567-68",
        "+49 30 123 45 67-68",
    ],
)
def test_two_numbers_in_one_are_not_joined_to_a_third(written: str) -> None:
    with pytest.raises(ValueError, match="two numbers in one"):
        normalise(written)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+49 30/1234567", "+49301234567"),
        ("+33-1-23-45-67-89", "+33123456789"),
        ("+33 1-23-45-67-89", "+33123456789"),
        ("+1 415-555-0199", "+14155550199"),
        ("+1/415/555-0199", "+14155550199"),
    ],
)
def test_a_slash_or_hyphen_between_the_groups_of_one_number_is_a_separator(written: str, number: str) -> None:
    assert normalise(written) == number


def test_no_area_code_of_north_america_begins_with_0_or_1() -> None:
    with pytest.raises(ValueError, match="no area code"):
        normalise("+1 015 555 0199")


def test_a_number_that_no_plan_has_is_still_known_by_its_digest() -> None:
    assert digest("+14151550199") == f"sha256:{hashlib.sha256(b'+14151550199').hexdigest()}"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("+19005550199", "premium-rate"),
        ("+449098790000", "premium-rate"),
        ("+33899123456", "premium-rate"),
        ("+19765550199", "no number of country code +1"),
        ("+3531234567", "no number of country code +353"),
        ("+14155550199", ""),
        ("+442079460018", ""),
        ("+447700900123", ""),
        ("+15551234567", ""),
        ("+18005550199", ""),
        ("+4915112345678", ""),
    ],
)
def test_a_premium_rate_number_and_one_that_nobody_has_are_doubted_and_fiction_is_not(number: str, why: str) -> None:
    assert why in doubt(number)
    assert bool(why) is bool(doubt(number))

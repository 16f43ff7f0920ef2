"""North American numbers of one exchange: what is told of one of them is told of all."""

from __future__ import annotations

import phonenumbers
import pytest

from reconciler.telephony import places
from reconciler.telephony.phone_numbers import doubt, zones

# Of each sort that the plan of numbers tells apart: a city, islands, premium rate, toll-free, personal, not in use.
EXCHANGES = ["+1415200", "+1242302", "+1671300", "+1829220", "+1345321", "+1900234", "+1800234", "+1523552", "+1222999"]
ENDS = ["0000", "0199", "2345", "9999"]


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_whether_a_number_is_doubtful_and_where_it_rings_is_told_by_its_exchange(exchange: str) -> None:
    assert len({doubt(exchange + end) for end in ENDS}) == 1
    assert len({zones(exchange + end) for end in ENDS}) == 1


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_the_plan_of_numbers_tells_no_two_numbers_of_an_exchange_apart(exchange: str) -> None:
    parsed = [phonenumbers.parse(exchange + end) for end in ENDS]
    assert len({(phonenumbers.is_valid_number(it), phonenumbers.number_type(it)) for it in parsed}) == 1


def test_no_place_of_country_code_1_is_told_by_more_than_the_exchange() -> None:
    assert max(len(beginning) for beginning in places.zones() if beginning.startswith("1")) == len("1415200")

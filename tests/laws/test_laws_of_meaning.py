"""Laws of what a call means: another spelling is the same call, and another value is another one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reconciler.kinds.scheduled_call_meaning import meaning

OFFSETS = some.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = some.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=some.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)
SECONDS = some.integers(1, 100_000)


def spelled(seconds: int) -> dict[str, Any]:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (left, "s"))
    return {"late": "".join(f"{count}{unit}" for count, unit in parts if count)}


@given(INSTANTS, OFFSETS, some.sampled_from("T t"))
def test_an_instant_is_the_same_in_any_offset_and_spelling(at: datetime, offset: timezone, between: str) -> None:
    written = at.astimezone(offset).isoformat().replace("T", between)
    assert meaning({"at": written}) == meaning({"at": at.isoformat()})


@given(INSTANTS, some.sampled_from(("America/New_York", "Asia/Kolkata", "Europe/London")))
def test_an_offset_beside_the_zone_it_agrees_with_is_the_instant_alone(at: datetime, place: str) -> None:
    local = at.astimezone(ZoneInfo(place)).isoformat()
    assert meaning({"at": local, "timezone": place}) == meaning({"at": local})


@given(SECONDS, SECONDS)
def test_a_duration_is_its_length(one: int, other: int) -> None:
    assert meaning(spelled(one)) == meaning({"late": f"{one}s"})
    assert (meaning({"late": f"{one}s"}) == meaning({"late": f"{other}s"})) is (one == other)


@given(some.sampled_from(("late", "variables", "attempts", "agent", "config", "language", "phi_mode", "schedule")))
def test_null_is_what_is_left_out(name: str) -> None:
    assert meaning({name: None}) == meaning({})


@given(some.permutations(("not_answered", "busy", "voicemail")), some.booleans())
def test_the_order_of_outcomes_and_a_written_default_mean_nothing(on: list[str], gap: bool) -> None:  # noqa: FBT001 - given
    written = {"max": 2, "on": on, **({"gap": "1800s"} if gap else {})}
    assert meaning({"attempts": written}) == meaning(
        {"attempts": {"max": 2, "on": ["busy", "not_answered", "voicemail"]}}
    )
    assert meaning({"attempts": {"max": 1}}) == meaning({})


def schedule(cron: str) -> dict[str, Any]:
    return {"schedule": {"cron": cron, "timezone": "America/New_York"}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("0 9 * * 1-5", "00  09 * * mon-fri", True),
        ("0 9 * * 1-5", "0 9 * * 1,2,3,4,5", True),
        ("0 9 * * 0", "0 9 * * 7", True),
        ("0 9 * * 0", "0 9 * * sun", True),
        ("*/30 9 * * *", "*/30 9 * JAN-DEC *", True),
        ("0 9 * * *", "0 9 1-31 * *", True),
        ("0 9 * * 1-5", "0 9 * * 1-4", False),
        ("0 9 1 * 1", "0 9 */1 * 1", False),
        ("0 9 1-31 * 1", "0 9 * * 1", False),
        ("0 9 * * 5#1", "0 9 * * 5", False),
        ("0 9 L * *", "0 9 31 * *", False),
    ],
)
def test_a_schedule_is_the_times_that_it_names(one: str, other: str, *, same: bool) -> None:
    assert (meaning(schedule(one)) == meaning(schedule(other))) is same


WORDS = some.text(some.characters(exclude_characters="\r"))


@given(WORDS, WORDS)
def test_white_space_at_the_ends_of_a_prompt_means_nothing_and_other_words_do(one: str, other: str) -> None:
    bare = meaning({"config": {"prompt": one.strip()}})
    assert meaning({"config": {"prompt": f"\n{one}\r\n"}}) == bare
    assert meaning({"config": {"prompt": one, "product": None}}) == bare
    assert (meaning({"config": {"prompt": other}}) == bare) is (one.strip() == other.strip())


@given(WORDS)
def test_a_line_ends_as_the_checkout_has_it(text: str) -> None:
    windows = text.replace("\n", "\r\n")
    assert meaning({"config": {"prompt": windows}}) == meaning({"config": {"prompt": text}})

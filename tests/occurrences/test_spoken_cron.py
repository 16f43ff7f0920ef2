from __future__ import annotations

import pytest

from reconciler.schedule.spoken_cron import spoken_cron


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("0 10 * * 1-5", "weekdays at 10:00"),
        ("30 9  * * *", "every day at 09:30"),
        ("5 18 * * 1", "Mondays at 18:05"),
        ("0 9 * * 1,4", "Mondays and Thursdays at 09:00"),
        ("0 9 * * 1,3,5", "Mondays, Wednesdays and Fridays at 09:00"),
        ("0 9 * * 0,6", "weekends at 09:00"),
        ("0 9 * * 7", "Sundays at 09:00"),
        ("0 9 * * 2-4", "Tuesdays to Thursdays at 09:00"),
        ("0 9 1 * *", "whenever `0 9 1 * *`"),
        ("*/15 9 * * 1-5", "whenever `*/15 9 * * 1-5`"),
        ("0 9 * * 5-1", "whenever `0 9 * * 5-1`"),
        ("0 9 * * 1-3,5", "whenever `0 9 * * 1-3,5`"),
        ("0 9 * 12 1", "whenever `0 9 * 12 1`"),
        ("0 9,17 * * *", "whenever `0 9,17 * * *`"),
        ("", "whenever ``"),
    ],
)
def test_a_time_of_day_on_days_of_the_week_is_told_in_words(written: str, spoken: str) -> None:
    assert spoken_cron(written) == spoken

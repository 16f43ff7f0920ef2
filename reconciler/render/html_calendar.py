"""Show the calls to come: a sheet of weeks, then each day with its calls on a 24-hour strip.

Days and strips follow the clock where the callee is, because that is who is woken up; the time as it was
declared stands beside it.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from reconciler.render import forecasts
from reconciler.render.html_changes import badge, link
from reconciler.render.html_markup import NOTHING, Html, element, join, row, table
from reconciler.render.words import counted
from reconciler.schedule import clock
from reconciler.telephony.eligibility import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from reconciler.model import Address
    from reconciler.schedule.expected_calls import Forecast, Ring

_WEEKS = 6
_LISTED = 200  # calls listed; the rest is counted
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = 24 * 60
_STRIP, _TALL = 192, 18  # pixels
_TICKS = (6, 12, 18)


def tiles(forecast: Forecast) -> Html:
    """The sums: calls, people, the most they cost, the balance, auto-reload; below, what they rest on."""
    balance, limit = forecast.balance_cents, forecast.reload_limit_cents
    covered = f"covers {forecast.covered} of {len(forecast.rings)}" if forecast.rings else ""
    reload = "off" if not forecast.reloads else "no limit" if limit is None else dollars(limit)
    short = balance is not None and forecast.covered < len(forecast.rings)
    more = "" if forecast.whole else "more than "
    found = (
        _tile("Calls to come", f"{more}{forecast.calls:,}", "second tries included"),
        _tile("People rung", f"{forecast.people:,}", ""),
        _tile(
            "They cost at most",
            f"{more}{dollars(forecast.cents)}",
            f"rates of {forecasts.spoken_date(forecast.rates_read)}",
        ),
        _tile("Balance", dollars(balance), covered, alarming=short) if balance is not None else NOTHING,
        _tile(
            "Auto-reload",
            reload,
            "at most a month" if forecast.reloads and limit is not None else "",
            alarming=forecast.reloads and limit is None,
        ),
    )  # fmt: skip - one tile a line
    remarks = join(
        (
            *(element("li", remark, class_="alarming") for remark in forecasts.warnings(forecast)),
            *(element("li", remark) for remark in forecasts.assumptions(forecast)),
        )
    )  # fmt: skip - what needs a look, then the rest
    return join(
        (element("dl", *found, class_="tiles"), element("ul", remarks, class_="remarks") if remarks else NOTHING)
    )


def _tile(name: str, value: str, below: str, *, alarming: bool = False) -> Html:
    return element(
        "div",
        element("dt", name),
        element("dd", value, element("small", below) if below else NOTHING),
        class_="tile alarming" if alarming else "tile",
    )


def calendar(forecast: Forecast, places: Mapping[Address, str], *, show_numbers: bool) -> Html:
    """The sheet and the days; nothing where no call is to come."""
    if not forecast.rings:
        return NOTHING
    listed = sorted(forecast.rings[:_LISTED], key=_local)
    days = [
        _day(day, list(rings), forecast, places, show_numbers=show_numbers)
        for day, rings in groupby(listed, key=lambda ring: _local(ring).date())
    ]
    head = ("Where they are", "As declared", "Whom", "Call and agent", "At most")
    agenda = table(head, groups=days, class_="agenda stacks", caption="The calls, day by day")
    left = len(forecast.rings) - len(listed)
    more = element("p", f"… and {counted(left, 'call')} later.", class_="quiet") if left else NOTHING
    return join((_sheet(forecast), element("p", _legend(forecast), class_="quiet"), agenda, more))


def _legend(forecast: Forecast) -> str:
    start, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in forecast.hours)
    return f"Days and strips follow the clock where the callee is; the light part of a strip is {start} to {end}."


def _local(ring: Ring) -> datetime:
    """The earliest wall time at which it may ring where the callee is, without its zone."""
    return forecasts.local_times(ring)[0][1].replace(tzinfo=None)


def _sheet(forecast: Forecast) -> Html:
    """Whole weeks from the day of the plan to the last call, six at most."""
    counts: dict[date, int] = {}
    for ring in forecast.rings:
        counts[_local(ring).date()] = counts.get(_local(ring).date(), 0) + 1
    today = forecast.now.date()
    begin = min(today, *counts)
    if min(counts) - today > timedelta(weeks=_WEEKS - 1):
        begin = min(counts)
    monday = begin - timedelta(days=begin.weekday())
    weeks = min(_WEEKS, (max(counts) - monday).days // 7 + 1)
    rows = [_week(monday + timedelta(weeks=week), counts, today) for week in range(weeks)]
    head = join(element("th", name, scope="col") for name in _WEEKDAYS)
    title = element("caption", "Calls on each day", class_="unseen")
    return element("table", title, element("thead", element("tr", head)), element("tbody", join(rows)), class_="sheet")


def _week(monday: date, counts: Mapping[date, int], today: date) -> Html:
    return element("tr", join(_square(monday + timedelta(days=day), counts, today) for day in range(7)))


def _square(day: date, counts: Mapping[date, int], today: date) -> Html:
    count = counts.get(day, 0)
    name = f"{day.day} {clock.MONTHS[day.month - 1]}" if day.day == 1 or day.weekday() == 0 else f"{day.day}"
    state = " today" if day == today else " past" if day < today else ""
    shown = element("time", name, datetime=day.isoformat())
    told = element("a", counted(count, "call"), href=f"#day-{day.isoformat()}") if count else NOTHING
    return element("td", shown, told, class_=f"{'busy' if count else 'free'}{state}")


def _day(
    day: date, rings: Sequence[Ring], forecast: Forecast, places: Mapping[Address, str], *, show_numbers: bool
) -> Html:
    """A day's calls below its name."""
    title = f"{_WEEKDAYS[day.weekday()]} {forecasts.spoken_date(day)}"
    name = element("th", title, scope="rowgroup", colspan=5, id=f"day-{day.isoformat()}")
    rows = (_call(ring, forecast, places, show_numbers=show_numbers) for ring in rings)
    return element("tbody", element("tr", name, class_="day"), join(rows))


def _call(ring: Ring, forecast: Forecast, places: Mapping[Address, str], *, show_numbers: bool) -> Html:
    times = forecasts.local_times(ring)
    there = f"{times[0][1]:%H:%M} {forecasts.place(times[0][0])}"
    if len(times) > 1:
        there += f" to {times[-1][1]:%H:%M} {forecasts.place(times[-1][0])}"
    closes = ring.closes.astimezone(clock.zone(ring.zone or "UTC"))
    tries = f"in {ring.tries} tries" if ring.tries > 1 else ""
    return row(
        join((there, _strip(ring, forecast), NOTHING if ring.awake else badge("outside calling hours", "weighty"))),
        f"{forecasts.as_declared(ring, forecast.now)}, until {closes:%H:%M}",
        forecasts.callee(ring, show_numbers=show_numbers),
        join(
            (
                link(ring.address, places, name=ring.address.name),
                element("span", ring.agent, class_="quiet") if ring.agent else NOTHING,
            )
        ),
        join((dollars(ring.cents), element("span", tries, class_="quiet") if tries else NOTHING)),
    )


def _strip(ring: Ring, forecast: Forecast) -> Html:
    """The callee's day from midnight to midnight: calling hours light, a dot for each place it may ring in."""
    start, end = (minutes * _STRIP // _DAY for minutes in forecast.hours)
    dots = [
        element("circle", cx=(local.hour * 60 + local.minute) * _STRIP // _DAY, cy=_TALL // 2, r=5)
        for _, local in forecasts.local_times(ring)
    ]
    ticks = (element("line", x1=at * _STRIP // 24, x2=at * _STRIP // 24, y1=0, y2=_TALL) for at in _TICKS)
    return element(
        "svg",
        element("rect", x=0, y=3, width=_STRIP, height=_TALL - 6, rx=6, class_="night"),
        element("rect", x=start, y=3, width=end - start, height=_TALL - 6, rx=3, class_="awake"),
        *ticks,
        *dots,
        viewBox=f"-6 0 {_STRIP + 12} {_TALL}",
        width=_STRIP + 12,
        height=_TALL,
        class_="strip" if ring.awake else "strip asleep",
        aria_hidden="true",
    )

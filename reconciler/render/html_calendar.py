"""Calls to come: a sheet of weeks, then each day with its calls on a 24-hour strip.

Days and strips follow the clock where the callee is, because that is who is woken up; the time as it was
declared stands beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import htpy

from reconciler.model import dollars
from reconciler.render import forecasts
from reconciler.render.html_changes import badge, link
from reconciler.render.html_parts import row, table
from reconciler.render.words import counted
from reconciler.schedule import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from htpy import Node

    from reconciler.model import Address
    from reconciler.schedule.expected_calls import ExpectedCall, Forecast

_WEEKS = 6
_LISTED = 200  # calls listed; the rest is counted
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = 24 * 60
_STRIP, _TALL = 192, 18  # pixels
_TICKS = (6, 12, 18)


def tiles(forecast: Forecast) -> Node:
    """The sums: calls, people, the most they cost, the balance, auto-reload; below, what they rest on."""
    balance, limit = forecast.balance_cents, forecast.reload_limit_cents
    covered = f"covers {forecast.covered} of {len(forecast.rings)}" if forecast.rings else ""
    reload = "off" if not forecast.reloads else "no limit" if limit is None else dollars(limit)
    short = balance is not None and forecast.covered < len(forecast.rings)
    found = (
        *(_call_tiles(forecast) if forecast.rings or not forecast.campaigns else ()),
        _campaign_tile(forecast),
        _tile("Balance", dollars(balance), covered, alarming=short) if balance is not None else None,
        _tile(
            "Auto-reload",
            reload,
            "at most a month" if forecast.reloads and limit is not None else "",
            alarming=forecast.reloads and limit is None,
        ),
    )  # fmt: skip - one tile a line
    remarks = [
        *(htpy.li(class_="alarming")[remark] for remark in forecasts.warnings(forecast)),
        *(htpy.li[remark] for remark in forecasts.assumptions(forecast)),
    ]  # fmt: skip - what needs a look, then the rest
    return [htpy.dl(class_="tiles")[found], htpy.ul(class_="remarks")[remarks] if remarks else None]


def _call_tiles(forecast: Forecast) -> tuple[Node, ...]:
    """How many calls to how many people, for how much at most."""
    more = "" if forecast.whole else "more than "
    read = f"rates of {forecasts.spoken_date(forecast.rates_read)}"
    return (
        _tile("Calls to come", f"{more}{forecast.calls:,}", "second tries included"),
        _tile("People rung", f"{forecast.people:,}", ""),
        _tile("They cost at most", f"{more}{dollars(forecast.cents)}", read),
    )


def _campaign_tile(forecast: Forecast) -> Node:
    """What campaigns add: people, and the most they cost."""
    if not forecast.campaigns:
        return None
    cents, people = forecast.campaign_cents, sum(it.people for it in forecast.campaigns)
    most = dollars(cents) if cents is not None else "no limit told"
    name = f"{counted(len(forecast.campaigns), 'campaign')} at most"
    return _tile(name, most, counted(people, "person"), alarming=cents is None)


def _tile(name: str, value: str, below: str, *, alarming: bool = False) -> Node:
    return htpy.div(class_="tile alarming" if alarming else "tile")[
        htpy.dt[name], htpy.dd[value, htpy.small[below] if below else None]
    ]


def calendar(forecast: Forecast, places: Mapping[Address, str], *, show_numbers: bool) -> Node:
    """The sheet and the days, and before them the campaigns; nothing where neither is to come."""
    return [_campaigns(forecast, places), _calls(forecast, places, show_numbers=show_numbers)]


def _campaigns(forecast: Forecast, places: Mapping[Address, str]) -> Node:
    """What the platform calls by itself: from when on, between which hours, how many people."""
    if not forecast.campaigns:
        return None
    rows = [
        row(
            forecasts.campaign_start(it, forecast.now),
            f"each day {it.hours[0]} to {it.hours[1]} {forecasts.place(it.zone or 'UTC')}",
            counted(it.people, "person"),
            [link(it.address, places, name=it.address.name), htpy.span(class_="quiet")[it.agent] if it.agent else None],
            [
                dollars(it.cents) if it.cents is not None else "no limit told",
                htpy.span(class_="quiet")[f"in {it.tries} tries each"] if it.tries and it.tries > 1 else None,
            ],
        )
        for it in forecast.campaigns
    ]
    head = ("Started", "Calls", "Whom", "Campaign and agent", "At most")
    return table(head, rows, class_="agenda stacks", caption="Campaigns to come")


def _calls(forecast: Forecast, places: Mapping[Address, str], *, show_numbers: bool) -> Node:
    if not forecast.rings:
        return _sheet(forecast) if forecast.campaigns else None
    listed = sorted(forecast.rings[:_LISTED], key=_local)
    days = [
        _day(day, list(rings), forecast, places, show_numbers=show_numbers)
        for day, rings in groupby(listed, key=lambda ring: _local(ring).date())
    ]
    head = ("Where they are", "As declared", "Whom", "Call and agent", "At most")
    agenda = table(head, groups=days, class_="agenda stacks", caption="The calls, day by day")
    left = len(forecast.rings) - len(listed)
    more = htpy.p(class_="quiet")[f"… and {counted(left, 'call')} later."] if left else None
    return [_sheet(forecast), htpy.p(class_="quiet")[_legend(forecast)], agenda, more]


def _legend(forecast: Forecast) -> str:
    start, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in forecast.hours)
    return f"Days and strips follow the clock where the callee is; the light part of a strip is {start} to {end}."


def _local(ring: ExpectedCall) -> datetime:
    """The earliest wall time at which it may ring where the callee is, without its zone."""
    return forecasts.local_times(ring)[0][1].replace(tzinfo=None)


def _sheet(forecast: Forecast) -> Node:
    """Whole weeks from the day of the plan to the last call, six at most."""
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    for ring in forecast.rings:
        counts[_local(ring).date()]["call"] += 1
    for it in forecast.campaigns:
        counts[it.at.astimezone(clock.zone(it.zone or "UTC")).date()]["campaign"] += 1
    today = forecast.now.date()
    begin = min(today, *counts)
    if min(counts) - today > timedelta(weeks=_WEEKS - 1):
        begin = min(counts)
    monday = begin - timedelta(days=begin.weekday())
    weeks = min(_WEEKS, (max(counts) - monday).days // 7 + 1)
    rows = [_week(monday + timedelta(weeks=week), counts, today) for week in range(weeks)]
    head = [htpy.th(scope="col")[name] for name in _WEEKDAYS]
    title = htpy.caption(class_="unseen")["Calls on each day"]
    return htpy.table(class_="sheet")[title, htpy.thead[htpy.tr[head]], htpy.tbody[rows]]


def _week(monday: date, counts: Mapping[date, Counter[str]], today: date) -> Node:
    return htpy.tr[(_square(monday + timedelta(days=day), counts, today) for day in range(7))]


def _square(day: date, counts: Mapping[date, Counter[str]], today: date) -> Node:
    count = counts.get(day, Counter())
    name = f"{day.day} {clock.MONTHS[day.month - 1]}" if day.day == 1 or day.weekday() == 0 else f"{day.day}"
    state = " today" if day == today else " past" if day < today else ""
    shown = htpy.time(datetime=day.isoformat())[name]
    calls = htpy.a(href=f"#day-{day.isoformat()}")[counted(count["call"], "call")] if count["call"] else None
    started = htpy.strong[counted(count["campaign"], "campaign")] if count["campaign"] else None
    return htpy.td(class_=f"{'busy' if count else 'free'}{state}")[shown, calls, started]


def _day(
    day: date, rings: Sequence[ExpectedCall], forecast: Forecast, places: Mapping[Address, str], *, show_numbers: bool
) -> Node:
    """A day's calls below its name."""
    title = f"{_WEEKDAYS[day.weekday()]} {forecasts.spoken_date(day)}"
    name = htpy.th(scope="rowgroup", colspan=5, id=f"day-{day.isoformat()}")[title]
    rows = (_call(ring, forecast, places, show_numbers=show_numbers) for ring in rings)
    return htpy.tbody[htpy.tr(class_="day")[name], [rows]]


def _call(ring: ExpectedCall, forecast: Forecast, places: Mapping[Address, str], *, show_numbers: bool) -> Node:
    times = forecasts.local_times(ring)
    there = f"{times[0][1]:%H:%M} {forecasts.place(times[0][0])}"
    if len(times) > 1:
        there += f" to {times[-1][1]:%H:%M} {forecasts.place(times[-1][0])}"
    closes = ring.closes.astimezone(clock.zone(ring.zone or "UTC"))
    tries = f"in {ring.tries} tries" if ring.tries > 1 else ""
    return row(
        [there, _strip(ring, forecast), None if ring.awake else badge("outside calling hours", "weighty")],
        f"{forecasts.as_declared(ring, forecast.now)}, until {closes:%H:%M}",
        forecasts.callee(ring, show_numbers=show_numbers),
        [
            link(ring.address, places, name=ring.name),
            htpy.span(class_="quiet")[ring.agent] if ring.agent else None,
        ],
        [dollars(ring.cents), htpy.span(class_="quiet")[tries] if tries else None],
    )


def _strip(ring: ExpectedCall, forecast: Forecast) -> Node:
    """The callee's day from midnight to midnight: calling hours light, a dot for each place it may ring in."""
    start, end = (minutes * _STRIP // _DAY for minutes in forecast.hours)
    dots = [
        htpy.circle(cx=(local.hour * 60 + local.minute) * _STRIP // _DAY, cy=_TALL // 2, r=5)
        for _, local in forecasts.local_times(ring)
    ]
    ticks = (htpy.line(x1=at * _STRIP // 24, x2=at * _STRIP // 24, y1=0, y2=_TALL) for at in _TICKS)
    return htpy.svg(
        viewBox=f"-6 0 {_STRIP + 12} {_TALL}",
        width=_STRIP + 12,
        height=_TALL,
        class_="strip" if ring.awake else "strip asleep",
        aria_hidden="true",
    )[
        htpy.rect(x=0, y=3, width=_STRIP, height=_TALL - 6, rx=6, class_="night"),
        htpy.rect(x=start, y=3, width=end - start, height=_TALL - 6, rx=3, class_="awake"),
        *ticks,
        *dots,
    ]

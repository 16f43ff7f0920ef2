"""Forecast of the declared calls, in the words that all formats share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model import dollars
from reconciler.redaction import mask
from reconciler.render.terminal import Paint, clean, columns, pad, wrap
from reconciler.render.words import counted
from reconciler.schedule import clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reconciler.schedule.expected_calls import ExpectedCall, ExpectedCampaign, Forecast, Skip

_FEW = 5  # rings a terminal and a comment list before the rest is counted
_INDENT = 4


def callee(ring: ExpectedCall, *, show_numbers: bool) -> str:
    """Who is rung, as it may be shown."""
    return ring.to if show_numbers else mask(ring.to)


def local_times(ring: ExpectedCall) -> tuple[tuple[str, datetime], ...]:
    """The wall times at which a call may ring where the callee is, each with one zone that has it, ascending."""
    found: dict[Any, tuple[str, datetime]] = {}
    for name in ring.places:
        local = ring.at.astimezone(clock.zone(name))
        found.setdefault(local.replace(tzinfo=None), (name, local))
    return tuple(found[wall] for wall in sorted(found))


def where_they_are(ring: ExpectedCall, now: datetime) -> str:
    """``Tue 15 Jan 12:00 Los Angeles``, with the year when it is not that of ``now``.

    The earliest and the latest where a number names no single place.
    """
    times = local_times(ring)
    first = clock.spoken_local(ring.at, clock.zone(times[0][0]), now=now)
    if len(times) == 1:
        return first
    return f"{first} to {times[-1][1]:%H:%M} {place(times[-1][0])}"


def as_declared(ring: ExpectedCall, now: datetime) -> str:
    """``Tue 15 Jan 15:00 New York``: by the clock the call was declared in."""
    return clock.spoken_local(ring.at, clock.zone(ring.zone or "UTC"), now=now)


def place(zone: str) -> str:
    """``New York``."""
    return zone.rpartition("/")[2].replace("_", " ")


def headline(forecast: Forecast) -> str:
    """``14 calls to 3 people, for $4.20 at most; 1 campaign to …``; "" when nobody is to be rung."""
    more = "" if forecast.whole else "more than "
    calls = (
        f"{more}{counted(forecast.calls, 'call')} to {counted(forecast.people, 'person')}, "
        f"for {more}{dollars(forecast.cents)} at most"
    )
    return "; ".join([*([calls] if forecast.rings else []), *([_campaigns(forecast)] if forecast.campaigns else [])])


def _campaigns(forecast: Forecast) -> str:
    """``2 campaigns to 5,100 people, for $816.00 at most``."""
    people = counted(sum(it.people for it in forecast.campaigns), "person")
    cents = forecast.campaign_cents
    most = f"for {dollars(cents)} at most" if cents is not None else "how often each is rung is not declared"
    return f"{counted(len(forecast.campaigns), 'campaign')} to {people}, {most}"


def first(forecast: Forecast) -> str:
    """When the first of what is to come comes: ``the first on Tue 15 Jan 12:00 Los Angeles where they are``."""
    if forecast.rings:
        return f"the first on {where_they_are(forecast.rings[0], forecast.now)} where they are"
    return f"from {campaign_start(forecast.campaigns[0], forecast.now)} on"


def campaign_start(it: ExpectedCampaign, now: datetime) -> str:
    """``Mon 7 Dec 09:00 New York``."""
    return clock.spoken_local(it.at, clock.zone(it.zone or "UTC"), now=now)


def campaign_words(it: ExpectedCampaign) -> str:
    """``rings 5,000 people between 09:00 and 17:00, for $800.00 at most``."""
    most = f"for {dollars(it.cents)} at most" if it.cents is not None else "without a limit of its own"
    return f"rings {counted(it.people, 'person')} between {it.hours[0]} and {it.hours[1]}, {most}"


def remarks(forecast: Forecast) -> list[str]:
    """What needs a second look, then what the amount rests on, and where the money comes from."""
    return [*warnings(forecast), *assumptions(forecast)]


def warnings(forecast: Forecast) -> list[str]:
    """Calls at a time when they may not be placed, a balance that does not reach, charges without a bound."""
    rings, balance = forecast.rings, forecast.balance_cents
    asleep = sum(not ring.awake for ring in rings)
    short = balance is not None and forecast.covered < len(rings)
    return [
        *(
            [f"{asleep} of {len(rings)} outside the calling hours where the callee is: not placed then"]
            if asleep
            else []
        ),
        *([_shortage(forecast)] if short else []),
        *([told] if not short and (told := _campaign_shortage(forecast)) else []),
        *(
            ["auto-reload may charge without a limit"]
            if forecast.reloads and forecast.reload_limit_cents is None
            else []
        ),
    ]


def _shortage(forecast: Forecast) -> str:
    first = as_declared(forecast.rings[forecast.covered], forecast.now)
    reach = f"the balance of {dollars(forecast.balance_cents or 0)} covers {forecast.covered} of {len(forecast.rings)}"
    return f"{reach}: until {first}" + ("" if forecast.reloads else ", and nothing refills it")


def _campaign_shortage(forecast: Forecast) -> str:
    """That what is left of the balance does not reach for the campaigns; "" where it does, or nobody can tell."""
    balance, cents = forecast.balance_cents, forecast.campaign_cents
    if balance is None or not forecast.campaigns or (cents is not None and forecast.cents + cents <= balance):
        return ""
    refill = "" if forecast.reloads else ", and nothing refills it"
    return f"the balance of {dollars(balance)} may not cover the campaigns{refill}"


def assumptions(forecast: Forecast) -> list[str]:
    """What the amount rests on, and where the money comes from."""
    return [*_about_calls(forecast), *_about_money(forecast)]


def _about_calls(forecast: Forecast) -> Iterator[str]:
    rings = forecast.rings
    if forecast.skips:
        yield _skipped(forecast)
    if not forecast.rings_anybody:
        return
    yield f"priced at the longest an agent allows; rates read on {spoken_date(forecast.rates_read)}"
    if loose := sum(ring.tries for ring in rings if not ring.limited):
        yield f"{counted(loose, 'call')} without a limit taken as {forecast.minutes} min"
    if any(ring.recurs for ring in rings):
        yield f"recurring calls counted until {spoken_date(forecast.until)}"
    if any(ring.tries > 1 for ring in rings):
        yield "every second try counted"


def _skipped(forecast: Forecast) -> str:
    """``2 skipped (survey on Fri 25 Dec 09:00 New York: Christmas Day (US); …)``; of many for one reason the ends."""
    if len(forecast.skips) > _FEW and len({it.why for it in forecast.skips}) == 1:
        first, last = (_skip(it, forecast) for it in (forecast.skips[0], forecast.skips[-1]))
        return f"{len(forecast.skips):,} skipped, {forecast.skips[0].why} ({first} to {last})"
    told = [f"{_skip(it, forecast)}: {it.why}" for it in forecast.skips[:_FEW]]
    more = len(forecast.skips) - len(told)
    return f"{len(forecast.skips):,} skipped ({'; '.join(told)}{f'; and {more:,} more' if more else ''})"


def _skip(it: Skip, forecast: Forecast) -> str:
    return f"{it.address.name} on {clock.spoken_local(it.at, clock.zone(it.zone or 'UTC'), now=forecast.now)}"


def _about_zones(forecast: Forecast) -> Iterator[str]:
    """By which data local times were read: a matter for who wonders about an hour, and another on each machine."""
    if forecast.timezone_data and any(ring.zone for ring in forecast.rings):
        yield f"local times by time-zone data {forecast.timezone_data}"


def _about_money(forecast: Forecast) -> Iterator[str]:
    balance, rings = forecast.balance_cents, forecast.rings
    if balance is not None and rings and forecast.covered == len(rings):
        yield f"the balance of {dollars(balance)} covers them"
    if forecast.reloads and forecast.reload_limit_cents is not None:
        yield f"auto-reload may charge up to {dollars(forecast.reload_limit_cents)} a month"


def spoken_date(day: Any) -> str:
    """``30 Sep 2026``, without asking the locale."""
    return f"{day.day} {clock.MONTHS[day.month - 1]} {day.year}"


def lines(forecast: Forecast | None, *, width: int, paint: Paint, show_numbers: bool, full: bool) -> Iterator[str]:
    """The calls to come for a terminal: how many, who is rung when in their own time, and what it may cost."""
    if forecast is None or not (forecast.rings_anybody or forecast.skips or forecast.reloads):
        return
    head = f"To come: {headline(forecast)}" if forecast.rings_anybody else "No calls to come."
    yield from (paint(line, "bold") for line in wrap(head, width))
    shown = forecast.rings if full else forecast.rings[:_FEW]
    whens = [clean(where_they_are(ring, forecast.now)) for ring in shown]
    room = max((columns(when) for when in whens), default=0)
    for ring, when in zip(shown, whens, strict=True):
        yield from _row(ring, pad(when, room), width, paint, show_numbers=show_numbers)
    if left := _left(forecast, len(shown)):
        yield " " * _INDENT + paint(left, "dim")
    for campaign in forecast.campaigns:
        said = f"{campaign_start(campaign, forecast.now)}: {campaign.address.name} {campaign_words(campaign)}"
        yield from (" " * _INDENT + line for line in wrap(clean(said), width - _INDENT))
    rests_on = [*assumptions(forecast), *(_about_zones(forecast) if full else ())]
    told = [*((f"! {it}", "changed") for it in warnings(forecast)), (" · ".join(rests_on), "dim")]
    for remark, style in told:
        yield from (" " * _INDENT + paint(line, style) for line in wrap(remark, width - _INDENT) if line)


def _left(forecast: Forecast, shown: int) -> str:
    """What of the counted calls is not in the list: later ones, and the second tries of all."""
    more, again = len(forecast.rings) - shown, forecast.calls - len(forecast.rings)
    tries = f"up to {counted(again, 'second try')}" if again else ""
    told = " and ".join(part for part in (f"{more:,} more" if more else "", tries) if part)
    return f"… and {told}" if told else ""


def _row(ring: ExpectedCall, when: str, width: int, paint: Paint, *, show_numbers: bool) -> Iterator[str]:
    """Where they are, whom and which; ``!`` in the margin of a call outside calling hours."""
    margin = " " * _INDENT if ring.awake else f"  {paint('!', 'changed')} "
    name, to = clean(ring.name), callee(ring, show_numbers=show_numbers)
    line = f"{when}  {to}  {name}"
    if columns(line) <= width - _INDENT:
        yield margin + line
        return
    first, *rest = wrap(f"{when.rstrip()}  {to}", width - _INDENT)
    yield margin + first
    yield from (" " * _INDENT + part for part in rest)
    yield from (" " * (_INDENT + 2) + part for part in wrap(name, width - _INDENT - 2))


def document(forecast: Forecast | None, *, show_numbers: bool) -> dict[str, Any] | None:
    """The forecast as JSON; null where none was made."""
    if forecast is None:
        return None
    return {
        "rings": len(forecast.rings),
        "calls_at_most": forecast.calls,
        "people": forecast.people,
        "cents_at_most": forecast.cents,
        "complete": forecast.whole,
        "timezone_data": forecast.timezone_data,
        "recurring_until": forecast.until.date().isoformat(),
        "rates": {
            "read": forecast.rates_read.isoformat(),
            "cents_per_minute": dict(forecast.rates),
            "unlimited_call_minutes": forecast.minutes,
        },
        "balance_cents": forecast.balance_cents,
        "rings_covered": forecast.covered if forecast.balance_cents is not None else None,
        "auto_reload": {"enabled": forecast.reloads, "monthly_limit_cents": forecast.reload_limit_cents},
        "calls": [_document(ring, show_numbers=show_numbers) for ring in forecast.rings],
        "campaigns": [_campaign(it) for it in forecast.campaigns],
        "skipped": [
            {"address": str(it.address), "at": it.at.isoformat(), "zone": it.zone or "UTC", "reason": it.why}
            for it in forecast.skips
        ],
    }


def _document(ring: ExpectedCall, *, show_numbers: bool) -> dict[str, Any]:
    return {
        "address": str(ring.address),
        "at": ring.at.isoformat(),
        "closes": ring.closes.isoformat(),
        "zone": ring.zone or "UTC",
        "to": callee(ring, show_numbers=show_numbers),
        "callee_local": [local.isoformat() for _, local in local_times(ring)],
        "within_calling_hours": ring.awake,
        "agent": ring.agent or None,
        "tries": ring.tries,
        "cents_at_most": ring.cents,
    }


def _campaign(it: ExpectedCampaign) -> dict[str, Any]:
    return {
        "address": str(it.address),
        "at": it.at.isoformat(),
        "closes": it.closes.isoformat(),
        "zone": it.zone or "UTC",
        "daily_window": list(it.hours),
        "ends": it.ends.isoformat() if it.ends else None,
        "agent": it.agent or None,
        "people": it.people,
        "tries": it.tries,
        "cents_at_most": it.cents,
    }

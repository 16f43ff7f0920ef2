"""When a campaign is to be started, whom it rings then, within which hours, and what it costs at most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler import prices
from reconciler.kinds.campaign_contacts import contacts_of
from reconciler.kinds.campaign_spec import CampaignSpec
from reconciler.model import Address, Consequence, Sort, dollars
from reconciler.schedule import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.contract.account import Account
    from reconciler.kinds.campaign_contacts import Contact
    from reconciler.model import Observed, Resource

LATE = timedelta(hours=1)
_SHOWN = "%Y-%m-%d %H:%M"


def lateness(resource: Resource) -> timedelta:
    """How late it may still be started."""
    late = resource.declared.get("late")
    return clock.parse_duration(late) if late is not None else LATE


def starts_at(resource: Resource) -> datetime | None:
    """The instant of its start; None where none is declared, or none can be told from what is written."""
    start = resource.declared.get("start")
    try:
        return clock.nominal(start, resource.declared.get("timezone")).instant if start is not None else None
    except ValueError:
        return None


def opening(resource: Resource) -> tuple[str, str]:
    """When its start is due and until when it may be made, as they are recorded; "" for neither."""
    opens = starts_at(resource)
    return (clock.stamp(opens), clock.stamp(opens + lateness(resource))) if opens is not None else ("", "")


def value(resource: Resource, observed: Observed | None, key: str) -> Any:
    """A setting as it will be: declared, or as it is live."""
    return resource.declared.get(key, observed.body.get(key) if observed else None)


def hours_of(resource: Resource, observed: Observed | None) -> tuple[str, str]:
    """Its daily window: ``09:00``, ``17:00``."""
    opens, closes = (str(value(resource, observed, f"daily_window_{side}"))[:5] for side in ("start", "end"))
    return opens, closes


def callable_contacts(resource: Resource, account: Account) -> list[Contact]:
    """The contacts without those who must not be called, whom a load leaves out."""
    return [it for it in contacts_of(resource) if not account.forbids(it.number)]


def consequences_of(resource: Resource, observed: Observed | None, account: Account) -> tuple[Consequence, ...]:
    """How many people are rung, and the most it may cost."""
    people = len(callable_contacts(resource, account))
    return (
        Consequence(Sort.RINGS_A_PERSON, people=people),
        Consequence(Sort.SPENDS_MONEY, cents=most_cents(resource, observed, account)),
    )


def most_cents(resource: Resource, observed: Observed | None, account: Account) -> int | None:
    """Contacts, attempts and the longest call at the rate of its agent; None while the attempts are not known."""
    attempts = value(resource, observed, "max_attempts")
    if not isinstance(attempts, int):
        return None
    return len(callable_contacts(resource, account)) * attempts * _each(resource, account)


def _each(resource: Resource, account: Account) -> int:
    _, cents = prices.of_call(_engine(resource, account), account.settings.rates)
    return cents


def _engine(resource: Resource, account: Account) -> Mapping[str, Any]:
    """The agent's settings: what is declared goes before what is live."""
    address = Address("Agent", str(resource.declared.get("agent")))
    binding, declared = account.bindings.get(address), account.resources.get(str(address))
    live = account.find("Agent", binding.id) if binding else None
    return {**(live.body if live else {}), **(declared.declared if declared else {})}


def said_of(resource: Resource, observed: Observed | None, account: Account) -> str:
    """``rings 120 people, at most $43.20, between 09:00 and 17:00 America/New_York, from 2026-12-07 09:00``."""
    opens = starts_at(resource)
    if opens is None:
        return ""
    people, cents = len(callable_contacts(resource, account)), most_cents(resource, observed, account)
    zone = str(value(resource, observed, "timezone") or "UTC")
    most = f"at most {dollars(cents)}" if cents is not None else _for_each(resource, account)
    hours = " and ".join(hours_of(resource, observed))
    whom = "1 person" if people == 1 else f"{people:,} people"
    local = opens.astimezone(clock.zone(zone))
    until = f", until {str(end)[:16]}" if (end := value(resource, observed, "end_at")) else ""
    return f"rings {whom}, {most}, between {hours} {zone}, from {local:{_SHOWN}} on{until}"


def _for_each(resource: Resource, account: Account) -> str:
    return f"at most {dollars(_each(resource, account))} for each attempt (`max_attempts` is not declared)"


def days(resource: Resource, now: datetime) -> tuple[datetime, ...]:
    """Days on which it may call, by which the clocks of two places are compared: the first, and the last if told."""
    first = starts_at(resource) or now
    told = [resource.declared.get(key) for key in ("start_at", "end_at")]
    return tuple(dict.fromkeys([first, *(clock.parse_moment(text).astimezone(UTC) for text in told if text)]))


def spec_of(resource: Resource) -> CampaignSpec | None:
    """What it says; None where it was refused."""
    return resource.spec if isinstance(resource.spec, CampaignSpec) else None

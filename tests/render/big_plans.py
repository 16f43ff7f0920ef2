"""A plan of a size that reviewers meet: many edited prompts, a deletion, hundreds of calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from forecasts_to_render import FORECAST, JANE
from plans_to_render import ARM, DELETE, MONEY, REFUSED, WARNING, change, plan_of

from reconciler.model import Action, Address, Change, ChangedBy, FieldDiff, Location

if TYPE_CHECKING:
    from reconciler.planning.outlook import Outlook
    from reconciler.schedule.expected_calls import ExpectedCall, Forecast

FIRST = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


def prompt(number: int) -> str:
    """A prompt with a paragraph of some 700 characters, as the dashboard makes them."""
    middle = " ".join(f"Sentence {step} says what practice {number} wants from a caller." for step in range(12))
    return f"# Practice {number}\n\nYou always greet by name.\n\n## Body\n\n{middle}\n\n## End\n\nBe brief.\n"


def edited(number: int, *, by: ChangedBy = ChangedBy.MANIFEST) -> Change:
    """An agent whose prompt changes in three places."""
    before = prompt(number)
    after = before.replace("always", "NEVER").replace("Sentence 6 says", "Sentence six tells").replace("brief", "kind")
    place = Location(f"prompts/practice-{number:02}.md")
    return change(
        f"Agent/practice-{number:02}",
        Action.UPDATE,
        "changed in the manifest",
        id_=str(500 + number),
        at=Location("manifests/agents.yaml", 14 * number + 1),
        diffs=[FieldDiff("prompt", before, after, by, location=place)],
    )


def calls(count: int, agents: int = 3) -> tuple[list[Change], list[ExpectedCall]]:
    """Calls of a few agents on five weekdays."""
    changes, rings = [], []
    for number in range(count):
        address = Address("ScheduledCall", f"visit-{number:03}")
        at = FIRST + timedelta(days=number % 5, minutes=3 * (number // 5))
        changes.append(replace(ARM, address=address))
        rings.append(
            replace(
                JANE,
                address=address,
                at=at,
                closes=at + timedelta(minutes=10),
                to=f"+1415555{number:04}",
                agent=f"practice-{number % agents:02}",
            )
        )
    return changes, sorted(rings, key=lambda ring: (ring.at, ring.address))


def big(agents: int = 30, count: int = 200) -> Outlook:
    """Edited agents (two of them by a colleague too), calls, a deletion, a charge, a refusal and a warning."""
    updates = [edited(number, by=ChangedBy.BOTH if number < 2 else ChangedBy.MANIFEST) for number in range(agents)]
    changes, rings = calls(count)
    forecast: Forecast = replace(FORECAST, rings=tuple(rings))
    plan = plan_of(*updates, MONEY, *changes, DELETE, REFUSED, findings=[WARNING])
    return replace(plan, forecast=forecast)

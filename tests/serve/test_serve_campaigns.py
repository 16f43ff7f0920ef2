from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from daytime import zone_of_noon
from waiting import PATIENCE, until

from serve.site_under_test import LATE, whole_second

if TYPE_CHECKING:
    from serve.site_under_test import Service, Site


def declare(site: Site, at: datetime, more: str = "") -> None:
    (site.root / "manifests" / "contacts.csv").write_text("phone,name\n+12125550100,Ann\n+12125550101,Bo\n")
    zone = zone_of_noon()
    start = at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
    spec = (
        f'agent: reminders, from_number: "+15551230001", daily_window_start: "00:00", daily_window_end: "23:59", '
        f"timezone: {zone}, max_attempts: 1, max_concurrent_calls: 1, contacts: {{file: contacts.csv}}, "
        f'start: "{start}"'
    )
    document = f"---\napiVersion: reconciler/v1\nkind: Campaign\nmetadata: {{name: recall}}\nspec: {{{spec}{more}}}\n"
    site.declare(document)
    site.apply()


def started(site: Site) -> list[datetime]:
    """When the platform was asked to start a campaign."""
    sent = [it for it in site.ask("GET", "/emulator/requests") if it["path"].endswith("/start")]
    return [datetime.fromisoformat(it["at"]) for it in sent]


def statuses(site: Site) -> list[str]:
    listed = json.loads(site.run("campaigns", "--format", "json").stdout)
    return [str(it["status"]) for it in listed["campaigns"]]


def told(*services: Service) -> list[str]:
    return [str(it["state"]) for service in services for it in service.said("call") if "recall" in it["name"]]


def test_a_campaign_is_started_at_its_instant_and_once_over_all_replicas(site: Site) -> None:
    site.apply()
    one, other = site.serve(), site.serve()
    assert one.url != other.url
    at = whole_second(ahead=10 + 2 * site.patience)
    declare(site, at)
    (when,) = until(lambda: started(site), "a start", patience=(at - datetime.now(UTC)).total_seconds() + PATIENCE)
    assert timedelta(0) <= when - at <= LATE
    until(lambda: told(one, other), "the word of it")
    assert (statuses(site), told(one, other), len(started(site))) == (["running"], ["placed"], 1)


def test_under_a_hold_no_campaign_is_started_and_released_it_is(site: Site) -> None:
    site.apply()
    declare(site, whole_second(ahead=2 * site.patience))
    assert site.run("calls", "hold", "--all", "--why", "a storm").returncode == 0
    service = site.serve()
    until(lambda: told(service), "how it ended")
    assert (told(service), started(site)) == (["held"], [])
    assert site.run("calls", "release", "--all").returncode == 0
    until(lambda: started(site), "the start, once it is released")
    assert statuses(site) == ["running"]


def test_a_campaign_that_is_paused_is_not_started_and_its_end_is_told_as_missed_while_held(site: Site) -> None:
    site.apply()
    declare(site, whole_second(ahead=site.patience), more=", late: 20s")
    assert site.run("campaigns", "pause", "recall").returncode == 0
    service = site.serve()
    until(lambda: "expired" in told(service), "that it was missed")
    assert (started(site), service.said("call")[-1]["code"]) == ([], "RC615")

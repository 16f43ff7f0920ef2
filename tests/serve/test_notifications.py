from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from emulator.listener import Listener
from waiting import until

from serve.site_under_test import SETTINGS, call, whole_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    from serve.site_under_test import Site

UNSUPPORTED = "+14155550186"  # the platform refuses it with 400


def test_a_refused_call_is_told_once_however_often_it_is_noticed_and_without_a_number(site: Site) -> None:
    with Listener() as listener:
        url = listener.url.partition("?")[0].replace("http://", "json://")
        (site.root / "reconciler.yaml").write_text(f"{SETTINGS}notify: {{to: ['{url}'], on: [refused]}}\n")
        site.apply()
        site.declare(call("one", whole_second(ahead=site.patience), UNSUPPORTED))
        site.apply()
        service = site.serve()
        (heard,) = until(lambda: listener.events, "a notification")
        assert "one" in heard.json["title"]
        assert "555" not in heard.body.decode()
        service.stop()
        done = site.run("dispatch")
        assert (done.returncode, len(listener.events)) == (4, 1)


def test_an_apply_that_failed_in_part_is_told(site: Site) -> None:
    with Listener() as listener:
        url = listener.url.partition("?")[0].replace("http://", "json://")
        (site.root / "reconciler.yaml").write_text(f"{SETTINGS}notify: {{to: ['{url}'], on: [apply]}}\n")
        site.ask("POST", "/emulator/faults", json={"method": "POST", "path": "/v1/agents", "status": 422, "times": 9})
        assert site.run("apply", "--yes").returncode == 4
        (heard,) = listener.events
        assert "Agent/reminders" in heard.json["message"]


def test_an_address_whose_variable_is_not_set_is_said_before_anything_is_served(site: Site) -> None:
    (site.root / "reconciler.yaml").write_text(f"{SETTINGS}notify: {{to: ['env:NOBODY_SET_THIS']}}\n")
    site.apply()
    done = site.run("serve", "--listen", "127.0.0.1:0")
    assert (done.returncode, "NOBODY_SET_THIS" in done.stderr) == (1, True)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listening:
        yield listening


def ask_for(site: Site, listener: Listener, settings: str) -> None:
    url = listener.url.partition("?")[0].replace("http://", "json://")
    (site.root / "reconciler.yaml").write_text(f"{SETTINGS}notify: {{to: ['{url}'], {settings}}}\n")


def test_drift_is_told_once_by_whichever_run_notices_it_and_again_when_it_moves_on(
    site: Site, listener: Listener
) -> None:
    ask_for(site, listener, "on: [drift]")
    site.apply()
    ((agent, *_),) = [site.ask("GET", "/v1/agents")]
    edit = {"prompt": "Sell something to +14155550199."}
    site.ask("PATCH", f"/v1/agents/{agent['id']}", json=edit)
    site.ask("POST", f"/v1/agents/{agent['id']}/deploy", json={})
    assert [site.run("drift").returncode for _ in range(2)] == [2, 2]
    (heard,) = listener.events
    assert "Agent/reminders was edited in the dashboard: prompt" in heard.json["message"]
    assert "555" not in heard.body.decode()
    service = site.serve("--no-dispatch")
    until(lambda: service.metric("reconciler_drift_objects") == 1, "a look at the account")
    assert len(listener.events) == 1
    site.ask("PATCH", f"/v1/agents/{agent['id']}", json={"prompt": "Sell something else."})
    site.ask("POST", f"/v1/agents/{agent['id']}/deploy", json={})
    assert site.run("drift").returncode == 2
    assert len(listener.events) == 2


def test_a_balance_that_is_low_is_told_once_a_day_by_apply_drift_and_dispatch_alike(
    site: Site, listener: Listener
) -> None:
    ask_for(site, listener, "on: [balance], balance_below_cents: 1000000")
    site.apply()
    assert site.run("drift").returncode == 0
    site.declare(call("one", whole_second(ahead=site.patience), "+14155551000"))
    site.apply()
    assert site.run("dispatch", "--lookahead", "10m").returncode == 0
    assert ["the balance is low" in it.json["title"] for it in listener.events] == [True]


def test_an_apply_that_is_refused_is_told_once_for_each_commit(site: Site, listener: Listener) -> None:
    ask_for(site, listener, "on: [apply]")
    site.ask("POST", "/emulator/faults", json={"method": "GET", "path": "/v1/agents", "status": 403, "times": None})
    assert [site.run("apply", "--yes").returncode for _ in range(2)] == [1, 1]
    (heard,) = listener.events
    assert "apply failed" in heard.json["title"]


def test_a_run_that_only_waits_for_a_yes_is_no_failed_apply(site: Site, listener: Listener) -> None:
    ask_for(site, listener, "on: [apply]")
    assert site.run("apply").returncode == 3
    assert listener.events == []

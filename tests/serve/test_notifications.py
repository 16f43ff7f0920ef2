from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.listener import Listener

from serve.site_under_test import SETTINGS, call, until, whole_second

if TYPE_CHECKING:
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

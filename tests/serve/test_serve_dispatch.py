from __future__ import annotations

import re
import signal
from datetime import timedelta
from typing import TYPE_CHECKING

from waiting import until

from serve.site_under_test import LATE, SECRET, call, event, whole_second

if TYPE_CHECKING:
    from serve.site_under_test import Service, Site

ENDS_AFTER_2_SECONDS = "+14155550195"
UNANSWERED = "+14155550198"


def hear(site: Site, service: Service) -> None:
    """Let the platform tell the service what happens, signed with the service's secret."""
    endpoint = {"label": "service", "url": f"{service.url}/webhooks", "events": []}
    made = site.ask("POST", "/v1/developer/webhook-endpoints", json=endpoint)
    site.ask("POST", "/emulator/state", json={"webhook_endpoints": [{"id": made["id"], "_secret": SECRET}]})


def test_a_call_is_placed_at_its_instant_and_not_before_and_its_end_is_heard(site: Site) -> None:
    site.apply()
    service = site.serve("--every", "1h")
    hear(site, service)
    at = whole_second(ahead=site.patience)
    site.declare(call("one", at, ENDS_AFTER_2_SECONDS))
    site.apply()
    ((when, whom),) = until(site.dialled, "a call")
    assert whom == ENDS_AFTER_2_SECONDS
    assert timedelta(0) <= when - at <= LATE
    until(lambda: service.said("call ended"), "its end")
    ended = site.attempt("one")
    assert (ended["state"], ended["call_id"] != "") == ("failed", True)
    assert service.metric("reconciler_calls_placed_total") == 1


def test_an_event_that_is_not_of_ours_changes_nothing(site: Site) -> None:
    site.apply()
    service = site.serve()
    assert service.send(event("telephony.complete", "e", call_id=987_654, status="completed")).status_code == 200
    assert service.said("call ended") == []


def test_two_replicas_place_each_call_once_also_when_one_is_killed(site: Site) -> None:
    at = whole_second(ahead=3 * site.patience)
    names = {f"call-{n}": f"+1415555{1000 + n}" for n in range(12)}
    site.declare(*(call(name, at + timedelta(seconds=n % 4), to) for n, (name, to) in enumerate(names.items())))
    site.apply()
    one, other = site.serve(), site.serve()
    assert one.url != other.url
    until(lambda: len(site.dialled()) >= 3, "the first calls")
    victim = one if one.said("call") else other
    victim.stop(signal.SIGKILL)
    until(lambda: len({to for _, to in site.dialled()}) == 12, "every call")
    assert len(site.ask("GET", "/v1/calls", params={"limit": 100})["results"]) == 12


def test_held_by_the_page_nothing_is_placed_and_released_it_is_at_once(site: Site) -> None:
    site.apply()
    service = site.serve("--token-file", "token")
    bearer = {"Authorization": "Bearer a-long-random-token"}
    assert service.post("/hold", data={"why": "a storm"}).status_code == 403
    assert service.post("/hold", data={"token": "wrong"}).status_code == 403
    assert service.post("/hold", data={"why": "a storm"}, headers=bearer).status_code == 200
    assert "a storm" in service.get("/").text
    site.declare(call("one", whole_second(ahead=site.patience), ENDS_AFTER_2_SECONDS))
    site.apply()
    until(lambda: service.said("call"), "how it ended")
    assert (service.said("call")[0]["code"], site.dialled()) == ("RC603", [])
    assert service.post("/release", data={"token": "a-long-random-token"}).status_code == 200
    until(site.dialled, "the call, once it is released")


def test_manifests_in_error_change_nothing_and_are_said(site: Site) -> None:
    at = whole_second(ahead=3 * site.patience)
    site.declare(call("one", at, ENDS_AFTER_2_SECONDS))
    site.apply()
    service = site.serve()
    assert service.get("/readyz").json()["status"] == "ready"
    (site.root / "manifests" / "broken.yaml").write_text("kind: Agent\nspec: [\n")
    until(lambda: any("last good" in it["message"] for it in service.lines), "the complaint")
    assert "last good ones are kept: manifests/broken.yaml:" in service.get("/").text
    until(lambda: not service.get("/readyz").json()["checks"]["manifests"]["ok"], "the probe's answer")
    ready = service.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    told = ready.json()["checks"]["manifests"]
    assert told["stale"] is True
    assert re.fullmatch(
        r"in error, the last good ones are kept: manifests/broken\.yaml:\d+:\d+: RC\d{3} \(1 error\)", told["detail"]
    )
    assert service.metric("reconciler_manifests_ok") == 0
    until(site.dialled, "the call all the same")
    (site.root / "manifests" / "broken.yaml").unlink()
    until(lambda: service.said("manifests read again"), "the good ones")


def test_at_a_hangup_it_reads_the_manifests_again_and_goes_on(site: Site) -> None:
    site.apply()
    service = site.serve()
    assert service.url
    service.process.send_signal(signal.SIGHUP)
    until(lambda: service.said("manifests read again"), "that it read them")
    assert service.get("/healthz").status_code == 200
    assert service.stop() == 0


def test_asked_to_stop_it_ends_with_0(site: Site) -> None:
    site.apply()
    service = site.serve()
    assert service.get("/healthz").status_code == 200
    assert service.stop() == 0


def test_an_address_beyond_loopback_takes_a_token(site: Site) -> None:
    done = site.run("serve", "--listen", "0.0.0.0:0")
    assert (done.returncode, "--token-file" in done.stderr) == (1, True)


def test_no_more_calls_than_the_limit_are_placed_in_one_period(site: Site) -> None:
    settings = site.root / "reconciler.yaml"
    settings.write_text(settings.read_text().replace("1000", "2"))
    at = whole_second(ahead=site.patience)
    site.declare(*(call(f"call-{n}", at, f"+1415555{1000 + n}") for n in range(4)))
    site.apply()
    service = site.serve("--every", "1h")
    until(lambda: [it for it in service.said("call") if it.get("code") == "RC608"], "the limit")
    assert len(site.dialled()) == 2


def test_an_api_that_does_not_answer_is_not_ready_and_recovers(site: Site) -> None:
    site.apply()
    service = site.serve("--no-dispatch")
    assert service.get("/readyz").status_code == 200
    fault = {"method": "GET", "path": "/v1/whoami", "status": 503, "times": None}
    site.ask("POST", "/emulator/faults", json=fault)
    until(lambda: service.get("/readyz").status_code == 503, "not ready")
    site.ask("DELETE", "/emulator/faults")
    until(lambda: service.get("/readyz").status_code == 200, "ready again")


def test_the_page_shows_a_call_to_somebody_who_opted_out_as_held(site: Site) -> None:
    site.declare(call("later", whole_second(ahead=3600), "+14155550144"))
    site.apply()
    service = site.serve()
    until(lambda: "armed" in service.get("/").text, "the call on the page")
    assert "must not be called" not in service.get("/").text
    assert site.run("calls", "opt-out", "+14155550144", "--why", "asked").returncode == 0
    until(lambda: "this person must not be called" in service.get("/").text, "the call as held")

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from waiting import until

from serve.site_under_test import event, signed

if TYPE_CHECKING:
    from serve.site_under_test import Service, Site


@pytest.fixture
def service(site: Site) -> Service:
    site.apply()
    return site.serve("--no-dispatch")


def test_an_event_is_taken_once_and_counted_by_its_type(service: Service) -> None:
    body = event("something.new", "e-1")
    first, again = service.send(body), service.send(body)
    assert (first.status_code, first.json(), again.status_code) == (200, {}, 200)
    assert service.metric('reconciler_events_total{type="something.new",verdict="accepted"}') == 1
    assert service.metric('reconciler_events_total{type="something.new",verdict="duplicate"}') == 1


def test_a_replica_that_is_started_anew_knows_what_the_last_one_took(site: Site, service: Service) -> None:
    body = event("call.graded", "e-2", call_id=1)
    assert service.send(body).status_code == 200
    assert service.stop() == 0
    other = site.serve("--no-dispatch")
    assert other.send(body).status_code == 200
    assert other.metric('reconciler_events_total{type="call.graded",verdict="duplicate"}') == 1


def test_what_is_not_signed_by_the_secret_of_now_is_401(service: Service) -> None:
    body = event("telephony.complete", "e-3", call_id=1)
    assert service.post("/webhooks", content=body).status_code == 401
    assert service.send(body, secret="another").status_code == 401
    assert service.send(body, at=time.time() - 400).status_code == 401
    assert service.send(body, path="/elsewhere").status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"{", b"\xff", b"[" * 100_000, b"null"])
def test_a_signed_body_that_is_no_object_is_400(service: Service, body: bytes) -> None:
    assert service.send(body).status_code == 400


def test_a_body_of_over_1_mib_is_413_and_one_of_1_mib_is_not(service: Service) -> None:
    assert service.send(b"x" * ((1 << 20) + 1)).status_code == 413
    assert service.send(b"x" * (1 << 20)).status_code == 400
    parts = (b"x" * 4096 for _ in range(300))
    assert service.post("/webhooks", content=parts, headers=signed(b"")).status_code == 413


def test_either_secret_counts_while_it_is_rotated(site: Site) -> None:
    site.apply()
    (site.root / "next").write_text("whsec_next")
    service = site.serve("--no-dispatch", "--webhook-secret-file", "next")
    assert service.send(event("a", "e-4")).status_code == 200
    assert service.send(event("a", "e-5"), secret="whsec_next").status_code == 200


def test_whatever_an_event_claims_its_call_is_asked_for_and_believed(site: Site, service: Service) -> None:
    for odd in ({"call_id": None}, {"call_id": True}, {"call_id": {"a": 1}}, {"call_id": "../whoami"}, {}):
        assert service.send(event("telephony.complete", f"e-{odd}", **odd)).status_code == 200
    assert service.get("/healthz").json()["status"] == "alive"


def test_every_other_method_and_path_is_refused(service: Service) -> None:
    assert service.get("/webhooks").status_code == 405
    assert service.get("/elsewhere").status_code == 404
    assert service.post("/", content=b"").status_code == 405


def test_no_number_and_no_secret_is_in_any_answer_or_log(site: Site, service: Service) -> None:
    service.send(event("telephony.complete", "e-6", call_id=1, to_number="+14155550195"))
    told = [service.get(path).text for path in ("/", "/metrics", "/readyz", "/healthz", "/live.js")]
    until(lambda: service.words, "a log")
    for text in (*told, *service.words):
        assert "4155550195" not in text
        assert "whsec_of_the_endpoint" not in text

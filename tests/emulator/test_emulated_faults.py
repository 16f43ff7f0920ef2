"""Failures on request, as a client meets them in the same process."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reconciler.emulator import Fault, Platform

NEW = {"name": "Front desk", "prompt": "Be kind.", "voice": "maya"}


def agents(http: httpx.Client) -> int:
    return len(http.get("/v1/agents").json())


def test_a_status_is_answered_so_many_times_with_its_retry_after(http: httpx.Client, platform: Platform) -> None:
    platform.inject(Fault(path="/v1/agents", status=429, times=2, retry_after="7"))
    first = http.get("/v1/agents")
    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert http.get("/v1/billing").status_code == 200
    assert [http.get("/v1/agents").status_code for _ in range(2)] == [429, 200]


@pytest.mark.parametrize(("took_effect", "made"), [(False, 1), (True, 2)])
def test_a_500_may_come_before_or_after_the_effect(
    http: httpx.Client,
    platform: Platform,
    took_effect: bool,  # noqa: FBT001 - a column of the table
    made: int,
) -> None:
    platform.inject(Fault(method="POST", status=500, took_effect=took_effect))
    assert http.post("/v1/agents", json=NEW).status_code == 500
    assert agents(http) == made


@pytest.mark.parametrize(
    ("fault", "error", "made"),
    [
        (Fault(method="POST", drop="connect"), httpx.ConnectError, 1),
        (Fault(method="POST", drop="read"), httpx.ReadError, 1),
        (Fault(method="POST", drop="read", took_effect=True), httpx.ReadError, 2),
        (Fault(method="POST", delay=60), httpx.ReadTimeout, 2),
        (Fault(method="POST", delay=60, status=504), httpx.ReadTimeout, 1),
    ],
)
def test_a_connection_breaks_before_or_after_the_effect(
    http: httpx.Client, platform: Platform, fault: Fault, error: type[Exception], made: int
) -> None:
    platform.inject(fault)
    with pytest.raises(error):
        http.post("/v1/agents", json=NEW)
    assert agents(http) == made


def test_slowness_moves_a_fixed_clock_and_no_other(http: httpx.Client, platform: Platform) -> None:
    platform.inject(Fault(delay=20))
    assert http.get("/v1/agents").status_code == 200
    assert platform.clock.now().second == 20


def test_some_requests_pass_first_and_a_fault_may_last(http: httpx.Client, platform: Platform) -> None:
    platform.inject(Fault(method="GET", path="/v1/agents/*", skip=1, times=None, status=503))
    assert [http.get("/v1/agents/1001").status_code for _ in range(4)] == [200, 503, 503, 503]
    platform.clear_faults()
    assert http.get("/v1/agents/1001").status_code == 200


def test_a_field_is_dropped_while_the_answer_is_200(http: httpx.Client, platform: Platform, agent: int) -> None:
    platform.inject(Fault(method="PATCH", ignore=("prompt",)))
    patched = http.patch(f"/v1/agents/{agent}", json={"prompt": "New.", "voice": "john"})
    assert (patched.status_code, patched.json()["draft_prompt"]) == (200, None)
    assert patched.json()["draft_voice"] == "john"


def test_a_field_is_missing_from_each_item_of_an_answer(http: httpx.Client, platform: Platform) -> None:
    platform.inject(Fault(path="/v1/phone-numbers", omit=("outbound_eligible",)))
    assert not any("outbound_eligible" in number for number in http.get("/v1/phone-numbers").json())


def test_answers_come_malformed(http: httpx.Client, platform: Platform) -> None:
    for malform in ("json", "envelope", "html"):
        platform.inject(Fault(path="/v1/agents", malform=malform))
    with pytest.raises(ValueError, match=r"[Uu]nterminated|[Ee]xpect|delimiter"):
        http.get("/v1/agents").json()
    assert http.get("/v1/agents").json()["count"] == 1
    page = http.get("/v1/agents")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html")


def test_the_administrative_surface_does_the_same(http: httpx.Client) -> None:
    fault: dict[str, Any] = {"method": "GET", "path": "/v1/agents", "status": 502, "times": 1}
    assert http.post("/emulator/faults", json=fault).status_code == 201
    assert http.get("/emulator/faults").json()[0]["status"] == 502
    assert http.get("/v1/agents").status_code == 502
    assert http.get("/emulator/faults").json() == []
    http.post("/emulator/faults", json={"drop": "connect"})
    assert http.delete("/emulator/faults").status_code == 204
    assert http.get("/v1/agents").status_code == 200


@pytest.mark.parametrize("fault", [{"colour": "red"}, {"drop": "sometimes"}, {"malform": "xml"}])
def test_a_fault_that_means_nothing_is_refused(http: httpx.Client, fault: dict[str, str]) -> None:
    assert http.post("/emulator/faults", json=fault).status_code == 400


def test_the_journal_tells_what_clients_sent_but_no_key(http: httpx.Client, platform: Platform) -> None:
    http.get("/v1/calls", params={"limit": 3})
    http.post("/v1/agents", json=NEW)
    platform.inject(Fault(drop="read"))
    with pytest.raises(httpx.ReadError):
        http.delete("/v1/agents/5")
    http.get("/emulator/state")
    listed, created, dropped = platform.requests()
    assert (listed["method"], listed["path"], listed["query"], listed["body"]) == (
        "GET",
        "/v1/calls",
        {"limit": "3"},
        None,
    )
    assert (created["body"], created["status"]) == (NEW, 201)
    assert (dropped["status"], dropped["dropped"]) == (0, "read")
    assert http.get("/emulator/requests").json() == platform.requests()
    assert "sk_live" not in http.get("/emulator/requests").text
    http.delete("/emulator/requests")
    assert platform.requests() == []
    http.get("/v1/billing")
    platform.forget_requests()
    assert platform.requests() == []


def test_the_dashboard_creates_and_deletes(http: httpx.Client, platform: Platform, agent: int) -> None:
    platform.change(agents=[NEW, {"id": agent, "delete": True}], numbers=[{"number": "+15551230001", "delete": True}])
    assert [found["name"] for found in http.get("/v1/agents").json()] == ["Front desk"]
    assert "+15551230001" not in {number["number"] for number in http.get("/v1/phone-numbers").json()}


def test_the_account_is_changed_and_started_again_over_http(http: httpx.Client, agent: int) -> None:
    changes = {
        "balance_cents": 1,
        "tcpa": "revoked",
        "agents": [{"id": agent, "draft": {"prompt": "Theirs."}}],
    }
    state = http.post("/emulator/state", json=changes).json()
    assert (state["balance_cents"], state["tcpa"]) == (1, "revoked")
    assert http.get(f"/v1/agents/{agent}").json()["draft_prompt"] == "Theirs."
    assert http.post("/emulator/clock", json={"advance_seconds": 60}).status_code == 204
    assert http.get("/emulator/state").json()["now"] == "2026-12-01T12:01:00.000000Z"
    fresh = http.post("/emulator/reset", json={"balance_cents": 7, "numbers": [{"number": "+15550100100"}]}).json()
    assert (fresh["balance_cents"], fresh["agents"], len(fresh["numbers"])) == (7, 0, 6)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/emulator/state", {"colour": "red"}),
        ("/emulator/state", {"numbers": [{"number": "12"}]}),
        ("/emulator/reset", {"colour": "red"}),
        ("/emulator/clock", {"advance_seconds": -1}),
    ],
)
def test_an_administrative_mistake_is_a_400(http: httpx.Client, path: str, body: dict[str, Any]) -> None:
    assert http.post(path, json=body).status_code == 400

"""A carrier of one's own: tested before it is created, its numbers imported and proven in the same apply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from kinds.conftest import KilledRuns

pytestmark = pytest.mark.parametrize("kind", ["VoipConnection"])
NUMBER = "+15551240001"
TEST = "/v1/voip-connections/test"
TRUNK = {"provider": "telnyx", "credentials": {"apiKey": "${env:CARRIER_KEY}"}, "numbers": [NUMBER]}
MAIN = {
    "apiVersion": "reconciler/v1",
    "kind": "PhoneNumber",
    "metadata": {"name": "main"},
    "spec": {"number": NUMBER, "verify": True, "label": "Main line"},
}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARRIER_KEY", "the first of its values")


def done(said: Any) -> list[str]:
    return [f"{it['address']} {it['action']} {it['outcome']}" for it in json.loads(said.out)["results"]]


def failing(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
    """The carrier's test answers 201, and one direction did not work."""
    answer = send()
    if request.url.path != TEST:
        return answer
    body = json.loads(answer.read())
    body["verification_evidence"] |= {"outbound_status": "fail", "evidence": {"detail": "SIP 403 from the trunk"}}
    return httpx.Response(201, json=body)


def lost(request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
    answer = send()
    if request.url.path == TEST:
        raise httpx.ReadError("injected", request=request)
    return answer


def test_a_connection_its_number_and_the_proof_come_about_in_one_apply(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document(TRUNK), MAIN)
    said = bench.apply()
    assert (said.code, done(said)) == (
        0,
        [
            "VoipConnection/specimen create done",
            "VoipConnection/specimen import-numbers done",
            "PhoneNumber/main create done",
            "PhoneNumber/main verify done",
        ],
    )
    bench.clean()


def test_201_is_no_success_and_a_test_that_failed_is_not_paid_for_twice(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document(TRUNK))
    with bench.requests(failing):
        said = bench.folder.run("apply", "--yes")
    assert said.code == 4
    assert "SIP 403 from the trunk" in said.text
    assert "--again VoipConnection/specimen" in said.text
    again = bench.apply()
    assert (again.code != 0, again.written) == (True, [])
    assert "--again VoipConnection/specimen" in again.text
    bench.applied("--again", "VoipConnection/specimen")
    bench.clean()


def test_a_test_whose_answer_was_lost_waits_for_a_person(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document(TRUNK))
    with bench.requests(lost):
        said = bench.folder.run("apply", "--yes")
    assert said.code == 4
    assert "--again VoipConnection/specimen" in said.text
    again = bench.apply()
    assert (again.code != 0, again.written) == (True, [])
    bench.applied("--again", "VoipConnection/specimen")
    bench.clean()


def test_a_rotation_is_tested_and_one_whose_test_failed_is_not_tested_again_unasked(
    bench: KilledRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.declare(bench.specimen.document(TRUNK))
    bench.applied()
    monkeypatch.setenv("CARRIER_KEY", "the second of its values")
    with bench.requests(failing):
        said = bench.folder.run("apply", "--yes")
    assert (said.code, said.written) == (4, [f"POST {TEST}"])
    again = bench.apply()
    assert (again.code != 0, again.written) == (True, [])
    bench.applied("--again", "VoipConnection/specimen")
    bench.clean()


def test_a_number_that_the_carrier_does_not_offer_is_an_error_that_names_those_it_does(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document({**TRUNK, "numbers": ["+15559990000"]}))
    said = bench.apply("--show-numbers")
    assert said.code == 4
    assert NUMBER in said.text


def test_another_provider_is_refused(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document(TRUNK))
    bench.applied()
    bench.declare(bench.specimen.document({**TRUNK, "provider": "twilio"}))
    assert bench.actions() == ["refuse"]


def test_a_connection_of_the_dashboard_is_adopted_for_its_numbers_alone(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document({**TRUNK, "numbers": []}))
    bench.applied()
    bench.forget()
    bench.declare(bench.specimen.document({"numbers": [NUMBER]}))
    assert bench.actions() == ["adopt", "import-numbers"]
    bench.applied()
    bench.clean()

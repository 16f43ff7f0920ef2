"""A carrier of one's own against the second platform: no test is paid for twice, and no key is ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acceptance.carriers import OFFERED
from acceptance.platform import Fault
from acceptance.projects import killed_at

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project, Ran

FIRST, SECOND = "first-key-of-the-carrier", "second-key-of-the-carrier"
NUMBER = OFFERED[0]
TEST = "/v1/voip-connections/test"
TRUNK = """\
apiVersion: reconciler/v1
kind: VoipConnection
metadata: {name: trunk}
spec: {name: Trunk, PROVIDERcredentials: {apiKey: "${env:CARRIER_KEY}", connectionId: "17"}, numbers: [NUMBERS]}
"""
MAIN = f"""\
---
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {{name: main}}
spec: {{number: "{NUMBER}", verify: true, label: Main line}}
"""


def declare(project: Project, *, numbers: str = f'"{NUMBER}"', provider: str = "telnyx", more: str = MAIN) -> None:
    text = TRUNK.replace("NUMBERS", numbers).replace("PROVIDER", f"provider: {provider}, " if provider else "")
    project.write("manifests/all.yaml", text + more)


def run(project: Project, *words: str, key: str = FIRST) -> Ran:
    ran = project.run(*words, CARRIER_KEY=key)
    for secret in (FIRST, SECOND):
        assert secret not in ran.said
        assert secret.encode() not in project.state()
    return ran


def outcomes(ran: Ran) -> list[str]:
    return [f"{it['address']} {it['action']} {it['outcome']}" for it in ran.json["results"]]


def proof(platform: SecondPlatform) -> list[str]:
    return [it["voip_verification_status"] for it in platform.numbers.values() if it["number"] == NUMBER]


def test_one_apply_tests_creates_imports_and_proves(project: Project, platform: SecondPlatform) -> None:
    declare(project)
    assert run(project, "plan", "--detailed-exitcode").code == 2
    ran = run(project, "apply", "--yes", "--format", "json")
    assert (ran.code, outcomes(ran)) == (
        0,
        [
            "VoipConnection/trunk create done",
            "VoipConnection/trunk import-numbers done",
            "PhoneNumber/main create done",
            "PhoneNumber/main verify done",
        ],
    ), ran.said
    assert (platform.carriers.tested, proof(platform)) == (1, ["verified"])
    assert run(project, "plan", "--detailed-exitcode").code == 0
    platform.forget_requests()
    assert run(project, "apply", "--yes").code == 0
    assert platform.writes == []


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_evidence_that_fails_stops_there_and_is_not_paid_for_again_unasked(
    project: Project, platform: SecondPlatform, direction: str
) -> None:
    platform.carriers.fails = direction
    declare(project)
    ran = run(project, "apply", "--yes")
    assert (ran.code, platform.carriers.connections) == (4, {})
    assert "603 Declined by the trunk" in ran.words
    platform.carriers.fails = ""
    again = run(project, "apply", "--yes")
    assert (again.code != 0, platform.carriers.tested) == (True, 1)
    assert "--again VoipConnection/trunk" in again.words
    asked = run(project, "apply", "--yes", "--again", "VoipConnection/trunk")
    assert (asked.code, platform.carriers.tested, proof(platform)) == (0, 2, ["verified"]), asked.said


@pytest.mark.parametrize(("how", "acts"), [("cut", True), ("cut", False), ("answer", True)])
def test_a_test_whose_answer_was_lost_is_not_sent_again_unasked(
    project: Project, platform: SecondPlatform, how: str, *, acts: bool
) -> None:
    platform.faults.append(Fault("POST", TEST, how=how, acts=acts))
    declare(project)
    ran = run(project, "apply", "--yes")
    assert (ran.code, platform.carriers.tested) == (4, int(acts))
    again = run(project, "apply", "--yes")
    assert (again.code != 0, platform.carriers.tested) == (True, int(acts))
    assert "--again VoipConnection/trunk" in again.words
    assert run(project, "apply", "--yes", "--again", "VoipConnection/trunk").code == 0
    assert (len(platform.carriers.connections), proof(platform)) == (1, ["verified"])


def test_a_rotated_key_is_tested_before_it_is_written(project: Project, platform: SecondPlatform) -> None:
    declare(project)
    assert run(project, "apply", "--yes").code == 0
    (connection,) = platform.carriers.connections.values()
    plan = run(project, "plan", "--format", "json", key=SECOND)
    assert plan.actions == {"VoipConnection/trunk": ["update"]}
    platform.carriers.fails = "outbound"
    assert run(project, "apply", "--yes", key=SECOND).code == 4
    assert connection["kept"]["credentials"]["apiKey"] == FIRST
    assert run(project, "apply", "--yes", key=SECOND).code != 0
    assert platform.carriers.tested == 2
    platform.carriers.fails = ""
    assert run(project, "apply", "--yes", "--again", "VoipConnection/trunk", key=SECOND).code == 0
    assert connection["kept"]["credentials"]["apiKey"] == SECOND
    assert run(project, "plan", "--detailed-exitcode", key=SECOND).code == 0


def test_a_number_that_is_not_offered_is_an_error_that_names_those_that_are(
    project: Project, platform: SecondPlatform
) -> None:
    declare(project, numbers='"+15559990000"', more="")
    ran = run(project, "apply", "--yes", "--show-numbers")
    assert ran.code == 4
    assert all(number in ran.words for number in OFFERED)
    assert len(platform.numbers) == 3


def test_another_provider_is_refused(project: Project, platform: SecondPlatform) -> None:
    declare(project)
    assert run(project, "apply", "--yes").code == 0
    declare(project, provider="twilio")
    platform.forget_requests()
    assert run(project, "apply", "--yes").code == 3
    assert platform.writes == []


def test_a_connection_of_the_dashboard_is_adopted_and_never_tested_for_its_numbers(
    project: Project, platform: SecondPlatform
) -> None:
    declare(project, numbers="", more="")
    assert run(project, "apply", "--yes").code == 0
    for file in (project.root / ".reconciler").glob("state*"):
        file.unlink()
    project.write(
        "manifests/all.yaml",
        f"""apiVersion: reconciler/v1
kind: VoipConnection
metadata: {{name: trunk}}
spec: {{name: Trunk, numbers: ["{NUMBER}"]}}
{MAIN}""",
    )
    ran = run(project, "apply", "--yes")
    assert (ran.code, platform.carriers.tested, proof(platform)) == (0, 1, ["verified"]), ran.said


def test_a_carrier_that_does_not_prove_the_number_leaves_it_imported(
    project: Project, platform: SecondPlatform
) -> None:
    platform.carrier = "failed"
    declare(project)
    ran = run(project, "apply", "--yes", "--format", "json")
    assert (ran.code, outcomes(ran)[-1]) == (4, "PhoneNumber/main verify failed"), ran.said
    assert run(project, "plan", "--format", "json").actions.get("VoipConnection/trunk") is None


@pytest.mark.parametrize("after", [False, True], ids=["before it acts", "after it acted"])
@pytest.mark.parametrize(
    "path",
    [
        TEST,
        "/v1/voip-connections",
        "/v1/voip-connections/601/import-numbers",
        "/v1/phone-numbers/4/verify-voip",
    ],
)
def test_a_run_that_is_killed_at_a_write_ends_with_one_connection_and_one_number(
    project: Project, platform: SecondPlatform, path: str, *, after: bool
) -> None:
    declare(project)
    platform.faults.append(Fault("POST", path, how="hang", acts=after))
    running = project.start("apply", "--yes", CARRIER_KEY=FIRST)
    killed_at(platform, running, "POST", path)
    before = platform.carriers.tested
    ran = run(project, "apply", "--yes")
    if ran.code:
        assert platform.carriers.tested == before
        address = "VoipConnection/trunk" if "--again VoipConnection/trunk" in ran.words else "PhoneNumber/main"
        assert f"--again {address}" in ran.words, ran.said
        ran = run(project, "apply", "--yes", "--again", address)
    assert (ran.code, len(platform.carriers.connections), proof(platform)) == (0, 1, ["verified"]), ran.said
    assert run(project, "plan", "--detailed-exitcode").code == 0

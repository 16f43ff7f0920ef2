"""Judge that no call goes out from a number that nobody approved for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from acceptance.platform import UNPROVEN, VOIP
from acceptance.projects import ahead, call

from call_switches.states import armed, state

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

NUMBER = """\
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {{name: main-line}}
spec: {{number: "{number}"}}
"""


@pytest.fixture
def by_name(project: Project, platform: SecondPlatform) -> Project:
    """A call that is armed and due, from the number that `main-line` means."""
    platform.numbers[2] |= {"voip_verification_status": "verified", "outbound_eligible": True}
    project.write("manifests/number.yaml", NUMBER.format(number=VOIP))
    armed(project, call(at=ahead(seconds=-2)).replace(f'from_number: "{VOIP}"', "from: main-line"))
    return project


def test_a_call_does_not_go_out_from_another_number_than_was_armed(by_name: Project, platform: SecondPlatform) -> None:
    assert by_name.run("plan", "--detailed-exitcode").code == 0
    by_name.write("manifests/number.yaml", NUMBER.format(number=UNPROVEN))
    ran = by_name.run("dispatch")
    assert ran.code == 4, ran.said
    assert "not what was armed" in ran.words
    assert platform.dialled == []
    planned = by_name.run("plan", "--format", "json")
    (change,) = [item for item in planned.json["changes"] if item["action"] == "reschedule"]
    (field,) = change["fields"]
    assert (field["path"], field["before"], field["after"]) == ("from_number", VOIP, UNPROVEN)
    assert by_name.run("apply", "--yes").code == 0
    assert by_name.run("dispatch").code == 0
    assert [rang["from_number"] for rang in platform.dialled] == [UNPROVEN]


def test_an_approved_plan_is_stale_when_the_number_behind_the_name_changed(project: Project) -> None:
    project.write("manifests/number.yaml", NUMBER.format(number=VOIP))
    text = call(at=ahead(hours=1)).replace(f'from_number: "{VOIP}"', "from: main-line")
    project.write("manifests/call.yaml", text)
    planned = project.run("plan", "--out", "plan.json")
    assert planned.code == 0, planned.said
    assert "from_number" not in planned.out
    project.write("manifests/number.yaml", NUMBER.format(number=UNPROVEN) + "---\n" + NUMBER_ELSEWHERE)
    applied = project.run("apply", "--plan", "plan.json", "--yes")
    assert applied.code != 0, applied.said


NUMBER_ELSEWHERE = NUMBER.format(number=VOIP).replace("main-line", "second-line")


def test_a_call_armed_before_numbers_were_recorded_stays_as_it_is(by_name: Project, platform: SecondPlatform) -> None:
    with state(by_name) as ledger:
        one = ledger.armed()["confirm-jane"]
        assert one.spec["from_number"] == VOIP
        older = {name: value for name, value in one.spec.items() if name != "from_number"}
        ledger.arm(replace(one, spec=older))
    assert by_name.run("plan", "--detailed-exitcode").code == 0
    assert by_name.run("dispatch").code == 0
    assert len(platform.dialled) == 1

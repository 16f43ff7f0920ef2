"""Every plain kind against the second platform: created, clean, edited, drifted, deleted outside, adopted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from kinds.specimens import Specimen, specimen

from acceptance.plain import PLAIN_PATHS, TABLE

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project


@pytest.fixture
def it(collection: str) -> Specimen:
    return specimen(PLAIN_PATHS[collection])


every = pytest.mark.parametrize("collection", [path for path in TABLE if path in PLAIN_PATHS])


def declare(project: Project, it: Specimen, *, second: bool = False) -> None:
    project.write("manifests/all.yaml", it.text(it.document(it.second if second else it.first)))


@every
def test_a_plain_kind_lives_its_life(project: Project, platform: SecondPlatform, it: Specimen, collection: str) -> None:
    own = platform.plain.objects[collection]
    declare(project, it)
    assert project.run("apply", "--yes").code == 0
    assert len(own) == 1
    assert project.run("plan", "--detailed-exitcode").code == 0
    platform.forget_requests()
    assert project.run("apply", "--yes").code == 0
    assert platform.writes == []
    declare(project, it, second=True)
    assert project.run("apply", "--yes").code == 0
    (live,) = own.values()
    assert {name: live[name] for name in it.second} == it.second
    name = it.fields()[-1]
    live[name] = "Somebody else's words"
    plan = project.run("plan", "--format", "json")
    assert [(change["action"], change["reason"]) for change in plan.json["changes"]] == [("update", "drift")]
    assert project.run("apply", "--yes").code == 0
    assert live[name] == it.second[name]
    own.clear()
    assert project.run("apply", "--yes").code == 0
    assert len(own) == 1
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("kind", ["TestScenario", "TestSuite"])
def test_a_kind_of_tests_lives_its_life(project: Project, platform: SecondPlatform, kind: str) -> None:
    it, tests = specimen(kind), platform.tests
    declare(project, it)
    assert project.run("apply", "--yes").code == 0
    own: dict[Any, dict[str, Any]] = tests.scenarios if kind == "TestScenario" else tests.suites
    wanted = {name for name, value in it.first.items() if isinstance(value, str) and name != "agent"}
    made = next(key for key, live in own.items() if all(live[name] == it.first[name] for name in wanted))
    assert project.run("plan", "--detailed-exitcode").code == 0
    platform.forget_requests()
    assert project.run("apply", "--yes").code == 0
    assert platform.writes == []
    declare(project, it, second=True)
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    name = min(wanted)
    assert own[made][name] == it.second[name]
    own[made][name] = "inbound" if name == "direction" else "Somebody else's words"
    plan = project.run("plan", "--format", "json")
    assert [(it["action"], it["reason"]) for it in plan.json["changes"] if it["action"] != "keep"] == [
        ("update", "drift")
    ]
    assert project.run("apply", "--yes").code == 0
    assert own[made][name] == it.second[name]
    before = len(own)
    del own[made]
    assert project.run("apply", "--yes").code == 0
    assert len(own) == before
    assert project.run("plan", "--detailed-exitcode").code == 0

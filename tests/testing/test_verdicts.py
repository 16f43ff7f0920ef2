"""What tests come to: a verdict, an exit code, and what is said in each form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from testing.conftest import Send, Tested


def telling(**changed: Any) -> Callable[[httpx.Request, Send], httpx.Response]:
    """The platform, telling a batch otherwise than it is."""

    def through(request: httpx.Request, send: Send) -> httpx.Response:
        answer = send()
        if request.method != "GET" or "/test-runs/" not in request.url.path:
            return answer
        return httpx.Response(200, json=json.loads(answer.read()) | changed)

    return through


@pytest.mark.parametrize(
    ("titles", "code", "verdict", "each"),
    [
        (("Books", "Cancels"), 0, "passed", ["passed", "passed"]),
        (("Books", "Books and fails"), 6, "failed", ["passed", "failed"]),
        (("Books", "Books and breaks"), 6, "error", ["passed", "error"]),
        (("Books", "Books and hangs"), 4, "running", ["passed", "running"]),
    ],
)
def test_tests_end_as_the_platform_graded_them(
    tested: Tested, titles: tuple[str, ...], code: int, verdict: str, each: list[str]
) -> None:
    tested.apply(*titles)
    said = tested.run("--format", "json")
    assert said.code == code, said.text
    (agent,) = tested.result(said)["agents"]
    assert (agent["address"], agent["verdict"]) == ("Agent/front-desk", verdict)
    found = {it["name"]: it["verdict"] for it in agent["scenarios"]}
    assert [found[f"scenario-{place}"] for place in range(2)] == each


def test_a_batch_of_another_revision_is_no_verdict(tested: Tested) -> None:
    tested.apply("Books")
    said = tested.run("--format", "json", through=telling(agent_prompt_hash="0" * 64))
    assert said.code == 6
    assert tested.result(said)["agents"][0]["verdict"] == "other_revision"


def test_a_word_that_nobody_knows_is_printed_and_not_green(tested: Tested) -> None:
    tested.apply("Books")
    run = {"scenario_id": 9001, "status": "completed", "verdict": "splendid"}
    said = tested.run(through=telling(runs=[run]))
    assert said.code == 6
    assert "`splendid`" in said.out


@pytest.mark.parametrize("changed", [{"total": 0, "pass_count": 0}, {"error_message": "No line."}, {"pass_count": 0}])
def test_counts_that_do_not_add_up_are_not_green(tested: Tested, changed: dict[str, Any]) -> None:
    tested.apply("Books")
    assert tested.run(through=telling(**changed)).code in (4, 6)


def test_a_graded_failure_is_a_failure_in_junit_and_a_technical_one_an_error(tested: Tested) -> None:
    tested.apply("Books", "Books and fails", "Books and breaks")
    said = tested.run("--format", "junit")
    root = ET.fromstring(said.out)  # noqa: S314 - our own output
    assert (said.code, root.get("tests"), root.get("failures"), root.get("errors")) == (6, "3", "1", "1")
    kinds = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert kinds == {"scenario-0": [], "scenario-1": ["failure"], "scenario-2": ["error"]}


def test_a_graded_failure_of_a_batch_that_goes_on_says_nothing_of_the_batch(tested: Tested) -> None:
    tested.apply("Books and fails", "Books and hangs")
    root = ET.fromstring(tested.run("--format", "junit").out)  # noqa: S314 - our own output
    (failure,), (error,) = root.iter("failure"), root.iter("error")
    assert "has not ended yet" not in str(failure.get("message"))
    assert "has not ended yet" in str(error.get("message"))


def test_a_graded_failure_is_one_whatever_becomes_of_the_rest_of_its_batch(tested: Tested) -> None:
    tested.apply("Books and fails", "Books and hangs")
    said = tested.run("--format", "json")
    assert (said.code, tested.result(said)["verdict"]) == (6, "failed")
    assert "test --resume" in said.out


def test_a_batch_that_goes_on_without_a_failure_ended_in_part(tested: Tested) -> None:
    tested.apply("Books", "Books and hangs")
    assert tested.run().code == 4


@pytest.mark.parametrize("resumed", [False, True])
def test_what_is_not_green_stands_beside_its_document(tested: Tested, *, resumed: bool) -> None:
    tested.apply("Books", "Books and fails", "Books and hangs")
    said = tested.run("--annotate", "github")
    if resumed:
        said = tested.run("--resume", "--annotate", "github")
    failed, running = (line.partition("%0Ahint")[0] for line in said.err.splitlines() if line.startswith("::"))
    place = "file=manifests/all.yaml,line={},col=1,title=RC313 TestScenario/scenario-{}::"
    assert failed == f"::error {place.format(11, 1)}did not pass: call 70002"
    assert running == f"::warning {place.format(16, 2)}has not ended yet"


def test_the_last_lines_of_an_agent_say_what_its_rows_do_not(tested: Tested) -> None:
    tested.apply("Books and fails")
    assert "\n  failed\n" not in tested.run().out


def test_markdown_names_the_scenario_that_failed(tested: Tested) -> None:
    tested.apply("Books and fails")
    said = tested.run("--format", "markdown")
    assert said.code == 6
    assert "| failed | TestScenario/scenario-0 |" in said.out


def test_a_log_is_told_each_scenario_as_it_ends(tested: Tested) -> None:
    tested.apply("Books", "Books and fails", "Books and hangs")
    said = tested.run("--format", "json")
    assert [line for line in said.err.splitlines() if "TestScenario/" in line] == [
        "passed  TestScenario/scenario-0",
        "failed  TestScenario/scenario-1",
    ]

from __future__ import annotations

from dataclasses import replace

import pytest
from plans_to_render import ARM, CALLEE, FULL, KEPT, PLANS, REFUSED, REPORT, UPDATE, plan_of

from reconciler.model import Finding, Location, Outcome, Result, Severity
from reconciler.render import annotation


def test_a_finding_is_put_beside_its_line() -> None:
    finding = Finding(
        Severity.ERROR, "RC110", "unknown key `voise`", "did you mean `voice`?", None, Location("m/a.yaml", 3, 5)
    )
    assert annotation.findings([finding]) == [
        "::error file=m/a.yaml,line=3,col=5,title=RC110::unknown key `voise`%0Ahint: did you mean `voice`?"
    ]


def test_errors_come_first_since_few_are_shown() -> None:
    found = [Finding(severity, "RC210", "…") for severity in (Severity.NOTE, Severity.WARNING, Severity.ERROR)]
    assert [it.split(" ")[0] for it in annotation.findings(found)] == ["::error", "::warning", "::notice"]


@pytest.mark.parametrize(
    ("path", "message", "command"),
    [
        ("a,b:c.yaml", "50% off", "::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=RC110::50%25 off"),
        (
            "a.yaml",
            "one\r\ntwo::error::three",
            "::error file=a.yaml,line=1,col=1,title=RC110::one %0Atwo::error::three",
        ),
        ("%2C.yaml", "x", "::error file=%252C.yaml,line=1,col=1,title=RC110::x"),
    ],
)
def test_no_text_ends_a_command_early(path: str, message: str, command: str) -> None:
    (told,) = annotation.findings([Finding(Severity.ERROR, "RC110", message, location=Location(path))])
    assert told.replace("\\x0d", " ") == command
    assert "\n" not in told
    assert "\r" not in told


def test_a_path_starts_at_the_root_of_the_repository() -> None:
    (told,) = annotation.findings(
        [Finding(Severity.ERROR, "RC110", "x", location=Location("m/a.yaml"))], folder="phones"
    )
    assert told.startswith("::error file=phones/m/a.yaml,")


def test_each_changed_field_is_told_and_nothing_that_stays() -> None:
    told = annotation.plan(plan_of(UPDATE, *KEPT))
    assert len(told) == len(UPDATE.diffs)
    assert all(it.startswith("::notice ") and "update Agent/front-desk" in it for it in told)


def test_a_refusal_is_an_error() -> None:
    (told,) = annotation.plan(plan_of(REFUSED))
    assert told.startswith("::error ")


def test_a_callee_is_masked() -> None:
    assert CALLEE not in "\n".join(annotation.plan(plan_of(ARM)))


@pytest.mark.parametrize("name", PLANS)
def test_every_command_is_one_line(name: str) -> None:
    for told in annotation.plan(PLANS[name]):
        assert told.startswith(("::error ", "::warning ", "::notice "))
        assert len(told.splitlines()) == 1


def test_what_did_not_come_about_is_told_and_what_did_is_not() -> None:
    told = annotation.report(REPORT)
    done = [result for result in REPORT.results if result.outcome == "done"]
    assert len(told) == len(REPORT.results) - len(done)
    assert annotation.plan(FULL)


def test_what_was_done_and_leaves_something_to_do_is_a_warning() -> None:
    warned = Result(UPDATE.address, UPDATE.action, Outcome.DONE, "deployed, with a warning: 1 failed", hint="look")
    (told,) = annotation.report(replace(REPORT, results=(warned,)))
    assert told.startswith("::warning ")
    assert "deployed, with a warning: 1 failed; look" in told

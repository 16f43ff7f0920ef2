from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from plans_to_render import ERROR, FULL, PLANS, REFUSED, WARNING, plan_of

from reconciler.model import Address, Finding, Location, Severity
from reconciler.render import junit

ADDRESS = Address("Agent", "front-desk")


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own text


def error(message: str, code: str = "RC110") -> Finding:
    return Finding(Severity.ERROR, code, message, "do that", ADDRESS, Location("manifests/a.yaml", 3, 5))


@pytest.mark.parametrize("name", PLANS)
def test_the_counts_are_those_of_the_tests(name: str) -> None:
    root = parsed(junit.plan(PLANS[name]))
    (suite,) = root
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == int(root.attrib["tests"]) == len(cases)
    assert set(root.attrib) <= {"name", "tests", "failures", "errors", "time", "disabled"}, "Jenkins knows no others"
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert len({(it.attrib["classname"], it.attrib["name"]) for it in cases}) == len(cases)


def test_a_resource_without_a_complaint_passes() -> None:
    (case,) = parsed(junit.findings([], ["Agent/front-desk"]))[0]
    assert case.attrib == {"classname": "Agent", "name": "front-desk"}
    assert list(case) == []


def test_two_errors_fail_one_test_once() -> None:
    (case,) = parsed(junit.findings([error("one"), error("two", "RC113")], ["Agent/front-desk"]))[0]
    (failure,) = case
    assert failure.attrib == {"message": "RC110: one", "type": "RC110"}
    assert failure.text is not None
    assert failure.text.splitlines() == [
        "manifests/a.yaml:3:5: error RC110: one",
        "    hint: do that",
        "manifests/a.yaml:3:5: error RC113: two",
        "    hint: do that",
    ]
    assert (case.attrib["file"], case.attrib["line"]) == ("manifests/a.yaml", "3")


def test_a_warning_fails_nothing() -> None:
    root = parsed(junit.findings([WARNING]))
    assert root.attrib["failures"] == "0"
    assert WARNING.code in (root.findtext("testsuite/testcase/system-out") or "")


def test_a_refused_change_fails() -> None:
    (case,) = parsed(junit.plan(plan_of(REFUSED)))[0]
    assert case[0].attrib["type"] == "RC300"


@pytest.mark.parametrize(
    "rude", ["<b>&amp;", 'a "quote"', "]]>", "bell\x07", "null\x00", "\ud800", "\ufffe", "line\nline"]
)
def test_no_text_breaks_the_document(rude: str) -> None:
    root = parsed(junit.findings([error(rude)]).encode("utf-8").decode("utf-8"))
    assert root.attrib["failures"] == "1"


def test_an_error_about_a_line_alone_is_a_test_of_its_own() -> None:
    finding = Finding(Severity.ERROR, "RC101", "not YAML", location=Location("manifests/a.yaml", 2, 1))
    (case,) = parsed(junit.findings([finding, ERROR]))[0].findall("testcase[@classname='findings']")[:1]
    assert case.attrib["name"] == "manifests/a.yaml:2:1"


def test_equal_plans_give_equal_documents() -> None:
    assert junit.plan(FULL) == junit.plan(FULL)

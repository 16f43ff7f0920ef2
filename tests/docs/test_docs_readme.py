"""Prove that the README says what the tool does today."""

from __future__ import annotations

import re

import pytest
from readme_sections import CHECKOUT, README, REFERENCE, commands, current, help_of_all, manifest, plan_of, reference

from reconciler.cli import COMMANDS

LONGEST = 280  # lines: what does not fit belongs in docs/
REFRESH = "run: .venv/bin/python tests/docs/readme_sections.py"


@pytest.fixture(scope="module")
def readme() -> str:
    return README.read_text("utf-8")


def test_the_readme_opens_with_the_demo_and_the_tests(readme: str) -> None:
    before, _, rest = readme.partition("```console\n")
    assert re.fullmatch(r"# reconciler\n\n[^#.]+\.\n\n", before), "a title and one sentence"
    block = rest.partition("```")[0]
    assert [line.partition("#")[0].strip() for line in block.splitlines()] == ["$ make demo", "$ make test"]


def test_what_plan_prints_for_the_first_manifest_is_real(readme: str) -> None:
    assert plan_of(manifest(readme)) in readme, REFRESH


def test_every_help_is_on_the_page_of_commands_as_it_is_today() -> None:
    assert REFERENCE.read_text("utf-8") == reference(), REFRESH


def test_the_readme_is_short(readme: str) -> None:
    assert len(readme.splitlines()) <= LONGEST


def test_every_command_is_in_the_table(readme: str) -> None:
    assert commands() in readme, REFRESH
    assert len(COMMANDS) >= 7


def test_the_generated_parts_of_the_readme_are_current(readme: str) -> None:
    assert current(readme) == readme, REFRESH


def test_every_exit_code_of_the_help_is_explained(readme: str) -> None:
    codes = re.findall(r"^    (\d+)  ", help_of_all()[0], re.MULTILINE)
    assert codes == re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "reconciler/README.md", "CHANGELOG.md"])
def test_every_link_leads_somewhere(name: str) -> None:
    page = CHECKOUT / name
    links = re.findall(r"\]\(([^)#\s]+)\)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []

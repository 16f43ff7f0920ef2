"""Prove that every page of docs/ is true: what it says to type is typed, and read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml
from docs_pages import DOCS, Command, complaints, pages
from readme_sections import CHECKOUT, MANIFESTS, PLATFORM, kind_row, with_every_kind, with_every_resource

from reconciler.diagnostics.codes import CODES
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

each_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
LONGEST = 150


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_what_a_page_says_to_type_does_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    found = complaints(page, tmp_path)
    assert found == [], "\n\n".join([*found, "run: .venv/bin/python tests/docs/docs_pages.py"])


@each_page
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", page.read_text("utf-8")):
        if "://" in link:
            continue
        target = (page.parent / link).resolve() if link else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


@each_page
def test_a_page_is_a_screen_or_two(page: Path) -> None:
    assert len(page.read_text("utf-8").splitlines()) <= LONGEST


@each_page
def test_every_block_of_yaml_is_yaml(page: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        assert list(yaml.safe_load_all(block))


@each_page
def test_a_page_names_only_codes_that_exist(page: Path) -> None:
    assert set(re.findall(r"\bRC\d{3}\b", page.read_text("utf-8"))) <= set(CODES)


def test_every_page_is_in_the_index_and_the_readme_links_to_all_of_them() -> None:
    index = re.findall(r"^- \[[^]]+\]\(([\w-]+\.md)\)", (DOCS / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(index) == [page.name for page in pages() if page.name != "README.md"]
    assert set(index) <= set(re.findall(r"\(docs/([\w-]+\.md)\)", (CHECKOUT / "README.md").read_text("utf-8")))


def test_the_page_on_manifests_has_a_row_for_every_kind() -> None:
    text = MANIFESTS.read_text("utf-8")
    assert text == with_every_kind(text), "make schemas writes it"
    assert [name for name in KINDS if f"| `{name}` |" not in text] == []


def test_the_page_on_the_embedded_platform_lists_its_resources_as_they_are() -> None:
    text = PLATFORM.read_text("utf-8")
    assert text == with_every_resource(text), "make schemas writes it"


def test_a_kind_without_a_row_gets_one_in_its_own_words() -> None:
    row = kind_row(KINDS["KnowledgeBase"])
    about = "a collection of documents that an agent may look things up in"
    assert row == f"| `KnowledgeBase` | {about} | the id in the state, else its name |\n"


@pytest.mark.parametrize(
    ("output", "printed", "accepted"),
    [
        ("", "anything", True),
        ("a\nb", "a\nb", True),
        ("a", "a\nb", False),
        ("a\n…\nd", "a\nb\nc\nd", True),
        ("a\n…", "b\nc", False),
        ("a.", "ab", False),
    ],
)
def test_an_elision_stands_for_lines_and_everything_else_for_itself(output: str, printed: str, accepted: bool) -> None:  # noqa: FBT001 - a column of the table
    assert Command("reconciler plan", output).accepts(printed) is accepted


def test_the_exit_code_that_a_page_states_is_expected() -> None:
    command = Command("reconciler plan    # exit 3", "")
    assert (command.typed, command.code) == ("reconciler plan", 3)

"""The repository to its own rules about files."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import grimp

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "reconciler"
LONGEST = 400
MOST_DEPENDENCIES = 190  # between the files and folders at the top, as before there were eighteen kinds
COMMAND = re.compile(
    "(Answer|Ask|Build|Carry|Change|Choose|Decide|Declare|Describe|Draw|Explain|Find|Judge|Keeps?|Lay|Let|Look|Make|Mark"
    "|Misbehave|Offer|Pick|Print|Prove|Put|Reach|Read|Refuse|Say|Serve|Show|Speak|Take|Tell|Translate|Turn|Warn|Write) "
)
LOCK_FILES = {"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"}


def test_no_file_of_the_package_is_longer_than_400_lines() -> None:
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {str(path.relative_to(CHECKOUT)): count for path, count in lines.items() if count > LONGEST} == {}


def test_there_is_no_lock_file() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.splitlines()
    assert [name for name in tracked if Path(name).name in LOCK_FILES] == []


def first_line(path: Path) -> str:
    documented = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return documented.partition("\n")[0]


def is_plain(line: str) -> bool:
    """Whether a line is short, and names what the module holds instead of telling it what to do."""
    return 0 < len(line) <= 100 and not COMMAND.match(line) and " exists to " not in line


def test_every_module_begins_with_what_it_holds_in_one_plain_line() -> None:
    lines = {str(path.relative_to(CHECKOUT)): first_line(path) for path in PACKAGE.rglob("*.py")}
    assert {name: line for name, line in lines.items() if not is_plain(line)} == {}


def test_the_changelog_keeps_what_is_unreleased() -> None:
    text = (CHECKOUT / "CHANGELOG.md").read_text("utf-8")
    unreleased = text.partition("## [Unreleased]\n")[2].partition("\n## ")[0]
    assert "### Added" in unreleased
    assert re.search(r"^- \S", unreleased, re.MULTILINE)


def test_every_example_has_a_readme_with_three_commands() -> None:
    for project in (CHECKOUT / "examples").glob("*/reconciler.yaml"):
        text = (project.parent / "README.md").read_text("utf-8")
        assert len(re.findall(r"^\$ reconciler ", text, re.MULTILINE)) >= 3, project.parent.name


def test_the_layers_in_the_guide_are_those_that_are_checked() -> None:
    contract = (CHECKOUT / "pyproject.toml").read_text("utf-8").partition("layers = [\n")[2].partition("\n]")[0]
    layers = re.findall(r'"([^"]+)"', contract)
    guide = (PACKAGE / "README.md").read_text("utf-8")
    assert "\n".join(layers) in guide


def test_the_guide_names_only_modules_and_functions_that_exist() -> None:
    guide = (PACKAGE / "README.md").read_text("utf-8")
    named = re.findall(r"`([a-z_]+(?:/[a-z_]+)*\.py)(?::([A-Za-z_]+))?`", guide)
    assert len(named) >= 10
    for path, name in named:
        source = (PACKAGE / path).read_text("utf-8")
        assert not name or re.search(rf"^(?:    )?(?:def|class) {name}\b", source, re.MULTILINE), f"{path}:{name}"


def test_the_top_of_the_package_is_no_more_entangled_than_it_was() -> None:
    graph = grimp.build_graph("reconciler", cache_dir=None)
    top = graph.find_children("reconciler")
    edges = {
        (module.split(".")[1], other.split(".")[1])
        for module in graph.modules - {"reconciler"}
        for other in graph.find_modules_directly_imported_by(module) - {"reconciler"}
    }
    between = {(module, other) for module, other in edges if module != other}
    assert {module.split(".")[1] for module in top} >= {module for module, _ in between}
    assert len(between) <= MOST_DEPENDENCIES

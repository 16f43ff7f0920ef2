"""The metadata that the package index shows: complete, and no link in it leads nowhere."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text("utf-8")
RELATIVE = re.compile(r"\]\((?!https?://)[^)\s]+\)")


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="the build back end is installed where packages are built")
    spec = importlib.util.spec_from_file_location("hatch_build", CHECKOUT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["hatch_build"] = module
    spec.loader.exec_module(module)
    return module


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_without_an_address_no_link_of_the_long_description_is_relative(hook: ModuleType) -> None:
    assert RELATIVE.search(README)
    text = hook.long_description(README, "")
    assert RELATIVE.findall(text) == []
    assert "`action.yml`" in text
    assert hook.urls("") == {}


def test_with_an_address_every_link_leads_into_the_repository_at_that_version(hook: ModuleType) -> None:
    text = hook.long_description(README, "https://forge.example/acme/reconciler", "v1.2.0")
    assert "](https://forge.example/acme/reconciler/blob/v1.2.0/docs/state.md)" in text
    assert "](https://forge.example/acme/reconciler#" in text
    assert RELATIVE.findall(text) == []
    assert set(hook.urls("https://forge.example/acme/reconciler")) >= {"Homepage", "Changelog", "Source", "Issues"}


def test_what_is_shown_in_code_blocks_stays_as_it_is(hook: ModuleType) -> None:
    assert hook.long_description("```\n[a](b.md)\n```\n[c](d.md)\n", "") == "```\n[a](b.md)\n```\nc\n"


def test_the_installed_metadata_is_complete() -> None:
    known = metadata("thunderphone-reconciler")
    assert known["License-Expression"] == "MIT"
    assert known["License-File"] == "LICENSE"
    assert "License" not in known
    classifiers = known.get_all("Classifier") or []
    assert "Typing :: Typed" in classifiers
    assert not [text for text in classifiers if text.startswith("License ::")]
    assert known["Keywords"]
    assert (CHECKOUT / "reconciler" / "py.typed").is_file()


def test_whatever_the_package_imports_is_declared() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for many in project["optional-dependencies"].values() for one in many]
    declared = {re.split(r"[\[>=<;]", line)[0].lower() for line in [*project["dependencies"], *extras]}
    modules = {"yaml": "pyyaml", "phonenumbers": "phonenumberslite"}
    imported = {name for path in (CHECKOUT / "reconciler").rglob("*.py") for name in imports(path)}
    foreign = imported - sys.stdlib_module_names - {"reconciler"}
    foreign = {modules.get(name, name).replace("_", "-") for name in foreign}
    assert foreign - declared == set()

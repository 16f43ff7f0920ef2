"""Prove that the shipped schemas are those of the models and fit every example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from json_schema_subset import Schemas

from reconciler.cli import main
from reconciler.documents.reading import Document, read
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
SHIPPED = CHECKOUT / "schemas"
MANIFESTS = sorted((CHECKOUT / "examples").glob("*/manifests/**/*.yaml"))
PROJECTS = sorted((CHECKOUT / "examples").glob("*/reconciler.yaml"))
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
each_file = pytest.mark.parametrize("path", [*MANIFESTS, *PROJECTS], ids=lambda path: str(path.relative_to(CHECKOUT)))


def documents(path: Path) -> Iterator[Any]:
    for part in read(path.read_text("utf-8"), path.name):
        assert isinstance(part, Document)
        yield part.value


def test_the_shipped_schemas_are_fresh(tmp_path: Path) -> None:
    assert main(["schema", "--out", str(tmp_path)]) == 0
    fresh = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert fresh == {path.name: path.read_text("utf-8") for path in SHIPPED.iterdir()}, "run: make schemas"


def test_every_kind_has_a_schema() -> None:
    names = {re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower() for name in KINDS}
    assert {path.stem for path in SHIPPED.iterdir()} == names | {"manifest", "bundle", "project", "plan"}


@each_file
def test_the_first_line_names_a_schema_that_exists(path: Path) -> None:
    found = MODELINE.match(path.read_text("utf-8"))
    assert found
    schema = (path.parent / found[1]).resolve()
    assert schema == SHIPPED / ("project.json" if path.name == "reconciler.yaml" else "manifest.json")


@each_file
def test_every_example_fits_its_schema(path: Path) -> None:
    name = "project.json" if path.name == "reconciler.yaml" else "manifest.json"
    found = list(documents(path))
    assert found
    schemas = Schemas(SHIPPED)
    assert [complaint for value in found for complaint in schemas.complaints(name, value)] == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": "Agnet"}, "$.kind"),
        ({"kind": None}, "$.kind"),
        ({"spec": {"voise": "olivia"}}, "$.spec"),
        ({"spec": {"product": "sparkle"}}, "$.spec"),
        ({"metadata": {"name": "Front Desk"}}, "$.metadata.name"),
        ({"metadata": {}}, "$.metadata: `name` is missing"),
        ({"apiVersion": "reconciler/v2"}, "$.apiVersion"),
        ({"extra": 1}, "$.extra"),
    ],
)
def test_an_editor_complains_about_what_validate_would(change: dict[str, Any], complaint: str) -> None:
    value = {
        "apiVersion": "reconciler/v1",
        "kind": "Agent",
        "metadata": {"name": "front-desk"},
        "spec": {"prompt": "Answer.", "voice": "olivia"},
    }
    assert Schemas(SHIPPED).complaints("manifest.json", value) == []
    said = Schemas(SHIPPED).complaints("manifest.json", {**value, **change})
    assert any(text.startswith(complaint) for text in said), said

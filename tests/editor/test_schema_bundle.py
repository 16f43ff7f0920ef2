"""The schemas of `reconciler schema` as a validator of others reads them: strict, whole, and open to variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from reconciler.cli import main
from reconciler.cli.schema_bundle import VARIABLE
from reconciler.documents.reading import Document, read
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
MANIFESTS = sorted((CHECKOUT / "examples").glob("*/manifests/**/*.yaml"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("schemas")
    assert main(["schema", "--out", str(folder)]) == 0
    return {path.stem: json.loads(path.read_text("utf-8")) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def bundle(written: dict[str, dict[str, Any]]) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(written["bundle"])
    return jsonschema.Draft202012Validator(written["bundle"])


def every(value: Any, key: str) -> Iterator[Any]:
    """Each value of that key, at any depth."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for inner in value.values():
            yield from every(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, key)


def agent(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "reconciler/v1", "kind": "Agent", "metadata": {"name": "front-desk"}, "spec": spec}


def test_every_reference_of_every_file_stays_inside_it(written: dict[str, dict[str, Any]]) -> None:
    for name, schema in written.items():
        assert [ref for ref in every(schema, "$ref") if not ref.startswith("#")] == [], name
    assert len(list(every(written["bundle"], "$ref"))) >= len(KINDS)


def test_each_schema_of_yaml_has_an_identity_of_its_own(written: dict[str, dict[str, Any]]) -> None:
    found = {name: schema["$id"] for name, schema in written.items() if name != "plan"}
    assert found["bundle"] == "urn:thunderphone-reconciler:schema:v1:bundle"
    assert len(set(found.values())) == len(found)


def test_no_title_is_made_of_a_name(written: dict[str, dict[str, Any]]) -> None:
    for name in written.keys() - {"plan"}:
        titles = [title for title in every(written[name], "title") if isinstance(title, str)]
        assert titles == [written[name]["title"]], name


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_example_fits_the_bundle(path: Path, bundle: jsonschema.Draft202012Validator) -> None:
    for part in read(path.read_text("utf-8"), path.name):
        assert isinstance(part, Document)
        assert [error.message for error in bundle.iter_errors(part.value)] == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"kind": "Agent"},
        {**agent(prompt="Hello."), "kind": "Agnet"},
        {**agent(prompt="Hello."), "extra": 1},
        agent(verfy=True),
        agent(product="sparkle"),
        agent(product="${env.tier}"),
        agent(max_call_duration_seconds="long"),
        {**agent(prompt="Hello."), "kind": "${var.kind}"},
        {**agent(prompt="Hello."), "metadata": {"name": "${var.name}"}},
        {**agent(), "metadata": {"name": "a", "waivers": [{"code": "RC703", "reason": "long enough", "until": 5}]}},
    ],
)
def test_it_refuses_what_validate_would(value: Any, bundle: jsonschema.Draft202012Validator) -> None:
    assert not bundle.is_valid(value)


@pytest.mark.parametrize(
    "value",
    [
        agent(prompt="Hello.", voice="olivia", product="spark", max_call_duration_seconds=300),
        agent(product="${var.tier}", max_call_duration_seconds="${var.seconds}", voice="${var.voice}"),
        agent(product=None, max_call_duration_seconds=None),
        agent(product="storm-${var.tier}"),
        {**agent(prompt="Hello."), "absent": "${var.gone}"},
        {**agent(prompt="Hello."), "metadata": {"name": "front-desk", "protect": "${var.protected}"}},
    ],
)
def test_it_takes_what_validate_would(value: Any, bundle: jsonschema.Draft202012Validator) -> None:
    assert [error.message for error in bundle.iter_errors(value)] == []


def test_no_limited_scalar_of_any_spec_refuses_a_variable(bundle: jsonschema.Draft202012Validator) -> None:
    """Each scalar of the specs that has a type other than text, an enumeration, a pattern or a format."""
    definitions = bundle.schema["$defs"]
    checked = 0
    for name, definition in definitions.items():
        for key, schema in definition.get("properties", {}).items():
            scalars = [
                one for one in schema.get("anyOf", [schema]) if one.get("type") in ("integer", "number", "boolean")
            ]
            if name.endswith("Spec") and scalars:
                assert VARIABLE in schema["anyOf"], f"{name}.{key}"
                checked += 1
    assert checked >= 20

"""`reconciler schema`: the JSON Schemas, written from the models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import completed_values
from reconciler.cli.common_options import declare
from reconciler.diagnostics.suggestions import nearest
from reconciler.envelope import document_model
from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.cli.options import Options

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@declare("schema", account=False, complete=completed_values.schemas)
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write every schema there.")
def command(options: Options, out: Path | None) -> int:
    """Print the JSON Schemas: of every manifest, or of the KIND (or `project`, `plan`) given as PATH.

    In an editor with the YAML language server, the first line of a manifest turns completion on:

    # yaml-language-server: $schema=../schemas/manifest.json
    """
    found = schemas()
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, schema in found.items():
            (out / f"{name}.json").write_text(_text(schema), encoding="utf-8")
        return 0
    names = [_file_name(str(path)) for path in options.paths] or ["manifest"]
    for name in names:
        if name not in found:
            hint = nearest(name, found) or f"one of {', '.join(found)}"
            raise InputError(f"no schema `{name}`", code="RC124", hint=hint)
        click.echo(_text(found[name]).rstrip("\n"))
    return 0


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by file name: one per kind, `manifest` for any of them, `project`, `plan`."""
    from reconciler.render.json_schema import PLAN_SCHEMA  # noqa: PLC0415 - only for this command

    kinds = {_file_name(name): _of_kind(name) for name in KINDS}
    any_kind = {
        "$schema": _DIALECT,
        "title": "reconciler manifest",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"kind": {"enum": list(KINDS)}},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"{_file_name(name)}.json"},
            }
            for name in KINDS
        ],
    }
    project = {"$schema": _DIALECT, **Settings.model_json_schema(), "title": "reconciler.yaml"}
    return {**kinds, "manifest": any_kind, "project": project, "plan": PLAN_SCHEMA}


def _of_kind(name: str) -> dict[str, Any]:
    model = document_model(type(KINDS[name]))
    return {"$schema": _DIALECT, **model.model_json_schema(by_alias=True), "title": f"{name} manifest"}


def _file_name(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

"""`reconciler schema`: the JSON Schemas, written from the models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import completed_values, schema_bundle
from reconciler.cli.common_options import verb
from reconciler.contract.envelope import document_model
from reconciler.diagnostics.suggestions import nearest
from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.cli.options import Options


@verb("schema", account=False, complete=completed_values.schemas)
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


def schema_files() -> dict[str, str]:
    """Every schema as it is written, by file name."""
    return {f"{name}.json": _text(schema) for name, schema in schemas().items()}


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by file name: one per kind, `manifest` for any of them, `project`, `plan`.

    `bundle` is `manifest` under an identity of its own, for those who serve it: each `$ref` of both stays inside.
    """
    from reconciler.render.json_schema import PLAN_SCHEMA  # noqa: PLC0415 - only for this command

    kinds = {name: _of_kind(name) for name in KINDS}
    every = schema_bundle.bundle(kinds)
    project = Settings.model_json_schema()
    return {
        **{_file_name(name): schema for name, schema in kinds.items()},
        "manifest": schema_bundle.identified("manifest", every, "reconciler manifest"),
        "bundle": schema_bundle.identified("bundle", every, "reconciler manifest, all kinds in one file"),
        "project": schema_bundle.identified("project", project, "reconciler.yaml"),
        "plan": PLAN_SCHEMA,
    }


def _of_kind(name: str) -> dict[str, Any]:
    written = document_model(type(KINDS[name])).model_json_schema(by_alias=True)
    return schema_bundle.identified(_file_name(name), schema_bundle.manifest(written), f"{name} manifest")


def _file_name(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

"""`reconciler init`: a working repository, and what to do with it."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import declare
from reconciler.cli.project_identity import default_name
from reconciler.errors import InputError
from reconciler.settings import PROJECT_NAME

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from reconciler.cli.options import Options
    from reconciler.cli.output import Output

_TOOL = "YOUR-ORGANISATION/reconciler@main"
_REFERENCE = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+@[A-Za-z0-9_./-]+")

# From the file of the repository to the templates it is made of, joined.
_PROJECT: dict[str, tuple[str, ...]] = {
    "reconciler.yaml": ("project/reconciler.yaml",),
    "manifests/agents.yaml": ("project/manifests/agents.yaml",),
    "manifests/numbers.yaml": ("project/manifests/numbers.yaml",),
    "manifests/calls.yaml": ("project/manifests/calls.yaml",),
    "prompts/front-desk.md": ("project/prompts/front-desk.md",),
    "prompts/confirm.md": ("project/prompts/confirm.md",),
    ".gitignore": ("project/gitignore",),
}
_SHARED_STATE = {"reconciler.yaml": ("project/reconciler.yaml", "project/live.yaml")}
_JOBS = ("plan", "apply", "dispatch")
_CI: dict[str, dict[str, tuple[str, ...]]] = {
    "github": {
        **_SHARED_STATE,
        **{f".github/workflows/reconciler-{job}.yaml": (f"github/reconciler-{job}.yaml",) for job in _JOBS},
    },
    "gitlab": {**_SHARED_STATE, ".gitlab-ci.yml": ("gitlab-ci.yml",)},
    "none": {},
}
_SECRET: dict[str, str] = {
    "github": "put the API key into the secret THUNDERPHONE_API_KEY of the repository and push",
    "gitlab": "put the API key and an access token into the CI variables named in .gitlab-ci.yml and push",
    "none": "export THUNDERPHONE_API_KEY=…, and then: reconciler doctor",
}


@declare("init", account=False, paths=False)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--ci", type=click.Choice(list(_CI)), default="github", show_default=True,
              help="Whose workflows to write; with any, the state is a branch of the repository.")  # fmt: skip
@click.option("--tool", default=_TOOL, show_default=True, metavar="OWNER/REPOSITORY@REF",
              help="Where CI gets this tool from on GitHub; a tag or a commit.")  # fmt: skip
def command(options: Options, folder: Path, ci: str, tool: str) -> int:
    """Write a working repository into FOLDER: project file, first manifests and prompts, CI.

    Nothing that is there is overwritten: those files are listed and left as they are.
    """
    if not _REFERENCE.fullmatch(tool):
        raise InputError(f"`{tool}` is not a version", code="RC124", hint="for example --tool acme/reconciler@v0.1.0")
    output = options.output
    written, kept = _write(folder, {**_PROJECT, **_CI[ci]}, tool)
    if options.format == "json":
        output.json({"format": "reconciler.init/v1", "written": written, "kept": kept})
        return 0
    for name in written:
        output.data(f"wrote  {name}")
    for name in kept:
        output.data(f"kept   {name}: it was there already")
    _next(output, folder, ci, tool, written)
    return 0


def _write(folder: Path, wanted: dict[str, tuple[str, ...]], tool: str) -> tuple[list[str], list[str]]:
    """The names of the files that were written, and of those that were there; InputError when one cannot be."""
    templates = files("reconciler") / "templates"
    named = default_name(folder.resolve())
    project = f"project: {named}" if PROJECT_NAME.fullmatch(named) else "# project: acme/phones"
    written: list[str] = []
    kept: list[str] = []
    for name, parts in wanted.items():
        text = "".join(_text(templates, part) for part in parts)
        text = text.replace("@PROJECT@", project).replace("@TOOL@", tool).replace("@REPOSITORY@", tool)
        (written if _created(folder / name, text) else kept).append(name)
    return written, kept


def _created(file: Path, text: str) -> bool:
    """Whether the file was written; False when something of that name, be it a link, is there already."""
    if file.is_symlink() or file.exists():
        return False
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise InputError(f"`{file}` cannot be written: {error.strerror}", code="RC125") from None
    return True


def _text(templates: Traversable, name: str) -> str:
    return templates.joinpath(*name.split("/")).read_text(encoding="utf-8")


def _next(output: Output, folder: Path, ci: str, tool: str, written: list[str]) -> None:
    """What to do now, in the order in which it works."""
    if not written:
        output.talk("nothing to write: all of it is there")
        return
    steps = [f"cd {folder}"] if folder != Path() else []
    steps += [
        "reconciler plan --emulator        what would change, without an account",
        "reconciler apply --emulator       do it there; nobody is called",
        "edit manifests/ and prompts/, take the `# ` out of numbers.yaml and calls.yaml",
    ]
    if ci != "none" and tool == _TOOL:
        steps.append("replace YOUR-ORGANISATION in the CI files with where your copy of reconciler is")
    steps.append(_SECRET[ci])
    output.talk("\nNext:\n" + "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1)))

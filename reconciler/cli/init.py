"""`reconciler init`: a working repository, and what to do with it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import init_files
from reconciler.cli.common_options import verb
from reconciler.cli.project_identity import default_name
from reconciler.cli.workflow_checks import workflows
from reconciler.doctor.checks import Status
from reconciler.errors import InputError
from reconciler.settings import PROJECT_NAME

if TYPE_CHECKING:
    from reconciler.cli.init_files import Place
    from reconciler.cli.options import Options
    from reconciler.cli.output import Output

_CI = ("github", "gitlab", "none")
_SECRET = {
    "github": "put the API key into the secret THUNDERPHONE_API_KEY of the repository (and of its environment `live`), "
    "then commit and push",
    "gitlab": "put the API key and an access token into the CI variables named in .gitlab-ci.yml, make the two "
    "schedules named there, then commit and push",
    "none": "export THUNDERPHONE_API_KEY=…, and then: reconciler doctor",
}

_STAGING_SECRET = {
    "github": "put a key of the staging account into the secret THUNDERPHONE_STAGING_API_KEY of the repository, and "
    "reviewers on its environment `release`",
    "gitlab": "put a key of the staging account into the CI variable THUNDERPHONE_STAGING_API_KEY",
}
_EDIT = (
    "edit manifests/ and prompts/, take the `# ` out in front of the lines of numbers.yaml and calls.yaml (or leave "
    "them: `reconciler export` writes what the account has in their place)"
)


@verb("init", account=False, paths=False)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option("--ci", type=click.Choice(_CI), default="github", show_default=True,
              help="Whose workflows to write; with any, the state is a branch of the repository.")  # fmt: skip
@click.option("--tool", default=init_files.TOOL, metavar="WHERE",
              help="Where CI gets this tool from: OWNER/REPOSITORY@REF on GitHub, a tag or better a commit; for GitLab "
              "also a requirement or an address as pip takes it.")  # fmt: skip
@click.option("--from-account", is_flag=True,
              help="Write no samples: the manifests come from the account, by `reconciler export`.")  # fmt: skip
@click.option("--with-tests", "tested", is_flag=True,
              help="Samples of test scenarios, and a merge that goes live by way of staging and tests.")  # fmt: skip
def command(options: Options, folder: Path, ci: str, tool: str, *, from_account: bool, tested: bool) -> int:
    """Write a working repository into FOLDER: project file, first manifests and prompts, CI, editor settings.

    Nothing that is there is overwritten: those files are listed and left as they are. Where manifests are there
    already, no samples are written. In a folder of a repository the workflows are written at its root.
    """
    if not init_files.is_tool(ci, tool):
        raise InputError(f"`{tool}` is not a version", code="RC124", hint="for example --tool acme/reconciler@v0.1.0")
    where, output = init_files.place(folder), options.output
    written, kept = _write(where, ci, tool, samples=not from_account, tested=tested)
    missing = "" if ci == "none" else init_files.lacking_environments(where.folder, tested=tested)
    if options.format == "json":
        output.json({"format": "reconciler.init/v1", "written": written, "kept": kept, "missing": missing})
        return 0
    for name in _listed(written):
        output.data(f"wrote  {name}")
    for name in _listed(kept):
        output.data(f"kept   {name}: it was there already")
    if missing:
        output.talk(f"\nreconciler.yaml lacks what the jobs need; add:\n\n{missing}")
    untested = init_files.untested_release(where, ci) if tested else ""
    if untested:
        output.talk(f"\n{untested} was there already and goes live without tests: move it away, and run this again")
    checks = [it for it in workflows(where.folder) if it.status is not Status.OK] if kept and ci != "none" else []
    for check in checks:
        output.talk(f"\n{check.name}: {check.found}\n    {check.fix}")
    if written:
        _next(output, where, ci, tool, written, from_account=from_account, tested=tested)
    else:
        lacking = missing or untested or checks
        output.talk("\nnothing was written" if lacking else "nothing to write: all of it is there")
    return 0


def _write(where: Place, ci: str, tool: str, *, samples: bool, tested: bool) -> tuple[list[str], list[str]]:
    """The names of the files that were written, and of those that were there; InputError when one cannot be."""
    named = default_name(where.folder)
    project = f"project: {named}" if PROJECT_NAME.fullmatch(named) else "# project: acme/phones"
    written: list[str] = []
    kept: list[str] = []
    for file, text in init_files.repository_files(where, ci, tool, project, samples=samples, tested=tested):
        name = Path(os.path.relpath(file, where.folder)).as_posix()
        (written if _created(file, text) else kept).append(name)
    return written, kept


def _listed(names: list[str]) -> list[str]:
    """The names as a person reads them: the schemas, one for each kind, are one line."""
    found = dict.fromkeys("schemas/" if name.startswith("schemas/") else name for name in names)
    return list(found)


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


def _next(
    output: Output, where: Place, ci: str, tool: str, written: list[str], *, from_account: bool, tested: bool
) -> None:
    """What to do now, in the order in which it works."""
    here = Path.cwd().resolve()
    steps = [f"cd {shlex.quote(os.path.relpath(where.folder, here))}"] if where.folder != here else []
    if "manifests/agents.yaml" in written:
        steps += [
            "reconciler plan --emulator        what would change, without an account",
            "reconciler apply --emulator       do it there; nobody is called",
            _EDIT,
        ]
    if ci != "none" and tool == init_files.TOOL:
        steps.append("replace YOUR-ORGANISATION and the commit in the CI files with where your copy of reconciler is")
    environment = "" if ci == "none" else " --env live"
    steps.append(
        f"pin the organisation in reconciler.yaml: `reconciler doctor{environment}` says its id, with the key set"
        + (", and `--env staging` that of the staging account" if tested and environment else "")
    )
    if from_account:
        steps.append(f"reconciler export{environment}       write what the account has as manifests; it is only read")
    steps += [_STAGING_SECRET[ci]] if tested and ci in _STAGING_SECRET else []
    steps.append(_SECRET[ci])
    output.talk("\nNext:\n" + "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1)))

"""What `init` writes: which files, from which templates, at which place of the repository.

Workflows are read at the root of the repository only, so a project in a folder of it has them there, each step with
its ``path:``. They name the branch that is the default of the repository as it is.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.settings import FILE as _PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_APPLY = "apply"
JOBS = ("plan", _APPLY, "dispatch", "calls", "drift")
WORKFLOWS = ".github/workflows"
TOOL = "YOUR-ORGANISATION/reconciler@0000000000000000000000000000000000000000"
_BRANCH = "main"
_GITHUB = re.compile(r"(?P<repository>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)@(?P<ref>[A-Za-z0-9_./-]+)")
# A requirement or an address, as pip and uv take it; nothing that a shell or YAML would take for more.
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,+@:/ \[\]=<>!~%-]*")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
# The project that a step of some job runs.
_FOLDERS = re.compile(r"\b(?:path|folder|FOLDER): *[\"']?([^\"',}\n#]*[^\"',}\n# ])")
_DISTRIBUTION = "thunderphone-reconciler[postgres]"

# From the file to the templates it is made of, joined.
_SAMPLED = "Agent"  # the kind whose samples would be objects nobody asked for
_SAMPLES: Mapping[str, tuple[str, ...]] = {
    "manifests/agents.yaml": ("project/manifests/agents.yaml",),
    "manifests/numbers.yaml": ("project/manifests/numbers.yaml",),
    "manifests/calls.yaml": ("project/manifests/calls.yaml",),
    "prompts/front-desk.md": ("project/prompts/front-desk.md",),
    "prompts/confirm.md": ("project/prompts/confirm.md",),
}
_AROUND: Mapping[str, tuple[str, ...]] = {
    ".gitignore": ("project/gitignore",),
    "AGENTS.md": ("project/AGENTS.md",),
    ".vscode/settings.json": ("project/dot-vscode/settings.json",),
}
_TESTS: Mapping[str, tuple[str, ...]] = {"manifests/tests.yaml": ("project/manifests/tests.yaml",)}
LIVE, STAGING = "project/live.yaml", "project/staging.yaml"
_TESTED = "-tested"  # in the name of a template: staging, tests, then live
_GITLAB: Mapping[bool, Mapping[str, str]] = {
    False: {"@RELEASE@": "apply", "@STAGES@": "plan, apply, dispatch", "@VARIABLES@": ""},
    True: {
        "@RELEASE@": "staging, tests and then live",
        "@STAGES@": "plan, staging, test, apply, dispatch",
        "@VARIABLES@": "#   THUNDERPHONE_STAGING_API_KEY   one of the staging account, by which releases are tested\n",
    },
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a project is: its ``folder``, the ``root`` of its repository, the branch that is reviewed there.

    ``known`` says who named the branch: "remote", the one that is "checked out", or "" for nobody.
    """

    folder: Path
    root: Path
    branch: str = _BRANCH
    known: str = ""

    @property
    def path(self) -> str:
        """The project's folder as the workflows name it, "." for the root."""
        return self.folder.relative_to(self.root).as_posix()


def place(folder: Path) -> Place:
    """Where a project in ``folder``, which need not exist yet, would be."""
    folder = folder.resolve()
    there = next(it for it in (folder, *folder.parents) if it.is_dir())
    top = _git(there, "rev-parse", "--show-toplevel")
    if not top or not folder.is_relative_to(Path(top).resolve()):
        return Place(folder, folder)
    return Place(folder, Path(top).resolve(), *_default_branch(there))


def _default_branch(folder: Path) -> tuple[str, str]:
    """The branch that is merged to, the remote's default or the one that is checked out, and who named it."""
    remote = _git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").partition("/")[2]
    here = _git(folder, "symbolic-ref", "--short", "HEAD")
    found = ((remote, "remote"), (here, "checked out"))
    return next(((branch, known) for branch, known in found if _PLAIN.fullmatch(branch)), (_BRANCH, ""))


def _git(folder: Path, *words: str) -> str:
    """What git answers; "" where it is not there, or knows nothing."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words
            ["git", *words],  # noqa: S607 - git is found on PATH
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def is_tool(ci: str, tool: str) -> bool:
    """Whether CI can get the tool from there: GitHub from a repository at a version, others as pip does too."""
    return bool(_GITHUB.fullmatch(tool) or (ci != "github" and _REQUIREMENT.fullmatch(tool)))


def has_manifests(folder: Path) -> bool:
    """Whether the project declares something already: then samples would be two more agents on a live account."""
    return any(path.suffix.lower() in (".yaml", ".yml") for path in (folder / "manifests").rglob("*"))


def untouched_samples(folder: Path, kinds: Iterable[str]) -> list[Path]:
    """The samples of these kinds that `init` wrote, where nobody touched one or declared anything beside them."""
    if _SAMPLED not in kinds:
        return []
    samples = {folder / name: _text(*parts) for name, parts in {**_SAMPLES, **_TESTS}.items()}
    there = [path for path in (folder / "manifests").rglob("*") if path.suffix.lower() in (".yaml", ".yml")]
    if not there or not set(there) <= set(samples):
        return []
    found = [path for path in samples if path.is_file() and not path.is_symlink()]
    return found if all(_text_of(path) == samples[path] for path in found) else []


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def repository_files(
    where: Place, ci: str, tool: str, project: str = "", *, samples: bool = True, tested: bool = False
) -> Iterator[tuple[Path, str]]:
    """Each file that a repository needs, with its text; ``project`` is the line that names the project.

    With ``tested``, there are scenarios, and a merge goes live by way of a staging account and tests.
    """
    shared = () if ci == "none" else (LIVE, STAGING) if tested else (LIVE,)
    yield where.folder / "reconciler.yaml", _text("project/reconciler.yaml", *shared).replace("@PROJECT@", project)
    wanted = {**_SAMPLES, **(_TESTS if tested else {})} if samples and not has_manifests(where.folder) else {}
    for name, parts in {**wanted, **_AROUND}.items():
        yield where.folder / name, _text(*parts)
    yield from _schemas(where.folder / "schemas")
    yield from _ci_files(where, ci, tool, tested=tested)


def _ci_files(where: Place, ci: str, tool: str, *, tested: bool) -> Iterator[tuple[Path, str]]:
    if ci == "github":
        for job in JOBS:
            variant = _TESTED if tested and job == _APPLY else ""
            yield _workflow(where, job), _filled(_text(f"github/reconciler-{job}{variant}.yaml"), where, tool)
        yield where.root / ".github/dependabot.yml", _text("github/dependabot.yml")
    if ci == "gitlab":
        marks = {"@APPLY@": _text(f"gitlab/apply{_TESTED if tested else ''}.yml"), **_GITLAB[tested]}
        yield where.root / ".gitlab-ci.yml", _filled(_marked(_text("gitlab-ci.yml"), marks), where, tool)


def untested_release(where: Place, ci: str) -> str:
    """The file by which a merge goes live, where that is one without tests; "" where there is none."""
    files = {"github": _workflow(where, _APPLY), "gitlab": where.root / ".gitlab-ci.yml"}
    if ci not in files or "staging" in files[ci].read_text(encoding="utf-8", errors="replace"):
        return ""
    return Path(os.path.relpath(files[ci], where.folder)).as_posix()


def lacking_environments(folder: Path, *, tested: bool) -> str:
    """The lines that a project file which was there lacks: environments that the jobs name; "" where it has them."""
    try:
        text = (folder / "reconciler.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    wanted = {"live": LIVE, "staging": STAGING} if tested else {"live": LIVE}
    return _text(*(part for name, part in wanted.items() if not _declares(text, name))).lstrip("\n")


def _declares(project: str, environment: str) -> bool:
    return bool(re.search(rf"^ +['\"]?{environment}['\"]?:|environments:.*\b{environment}\b", project, re.MULTILINE))


def _workflow(where: Place, job: str) -> Path:
    """The file of a job; of another name where another project of the repository has it already."""
    folder, own = where.root / WORKFLOWS, "root" if where.path == "." else where.path.replace("/", "-")
    names = chain(("", f"-{own}"), (f"-{own}-{number}" for number in count(2)))
    files = (folder / f"reconciler-{job}{name}.yaml" for name in names)
    return next(it for it in files if not it.is_file() or _runs(_text_of(it), where))


def _runs(text: str, where: Place) -> bool:
    """Whether a workflow that `init` wrote runs the project in this folder."""
    return runs_at_root(text, where) if where.path == "." else f"path: {_spelled(where)}\n" in text


def runs_at_root(text: str, where: Place) -> bool:
    """Whether jobs name no project in a folder of the repository."""
    return not any((where.root / folder / _PROJECT).is_file() for folder in _FOLDERS.findall(text) if folder != ".")


def _spelled(where: Place) -> str:
    return where.path if _PLAIN.fullmatch(where.path) else json.dumps(where.path, ensure_ascii=False)


def _filled(text: str, where: Place, tool: str) -> str:
    at_root = where.path == "."
    if at_root:
        text = re.sub(r"^ *path: @PATH@\n", "", text, flags=re.MULTILINE)
    replaced = {
        "@TOOL@": tool,
        "@REQUIREMENT@": _requirement(tool),
        "@BRANCH@": where.branch,
        "@PATH@": _spelled(where),
        "@PREFIX@": "" if at_root else f"{where.path}/",
        "@TITLE@": "" if at_root else f" ({where.path})",
    }
    return _marked(text, replaced)


def _marked(text: str, replaced: Mapping[str, str]) -> str:
    for mark, value in replaced.items():
        text = text.replace(mark, value)
    return text


def _requirement(tool: str) -> str:
    """The tool as pip and uv install it."""
    if found := _GITHUB.fullmatch(tool):
        return f"{_DISTRIBUTION} @ git+https://github.com/{found['repository']}@{found['ref']}"
    return f"{_DISTRIBUTION} @ git+{tool.removeprefix('git+')}" if "://" in tool else tool


def _schemas(folder: Path) -> Iterator[tuple[Path, str]]:
    from reconciler.cli.schema import schema_files  # noqa: PLC0415 - the models are slow to load

    for name, text in schema_files().items():
        yield folder / name, text


def _text(*names: str) -> str:
    templates = files("reconciler") / "templates"
    return "".join(templates.joinpath(*name.split("/")).read_text(encoding="utf-8") for name in names)

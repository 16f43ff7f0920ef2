"""Whether CI can do its work: workflows that are read, and name the right branch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.cli.init_files import WORKFLOWS, place, runs_at_root
from reconciler.doctor import checks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.cli.init_files import Place
    from reconciler.doctor.checks import Check

_OURS = re.compile(r"(?m)^[^#\n]*(?:/reconciler@|\breconciler (?:plan|apply|dispatch)\b)")
# GitLab's component brings every job.
_COMPONENT = r"component: *[^\n#]*/reconciler/reconciler@"
_APPLIES = re.compile(rf"(?m)^[^#\n]*(?:command: apply\b|\breconciler apply\b|{_COMPONENT})")
_DISPATCHES = re.compile(rf"(?m)^[^#\n]*(?:command: dispatch\b|\breconciler dispatch\b|{_COMPONENT})")
# Where other forges read their jobs: one file, at the root, that says by itself on which branch.
_ONE_FILE = (".gitlab-ci.yml", "bitbucket-pipelines.yml", "azure-pipelines.yml")
_NAME = "workflows"


def workflows(root: Path) -> Iterator[Check]:
    """What can be said of the CI of the repository that a project lies in; nothing where it lies in none."""
    where = place(root)
    if not (where.root / ".git").exists():
        return
    if where.path != "." and _texts(where.folder):
        yield checks.fail(
            _NAME,
            f"GitHub reads {WORKFLOWS} at the root of the repository only, and those of {where.path} never run",
            f"remove {where.path}/.github, then at the root: `reconciler init {where.path}`",
        )
        return
    others = [file for name in _ONE_FILE if (file := where.root / name).is_file()]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in others]
    elsewhere = [text for text in texts if _OURS.search(text) and _about(text, where)]
    github = [text for text in _texts(where.root) if _about(text, where)]
    # A repository may have jobs on two forges: of this project on the one, of others or none of ours on the other.
    on_github = not others or (bool(github) and not any(map(_APPLIES.search, elsewhere)))
    yield from _judged(where, github if on_github else elsewhere, branches=on_github)


def _about(text: str, where: Place) -> bool:
    """Whether jobs run the project in this folder, and not another one of the repository."""
    return runs_at_root(text, where) if where.path == "." else _names(text, where.path)


def _texts(folder: Path) -> list[str]:
    """The workflows below a folder that run this tool."""
    found = sorted((folder / WORKFLOWS).glob("*.y*ml"))
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in found if file.is_file()]
    return [text for text in texts if _OURS.search(text)]


def _judged(where: Place, texts: list[str], *, branches: bool) -> Iterator[Check]:
    applying = [text for text in texts if _APPLIES.search(text)]
    init = f"`reconciler init {where.path}` at the root of the repository writes them"
    if not branches:
        init = "copy the jobs that `reconciler init --ci gitlab` writes into an empty folder, with the path of this one"
    if not texts:
        here = "" if where.path == "." else f" in `{where.path}`"
        none = f"none of this repository runs reconciler{here}: nothing is applied, no call is placed"
        yield checks.warn(_NAME, none, init)
    elif not applying:
        yield checks.warn(_NAME, "none applies: what is merged never reaches the account", init)
    elif branches and where.known and not any(_names(text, where.branch) for text in applying):
        judge = checks.fail if where.known == "remote" else checks.warn
        of = "the default branch of this repository" if where.known == "remote" else "the branch that is checked out"
        yield judge(
            _NAME,
            f"the one that applies does not name `{where.branch}`, {of}: it never runs there",
            "write the branch that is merged to into its `branches:` and its `if:`",
        )
    elif not any(_DISPATCHES.search(text) for text in texts):
        yield checks.warn(_NAME, "none dispatches: no call is ever placed", init)
    else:
        yield checks.ok(
            _NAME, "apply on " + (f"`{where.branch}`" if branches else "the default branch") + ", dispatch on a timer"
        )


def _names(text: str, branch: str) -> bool:
    return bool(re.search(rf"(?<![\w./-]){re.escape(branch)}(?![\w./-])", text))

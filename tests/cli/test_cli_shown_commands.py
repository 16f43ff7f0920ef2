"""Prove that a command which is shown acts on what the message was about."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from reconciler.cli import COMMANDS, reconciler
from reconciler.cli.shown_commands import TAKES, ShownCommands, Takes
from reconciler.model import Address, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parents[2] / "reconciler"
LIVE = ShownCommands("calls", (), {"environment": ("--env", "live"), "state": ("--state", "git:our state")})


def verbs(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in command.list_commands(context):
            if (inner := command.get_command(context, below)) is not None:
                yield from verbs(inner, f"{name} {below}")


def test_the_table_says_what_every_command_takes() -> None:
    context = click.Context(reconciler)
    found = {}
    for top in COMMANDS:
        command = reconciler.get_command(context, top)
        assert command is not None
        for name, verb in verbs(command, top):
            default = verb.commands[getattr(verb, "default", "show")] if isinstance(verb, click.Group) else verb
            parameters = {parameter.name for parameter in default.params}
            found[name] = Takes(
                paths="paths" in parameters,
                account="state" in parameters,
                scope="targets" in parameters,
                names=TAKES[name].names,
                project=TAKES[name].project and "environment" in parameters,
            )
    assert found == TAKES


@pytest.mark.parametrize(
    ("hint", "complete"),
    [
        ("reconciler calls release hh-0", "reconciler calls release hh-0 --env live --state 'git:our state'"),
        ("`reconciler calls` lists them", "`reconciler calls --env live --state 'git:our state'` lists them"),
        ("reconciler apply; in CI keep it", "reconciler apply --env live --state 'git:our state'; in CI keep it"),
        ("reconciler apply proves it", "reconciler apply --env live --state 'git:our state' proves it"),
        (
            "fix it, then: reconciler apply --verify-again PhoneNumber/main",
            "fix it, then: reconciler apply --verify-again PhoneNumber/main --env live --state 'git:our state'",
        ),
        (
            "wait for it, or: `reconciler state unlock`",
            "wait for it, or: `reconciler state unlock --env live --state 'git:our state'`",
        ),
        (
            "reconciler calls hold jane, and remove it",
            "reconciler calls hold jane --env live --state 'git:our state', and remove it",
        ),
        (
            "reconciler state export > FILE",
            "reconciler state export --env live --state 'git:our state' > FILE",
        ),
        ("reconciler explain project.limits", "reconciler explain project.limits --env live"),
        ("reconciler init writes first manifests", "reconciler init writes first manifests"),
        ("a bug of reconciler's", "a bug of reconciler's"),
        ("see reconciler apple", "see reconciler apple"),
        ("reconciler plan --env staging", "reconciler plan --env staging --state 'git:our state'"),
    ],
)
def test_a_hint_is_completed_with_the_flags_of_the_run(hint: str, complete: str) -> None:
    assert LIVE.completed(hint) == complete
    assert LIVE.completed(complete) == complete, "once is enough"


def test_what_narrows_a_plan_goes_with_plan_and_apply_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "phones").mkdir()
    monkeypatch.chdir(tmp_path)
    narrowed = ShownCommands("plan", (Path("phones"),), {"prune": ("--prune",), "selectors": ("-l", "site=lakeside")})
    assert narrowed.command("apply") == "reconciler apply phones --prune -l site=lakeside"
    assert narrowed.command("dispatch") == "reconciler dispatch phones"
    assert narrowed.command("calls release", "jane") == "reconciler calls release jane"


def test_a_command_that_names_what_it_is_about_is_not_narrowed_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "phones" / "manifests").mkdir(parents=True)
    given = {"emulator": ("--emulator",), "selectors": ("-l", "site=lakeside"), "since": ("--since", "main")}
    paths = (Path("phones/manifests"),)
    narrowed = ShownCommands("plan", paths, given, tmp_path / "phones")
    monkeypatch.chdir(tmp_path)
    hint = "first: reconciler apply --target Agent/desk; or plan all at once"
    assert narrowed.completed(hint) == (
        "first: reconciler apply --target Agent/desk phones --emulator; or plan all at once"
    )
    monkeypatch.chdir(tmp_path / "phones")
    inside = ShownCommands("plan", (Path("manifests"),), given, tmp_path / "phones")
    assert inside.completed(hint) == "first: reconciler apply --target Agent/desk --emulator; or plan all at once"


def test_a_path_that_there_is_none_of_is_not_shown_again() -> None:
    assert ShownCommands("calls show", (Path("jan"),), {}).completed("`reconciler calls` lists them") == (
        "`reconciler calls` lists them"
    )


def test_an_interrupted_apply_goes_on_as_it_began() -> None:
    begun = ShownCommands("apply", (), {"skip_refused": ("--skip-refused",), "parallelism": ("--parallelism", "2")})
    assert begun.command("apply") == "reconciler apply --skip-refused --parallelism 2"
    assert begun.command("plan") == "reconciler plan"


def test_a_command_without_paths_is_shown_in_the_project_it_is_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "my clinic"
    project.mkdir()
    monkeypatch.chdir(tmp_path)
    shown = ShownCommands("calls", (Path("my clinic"),), {"api_key_file": ("--api-key-file", "key.txt")}, project)
    assert shown.completed("reconciler calls release jane") == (
        f"cd 'my clinic' && reconciler calls release jane --api-key-file {tmp_path}/key.txt"
    )
    assert shown.command("calls") == "reconciler calls 'my clinic' --api-key-file key.txt"


def test_everything_that_is_told_is_completed_and_the_rest_is_the_same_object() -> None:
    plain = Finding(Severity.ERROR, "RC112", "is missing", "", Address("Agent", "desk"))
    hinted = Finding(Severity.ERROR, "RC501", "another run was first", "reconciler plan")
    assert LIVE.completed(plain) is plain
    assert LIVE.completed((plain, hinted))[1].hint == "reconciler plan --env live --state 'git:our state'"
    assert LIVE.completed([plain])[0] is plain


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the package that is no docstring, by file."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        documentation = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "NAME" for part in node.values)
                yield file.name, "".join(str(part) for part in parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                yield file.name, node.value


def test_every_command_in_a_text_of_the_tool_is_one_that_there_is_and_can_be_completed() -> None:
    written = re.compile(r"(?:^|(?<=[ `(]))reconciler ([a-z][a-z-]+)(?= |`|$|[;,:.])")
    wrong = [
        (file, text)
        for file, text in texts()
        for found in written.finditer(text)
        if found[1] not in COMMANDS and f"`reconciler {found[1]}" in text
    ]
    assert wrong == []

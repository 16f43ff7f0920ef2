"""Show that people of other tools are understood, and that nobody is led to a deletion or a dialled telephone."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from reconciler.cli import COMMANDS, foreign_names, main, reconciler
from reconciler.cli.examples import EXAMPLES
from reconciler.cli.shown_commands import TAKES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGENT = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: %s}\nspec: {prompt: Hello., voice: '${var.voice}'}\n"
DANGEROUS = re.compile(r"--prune|reconciler dispatch|'dispatch'|--dispatch|--yes|state unlock")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text("variables: {voice: olivia}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    for name in ("desk", "night"):
        (tmp_path / "manifests" / f"{name}.yaml").write_text(AGENT % name, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("THUNDERPHONE_API_KEY", "THUNDERPHONE_API_BASE_URL", "RECONCILER_STATE", "RECONCILER_ENV"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("plan --dry-run", "that is `reconciler plan`, which only reads"),
        ("dispatch --dryrun", "that is `reconciler plan`, which only reads"),
        ("watch", "that is `reconciler calls --watch`"),
        ("lint", "that is `reconciler validate`"),
        ("diff", "that is `reconciler plan`"),
        ("destroy", "then `reconciler plan`"),
        ("import", "that is `reconciler export`"),
        ("state list", "that is `reconciler state show`"),
        ("calls pause jane", "that is `reconciler calls hold`"),
        ("plan --environment live", "by `--env NAME`"),
        ("plan -f a.yaml", "files and folders are arguments"),
        ("valdate", "Did you mean 'validate'?"),
        ("plan --selectr a=b", "--selector"),
        ("plan -out=x", "options have two dashes here, '--out'."),
        ("plan -refresh-only", "that is `reconciler drift`"),
        ("plan -lock=false", "runs that write take turns by themselves"),
        ("-chdir=phones plan", "files and folders are arguments"),
        ("apply -auto-approve", "No such option '-auto-approve': options have two dashes here."),
        ("gateway sync", "`reconciler plan`, `reconciler apply` and `reconciler export`"),
        ("rollout undo", "revert the commit"),
        ("plan --doit", "`reconciler plan` reads, `reconciler apply` writes"),
        ("calls hodl --all --why x", "No such command 'calls hodl'. Did you mean 'hold'?"),
        ("calls dnc exprt", "No such command 'calls dnc exprt'. Did you mean 'export'?"),
        ("state unlok", "No such command 'state unlok': `reconciler state --help` lists the commands."),
        ("campaigns resum x", "`reconciler campaigns --help` lists the commands"),
        ("calls relase x --emulator", "hint: `reconciler calls --emulator` lists them"),
    ],
)
def test_a_word_of_another_tool_is_answered_with_ours(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed.split()) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("word", [*foreign_names.COMMANDS, "dispach", "dispatc", "dispath"])
def test_no_command_is_answered_with_one_that_deletes_or_dials(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    if word not in COMMANDS:
        assert main([word]) == 1
        assert not DANGEROUS.search(capsys.readouterr().err)


@pytest.mark.parametrize("word", [*foreign_names.OPTIONS, "--prun", "--dispach", "--purge"])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_no_option_is_answered_with_one_that_deletes_or_dials(
    command: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if (command, word) != ("apply", "--dry-run"):
        assert main([command, word, "--emulator"]) == 1
        assert not DANGEROUS.search(capsys.readouterr().err)


def misspelt(word: str) -> Iterator[str]:
    """The slips of one finger: a letter that is missing, doubled, or swapped with its neighbour."""
    for place in range(2 if word.startswith("--") else 0, len(word)):
        yield word[:place] + word[place + 1 :]
        yield word[: place + 1] + word[place:]
        if place + 1 < len(word):
            yield word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def verbs(
    group: click.Group = reconciler, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name in group.list_commands(context := click.Context(group)):
        if isinstance(command := group.get_command(context, name), click.Group):
            yield from verbs(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


GRAVE = re.compile(
    r"'(dispatch|serve|test|cancel|forget|release|resolve|resume|run|unlock|adopt-history|-y|--(again|all|accept-v1"
    r"|auto-approve|did-not-ring|dispatch|prune|rang|resume|skip-refused|skip-rows|theirs|verify-again|write|yes))'"
)


def test_no_slip_of_a_finger_is_answered_with_what_deletes_dials_pays_or_consents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Every misspelling of every option of every verb, and of every command."""
    answered = 0
    for path, command in verbs():
        options = {
            name for it in command.params if isinstance(it, click.Option) for name in it.opts if name[:2] == "--"
        }
        for option in sorted(options & {name for name in options if GRAVE.search(f"'{name}'")}):
            for slip in sorted(set(misspelt(option)) - options):
                assert main([*path, slip]) == 1
                assert not GRAVE.search(said := capsys.readouterr().err), (path, slip, said)
                answered += 1
    for name in COMMANDS:
        for slip in sorted(set(misspelt(name)) - {*COMMANDS, "--"}):
            assert main([slip]) == 1
            assert not GRAVE.search(said := capsys.readouterr().err), (slip, said)
            answered += 1
    assert answered > 700


def test_every_answer_names_commands_that_there_are() -> None:
    answers = [*foreign_names.COMMANDS.values(), *foreign_names.OPTIONS.values()]
    answers += [said for verbs in foreign_names.VERBS.values() for said in verbs.values()]
    named = {found for said in answers for found in re.findall(r"`reconciler ([a-z]+)", said)}
    assert named <= set(COMMANDS)


def test_a_dry_run_of_apply_is_a_plan_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--dry-run", "--emulator"]) == 0
    said = capsys.readouterr().out
    assert "Plan: 2 to create — nothing was written." in said
    assert "Next: reconciler apply --emulator" in said
    assert main(["plan", "--emulator", "--detailed-exitcode"]) == 2


@pytest.mark.parametrize("word", ["-y", "--yes", "--auto-approve"])
def test_consent_has_the_names_that_people_know(word: str) -> None:
    assert main(["apply", "--emulator", word]) == 0
    assert main(["plan", "--emulator", "--detailed-exitcode"]) == 0


def test_json_may_be_asked_for_as_people_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--emulator", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "reconciler.plan/v1"


def test_one_resource_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--emulator", "--json", "--exclude", "Agent/night"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [change["address"] for change in plan["changes"] if change["action"] == "create"] == ["Agent/desk"]
    assert main(["plan", "--emulator", "--exclude", "night"]) == 1


def test_a_variable_of_the_command_line_wins_and_goes_with_the_next_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plan", "--emulator", "--var", "voice=maya"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"voice +maya", said)
    assert "Next: reconciler apply --var voice=maya --emulator" in said
    assert main(["plan", "--emulator", "--var", "voice"]) == 1


def test_a_misspelt_variable_of_ours_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECONCILER_ENVIRONMENT", "live")
    assert main(["validate"]) == 0
    assert "warning: `RECONCILER_ENVIRONMENT` is no variable of reconciler's" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        *("RECONCILER_STATE_KEY", "RECONCILER_REPOSITORY_URL", "RECONCILER_PORT", "RECONCILER_SERVICE_HOST"),
        *("RECONCILER_SERVICE_PORT_HTTP", "RECONCILER_PORT_8414_TCP_ADDR", "RECONCILER_HOOKS_SERVICE_PORT"),
    ],
)
def test_a_variable_that_we_read_or_that_kubernetes_sets_is_no_warning(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "tcp://10.0.0.1:8414")
    assert main(["validate"]) == 0
    assert "warning" not in capsys.readouterr().err


def test_every_command_that_is_run_has_an_example_in_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for verb, examples in EXAMPLES.items():
        assert main([*verb.split(), "--help"]) == 0
        assert all(f"\n  {example}\n" in capsys.readouterr().out + "\n" for example in examples[:1])
        shown = f"reconciler {verb.removesuffix(' show').removesuffix(' run')}"
        assert all(example.startswith(shown) for example in examples)
    groups = {verb.partition(" ")[0] for verb in TAKES if " " in verb} | {"calls dnc"}
    assert set(EXAMPLES) | {"completion"} | groups >= set(TAKES)


def test_what_is_done_to_the_state_is_told_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--emulator", "--yes"]) == 0
    capsys.readouterr()
    for words, key, value in (
        (["locks"], "locks", []),
        (["unlock"], "unlocked", []),
        (["move", "Agent/desk", "Agent/front"], "moved", {"from": "Agent/desk", "to": "Agent/front"}),
        (["forget", "Agent/front"], "forgotten", "Agent/front"),
    ):
        assert main(["state", *words, "--emulator", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"format": "reconciler.state-change/v1", key: value}


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=folder, check=True)


def test_only_what_changed_since_a_revision_can_be_looked_at(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def planned() -> list[str]:
        capsys.readouterr()
        assert main(["plan", "--emulator", "--json", "--changed-since", "HEAD"]) == 0
        return [change["address"] for change in json.loads(capsys.readouterr().out)["changes"]]

    assert main(["plan", "--emulator", "--changed-since", "HEAD"]) == 1
    assert "cannot be told: fatal: not a git repository" in capsys.readouterr().err
    (project / "prompts").mkdir()
    (project / "prompts" / "p.md").write_text("Hello.", encoding="utf-8")
    night = project / "manifests" / "night.yaml"
    night.write_text(night.read_text("utf-8").replace("Hello.", "{file: prompts/p.md}"), encoding="utf-8")
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "x")
    assert planned() == []
    (project / "prompts" / "p.md").write_text("Hello again.", encoding="utf-8")
    assert planned() == ["Agent/night"]
    (project / "manifests" / "day.yaml").write_text(AGENT % "day", encoding="utf-8")
    assert sorted(planned()) == ["Agent/day", "Agent/night"]
    (project / "reconciler.yaml").write_text("variables: {voice: maya}\n", encoding="utf-8")
    assert sorted(planned()) == ["Agent/day", "Agent/desk", "Agent/night"]
    assert main(["plan", "--emulator", "--changed-since", "nowhere"]) == 1
    assert "RC124: what changed since `nowhere` cannot be told" in capsys.readouterr().err

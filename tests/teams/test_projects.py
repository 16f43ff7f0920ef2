"""Two projects of one organisation and state leave each other alone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from adoption.account import Account

from reconciler.cli.project_identity import default_name
from reconciler.emulator import Platform
from reconciler.errors import StoreError
from reconciler.model import Address
from reconciler.schedule.clock import SystemClock
from reconciler.state.bindings import Binding
from reconciler.state.ledger import Ledger
from reconciler.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSED = 3
DOCUMENTS = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {{name: agent-{0}}}
spec: {{name: Agent {0}, prompt: Hello., voice: olivia}}
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: call-{0}}}
spec: {{from_number: "+15551230001", to_number: "+14155550199", agent: agent-{0}, at: "2036-12-01T18:00:00Z"}}
"""


class Two:
    """Two projects with one account and one state, in which one runs at a time."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self._monkeypatch = root, monkeypatch
        (root / ".reconciler").mkdir()
        platform = Platform(root / ".reconciler/emulator.db", SystemClock())
        self.account = Account(root, capsys, platform)

    def declare(self, project: str, text: str, settings: str = "") -> None:
        self.account.write(f"{project}/m/a.yaml", text)
        name = settings or f"project: {project}"
        self.account.write(f"{project}/reconciler.yaml", f"manifests: m\n{name}\n")

    def run(self, project: str, *arguments: str) -> Any:
        folder = self.root / project
        if not (folder / ".reconciler").exists():
            (folder / ".reconciler").mkdir()
            (folder / ".reconciler/emulator.db").symlink_to(self.root / ".reconciler/emulator.db")
        self._monkeypatch.chdir(folder)
        return self.account.run(*arguments)


@pytest.fixture
def two(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Two]:
    """Both applied, each with an agent and a call of its own."""
    monkeypatch.setenv("RECONCILER_STATE", f"sqlite:{tmp_path}/state.db")
    both = Two(tmp_path, capsys, monkeypatch)
    for project in ("one", "two"):
        both.declare(project, DOCUMENTS.format(project))
        assert both.run(project, "apply", "--yes").code == 0
    yield both
    both.account.platform.close()


def test_neither_cancels_prunes_adopts_or_lists_what_the_other_declared(two: Two) -> None:
    two.account.platform.forget_requests()
    for project, other in (("one", "two"), ("two", "one"), ("one", "two")):
        assert two.run(project, "apply", "--yes", "--prune").code == 0
        assert two.run(project, "plan", "--prune", "--detailed-exitcode").code == 0
        for command in (("plan", "--full"), ("calls",), ("drift",), ("state", "show")):
            said = two.run(project, *command).out
            assert f"call-{other}" not in said
            assert f"agent-{other}" not in said
    assert two.account.writes() == []


def test_what_the_other_declared_is_not_forgotten_from_here(two: Two) -> None:
    ran = two.run("one", "state", "forget", "Agent/agent-two")
    assert ran.code == 1
    assert "`binding/Agent/agent-two` belongs to the project `two`" in ran.err
    assert "agent-two" in two.run("two", "state", "show").out
    assert two.run("one", "state", "forget", "Agent/agent-one").code == 0


def test_a_name_that_both_declare_is_refused_and_both_are_named(two: Two) -> None:
    two.declare("one", DOCUMENTS.format("two"))
    ran = two.run("one", "plan", "--format", "json")
    assert ran.code == REFUSED
    refused = {each["address"]: each["sentence"] for each in ran.json["changes"] if each["action"] == "refuse"}
    said = "is declared by two projects: `two` and `one`"
    assert refused == {"Agent/agent-two": said, "ScheduledCall/call-two": said}
    assert two.run("one", "apply", "--yes").code == REFUSED


def test_what_the_other_made_is_adopted_neither_by_name_nor_by_id(two: Two) -> None:
    agent = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: mine%s}\nspec: {name: Agent two}\n"
    two.declare("one", agent % f", id: {two.account.id('Agent two')}")
    ran = two.run("one", "plan", "--format", "json")
    assert {it["action"] for it in ran.json["changes"] if it["address"] == "Agent/mine"} == {"refuse"}
    two.declare("one", agent % "")
    ran = two.run("one", "plan", "--format", "json")
    assert {it["action"] for it in ran.json["changes"] if it["address"] == "Agent/mine"} == {"create"}


def test_a_project_with_a_new_name_takes_its_entries_along(two: Two) -> None:
    two.declare("one", DOCUMENTS.format("one"), "project: first")
    assert two.run("one", "plan").code == REFUSED
    assert two.run("one", "state", "move", "--project", "one", "first").code == 0
    assert two.run("one", "plan", "--detailed-exitcode", "--prune").code == 0
    assert two.run("two", "plan", "--detailed-exitcode", "--prune").code == 0


def test_a_project_that_nobody_has_cannot_be_moved(two: Two) -> None:
    ran = two.run("one", "state", "move", "--project", "nobody", "one")
    assert ran.code == 1
    assert "projects in this state: `one`, `two`" in ran.err


def test_entries_of_an_older_state_belong_to_the_first_project_that_applies_them(tmp_path: Path) -> None:
    with SqliteStore(tmp_path, "state.db", read_only=False) as store:
        desk = Binding(Address("Agent", "desk"), id="7")
        Ledger(store, "42").bind(desk)
        assert Ledger(store, "42", "one").bindings() == {desk.address: desk}
        first = Ledger(store, "42", "one")
        first.bind(desk)
        assert Ledger(store, "42", "two").bindings() == {}
        assert [it.project for it in Ledger(store, "42", "two").foreign_bindings()] == ["one"]
        with pytest.raises(StoreError, match="belongs to the project `one`"):
            Ledger(store, "42", "two").bind(desk)


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("https://github.com/acme/phones.git", "acme/phones"),
        ("git@github.com:acme/phones.git", "acme/phones"),
        ("ssh://git@gitlab.acme.com:2222/group/sub/phones", "group/sub/phones"),
        ("/srv/git/phones.git", "phones"),
        ("file:///srv/git/phones", "phones"),
        ("", "checkout"),
    ],
)
def test_a_project_is_named_after_its_repository_and_folder(tmp_path: Path, remote: str, name: str) -> None:
    top = tmp_path / "checkout"
    (top / "clinic").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    if remote:
        subprocess.run(["git", "-C", str(top), "remote", "add", "origin", remote], check=True)
    assert default_name(top, {}) == name
    assert default_name(top / "clinic", {}) == f"{name}/clinic"


def test_a_project_outside_of_any_repository_has_no_name_of_its_own(tmp_path: Path) -> None:
    assert default_name(tmp_path, {}) == ""
    assert default_name(tmp_path, {"GITHUB_WORKSPACE": str(tmp_path), "GITHUB_REPOSITORY": "acme/p"}) == "acme/p"

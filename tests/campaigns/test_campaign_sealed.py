"""Contacts in a sealed file: opened in memory, loaded once, and in clear nowhere on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from campaigns.project import START, Campaigns, campaigns, people

if TYPE_CHECKING:
    from collections.abc import Iterator

pyrage = pytest.importorskip("pyrage")
ERROR = 1
SPEC: dict[str, Any] = {"contacts": {"file": "contacts.csv.age"}, "start": "2026-12-07T09:00"}


@pytest.fixture
def identity() -> Any:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def project(identity: Any) -> Iterator[Campaigns]:
    """A campaign of three people whose numbers are sealed."""
    with campaigns() as made:
        made.declare(**SPEC)
        (made.folder.root / "manifests" / "contacts.csv").unlink()
        sealed(made, identity, *people(3))
        yield made


def sealed(project: Campaigns, identity: Any, *numbers: str) -> None:
    table = "phone,name\n" + "".join(f"{number},Person\n" for number in numbers)
    file = project.folder.root / "manifests" / "contacts.csv.age"
    file.write_bytes(pyrage.encrypt(table.encode(), [identity.to_public()]))


def in_clear(project: Campaigns, number: str) -> list[str]:
    """The files of the project, but the platform's own, that hold a number."""
    files = [file for file in project.folder.root.rglob("*") if file.is_file() and "emulator.db" not in file.name]
    return [file.name for file in files if number.removeprefix("+").encode() in file.read_bytes()]


def test_sealed_contacts_are_loaded_and_started_and_in_clear_nowhere(
    project: Campaigns, identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_AGE_IDENTITY", str(identity))
    plan = project.run("plan", "--out", "plan.json")
    assert "rings 3 people" in plan.text
    project.applied()
    assert project.loaded() == dict.fromkeys(people(3), 1)
    said = project.run("dispatch", now=START)
    assert (said.code, project.sent("/start")) == (0, 1), said.text
    assert in_clear(project, people(3)[0]) == []


def test_sealed_again_they_are_the_same_file_and_other_contacts_are_another(
    project: Campaigns, identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_AGE_IDENTITY", str(identity))
    project.applied()
    sealed(project, identity, *people(3))
    assert project.run("plan", "--detailed-exitcode").code == 0
    sealed(project, identity, *people(4))
    assert "RC241" in project.run("plan").text


def test_without_the_identity_nobody_is_loaded_and_the_way_to_give_it_is_said(project: Campaigns) -> None:
    said = project.apply()
    assert said.code != 0
    assert "RECONCILER_AGE_IDENTITY" in said.text
    assert project.sent("/contacts") == 0


def test_a_wrong_row_of_a_sealed_file_is_said_at_its_line_and_masked(
    project: Campaigns, identity: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_AGE_IDENTITY", str(identity))
    sealed(project, identity, people(1)[0], people(1)[0])
    said = project.run("validate")
    assert (said.code, "contacts.csv.age:3:1" in said.text, people(1)[0] in said.text) == (ERROR, True, False)

"""A secret that the platform shows once: where it goes, and what is refused while it has no place."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from typing import TYPE_CHECKING

import pyrage
import pytest
from laws.project import NOW, Folder, document, project

from reconciler.cli import main
from reconciler.sealing import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

HOOK = {"url": "https://crm.example.com/events"}
TELLS = re.compile(r"whsec_[0-9a-f]{40}")


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project() as made:
        yield made


def declare(folder: Folder, **spec: object) -> None:
    folder.write({"all.yaml": document("WebhookEndpoint", "crm", {**HOOK, **spec})})


def recipients(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = pyrage.x25519.Identity.generate()
    monkeypatch.setenv(VARIABLE, str(identity))
    text = f"secrets: {{recipients: [{identity.to_public()}]}}\n"
    (folder.root / "reconciler.yaml").write_text(text, encoding="utf-8")


def test_a_secret_goes_into_the_file_that_is_named_for_its_owner_alone(folder: Folder) -> None:
    declare(folder, secret_to={"file": "crm.secret"})
    said = folder.run("apply", "--yes")
    assert said.code == 0, said.text
    file = folder.root / "manifests" / "crm.secret"
    assert TELLS.fullmatch(file.read_text("utf-8").strip())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not TELLS.search(said.text)


def test_without_a_place_for_its_secret_nothing_is_created(folder: Folder) -> None:
    declare(folder)
    said = folder.run("plan", "--format", "json")
    assert said.code == 1
    (finding,) = json.loads(said.out)["findings"]
    assert finding["code"] == "RC231"
    assert "secret_to" in finding["hint"]
    assert "recipients" in finding["hint"]
    assert folder.run("apply", "--yes").written == []


def test_a_secret_that_is_sealed_into_the_state_is_opened_into_a_file_and_into_no_pipe(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipients(folder, monkeypatch)
    declare(folder)
    assert folder.run("apply", "--yes").code == 0
    monkeypatch.chdir(folder.root)
    command = ["state", "secret", "WebhookEndpoint/crm", "--emulator", "--now", NOW]
    assert main(command) == 1
    out = folder.root / "got"
    assert main([*command, "--out", str(out)]) == 0
    secret = out.read_text("utf-8").strip()
    assert TELLS.fullmatch(secret)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    for file in (folder.root / ".reconciler").glob("state.db*"):
        assert secret.encode() not in file.read_bytes()


def test_a_sealed_file_is_for_the_recipients(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    recipients(folder, monkeypatch)
    declare(folder, secret_to={"file": "crm.age"})
    assert folder.run("apply", "--yes").code == 0
    identity = pyrage.x25519.Identity.from_str(os.environ[VARIABLE])
    opened = pyrage.decrypt((folder.root / "manifests" / "crm.age").read_bytes(), [identity])
    assert TELLS.fullmatch(opened.decode().strip())


@pytest.mark.parametrize(("ignored", "code"), [("", 1), ("*.secret\n", 0)])
def test_a_file_that_git_would_keep_in_clear_is_refused(folder: Folder, ignored: str, code: int) -> None:
    subprocess.run(["git", "init", "--quiet", str(folder.root)], check=True)
    (folder.root / ".gitignore").write_text(ignored, encoding="utf-8")
    declare(folder, secret_to={"file": "crm.secret"})
    said = folder.run("validate", "--format", "json", online=False)
    assert said.code == code, said.text
    assert [it["code"] for it in json.loads(said.out)["findings"]] == (["RC162"] if code else [])


def test_an_endpoint_that_is_adopted_needs_no_place_for_its_secret(folder: Folder) -> None:
    declare(folder, secret_to={"file": "crm.secret"})
    assert folder.run("apply", "--yes").code == 0
    for file in (folder.root / ".reconciler").glob("state.db*"):
        file.unlink()
    declare(folder)
    assert folder.run("apply", "--yes").code == 0
    assert folder.run("plan", "--detailed-exitcode").code == 0

"""Show that a login of the vendor's tools opens the account it was made for, and travels nowhere else."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from api.misbehaving import Server, says
from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN, REFRESH = "tok_0123456789abcdef", "ref_0123456789abcdef"
WHOAMI = {"organization": {"id": 42, "name": "Acme"}, "user": {"role": "admin"}}
HOUR = 3_600_000


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("THUNDERPHONE_", "RECONCILER_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    folder = tmp_path / "phones"
    (folder / "manifests").mkdir(parents=True)
    (folder / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (folder / "manifests" / "agent.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec: {prompt: Hello., voice: olivia}\n",
        "utf-8",
    )
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: Server) -> Callable[..., Path]:
    """Write the vendor's file; keywords replace what the login `default` says, or add other logins."""
    monkeypatch.setenv("THUNDERPHONE_CONFIG_DIR", str(tmp_path / "config"))
    server.script = [says({"detail": "Invalid token."}, 401)]

    def write(logins: dict[str, Any] | None = None, **changed: Any) -> Path:
        login = {
            "api_base_url": server.url,
            "access_token": TOKEN,
            "refresh_token": REFRESH,
            "expires_at": int(time.time() * 1000) + HOUR,
            "organization_id": 42,
            "organization_name": "Acme",
            **changed,
        }
        file = tmp_path / "config" / "credentials.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"default": login, **(logins or {})}), encoding="utf-8")
        return file

    return write


def sent(server: Server) -> set[str]:
    return {received.headers["authorization"] for received in server.received}


def test_a_stored_login_is_used_at_its_own_address_and_named(
    store: Callable[..., Path], server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    file = store()
    assert main(["plan"]) == 1  # the server refuses whoever asks
    assert sent(server) == {f"Bearer {TOKEN}"}
    said = capsys.readouterr().err
    assert f"account: the login `default` of `{file}`, Acme (organisation 42)" in said
    assert TOKEN not in said


def test_the_file_is_only_read(store: Callable[..., Path]) -> None:
    file = store()
    before = (file.read_bytes(), file.stat().st_mtime_ns, sorted(file.parent.iterdir()))
    main(["apply", "--yes"])
    assert (file.read_bytes(), file.stat().st_mtime_ns, sorted(file.parent.iterdir())) == before


@pytest.mark.parametrize("place", ["option", "variable", "project file", "environment"])
def test_a_login_is_sent_to_no_other_origin_whoever_names_one(
    place: str,
    store: Callable[..., Path],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store()
    with Server([says(WHOAMI)]) as other:
        more = ["--api-url", other.url] if place == "option" else []
        if place == "variable":
            monkeypatch.setenv("THUNDERPHONE_API_BASE_URL", other.url)
        if place == "project file":
            (project / "reconciler.yaml").write_text(f"api_url: {other.url}\n", encoding="utf-8")
        if place == "environment":
            (project / "reconciler.yaml").write_text(f"environments: {{live: {{api_url: '{other.url}'}}}}\n", "utf-8")
            more = ["--env", "live"]
        assert main(["plan", *more]) == 1
        assert other.received == []
    assert "error RC131: the login `default` is for http://127.0.0.1" in capsys.readouterr().err


def test_another_path_of_the_same_origin_may_be_asked_for(store: Callable[..., Path], server: Server) -> None:
    store()
    assert main(["plan", "--api-url", f"{server.url}/v1"]) == 1
    assert sent(server) == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("given", "bearer"),
    [
        ({"THUNDERPHONE_API_KEY": "sk_live_of_the_variable"}, "sk_live_of_the_variable"),
        (
            {"THUNDERPHONE_API_KEY": "sk_live_of_the_variable", "THUNDERPHONE_PROFILE": "work"},
            "sk_live_of_the_variable",
        ),
        ({"THUNDERPHONE_PROFILE": "work"}, "tok_of_work_0123456789"),
        ({}, TOKEN),
    ],
)
def test_a_key_wins_over_any_stored_login(
    given: dict[str, str], bearer: str, store: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store({"work": {"api_base_url": server.url, "access_token": "tok_of_work_0123456789"}})
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    main(["plan", "--api-url", server.url])
    assert sent(server) == {f"Bearer {bearer}"}


def test_a_login_that_the_command_line_names_wins_over_the_variable(
    store: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    store({"work": {"api_base_url": server.url, "access_token": "tok_of_work_0123456789"}})
    monkeypatch.setenv("THUNDERPHONE_API_KEY", "sk_live_of_the_variable")
    main(["plan", "--profile", "work"])
    assert sent(server) == {"Bearer tok_of_work_0123456789"}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"expires_at": 1_000}, "the login `default` ended at 1970-01-01T00:00:01Z"),
        ({"access_token": ""}, "has no access token"),
        ({"access_token": "two words"}, "has no access token"),
        ({"access_token": 7}, "has no access token"),
        ({"api_base_url": ""}, "does not say which API it is for"),
        ({"api_base_url": "http://api.thunderphone.com"}, "RC120"),
        ({"api_base_url": "https://user:secret@api.thunderphone.com"}, "RC120"),
    ],
)
def test_a_login_that_cannot_be_used_is_said_and_nothing_is_sent(
    changed: dict[str, Any],
    said: str,
    store: Callable[..., Path],
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store(**changed)
    assert main(["plan"]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "(key)" not in told, "nothing too short to be a token is hidden"
    assert server.received == []


@pytest.mark.parametrize("content", ["", "[]", "not json", '{"default": "text"}', '{"default": null}'])
def test_a_file_that_holds_no_logins_is_no_traceback(
    content: str, store: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    store().write_text(content, encoding="utf-8")
    assert main(["plan"]) == 1
    said = capsys.readouterr().err
    assert "RC131" in said or "RC123" in said
    assert main(["plan", "--emulator"]) == 0, "the embedded platform asks for no login"


def test_a_login_of_another_name_is_offered(store: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    file = store()
    file.write_text(file.read_text("utf-8").replace('"default"', '"work"'), encoding="utf-8")
    assert main(["plan"]) == 1
    assert "choose one of the logins `work` by --profile" in capsys.readouterr().err
    assert main(["plan", "--profile", "wrk"]) == 1
    assert "hint: did you mean `work`?" in capsys.readouterr().err


def test_neither_token_is_shown_wherever_it_turns_up(
    store: Callable[..., Path], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store()
    manifest = project / "manifests" / "agent.yaml"
    manifest.write_text(manifest.read_text("utf-8").replace("voice: olivia", f"voice: {TOKEN}{REFRESH}, x: 1"), "utf-8")
    assert main(["plan", "--debug"]) == 1
    said = capsys.readouterr()
    assert TOKEN not in said.out + said.err
    assert REFRESH not in said.out + said.err
    assert "x: 1" in said.err


@pytest.mark.parametrize("place", ["XDG_CONFIG_HOME", "HOME"])
def test_the_folder_of_the_vendors_tools_is_found(
    place: str, tmp_path: Path, store: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = store().read_text("utf-8")
    monkeypatch.delenv("THUNDERPHONE_CONFIG_DIR")
    monkeypatch.setenv(place, str(tmp_path / "there"))
    folder = tmp_path / "there" / "thunderphone" if place != "HOME" else tmp_path / "there/.config/thunderphone"
    folder.mkdir(parents=True)
    (folder / "credentials.json").write_text(content, encoding="utf-8")
    main(["plan"])
    assert sent(server) == {f"Bearer {TOKEN}"}


def test_two_ways_to_the_account_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--profile", "work", "--api-key-file", "key"]) == 1
    assert "`--api-key-file` and `--profile` exclude each other" in capsys.readouterr().err

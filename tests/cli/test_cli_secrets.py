"""A secret that was given to the run, or looks like one, is in nothing that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

KEY = "sk_live_4f9a27c61d8e03b5"
ODD = "Tr0ub4dor-and-3"  # a key that has no known form
HEAD = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec:\n  prompt: Hello\n  voice: olivia\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def everything(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *more: str) -> str:
    """What every command and form says of the manifests, the job's summary included."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    runs = [["validate", "--format", form] for form in ("text", "json", "markdown", "sarif", "junit")]
    runs += [["validate", "--annotate", "github"], ["plan", "--emulator", "--annotate", "github", *more]]
    for run in runs:
        assert main(run) == 1, run
    out, err = capsys.readouterr()
    assert "internal error" not in err
    return out + err + (project / "summary.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", [KEY, ODD, "k" * 30 + "9" * 60])
@pytest.mark.parametrize(
    "line", ["  api_key: {key}\n", "  {key}: yes\n", "  voic: {key}\n", "  silence_max_checkins: {key}\n"]
)
def test_the_key_of_the_environment_is_hidden_before_anything_is_read(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, key: str, line: str
) -> None:
    monkeypatch.setenv("THUNDERPHONE_API_KEY", key)
    (project / "manifests" / "a.yaml").write_text(HEAD + line.format(key=key), encoding="utf-8")
    text = everything(project, capsys, monkeypatch)
    assert key[:30] not in text
    assert key not in text.replace("\\", "")


def test_the_key_of_a_file_is_hidden_before_anything_is_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "key.txt").write_text(f"{ODD}\n", encoding="utf-8")
    (project / "manifests" / "a.yaml").write_text(HEAD + f"  voic: {ODD}\n", encoding="utf-8")
    assert main(["plan", "--emulator", "--api-key-file", "key.txt"]) == 1
    assert ODD not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "line",
    [
        f"  api_key: {KEY}\n",
        f"  voic: {KEY}\n",
        "  password: hunter2\n",
        '  headers: {Authorization: "Basic aHVudGVyMg=="}\n',
        "  voic: AKIAIOSFODNN7EXAMPLE\n",
        "  voic: postgresql://ops:hunter2@db/x\n",
    ],
)
def test_what_looks_like_a_secret_is_hidden_in_every_excerpt(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.delenv("THUNDERPHONE_API_KEY", raising=False)
    (project / "manifests" / "a.yaml").write_text(HEAD + line, encoding="utf-8")
    text = everything(project, capsys, monkeypatch)
    for secret in (KEY, "hunter2", "aHVudGVyMg", "AKIAIOSFODNN7EXAMPLE"):
        assert secret not in text


def test_what_follows_the_first_line_of_a_private_key_is_hidden_as_well(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = ("-----BEGIN RSA PRIVATE KEY-----", "MIIEowIBAAKCAQEA", "\tbad: x", "-----END RSA PRIVATE KEY-----")
    text = "".join(["  voic: |\n", *(f"    {line}\n" for line in pem)])
    (project / "manifests" / "a.yaml").write_text(HEAD + text, encoding="utf-8")
    assert main(["validate"]) == 1
    assert "MIIEowIBAAKCAQEA" not in "".join(capsys.readouterr())

"""Show that a waiver needs a reason and a date, covers what it names, and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

REASON = "the text is kept in the dashboard"


def agent(waiver: str, spec: str = "{voicemail_action: message, voice: olivia, prompt: Hello.}") -> str:
    return f"""\
apiVersion: reconciler/v1
kind: Agent
metadata:
  name: desk
  waivers:
    - {waiver}
spec: {spec}
"""


def waiver(code: str = "RC703", reason: str = REASON, until: str = "2099-12-31") -> str:
    return f"{{code: {code}, reason: {reason}, until: {until}}}"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests").mkdir()

    def started(manifest: str, *arguments: str) -> tuple[int, str, str]:
        (tmp_path / "manifests" / "a.yaml").write_text(manifest, encoding="utf-8")
        code = main(list(arguments or ("validate",)))
        said = capsys.readouterr()
        return code, said.out, said.err

    return started


def codes(run: Run, manifest: str, *arguments: str) -> list[tuple[str, str]]:
    document = json.loads(run(manifest, *(arguments or ("validate",)), "--format", "json")[1])
    return [(it["code"], it["severity"]) for it in document["findings"]]


def test_what_is_waived_is_counted_and_not_shown(run: Run) -> None:
    assert run(agent(waiver())) == (0, "", "1 document, valid, 1 waived (--full shows them)\n")


def test_full_shows_what_is_waived_with_the_reason(run: Run) -> None:
    code, out, err = run(agent(waiver()), "validate", "--full")
    assert code == 0
    assert "note RC703" in out
    assert f"hint: waived until 2099-12-31: {REASON}" in out
    assert "1 waived" in err


def test_a_plan_counts_what_is_waived_too(run: Run) -> None:
    code, out, err = run(agent(waiver()), "plan", "--emulator", "--now", "2030-01-14T12:00Z")
    assert code == 0
    assert "RC703" not in out
    assert "lint: 1 waived (--full shows them)" in err


def test_a_plan_waives_what_only_the_account_tells(run: Run) -> None:
    spec = "{voice: my-new-clone, prompt: Hello.}"
    asked = ("plan", "--emulator", "--now", "2030-01-14T12:00Z")
    assert codes(run, agent(waiver("RC704"), spec), *asked) == []
    assert codes(run, agent(waiver("RC703"), spec), *asked) == [("RC704", "error"), ("RC722", "note")]


def test_a_waiver_holds_to_the_end_of_its_day_and_then_both_are_shown(run: Run) -> None:
    manifest = agent(waiver(until="2030-01-14"))
    asked = ("plan", "--emulator", "--now")
    assert codes(run, manifest, *asked, "2030-01-14T23:59Z") == []
    later = codes(run, manifest, *asked, "2030-01-15T00:00Z")
    assert later == [("RC703", "warning"), ("RC720", "warning")]


@pytest.mark.parametrize("code", ["RC210", "RC143", "RC799", "RC720"])
def test_only_lint_can_be_waived(run: Run, code: str) -> None:
    assert ("RC721", "error") in codes(run, agent(waiver(code)))
    assert run(agent(waiver(code)))[0] == 1


def test_a_waiver_of_one_rule_leaves_the_others(run: Run) -> None:
    spec = "{voicemail_action: message, product: storm-base, thinking_level: extra}"
    assert codes(run, agent(waiver(), spec)) == [("RC705", "warning")]


def test_a_waiver_of_one_resource_leaves_the_others(run: Run) -> None:
    other = agent(waiver("RC705")).replace("name: desk", "name: other")
    found = codes(run, agent(waiver()) + "---\n" + other)
    assert found == [("RC722", "note"), ("RC703", "warning")]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{code: RC703, until: 2099-12-31}", "RC112"),
        ("{code: RC703, reason: the text is kept in the dashboard}", "RC112"),
        ("{code: RC703, reason: '', until: 2099-12-31}", "RC113"),
        (waiver(until="soon"), "RC113"),
        (waiver(until="20991231"), "RC113"),
        (waiver(code="voicemail"), "RC113"),
    ],
)
def test_a_waiver_without_reason_date_or_code_is_an_error(run: Run, written: str, code: str) -> None:
    assert [found for found, _ in codes(run, agent(written))] == [code]


def test_a_secret_in_a_prompt_is_not_printed_by_the_warning_about_it(run: Run) -> None:
    secret = "sk_live_0123456789abcdef"
    manifest = agent(waiver(), f"{{prompt: 'The key is {secret}.', voice: olivia, voicemail_action: message}}")
    for arguments in (("validate",), ("plan", "--emulator", "--full")):
        _, out, err = run(manifest, *arguments)
        assert "RC706" in out
        assert secret not in out + err

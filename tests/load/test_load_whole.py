"""Show that one mistake of a document, or of the project file, hides none of the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main
from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.load.reader import load
from reconciler.settings import SCHEMES, Misconfigured, find_project
from reconciler.store.opening import OPENERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Codes = Callable[..., list[tuple[str, int]]]

NOW = datetime(2030, 1, 14, tzinfo=UTC)
HEAD = "apiVersion: reconciler/v1\nkind: {}\nmetadata: {{name: {}}}\n"
CALL = HEAD.format("ScheduledCall", "jane") + "spec:\n"
AGENT = HEAD.format("Agent", "desk")


@pytest.fixture
def told(tmp_path: Path) -> Codes:
    """The code and the line of every complaint about manifests."""

    def run(*texts: str) -> list[tuple[str, int]]:
        (tmp_path / "manifests").mkdir(exist_ok=True)
        (tmp_path / "manifests" / "a.yaml").write_text("---\n".join(texts), encoding="utf-8")
        found = load([], find_project(tmp_path), KINDS, now=NOW).findings
        return [(it.code, it.location.line) for it in found if it.location]

    return run


def test_a_schema_error_hides_neither_dangling_names_nor_times_nor_pairs(told: Codes) -> None:
    lines = '  from_number: "+15551230001"\n  from: line\n  to_number: 12\n  agent: nobody\n  at: 2031-03-09T02:30:00\n'
    assert told(CALL + lines + "  timezone: America/New_York\n  late: 10\n") == [
        ("RC119", 5),
        ("RC140", 6),
        ("RC114", 7),
        ("RC140", 8),
        ("RC144", 9),
        ("RC113", 11),
    ]


def test_placeholders_are_checked_against_an_agent_that_has_a_mistake_elsewhere(told: Codes) -> None:
    agent = AGENT + 'spec: {prompt: "Hello {{name}}.", product: sparkle}\n'
    call = 'from_number: "+15551230001", to_number: "+14155550142", agent: desk, at: 2031-01-01T15:00:00Z'
    call = HEAD.format("ScheduledCall", "jane") + f"spec: {{{call}}}\n"
    assert told(agent, call) == [("RC113", 4), ("RC143", 9)]


@pytest.mark.parametrize(
    "wrong",
    ["at: soon", "at: 2031-01-01T15:00:00\n  timezone: Mars/Olympus", "schedule: {cron: never, timezone: UTC}"],
)
def test_a_field_that_was_refused_is_not_called_missing_as_well(told: Codes, wrong: str) -> None:
    numbers = '  from_number: "+15551230001"\n  to_number: "+14155550142"\n  config: {prompt: Hello.}\n'
    assert [code for code, _ in told(f"{CALL}{numbers}  {wrong}\n")] == ["RC113"]


def test_what_a_refused_agent_would_have_said_is_not_guessed_at(told: Codes) -> None:
    number = HEAD.format("PhoneNumber", "line") + 'spec: {number: "+15551230001", outbound_agent: desk}\n'
    agent = AGENT + 'spec: {prompt: "Hello {{name}}."}\n'
    call = '  from: line\n  to_number: "+14155550142"\n  agent: [desk]\n  at: 2031-01-01T15:00:00Z\n'
    assert [code for code, _ in told(number, agent, CALL + call)] == ["RC113"]


def test_two_numbers_that_cannot_be_read_are_not_one_number(told: Codes) -> None:
    documents = [HEAD.format("PhoneNumber", name) + 'spec: {number: "12"}\n' for name in ("one", "two")]
    assert [code for code, _ in told(*documents)] == ["RC114", "RC114"]


def test_a_document_without_a_name_is_looked_through_all_the_same(told: Codes) -> None:
    text = (
        'apiVersion: reconciler/v1\nkind: PhoneNumber\nmetadata: {}\nspec: {number: "+15551230001", inbound_agent: x}\n'
    )
    assert told(text) == [("RC112", 3), ("RC140", 4)]


def test_an_unknown_kind_does_not_hide_a_wrong_version(told: Codes) -> None:
    assert told("apiVersion: v2\nkind: Agnet\nmetadata: {name: x}\nspec: {}\n") == [("RC115", 1), ("RC111", 2)]


def test_validate_complains_about_the_project_file_and_the_manifests_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "reconciler.yaml").write_text("manifests: elsewhere\nlimits: {calls: 1}\n", encoding="utf-8")
    (tmp_path / "elsewhere" / "a.yaml").write_text(AGENT + "spec: {product: sparkle}\n", encoding="utf-8")
    assert main(["validate"]) == 1
    said = "".join(capsys.readouterr())
    assert "reconciler.yaml:2:10: error RC122" in said
    assert "elsewhere/a.yaml:4:17: error RC113" in said


@pytest.mark.parametrize(
    ("text", "code", "message", "hint"),
    [
        (
            "limits: {call_per_run: 3}\n",
            "RC122",
            "unknown setting `limits.call_per_run`",
            "did you mean `calls_per_run`? reconciler explain project.limits",
        ),
        ("stat: x\n", "RC122", "unknown setting `stat`", "did you mean `state`? reconciler explain project"),
        ("state: mysql://me:secret@host/db\n", "RC130", "`state` does not name a store", "use `sqlite:PATH`"),
        ("organization: Harbor Dental\n", "RC122", "`organization` is not an organisation's id", "reconciler explain"),
        ('calling_hours: {start: "8:00"}\n', "RC122", 'write "08:00"', "reconciler explain project.calling_hours"),
        ("limits: {calls_per_run: many}\n", "RC122", "`limits.calls_per_run` must be a whole number", "limits"),
        ("limits: {calls_per_run: -1}\n", "RC122", "`limits.calls_per_run` must be at least 0", "limits"),
    ],
)
def test_a_setting_that_is_wrong_is_told_with_the_way_out(
    tmp_path: Path, text: str, code: str, message: str, hint: str
) -> None:
    (tmp_path / "reconciler.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Misconfigured) as caught:
        find_project(tmp_path)
    (found,) = caught.value.findings
    assert found.code == code
    assert message in found.message
    assert hint in found.hint
    assert "secret" not in found.message + found.hint


def test_the_stores_a_setting_may_name_are_those_that_can_be_opened() -> None:
    assert set(SCHEMES) == set(OPENERS)


def test_a_project_without_manifests_is_told_how_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load([], find_project(tmp_path), KINDS, now=NOW)
    assert caught.value.message == "no manifests: there is no `manifests`"
    assert "`reconciler init`" in caught.value.hint
    assert "`reconciler export`" in caught.value.hint


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("{ring_duration_seconds: soon}", "`spec.ring_duration_seconds` must be a whole number"),
        ("{product: sprk}", "`spec.product`: did you mean `spark`? one of `spark`, `bolt`"),
        ("{watchdog_enabled: perhaps}", "`spec.watchdog_enabled` must be true or false"),
        ('{sms_allowed_recipients: [{label: x, number: "12"}]}', "`spec.sms_allowed_recipients`, entry 1, `number`: "),
    ],
)
def test_a_wrong_value_is_told_in_plain_words(tmp_path: Path, spec: str, message: str) -> None:
    (tmp_path / "a.yaml").write_text(AGENT + f"spec: {spec}\n", encoding="utf-8")
    (found,) = load([tmp_path / "a.yaml"], find_project(tmp_path), KINDS, now=NOW).findings
    assert found.message.startswith(message)


def test_a_bare_number_is_no_duration(tmp_path: Path) -> None:
    call = '  from_number: "+15551230001"\n  to_number: "+14155550142"\n  config: {prompt: Hello.}\n'
    (tmp_path / "a.yaml").write_text(f"{CALL}{call}  at: 2031-01-01T15:00:00Z\n  late: 10\n", encoding="utf-8")
    (found,) = load([tmp_path / "a.yaml"], find_project(tmp_path), KINDS, now=NOW).findings
    assert found.message == "`spec.late`: `10` has no unit: write one such as `10m` or `1h30m`"


def test_the_example_in_a_hint_is_not_masked_where_a_call_declares_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    call = '  from_number: "12"\n  to_number: "+14155550199"\n  config: {prompt: Hello.}\n  at: 2031-01-01T15:00:00Z\n'
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text(CALL + call, encoding="utf-8")
    assert main(["validate"]) == 1
    assert "write it as +1415555XXXX" in " ".join("".join(capsys.readouterr()).split())


def test_a_plan_that_cannot_be_read_is_told_plainly_with_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests").mkdir()
    (tmp_path / "empty.json").write_text("", encoding="utf-8")
    for name, why in (("none.json", "no such file or directory"), ("empty.json", "it is not JSON")):
        assert main(["apply", "--emulator", "--plan", name]) == 1
        said = capsys.readouterr().err
        assert f"`{name}` is not a saved plan: {why}" in said
        assert f"reconciler plan --out {name}" in said

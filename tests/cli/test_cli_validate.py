"""Show that whatever an author gets wrong is said at its line, all at once, without a traceback."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Validate = Callable[..., "tuple[int, str, str]"]

HEAD = "apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
AGENT = HEAD.format(kind="Agent", name="desk") + "spec: {prompt: Hello., voice: olivia}\n"
CALL = (
    HEAD.format(kind="ScheduledCall", name="jane")
    + """\
spec:
  from_number: "+15551230001"
  to_number: "+14155550142"
  config: {prompt: "Hello {{patient}}.", voice: olivia}
  variables: {patient: Jane}
  at: 2099-01-02T09:00:00Z
"""
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("THUNDERPHONE_API_KEY", "THUNDERPHONE_API_BASE_URL", "RECONCILER_STATE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def validate(project: Path, capsys: pytest.CaptureFixture[str]) -> Validate:
    """Write a manifest and validate it: exit code, stdout, stderr."""

    def run(content: str | bytes | None = None, *arguments: str) -> tuple[int, str, str]:
        if content is not None:
            raw = content.encode() if isinstance(content, str) else content
            (project / "manifests" / "a.yaml").write_bytes(raw)
        code = main(["validate", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert "internal error" not in said.err, said.err
        return code, said.out, said.err

    return run


WRONG = {
    "broken-yaml": ("spec: [1, 2\nkind: x\n", r"2:\d+"),
    "unknown-key": (AGENT.replace("voice:", "vioce:"), r"4:24"),
    "unknown-key-in-metadata": (AGENT.replace("{name: desk}", "{name: desk, team: x}"), r"3:24"),
    "unknown-envelope-key": (AGENT + "status: fine\n", r"5:1"),
    "dangling-name": (CALL.replace('config: {prompt: "Hello {{patient}}.", voice: olivia}', "agent: nobody"), r"7:10"),
    "dangling-agent": (
        HEAD.format(kind="PhoneNumber", name="x") + 'spec: {number: "+15551230001", inbound_agent: nobody}\n',
        r"4:47",
    ),
    "bad-number": (CALL.replace("+14155550142", "12"), r"6:14"),
    "number-too-long": (CALL.replace("+14155550142", "+1415555014255"), r"6:14"),
    "unquoted-number": (CALL.replace('"+14155550142"', "14155550142"), r"6:14"),
    "duplicate-key": (CALL + "  at: 2099-01-03T09:00:00Z\n", r"10:3"),
    "tag": (CALL.replace("at: ", "at: !!timestamp "), r"9:\d+"),
    "python-tag": (CALL.replace("Jane", "!!python/object/apply:os.system [ls]"), r"8:\d+"),
    "bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 10)}]\n" for n in range(8)
        ),
        r"\d+:\d+",
    ),
    "deep-nesting": ("[" * 20_000, r"1:\d+"),
    "missing-variable": (CALL.replace("{patient: Jane}", "{}"), r"8:\d+"),
    "agent-and-config": (CALL.replace("config:", "agent: desk\n  config:") + "---\n" + AGENT, r"8:\d+"),
    "from-and-from-number": (CALL.replace("from_number", "from: x\n  from_number"), r"\d:\d+"),
    "no-from": (CALL.replace('  from_number: "+15551230001"\n', ""), r"\d:\d+"),
    "no-to": (CALL.replace('  to_number: "+14155550142"\n', ""), r"\d:\d+"),
    "no-at": (CALL.replace("  at: 2099-01-02T09:00:00Z\n", ""), r"\d:\d+"),
    "file-outside": (AGENT.replace("Hello.", "{file: ../../outside.md}"), r"4:\d+"),
    "file-absolute": (AGENT.replace("Hello.", "{file: /etc/hostname}"), r"4:\d+"),
    "file-missing": (AGENT.replace("Hello.", "{file: prompts/none.md}"), r"4:\d+"),
    "file-is-a-folder": (AGENT.replace("Hello.", "{file: .}"), r"4:\d+"),
    "file-with-a-nul": (AGENT.replace("Hello.", '{file: "a\\0b"}'), r"4:\d+"),
    "file-name-of-300": (AGENT.replace("Hello.", "{file: " + "a" * 300 + "}"), r"4:\d+"),
    "time-in-the-gap": (
        CALL.replace("2099-01-02T09:00:00Z", "2099-03-08T02:30:00\n  timezone: America/New_York"),
        r"9:7",
    ),
    "no-zone": (CALL.replace("2099-01-02T09:00:00Z", "2099-01-02T09:00:00"), r"9:7"),
    "unknown-zone": (CALL.replace("09:00:00Z", "09:00:00\n  timezone: Mars/Olympus"), r"10:13"),
    "no-such-day": (CALL.replace("2099-01-02", "2099-02-30"), r"9:7"),
    "bad-lateness": (CALL + "  late: soon\n", r"10:9"),
    "name-of-64": (AGENT.replace("desk", "d" * 64), r"3:18"),
    "name-with-capitals": (AGENT.replace("desk", "Front_Desk"), r"3:18"),
    "name-missing": (AGENT.replace("{name: desk}", "{}"), r"3:\d+"),
    "metadata-missing": (AGENT.replace("metadata: {name: desk}\n", ""), r"1:1"),
    "metadata-null": (AGENT.replace("{name: desk}", ""), r"3:\d+"),
    "metadata-list": (AGENT.replace("{name: desk}", "[desk]"), r"3:\d+"),
    "spec-null": (AGENT.replace("{prompt: Hello., voice: olivia}", "null"), r"\d:\d+"),
    "spec-list": (AGENT.replace("{prompt: Hello., voice: olivia}", "[]"), r"4:\d+"),
    "spec-text": (AGENT.replace("{prompt: Hello., voice: olivia}", "hello"), r"4:\d+"),
    "kind-number": (AGENT.replace("kind: Agent", "kind: 5"), r"2:\d+"),
    "kind-list": (AGENT.replace("kind: Agent", "kind: [Agent]"), r"2:\d+"),
    "kind-unknown": (AGENT.replace("kind: Agent", "kind: Agnet"), r"2:\d+"),
    "kind-missing": (AGENT.replace("kind: Agent\n", ""), r"1:1"),
    "api-version": (AGENT.replace("reconciler/v1", "v2"), r"1:13"),
    "list-at-top": ("- one\n- two\n", r"1:1"),
    "text-at-top": ("hello\n", r"1:1"),
    "number-at-top": ("5\n", r"1:1"),
    "tabs": ("apiVersion: reconciler/v1\n\tkind: Agent\n", r"2:1"),
    "not-utf-8": (b"apiVersion: reconciler/v1\n# \xff\xfe\n", r"2:1"),
    "utf-16": (AGENT.encode("utf-16"), r"1:1"),
    "nul": (b"a: \x00\n", r"1:\d+"),
    "declared-twice": (AGENT + "---\n" + AGENT, r"8:18"),
    "same-display-name": (
        (AGENT + "---\n" + AGENT.replace("desk", "two")).replace("voice", "name: X, voice"),
        r"9:\d+",
    ),
    "number-absent": (
        HEAD.format(kind="PhoneNumber", name="x") + 'absent: true\nspec: {number: "+15551230001"}\n',
        r"\d:\d+",
    ),
    "reload-not-an-integer": (
        HEAD.format(kind="AutoReload", name="b") + "spec: {enabled: true, amount_cents: 12.5}\n",
        r"4:37",
    ),
    "reload-negative": (HEAD.format(kind="AutoReload", name="b") + "spec: {minimum_cents: -1}\n", r"4:23"),
    "absent-not-a-boolean": (AGENT + "absent: maybe\n", r"5:9"),
    "surrogate-escape": ('apiVersion: "\\ud800"\n', r"1:\d+"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_at_its_place(validate: Validate, case: str) -> None:
    content, place = WRONG[case]
    code, out, _ = validate(content)
    assert code == 1
    assert re.search(rf"(?m)^manifests/a\.yaml:{place}: error RC\d\d\d: ", out), out
    for jargon in ("instance of", "valid dictionary", "pydantic", "NoneType", "Spec", "Traceback"):
        assert jargon not in out, out


def test_all_problems_come_at_once_over_all_files(validate: Validate, project: Path) -> None:
    (project / "manifests" / "b.yaml").write_text("a: [\n", encoding="utf-8")
    (project / "manifests" / "deep").mkdir()
    (project / "manifests" / "deep" / "c.yml").write_text(CALL.replace("+14155550142", "x"), encoding="utf-8")
    code, out, err = validate(AGENT.replace("voice: olivia", "vioce: olivia, product: gold"))
    assert code == 1
    assert out.count(": error RC") == 4
    assert [line.split(":")[0] for line in out.splitlines() if ": error RC" in line] == [
        "manifests/a.yaml", "manifests/a.yaml", "manifests/b.yaml", "manifests/deep/c.yml",
    ]  # fmt: skip
    assert "did you mean `voice`?" in out
    assert "4 errors" in err


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# only a comment\n",
        "---\n---\n",
        "\ufeff" + AGENT,
        AGENT.replace("\n", "\r\n"),
        "--- # x\n" + AGENT + "...\n",
    ],
    ids=["empty", "comments", "separators", "bom", "crlf", "markers"],
)
def test_odd_but_fine_files_are_valid(validate: Validate, content: str) -> None:
    code, out, _ = validate(content)
    assert (code, out) == (0, "")


def test_a_prompt_behind_a_link_that_leads_outside_is_refused(validate: Validate, project: Path) -> None:
    outside = project.parent / "outside.md"
    outside.write_text("secret", encoding="utf-8")
    (project / "manifests" / "link.md").symlink_to(outside)
    code, out, _ = validate(AGENT.replace("Hello.", "{file: link.md}"))
    assert code == 1
    assert "lies outside the project" in out
    assert "secret" not in out


def test_a_link_that_leads_nowhere_is_a_complaint(validate: Validate, project: Path) -> None:
    (project / "manifests" / "b.yaml").symlink_to(project / "gone.yaml")
    code, out, _ = validate(AGENT)
    assert code == 1
    assert "cannot be read" in out


def test_links_in_a_circle_are_a_complaint(validate: Validate, project: Path) -> None:
    (project / "manifests" / "b.yaml").symlink_to(project / "manifests" / "b.yaml")
    code, _, _ = validate(AGENT)
    assert code == 1


def test_a_prompt_link_in_a_circle_is_a_complaint(validate: Validate, project: Path) -> None:
    (project / "manifests" / "link.md").symlink_to(project / "manifests" / "link.md")
    assert validate(AGENT.replace("Hello.", "{file: link.md}"))[0] == 1


def test_a_folder_with_a_files_name_is_just_a_folder(validate: Validate, project: Path) -> None:
    (project / "manifests" / "b.yaml").mkdir()
    assert validate(AGENT)[0] == 0


def test_a_pipe_is_not_waited_for(validate: Validate, project: Path) -> None:
    os.mkfifo(project / "manifests" / "b.yaml")
    code, _, _ = validate(AGENT)
    assert code == 1


def test_a_file_that_may_not_be_read_is_a_complaint(validate: Validate, project: Path) -> None:
    (project / "manifests" / "b.yaml").write_text(AGENT, encoding="utf-8")
    (project / "manifests" / "b.yaml").chmod(0)
    code, out, _ = validate(AGENT.replace("desk", "other"))
    assert code == (0 if os.access(project / "manifests" / "b.yaml", os.R_OK) else 1), out


def test_a_file_of_ten_megabytes_is_read_or_refused_in_good_time(validate: Validate) -> None:
    code, out, _ = validate(AGENT.replace("voice", 'business_hours: "' + "word " * 2_000_000 + '", voice'))
    assert code in (0, 1), out[:200]
    assert len(out) < 10_000


def test_a_missing_folder_and_a_missing_path_say_so(validate: Validate, project: Path) -> None:
    assert validate(None, "nowhere.yaml")[0] == 1
    (project / "manifests").rmdir()
    code, _, err = validate()
    assert code == 1
    assert "manifests" in err


@pytest.mark.parametrize(
    "content",
    ["organisation: 5\n", "limits: {calls_per_run: -1}\n", "- a\n", "a: [\n", 'calling_hours: {start: "25:00"}\n',
     'calling_hours: {start: "21:00", end: "08:00"}\n', "organization: [1]\n", "manifests: 5\n", "a: 1\n---\nb: 2\n",
     "environments: {x: {limits: {}}}\n"],
)  # fmt: skip
def test_a_project_file_that_is_wrong_is_a_complaint_at_its_line(
    validate: Validate, project: Path, content: str
) -> None:
    (project / "reconciler.yaml").write_text(content, encoding="utf-8")
    code, out, err = validate(AGENT)
    assert code == 1
    assert re.search(r"reconciler\.yaml:\d+:\d+", out + err), err


def test_a_past_time_is_only_a_warning_offline(validate: Validate) -> None:
    code, out, _ = validate(CALL.replace("2099", "2020"))
    assert code == 0
    assert "manifests/a.yaml:9:7: warning RC146" in out


def test_a_time_that_occurs_twice_is_told(validate: Validate) -> None:
    code, out, _ = validate(CALL.replace("2099-01-02T09:00:00Z", "2099-11-01T01:30:00\n  timezone: America/New_York"))
    assert code == 0
    assert "RC147" in out


def test_json_carries_every_finding_with_its_place(validate: Validate) -> None:
    code, out, _ = validate(AGENT.replace("voice:", "vioce:"), "--format", "json")
    assert code == 1
    assert '"line": 4' in out
    assert '"code": "RC110"' in out

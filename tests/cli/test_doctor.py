"""Show that the doctor finds what is wrong, names the fix, and writes nothing."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli import main
from reconciler.doctor import checks
from reconciler.doctor.checks import Status
from reconciler.emulator import Platform, Scenario, serve
from reconciler.emulator.faults import Fault
from reconciler.model import Target
from reconciler.schedule.clock import SystemClock
from reconciler.store import Write, open_store
from reconciler.store.access import may_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Checks = dict[str, dict[str, str]]
    Examine = Callable[..., tuple[int, Checks]]

KEY = "sk_live_" + "d" * 24
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: Answer for Acme., voice: olivia}
"""
CALL = """\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: confirm}
spec: {from_number: "%s", to_number: "+14155550199", agent: front-desk, at: 2030-01-15T15:00:00Z}
"""
NUMBER = """\
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: line}
spec: {number: "+15551230002", verify: true}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")):
            monkeypatch.delenv(name)
    (tmp_path / "reconciler.yaml").write_text("organization: 900001\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "agents.yaml").write_text(AGENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def examine(project: Path, capsys: pytest.CaptureFixture[str]) -> Examine:
    def run(*arguments: str) -> tuple[int, Checks]:
        code = main(["doctor", "--format", "json", *arguments])
        said = capsys.readouterr()
        document = json.loads(said.out)
        assert KEY not in said.out + said.err
        assert document["format"] == "reconciler.doctor/v1"
        return code, {check["name"]: check for check in document["checks"]}

    return run


@pytest.fixture
def live(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Platform]]:
    """Serves an account of the given scenario, as if it were the vendor's."""
    served: list[Any] = []

    def start(**scenario: Any) -> Platform:
        platform = Platform(project / "platform.db", SystemClock(), Scenario(**scenario)).__enter__()
        server = serve(platform, port=0)
        served.extend((server, platform))
        monkeypatch.setenv("THUNDERPHONE_API_BASE_URL", server.__enter__().url)
        monkeypatch.setenv("THUNDERPHONE_API_KEY", KEY)
        return platform

    yield start
    for each in served:
        each.__exit__(None, None, None)


def test_a_healthy_account_has_nothing_to_mend(examine: Examine, live: Callable[..., Platform]) -> None:
    live()
    code, checks = examine()
    assert code == 0
    assert {name: it["status"] for name, it in checks.items()} == dict.fromkeys(checks, "ok")
    assert {"key", "organisation", "role", "clock", "balance", "outbound", "state", "manifests"} < set(checks)
    assert checks["organisation"]["found"] == "Emulated organisation (organisation 900001), pinned"


def test_nothing_but_reads_is_sent_and_nothing_is_written(
    examine: Examine, live: Callable[..., Platform], project: Path
) -> None:
    live()
    before = {it for it in project.rglob("*") if "platform.db" not in it.name}
    examine()
    assert {it for it in project.rglob("*") if "platform.db" not in it.name} == before


@pytest.mark.parametrize(
    ("scenario", "name", "status", "fix"),
    [
        ({"organization_id": 5}, "organisation", "fail", "use that organisation's key"),
        ({"role": "member"}, "role", "warn", "owner or an administrator"),
        ({"balance_cents": 0}, "balance", "fail", "top up"),
        ({"tcpa": "revoked"}, "outbound", "warn", "an administrator confirms it"),
        ({"tcpa": "missing"}, "outbound", "warn", "an administrator confirms it"),
        ({"standard_numbers": False}, "numbers", "warn", "import a VoIP number"),
    ],
)
def test_each_trouble_of_an_account_is_found(
    examine: Examine, live: Callable[..., Platform], scenario: dict[str, Any], name: str, status: str, fix: str
) -> None:
    live(**scenario)
    code, checks = examine()
    assert checks[name]["status"] == status
    assert fix in checks[name]["fix"]
    assert code == (1 if status == "fail" else 0)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("+15551230002", "is not verified at its carrier"),
        ("+15551230003", "demo number"),
        ("+15559999999", "is not on this account"),
    ],
)
def test_a_number_fails_where_a_declared_call_needs_it(
    examine: Examine, live: Callable[..., Platform], project: Path, number: str, says: str
) -> None:
    live()
    (project / "manifests" / "calls.yaml").write_text(CALL % number, encoding="utf-8")
    code, checks = examine()
    assert code == 1
    assert checks[f"number {number}"]["status"] == "fail"
    assert says in checks[f"number {number}"]["found"]


def test_a_missing_confirmation_fails_where_calls_are_declared(
    examine: Examine, live: Callable[..., Platform], project: Path
) -> None:
    live(tcpa="missing")
    (project / "manifests" / "calls.yaml").write_text(CALL % "+15551230001", encoding="utf-8")
    code, checks = examine()
    assert (code, checks["outbound"]["status"]) == (1, "fail")


def test_a_number_that_apply_will_prove_is_no_failure(
    examine: Examine, live: Callable[..., Platform], project: Path
) -> None:
    live()
    (project / "manifests" / "calls.yaml").write_text(f"{NUMBER}---\n{CALL % '+15551230002'}", encoding="utf-8")
    code, checks = examine()
    assert code == 0
    assert "reconciler apply proves it" in checks["number +15551230002"]["fix"]


def test_without_a_key_the_rest_is_still_looked_at(examine: Examine) -> None:
    code, checks = examine()
    assert code == 1
    assert "THUNDERPHONE_API_KEY" in checks["key"]["fix"]
    assert checks["state"]["status"] == checks["manifests"]["status"] == "ok"


def test_an_account_that_cannot_be_reached_is_said(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THUNDERPHONE_API_KEY", KEY)
    monkeypatch.setenv("THUNDERPHONE_API_BASE_URL", "https://127.0.0.1:1")
    code, checks = examine()
    assert code == 1
    assert checks["network"]["found"].startswith("RC401")
    assert "Errno" not in checks["network"]["found"]
    assert "doctor" not in checks["network"]["fix"]


def test_what_is_well_has_no_fix(examine: Examine, live: Callable[..., Platform]) -> None:
    live()
    _, checks = examine()
    assert {it["fix"] for it in checks.values() if it["status"] == "ok"} == {""}
    assert any(it["note"] for it in checks.values())


def test_a_branch_without_a_remote_is_pointed_out(examine: Examine, project: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(project)], check=True)
    _, checks = examine("--emulator", "--state", "git:reconciler-state")
    assert checks["state"]["status"] == "warn"
    assert "only this clone remembers" in checks["state"]["found"]


def test_manifests_that_are_not_valid_are_counted(examine: Examine, project: Path) -> None:
    (project / "manifests" / "agents.yaml").write_text(AGENT.replace("voice", "voise"), encoding="utf-8")
    code, checks = examine("--emulator")
    assert code == 1
    assert checks["manifests"]["found"].startswith("manifests/agents.yaml:4:")
    assert checks["manifests"]["fix"] == "reconciler validate"


def test_a_state_that_cannot_be_opened_is_said(examine: Examine) -> None:
    code, checks = examine("--emulator", "--state", "git:reconciler-state")
    assert code == 1
    assert "not in a git repository" in checks["state"]["found"]
    assert checks["state"]["fix"]


def test_the_lines_are_for_people(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--emulator"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=2) == ["ok", "key", "none is needed: the embedded platform"]
    assert lines[-1].endswith("ok.")


@pytest.mark.parametrize(
    ("offset", "status"),
    [(None, "warn"), (0.4, "ok"), (-12.0, "ok"), (45.0, "warn"), (-121.0, "fail"), (4000.0, "fail")],
)
def test_clocks_that_disagree_are_found(offset: float | None, status: str) -> None:
    assert checks.clock(offset).status == status


def test_an_organisation_that_is_not_pinned_is_a_warning_with_the_line_to_write() -> None:
    check = checks.organization(Target("https://api.thunderphone.com", "42", "Acme"), None)
    assert check.status is Status.WARN
    assert "`organization: 42`" in check.fix


def test_an_empty_balance_is_a_warning_until_auto_reload_has_charged_the_card() -> None:
    check = checks.balance({"balance_cents": 0, "auto_reload_enabled": True})
    assert (check.status, check.found) == (Status.WARN, "$0.00, auto-reload on")
    assert "402" in check.fix


def test_a_key_that_the_platform_refuses_is_not_called_well(
    live: Callable[..., Platform], capsys: pytest.CaptureFixture[str]
) -> None:
    live().inject(Fault(path="/v1/whoami", status=401))
    assert main(["doctor", "--format", "json"]) == 1
    keys = [it for it in json.loads(capsys.readouterr().out)["checks"] if it["name"] == "key"]
    assert [(it["status"], it["found"][:5]) for it in keys] == [("fail", "RC403")]


def test_a_balance_that_lasts_two_days_is_a_warning() -> None:
    billing = {"balance_cents": 300, "auto_reload_enabled": False, "balance_runway_days": 1.6}
    assert checks.balance(billing).status is Status.WARN
    assert checks.balance({**billing, "auto_reload_enabled": True}).status is Status.OK


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments],
        check=True,
        capture_output=True,
        encoding="utf-8",
    ).stdout


def test_whether_a_branch_may_be_pushed_is_asked_without_pushing(project: Path) -> None:
    remote = project / "remote.git"
    git("init", "--bare", "-q", str(remote))
    git("init", "-q", str(project))
    git("-C", str(project), "remote", "add", "origin", str(remote))
    assert may_write("git:reconciler-state", root=project) is False, "there is no commit to ask with"
    git("-C", str(project), "commit", "-q", "--allow-empty", "-m", "first")
    with open_store("git:reconciler-state", root=project) as store:
        store.put_many([Write("900001/binding/Agent/front-desk", {"id": "1"}, None)])
    before = git("-C", str(remote), "show-ref")
    assert may_write("git:reconciler-state", root=project) is True
    assert git("-C", str(remote), "show-ref") == before


def test_a_remote_that_is_gone_is_said_before_anything_is_written(project: Path, examine: Examine) -> None:
    git("init", "-q", str(project))
    git("-C", str(project), "remote", "add", "origin", str(project / "nowhere.git"))
    code, checks = examine("--emulator", "--state", "git:reconciler-state")
    assert code == 1
    assert "cannot be reached" in checks["state"]["found"]


def test_markdown_is_a_table_with_the_verdict_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--format", "markdown"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "**1 failed, 3 ok.**"
    assert lines[2] == "|  | Check | Found | Fix |"
    assert lines[4].startswith("| fail | key | there is none |")


@pytest.mark.parametrize(
    ("system", "package", "found"),
    [
        ("2025b", "2026f", "2026f, the tool's own; the other is 2025b"),
        ("2027a", "2026f", "2027a, the system's; the other is 2026f"),
        ("2026f", "2026f", "2026f, the tool's own"),
        ("", "2026f", "2026f, the tool's own"),
    ],
)
def test_the_newer_time_zone_data_is_named(system: str, package: str, found: str) -> None:
    check = checks.timezones(max(system, package), system, package)
    assert (check.status, check.found) == (Status.OK, found)


def test_time_zone_data_without_a_version_is_a_warning() -> None:
    assert checks.timezones("", "", "").status is Status.WARN

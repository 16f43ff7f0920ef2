from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from forge.azure_stand_in import AzureDevOps, azure_job
from forge.bitbucket_stand_in import BitbucketCloud, bitbucket_job
from forge.forge_stand_in import TOKEN, Forge, github_job, gitlab_job, serve
from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: Answer politely., voice: olivia, max_call_duration_seconds: 300}
"""
CALL = """\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: confirm-visit-2001}
spec:
  from_number: "+15551230001"
  to_number: "+14155550199"
  agent: front-desk
  at: 2030-01-15T15:00:00
  timezone: America/New_York
"""
NOW = ("--emulator", "--now", "2030-01-14T14:00Z")


@pytest.fixture
def phones(project: Path) -> Path:
    (project / "manifests" / "agents.yaml").write_text(AGENT, encoding="utf-8")
    (project / "manifests" / "calls.yaml").write_text(CALL, encoding="utf-8")
    return project


@pytest.fixture
def job(forge: Forge, phones: Path, monkeypatch: pytest.MonkeyPatch) -> Forge:
    for name, value in github_job(forge, GITHUB_WORKSPACE=str(phones)).items():
        monkeypatch.setenv(name, value)
    return forge


def test_a_plan_is_posted_once_and_rewritten_when_it_changes(job: Forge, phones: Path) -> None:
    assert main(["plan", *NOW, "--comment", "github"]) == 0
    (phones / "manifests" / "calls.yaml").unlink()
    assert main(["plan", *NOW, "--comment", "github"]) == 0
    (body,) = job.bodies
    assert body.splitlines()[1] == "### reconciler plan"
    assert "**Plan: 1 to create — nothing was written.**" in body
    assert "confirm-visit" not in body


def test_a_comment_masks_the_callee_even_where_the_terminal_does_not(
    job: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *NOW, "--comment", "github", "--annotate", "github", "--show-numbers"]) == 0
    said = capsys.readouterr()
    assert "+14155550199" in said.out
    assert "4155550199" not in job.bodies[0] + said.err
    assert "+1•••••••0199" in job.bodies[0]


def test_a_comment_fits_into_one(job: Forge, phones: Path) -> None:
    many = "\n---\n".join(AGENT.replace("front-desk", f"desk-{number}") for number in range(900))
    (phones / "manifests" / "many.yaml").write_text(many, encoding="utf-8")
    assert main(["plan", *NOW, "--comment", "github"]) == 0
    assert len(job.bodies[0]) <= 65_536
    assert "901 to create" in job.bodies[0]


def test_a_failed_post_is_a_warning_and_nothing_else(job: Forge, capsys: pytest.CaptureFixture[str]) -> None:
    job.refuses["POST"] = 403
    assert main(["plan", *NOW, "--comment", "github", "--detailed-exitcode"]) == 2
    said = capsys.readouterr()
    assert (
        "warning RC800: the comment was not posted: POST /repos/acme/phones/issues/7/comments answered 403" in said.err
    )
    assert "hint: give the job `permissions: pull-requests: write`" in said.err
    assert TOKEN not in said.out + said.err
    assert "1 to arm" in said.out


def test_a_proxy_that_cannot_be_used_is_a_warning_too(
    job: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "https://forge.example")
    monkeypatch.setenv("HTTPS_PROXY", "gopher://nowhere")
    assert main(["plan", *NOW, "--comment", "github"]) == 0
    assert "warning RC800: the comment was not posted: the proxy" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [{"user": "octocat"}, {"user": None, "body": None}, {"id": [], "user": [1]}, {}])
def test_an_answer_of_another_shape_does_not_stop_a_plan(job: Forge, answer: dict[str, Any]) -> None:
    job.comments.append(answer)
    assert main(["plan", *NOW, "--comment", "github"]) == 0
    assert job.writes == ["POST"]


def test_the_footer_names_the_commit_under_review_and_the_log(
    job: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": "a" * 40}}}), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    monkeypatch.setenv("GITHUB_SHA", "b" * 40)
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://forge.example")
    monkeypatch.setenv("GITHUB_RUN_ID", "99")
    assert main(["plan", *NOW, "--comment", "github"]) == 0
    log = "https://forge.example/acme/phones/actions/runs/99"
    assert job.bodies[0].rstrip().endswith(f"commit {'a' * 12} · [log]({log})")


def test_what_stops_a_plan_is_posted_too(job: Forge, phones: Path) -> None:
    (phones / "manifests" / "agents.yaml").write_text(AGENT.replace("voice", "voise"), encoding="utf-8")
    assert main(["plan", *NOW, "--comment", "github"]) == 1
    assert "**Stopped:" in job.bodies[0]
    assert "<code>manifests/agents.yaml:4:34</code>" in job.bodies[0]


def test_an_apply_has_a_comment_of_its_own(job: Forge) -> None:
    assert main(["plan", *NOW, "--comment", "github"]) == 0
    assert main(["apply", *NOW, "--yes", "--comment", "github"]) == 0
    plan, report = job.bodies
    assert "### reconciler plan" in plan
    assert "### reconciler apply" in report
    assert "**Applied: 2 done.**" in report


def test_gitlab_gets_the_same(forge: Forge, phones: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in gitlab_job(forge, CI_PROJECT_DIR=str(phones)).items():
        monkeypatch.setenv(name, value)
    assert main(["plan", *NOW, "--comment", "gitlab"]) == 0
    assert "1 to create, 1 to arm" in forge.bodies[0]


def test_bitbucket_gets_a_comment_without_html_and_a_report_beside_the_lines(
    phones: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(BitbucketCloud()) as forge:
        for name, value in bitbucket_job(forge, BITBUCKET_CLONE_DIR=str(phones.parent)).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("BITBUCKET_GIT_HTTP_ORIGIN", "https://forge.example/acme/phones")
        for _ in range(2):
            assert main(["plan", *NOW, "--show-numbers", "--comment", "bitbucket", "--annotate", "bitbucket"]) == 0
    (body,) = forge.bodies
    (report,) = forge.reports.values()
    assert "1 to create, 1 to arm" in body
    assert "<details>" not in body
    assert "[log](https://forge.example/acme/phones/pipelines/results/99)" in body
    assert "4155550199" not in body + json.dumps(report)
    assert (report["title"], report["result"]) == ("reconciler plan", "PASSED")
    created = next(it for it in report["annotations"] if it["summary"].startswith("create Agent/front-desk"))
    assert (created["path"], created["line"]) == (f"{phones.name}/manifests/agents.yaml", 1)
    assert len({it["external_id"] for it in report["annotations"]}) == len(report["annotations"])
    assert "warning" not in capsys.readouterr().err


def test_a_report_of_more_annotations_than_bitbucket_takes_is_sent_in_parts(
    phones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "\n---\n".join(AGENT.replace("front-desk", f"desk-{number}") for number in range(1_050))
    (phones / "manifests" / "many.yaml").write_text(many, encoding="utf-8")
    with serve(BitbucketCloud()) as forge:
        for name, value in bitbucket_job(forge).items():
            monkeypatch.setenv(name, value)
        assert main(["plan", *NOW, "--comment", "bitbucket", "--annotate", "bitbucket"]) == 0
    assert [len(report["annotations"]) for report in forge.reports.values()] == [1_000]
    assert len(forge.bodies[0]) <= 32_768


def test_a_report_that_is_refused_is_a_warning(
    phones: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(BitbucketCloud(refuses={"PUT": 403})) as forge:
        for name, value in bitbucket_job(forge).items():
            monkeypatch.setenv(name, value)
        assert main(["plan", *NOW, "--annotate", "bitbucket", "--detailed-exitcode"]) == 2
    said = capsys.readouterr().err
    assert "warning RC800: the report was not sent: PUT /repositories/acme/phones/commit/" in said
    assert TOKEN not in said


@pytest.fixture
def azure(phones: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AzureDevOps]:
    (tmp_path / "temp").mkdir()
    with serve(AzureDevOps()) as forge:
        for name, value in azure_job(forge, BUILD_SOURCESDIRECTORY=str(phones.parent)).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AGENT_TEMPDIRECTORY", str(tmp_path / "temp"))
        yield forge


def test_azure_gets_a_thread_the_findings_beside_their_lines_and_a_summary(
    azure: AzureDevOps, phones: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (phones / "manifests" / "agents.yaml").write_text(AGENT.replace("voice", "voise"), encoding="utf-8")
    assert main(["plan", *NOW, "--comment", "azure", "--annotate", "azure"]) == 1
    said = capsys.readouterr().err
    place = f"sourcepath={phones.name}/manifests/agents.yaml;linenumber=4;columnnumber=34"
    assert f"##vso[task.logissue type=error;{place}]RC110" in said
    summary = tmp_path / "temp" / "reconciler-plan.md"
    assert f"##vso[task.uploadsummary]{summary}\n" in said
    assert "**Stopped:" in summary.read_text("utf-8")
    assert "**Stopped:" in azure.bodies[0]
    assert "/acme/Phone%20Agents/_build/results?buildId=99)" in azure.bodies[0]


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_prompt_cannot_command_the_runner_of_azure(
    form: str, azure: AzureDevOps, phones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompt = '"One. ##vso[task.setvariable variable=PATH]x\\n##[error]two"'
    (phones / "manifests" / "agents.yaml").write_text(AGENT.replace("Answer politely.", prompt), encoding="utf-8")
    assert main(["plan", *NOW, "--full", "--annotate", "azure", "--format", form]) == 0
    said = capsys.readouterr()
    assert "task.setvariable" in said.out or form == "markdown"
    assert not re.search(r"##(vso)?\[(?!task\.(logissue|uploadsummary))", said.out + said.err)
    if form == "json":
        found = json.loads(said.out)["changes"][0]["fields"]
        assert any("##vso[task.setvariable variable=PATH]x" in str(field["after"]) for field in found)


def test_the_job_summary_is_appended_to(job: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert main(["plan", *NOW, "--annotate", "github"]) == 0
    assert summary.read_text("utf-8").startswith("before\n### reconciler plan\n")
    assert job.sent == []


def test_without_either_option_nothing_is_told(
    job: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert main(["plan", *NOW]) == 0
    assert not (tmp_path / "summary.md").exists()
    assert job.sent == []
    assert "::notice" not in capsys.readouterr().err


def test_a_pull_request_without_a_key_is_validated_and_told_why(job: Forge) -> None:
    assert main(["validate", "--comment", "github"]) == 0
    (body,) = job.bodies
    assert "**2 documents, valid" in body
    assert "nothing was compared with the account" in body
    assert "pull request from a fork" in body


def test_a_plan_without_a_key_says_both_ways_to_go_on(job: Forge) -> None:
    assert main(["plan", "--comment", "github"]) == 1
    assert "THUNDERPHONE_API_KEY" in job.bodies[0]
    assert "--emulator" in job.bodies[0]


def test_annotations_name_the_lines_inside_the_repository(
    job: Forge, phones: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(phones.parent))
    assert main(["plan", *NOW, "--annotate", "github"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert (
        f"::notice file={phones.name}/manifests/agents.yaml,line=1,col=1,title=create Agent/front-desk::does not exist"
        in said
    )


def test_a_changed_field_is_annotated_at_its_own_line(
    job: Forge, phones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", *NOW, "--yes"]) == 0
    changed = AGENT.replace("{prompt: Answer politely., voice: olivia, ", "\n  {prompt: Go.,\n  voice: john, ")
    (phones / "manifests" / "agents.yaml").write_text(changed, encoding="utf-8")
    capsys.readouterr()
    assert main(["plan", *NOW, "--annotate", "github"]) == 0
    found = re.findall(
        r"^::notice file=manifests/agents.yaml,line=(\d+),.*::(.*)$", capsys.readouterr().err, re.MULTILINE
    )
    told = {(line, words) for line, words in found if " → " in words}
    assert told == {("5", "prompt: Answer politely. → Go."), ("6", "voice: olivia → john")}


def test_a_prompt_of_its_own_file_is_annotated_at_the_lines_that_changed(
    job: Forge, phones: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompt = phones / "prompt.md"
    prompt.write_text("one\ntwo\nthree\nfour\nfive\n", encoding="utf-8")
    text = AGENT.replace("prompt: Answer politely.", "prompt: {file: prompt.md}")
    (phones / "manifests" / "agents.yaml").write_text(text, encoding="utf-8")
    assert main(["apply", *NOW, "--yes"]) == 0
    prompt.write_text("one\n2\nthree\nfour\n5\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["plan", *NOW, "--annotate", "github"]) == 0
    assert re.findall(
        r"^::notice file=prompt.md,line=(\d+),col=1,title=update ", capsys.readouterr().err, re.MULTILINE
    ) == ["2", "5"]


def test_a_prompt_cannot_command_the_runner(job: Forge, phones: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (phones / "manifests" / "agents.yaml").write_text(
        AGENT.replace("Answer politely.", '"One.\\n::add-mask::e\\n##[set-env name=PATH]x\\n"'), encoding="utf-8"
    )
    assert main(["plan", *NOW, "--full", "--annotate", "github"]) == 0
    said = capsys.readouterr()
    assert "add-mask" in said.out
    assert not re.search(r"^\s*::add-mask|##\[", said.out, re.MULTILINE)
    assert not re.search(r"^\s*::add-mask", said.err, re.MULTILINE)


def test_a_merge_request_gets_a_report_of_code_quality_with_the_line_of_each_finding(
    forge: Forge, phones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in gitlab_job(forge, CI_PROJECT_DIR=str(phones.parent)).items():
        monkeypatch.setenv(name, value)
    file = next((phones / "manifests").glob("*.yaml"))
    file.write_text(file.read_text("utf-8") + "---\napiVersion: reconciler/v1\nkind: Agent\n", encoding="utf-8")
    assert main(["validate", "--annotate", "gitlab"]) == 1
    issues = json.loads((phones / "gl-code-quality-report.json").read_text("utf-8"))
    first = next(issue for issue in issues if issue["severity"] == "critical")
    assert first["location"]["path"] == f"{phones.name}/manifests/{file.name}"
    assert first["location"]["lines"]["begin"] > 1
    assert first["check_name"].startswith("RC1")
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


def test_tests_keep_one_comment_that_says_how_the_last_run_ended(job: Forge, phones: Path) -> None:
    scenario = """---
apiVersion: reconciler/v1
kind: TestScenario
metadata: {name: books}
spec: {agent: front-desk, title: TITLE, scenario_prompt: You call.}
"""
    for title, code in (("Books and fails", 6), ("Books", 0)):
        (phones / "manifests" / "agents.yaml").write_text(AGENT + scenario.replace("TITLE", title), encoding="utf-8")
        assert main(["apply", *NOW, "--yes"]) == 0
        assert main(["test", *NOW, "--yes", "--comment", "github"]) == code
        (body,) = job.bodies
        assert body.splitlines()[1] == "### reconciler test"
        assert ("| failed | TestScenario/books |" in body) is bool(code)
    assert "1 scenario of 1 agent: 1 passed; green" in body


def test_tests_that_are_refused_say_so_in_their_comment(job: Forge) -> None:
    assert main(["test", *NOW, "--yes", "--comment", "github"]) == 1
    assert "nothing to test" in job.bodies[0]

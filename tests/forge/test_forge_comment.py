from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from forge.azure_stand_in import AzureDevOps, azure_job
from forge.bitbucket_stand_in import BitbucketCloud, bitbucket_job
from forge.forge_stand_in import BOT, PERSON, TOKEN, Forge, github_job, gitlab_job, serve
from reconciler.errors import NotPosted
from reconciler.forge import azure, bitbucket, github, gitlab
from reconciler.forge.comment import HTML_MARK, LINK_MARK, mark, post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMIT = "0123456789abcdef" * 2 + "01234567"
each_forge = pytest.mark.parametrize("kind", ["github", "gitlab", "bitbucket", "azure"])
STAND_INS: dict[str, type[Forge]] = {"bitbucket": BitbucketCloud, "azure": AzureDevOps}
JOBS: dict[str, tuple[Any, Any]] = {
    "github": (github.thread, github_job),
    "gitlab": (gitlab.thread, gitlab_job),
    "bitbucket": (bitbucket.thread, bitbucket_job),
    "azure": (azure.thread, azure_job),
}


@pytest.fixture
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    kind = request.node.callspec.params.get("kind", "") if hasattr(request.node, "callspec") else ""
    named = next((it for it in STAND_INS if it in request.node.name), kind)
    with serve(STAND_INS.get(named, Forge)()) as served:
        yield served


def say(forge: Forge, kind: str, text: str = "the plan", subject: str = "plan", **more: str) -> str:
    thread, job = JOBS[kind]
    with thread(job(forge, **more)) as opened:
        return post(opened, subject, text)


def marked(kind: str, subject: str = "plan") -> str:
    return mark(subject, LINK_MARK if kind in STAND_INS else HTML_MARK)


@each_forge
def test_the_first_run_writes_and_the_next_rewrites_the_same_comment(forge: Forge, kind: str) -> None:
    forge.knows_itself = True
    say(forge, kind, "one")
    say(forge, kind, "two")
    assert forge.bodies == [f"{marked(kind)}\ntwo"]


@each_forge
def test_the_comment_is_found_on_a_later_page(forge: Forge, kind: str) -> None:
    forge.knows_itself = True
    for number in range(5):
        forge.say(f"remark {number}", PERSON)
    forge.say(f"{marked(kind)}\nold", BOT)
    say(forge, kind, "new")
    assert forge.bodies[5:] == [f"{marked(kind)}\nnew"]


@each_forge
def test_a_comment_of_somebody_else_is_never_taken_for_ours(forge: Forge, kind: str) -> None:
    forge.knows_itself = True
    forge.say(f"{marked(kind)}\nnothing to see here", PERSON)
    say(forge, kind)
    assert forge.bodies == [f"{marked(kind)}\nnothing to see here", f"{marked(kind)}\nthe plan"]


@each_forge
def test_a_quoted_mark_is_no_mark(forge: Forge, kind: str) -> None:
    forge.knows_itself = True
    forge.say(f"> {marked(kind)}\n> old", BOT)
    say(forge, kind)
    assert len(forge.comments) == 2


@each_forge
def test_two_first_comments_of_two_runs_become_one(forge: Forge, kind: str) -> None:
    forge.knows_itself = True
    forge.say(f"{marked(kind)}\nfirst", BOT)
    forge.say("a remark", PERSON)
    forge.say(f"{marked(kind)}\nsecond", BOT)
    say(forge, kind, "new")
    assert forge.bodies == [f"{marked(kind)}\nnew", "a remark"]


@each_forge
def test_each_subject_has_a_comment_of_its_own(forge: Forge, kind: str) -> None:
    forge.knows_itself = True
    say(forge, kind, subject="plan\nlive\n")
    say(forge, kind, subject="plan\nstaging\n")
    assert len(forge.comments) == 2


@each_forge
def test_the_token_is_sent_to_the_named_address_only(forge: Forge, kind: str) -> None:
    with serve(type(forge)()) as other:
        forge.elsewhere = other.url
        for number in range(5):
            forge.say(f"remark {number}", PERSON)
        say(forge, kind)
        assert other.sent == []
    assert all(TOKEN in str(headers) for headers in forge.headers)


@each_forge
def test_a_refusal_is_told_without_the_token_and_with_the_permission_to_give(forge: Forge, kind: str) -> None:
    forge.refuses["POST"] = 403
    with pytest.raises(NotPosted) as raised:
        say(forge, kind)
    assert "answered 403: Resource not accessible with (token)" in raised.value.message
    assert TOKEN not in repr(raised.value.__dict__)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    named = {"github": "permissions: pull-requests: write", "gitlab": "GITLAB_TOKEN", "bitbucket": "BITBUCKET_TOKEN"}
    assert named.get(kind, "SYSTEM_ACCESSTOKEN") in raised.value.hint


@each_forge
def test_a_redirect_is_not_followed(forge: Forge, kind: str) -> None:
    forge.refuses["POST"] = 301
    with pytest.raises(NotPosted, match="answered 301"):
        say(forge, kind)
    assert forge.writes == ["POST"]


@each_forge
def test_a_token_is_not_sent_over_plain_http(kind: str) -> None:
    with pytest.raises(NotPosted, match="not https"):
        say(Forge("http://forge.example"), kind)


@each_forge
def test_a_forge_that_is_away_is_told_in_one_sentence(kind: str) -> None:
    with serve(Forge()) as gone:
        pass
    with pytest.raises(NotPosted, match="cannot be reached"):
        say(gone, kind)


def test_a_job_on_github_that_may_not_ask_who_it_is_takes_only_comments_of_no_person(forge: Forge) -> None:
    forge.say(f"{mark('plan')}\nspoof", PERSON)
    forge.say(f"{mark('plan')}\nold", BOT)
    say(forge, "github", "new")
    assert forge.bodies == [f"{mark('plan')}\nspoof", f"{mark('plan')}\nnew"]


def test_a_job_token_of_gitlab_speaks_as_who_started_the_pipeline(forge: Forge) -> None:
    forge.say(f"{mark('plan')}\nold", PERSON)
    say(forge, "gitlab", "new", GITLAB_TOKEN="", CI_JOB_TOKEN=TOKEN, GITLAB_USER_ID="5")
    assert forge.bodies == [f"{mark('plan')}\nnew"]
    assert forge.headers[-1]["JOB-TOKEN"] == TOKEN
    assert ("GET", "/api/v4/user") not in forge.sent


def test_a_token_of_bitbucket_that_may_not_ask_who_it_is_takes_only_comments_of_no_person(forge: Forge) -> None:
    forge.say(f"{marked('bitbucket')}spoof", PERSON)
    forge.say(f"{marked('bitbucket')}old", BOT)
    say(forge, "bitbucket", "new")
    assert forge.bodies == [f"{marked('bitbucket')}spoof", f"{marked('bitbucket')}\nnew"]


def test_after_a_merge_on_bitbucket_the_comment_goes_to_the_merged_request(forge: Forge) -> None:
    forge.merged = [{"id": 8, "state": "DECLINED"}, {"id": 9, "state": "MERGED"}]
    say(forge, "bitbucket", BITBUCKET_PR_ID="")
    assert forge.sent[-1] == ("POST", "/2.0/repositories/acme/phones/pullrequests/9/comments")


def test_after_a_merge_on_azure_the_thread_goes_to_the_completed_request(forge: Forge) -> None:
    forge.merged = [{"pullRequestId": 8, "status": "abandoned"}, {"pullRequestId": 9, "status": "completed"}]
    say(forge, "azure", SYSTEM_PULLREQUEST_PULLREQUESTID="")
    assert forge.sent[-1][1].endswith("/pullRequests/9/threads")


def test_a_thread_on_azure_is_closed_and_can_be_opened_in_a_browser(forge: Forge) -> None:
    address = say(forge, "azure", "<details><summary>x</summary>")
    assert address == f"{forge.url}/acme/Phone%20Agents/_git/phones/pullrequest/7?discussionId=1"
    assert isinstance(forge, AzureDevOps)
    assert forge.statuses == ("closed",)


def test_a_page_to_sign_in_at_is_a_refusal_on_azure(forge: Forge) -> None:
    forge.refuses["POST"] = 203
    with pytest.raises(NotPosted, match="answered 203") as raised:
        say(forge, "azure")
    assert "SYSTEM_ACCESSTOKEN" in raised.value.hint


def test_a_comment_on_bitbucket_has_no_html_and_reads_the_same(forge: Forge) -> None:
    told = (
        "### plan · a &amp; b\n<details><summary>create <code>Agent/a_b</code></summary>\n\n"
        "| x | <code>a\\_b &lt;c&gt;</code> <del>old</del> <ins>new</ins> |\n```diff\n+<b>&amp;</b>\n```\n</details>"
    )
    say(forge, "bitbucket", told)
    assert forge.bodies[0].split("\n")[2:] == [
        "### plan · a & b",
        "**create `Agent/a_b`**",
        "",
        "| x | `a_b <c>` ~~old~~ **new** |",
        "```diff",
        "+<b>&amp;</b>",
        "```",
        "",
    ]


def test_a_system_note_of_gitlab_is_no_comment(forge: Forge) -> None:
    forge.knows_itself = True
    forge.say(f"{mark('plan')}\nold", BOT, system=True)
    say(forge, "gitlab")
    assert forge.writes == ["POST"]


def test_gitlab_obeys_no_line_of_a_plan(forge: Forge) -> None:
    say(forge, "gitlab", "text\n/approve\n/merge now")
    assert forge.bodies[0].splitlines()[1:] == ["text", "&#47;approve", "&#47;merge now"]


def test_the_number_is_taken_from_the_event_first(forge: Forge, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 31}}), encoding="utf-8")
    say(forge, "github", GITHUB_EVENT_PATH=str(event))
    assert forge.sent[-1] == ("POST", "/repos/acme/phones/issues/31/comments")


def test_after_a_merge_the_comment_goes_to_the_merged_request(forge: Forge) -> None:
    forge.merged = [{"number": 8, "merged_at": None}, {"number": 9, "merged_at": "2026-11-22T00:00:00Z"}]
    say(forge, "github", GITHUB_REF="refs/heads/main", GITHUB_SHA=COMMIT)
    assert ("GET", f"/repos/acme/phones/commits/{COMMIT}/pulls") in forge.sent
    assert forge.sent[-1] == ("POST", "/repos/acme/phones/issues/9/comments")


def test_after_a_merge_on_gitlab_the_note_goes_to_the_merged_request(forge: Forge) -> None:
    forge.merged = [{"iid": 8, "state": "opened"}, {"iid": 9, "state": "merged"}]
    say(forge, "gitlab", CI_MERGE_REQUEST_IID="", CI_COMMIT_SHA=COMMIT)
    assert forge.sent[-1] == ("POST", "/api/v4/projects/12/merge_requests/9/notes")


@pytest.mark.parametrize(
    ("kind", "missing", "said"),
    [
        ("github", {"GITHUB_TOKEN": ""}, "GITHUB_TOKEN and GITHUB_REPOSITORY"),
        ("github", {"GITHUB_REPOSITORY": "../../user"}, "GITHUB_TOKEN and GITHUB_REPOSITORY"),
        ("github", {"GITHUB_REF": "refs/heads/main"}, "belongs to no pull request"),
        ("gitlab", {"GITLAB_TOKEN": ""}, "CI_API_V4_URL, CI_PROJECT_ID and GITLAB_TOKEN"),
        ("gitlab", {"CI_MERGE_REQUEST_IID": ""}, "belongs to no merge request"),
        ("bitbucket", {"BITBUCKET_TOKEN": ""}, "BITBUCKET_TOKEN and BITBUCKET_REPO_FULL_NAME"),
        ("bitbucket", {"BITBUCKET_REPO_FULL_NAME": "../../user"}, "BITBUCKET_TOKEN and BITBUCKET_REPO_FULL_NAME"),
        ("bitbucket", {"BITBUCKET_PR_ID": "", "BITBUCKET_COMMIT": ""}, "belongs to no pull request"),
        ("azure", {"SYSTEM_ACCESSTOKEN": ""}, "SYSTEM_ACCESSTOKEN and the variables of Azure Pipelines"),
        ("azure", {"SYSTEM_PULLREQUEST_PULLREQUESTID": "", "BUILD_SOURCEVERSION": ""}, "belongs to no pull request"),
    ],
)
def test_what_is_missing_to_comment_is_named(forge: Forge, kind: str, missing: dict[str, str], said: str) -> None:
    with pytest.raises(NotPosted, match=said):
        say(forge, kind, **missing)
    assert forge.writes == []

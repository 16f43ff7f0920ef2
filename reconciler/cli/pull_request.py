"""What a run says on a pull request: sticky comment, job summary, annotations.

None of it changes what the run does or how it ends: what cannot be posted is a warning. Callees' numbers are
masked here whatever was asked for on the terminal, since a comment is read by more people.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.cli.pull_request_options import AZURE, BITBUCKET, GITHUB, GITLAB
from reconciler.errors import InputError, NotPosted, ReconcilerError
from reconciler.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.cli.options import Options
    from reconciler.model import Report
    from reconciler.planning.outlook import Outlook
    from reconciler.render.annotated import Annotation

_IN_CI = ("GITHUB_ACTIONS", "GITLAB_CI", "BITBUCKET_BUILD_NUMBER", "TF_BUILD")
_CHECKOUTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BITBUCKET_CLONE_DIR", "BUILD_SOURCESDIRECTORY")
_OFFLINE = "Checked offline: nothing was compared with the account."
_NO_KEY = (
    "This run has no API key, as is right for a pull request from a fork: secrets are not handed to code that "
    "nobody has reviewed. A maintainer sees the plan by pushing the branch to this repository, or after the merge."
)
_SUMMARY_MODE = "a"
# The variables that an address needs, and the address.
_LOGS = (
    (("CI_JOB_URL",), "{CI_JOB_URL}"),
    (
        ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"),
        "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    ),
    (
        ("BITBUCKET_GIT_HTTP_ORIGIN", "BITBUCKET_BUILD_NUMBER"),
        "{BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    ),
    (
        ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"),
        "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    ),
)


class Announcement:
    """What one run tells a pull request; does nothing when neither option was given."""

    def __init__(self, options: Options, command: str, *, comment: str | None, annotate: str | None) -> None:
        """``command`` is the subject of the comment: a later run of the same one rewrites it."""
        self._options, self._output = options, options.output
        self._command, self._comment, self._annotate = command, comment, annotate
        self._plan: Outlook | None = None

    @property
    def reviewed(self) -> bool:
        """Whether people read it on a pull request, where merging is what comes next."""
        return bool(self._comment)

    def planned(self, plan: Outlook) -> None:
        """Remember the plan, so that an error that stops the run is told together with it."""
        self._plan = plan

    def plan(self, plan: Outlook, *, next_command: str) -> None:
        """Tell a plan."""
        if not self._wanted:
            return
        from reconciler.render import annotated, code_quality, markdown  # noqa: PLC0415 - slow, needed in CI alone

        told, whole = self._options.completed(plan), self._options.command("plan")
        self._beside_lines(annotated.plan(told, folder=self.folder))
        self._report(code_quality.findings(told.findings, folder=self.folder))
        self._tell(markdown.plan(told, limit=self._room, next_command=next_command, whole_command=whole))

    @property
    def annotates(self) -> bool:
        """Whether anything is put beside lines."""
        return bool(self._annotate)

    def tests(self, told: str, findings: Sequence[Finding]) -> None:
        """Tell what tests came to, in Markdown, and beside its document what is not green."""
        if not self._wanted:
            return
        self._beside(findings)
        self._tell(self._options.completed(told))

    def report(self, report: Report) -> None:
        """Tell what an apply did."""
        if not self._wanted:
            return
        from reconciler.render import annotated, code_quality, markdown, words  # noqa: PLC0415 - slow, as above

        options, told = self._options, self._options.completed(report)
        self._beside_lines(annotated.report(told, folder=self.folder))
        self._report(code_quality.report(told, folder=self.folder))
        following = words.AfterApply(options.command("apply"), options.command("dispatch"))
        self._tell(markdown.report(told, limit=self._room, following=following))

    def findings(self, findings: Sequence[Finding], verdict: str) -> None:
        """Tell what an offline check found, and why it was no more than that."""
        if not self._wanted:
            return
        from reconciler.render import markdown  # noqa: PLC0415 - slow, needed in CI alone

        findings = self._options.completed(findings)
        self._beside(findings)
        why = f"{_OFFLINE} {_NO_KEY}" if without_key(os.environ) else _OFFLINE
        told = f"\n{markdown.findings(findings, limit=self._room)}" if findings else ""
        self._tell(f"**{verdict}**\n\n{why}\n{told}")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell what stopped the run too, before it is said in the log."""
        try:
            yield
        except ReconcilerError as error:
            if self._wanted:
                self._stopped(error)
            raise

    def _stopped(self, error: ReconcilerError) -> None:
        from reconciler.render import markdown  # noqa: PLC0415 - slow, needed in CI alone

        own = Finding(Severity.ERROR, error.code, error.message, error.hint, location=error.location)
        told_all = error.findings if isinstance(error, InputError) and error.findings else [own]
        found = self._options.completed(self._output.redacted(told_all))
        self._beside(found)
        head = f"**Stopped: {len(found)} {'error' if len(found) == 1 else 'findings'}, nothing was written.**\n\n"
        told = head + markdown.findings(found, limit=self._room // 2)
        if self._plan is not None:
            told += f"\n{markdown.plan(self._options.completed(self._plan), limit=self._room // 2, next_command='')}"
        self._tell(told)

    @property
    def folder(self) -> str:
        """The project's folder inside the repository, "" for its root: what a path in a finding starts from."""
        return folder_in_repository(self._output.root)

    @property
    def _subject(self) -> str:
        """What a comment or a report is about: a later run of the same replaces it."""
        return f"{self._command}\n{self._options.environment or ''}\n{self.folder}"

    @property
    def _room(self) -> int:
        """Characters that are left for the text beside its mark, heading and footer."""
        from reconciler.forge.comment import LONGEST  # noqa: PLC0415 - needed in CI alone

        return LONGEST[self._comment or GITHUB] - 1_000

    @property
    def _wanted(self) -> bool:
        return bool(self._comment or self._annotate)

    def _beside(self, findings: Sequence[Finding]) -> None:
        """Findings beside their lines, or in the report of the forge."""
        from reconciler.render import annotated, code_quality  # noqa: PLC0415 - slow, needed in CI alone

        self._beside_lines(annotated.findings(findings, folder=self.folder))
        self._report(code_quality.findings(findings, folder=self.folder))

    def _beside_lines(self, annotations: Sequence[Annotation]) -> None:
        """Commands to the runner on stderr, which it reads as well: stdout is data; or a report that is sent."""
        if self._annotate == BITBUCKET:
            self._send_report(annotations)
            return
        from reconciler.render import annotation  # noqa: PLC0415 - slow to load, needed in CI alone

        spelt = {GITHUB: annotation.commands, AZURE: annotation.azure_commands}.get(self._annotate or "")
        for command in spelt(annotations) if spelt else ():
            self._output.instruct(command)

    def _send_report(self, annotations: Sequence[Annotation]) -> None:
        """To Code Insights of Bitbucket, masked."""
        from reconciler.forge import bitbucket  # noqa: PLC0415 - httpx is slow to load
        from reconciler.render import code_insights  # noqa: PLC0415 - slow to load, needed in CI alone

        masked = [replace(it, title=self._masked(it.title), message=self._masked(it.message)) for it in annotations]
        head = code_insights.report(f"reconciler {self._command}", masked)
        try:
            bitbucket.annotate(os.environ, code_insights.key(self._subject), head, code_insights.entries(masked))
        except ReconcilerError as error:
            self._warn(f"the report was not sent: {error.message}", error.hint)

    def _masked(self, text: str) -> str:
        return self._output.clean(text, masked=True)

    def _report(self, issues: Sequence[Mapping[str, Any]]) -> None:
        """In a file that the job keeps as its report, masked; an empty one says that all is settled."""
        if self._annotate != GITLAB:
            return
        from reconciler.render import code_quality, json  # noqa: PLC0415 - slow to load, needed in CI alone

        text = self._output.clean(json.dumps(list(issues)), masked=True)
        try:
            Path(code_quality.FILE).write_text(text, encoding="utf-8")
        except OSError as error:
            self._warn(f"`{code_quality.FILE}` cannot be written: {error.strerror}", "")

    def _tell(self, text: str) -> None:
        where = " · ".join(part for part in (self._options.environment or "", self.folder) if part)
        head = f"### reconciler {self._command}{f' · {_plain(where)}' if where else ''}\n\n"
        told = self._output.clean(head + text.rstrip("\n") + "\n", masked=True)
        self._summarise(told)
        if self._comment:
            self._post(told + _footer(os.environ))

    def _summarise(self, text: str) -> None:
        path = os.environ.get("GITHUB_STEP_SUMMARY")
        if not path:
            self._summarise_for_azure(text)
            return
        try:
            with Path(path).open(_SUMMARY_MODE, encoding="utf-8") as file:
                file.write(f"{text}\n")
        except OSError as error:
            self._warn(f"the job summary cannot be written: {error.strerror}", "")

    def _summarise_for_azure(self, text: str) -> None:
        """As a page of the run; its runner takes the file when the step has ended."""
        folder = os.environ.get("AGENT_TEMPDIRECTORY")
        if AZURE not in (self._comment, self._annotate) or not folder:
            return
        path = Path(folder, f"reconciler-{self._command.replace(' ', '-')}.md")
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self._warn(f"the summary cannot be written: {error.strerror}", "")
        else:
            self._output.instruct(f"##vso[task.uploadsummary]{path}")

    def _post(self, text: str) -> None:
        from reconciler.forge import azure, bitbucket, comment, github, gitlab  # noqa: PLC0415 - httpx is slow to load

        threads: dict[str, Callable[[Mapping[str, str]], Any]] = {
            GITHUB: github.thread,
            GITLAB: gitlab.thread,
            BITBUCKET: bitbucket.thread,
            AZURE: azure.thread,
        }
        try:
            with threads[self._comment or GITHUB](os.environ) as thread:
                address = comment.post(thread, self._subject, text)
        except ReconcilerError as error:  # a proxy that cannot be used included: the run is as good without
            self._warn(f"the comment was not posted: {error.message}", error.hint)
        else:
            self._output.talk(f"commented: {address}" if address else "commented")
            self._put_out("comment-url", address or "")

    def _put_out(self, name: str, value: str) -> None:
        """Set an output of this step of a GitHub job, where there is one."""
        path = os.environ.get("GITHUB_OUTPUT")
        if path and value and value.isprintable():
            with suppress(OSError), Path(path).open(_SUMMARY_MODE, encoding="utf-8") as file:
                file.write(f"{name}={value}\n")

    def _warn(self, message: str, hint: str) -> None:
        code = NotPosted.code
        self._output.talk(f"warning {code}: {message}" + (f"\n    hint: {hint}" if hint else ""))


def without_key(environment: Mapping[str, str]) -> bool:
    """Whether a CI job has no key."""
    in_ci = any(environment.get(name) for name in _IN_CI)
    return in_ci and not environment.get("THUNDERPHONE_API_KEY", "").strip()


def folder_in_repository(root: Path | None) -> str:
    """Where the project lies in the repository that CI checked out, or that it is in; "" at its root."""
    if root is None:
        return ""
    named = next((path for name in _CHECKOUTS if (path := os.environ.get(name))), "")
    top = Path(named).resolve() if named else next((it for it in (root, *root.parents) if (it / ".git").exists()), root)
    return root.relative_to(top).as_posix().removeprefix(".") if root.is_relative_to(top) else ""


def _footer(environment: Mapping[str, str]) -> str:
    """The commit the comment is about, and the job it comes from."""
    commit, log = _reviewed(environment), _log(environment)
    parts = [f"commit {commit[:12]}" if commit.isalnum() else "", f"[log]({log})" if "://" in log else ""]
    told = " · ".join(part for part in parts if part)
    return f"\n{told}\n" if told else ""


def _reviewed(environment: Mapping[str, str]) -> str:
    from reconciler.forge.github import reviewed_commit  # noqa: PLC0415 - httpx is slow to load

    names = ("CI_COMMIT_SHA", "BITBUCKET_COMMIT", "SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION")
    return next((commit for name in names if (commit := environment.get(name))), "") or reviewed_commit(environment)


def _log(environment: Mapping[str, str]) -> str:
    """Where the output of the job is; "" where nothing of it is known."""
    for needed, address in _LOGS:
        if all(environment.get(name) for name in needed):
            return address.format(**{name: quote(environment[name], safe=":/") for name in needed})
    return ""


def _plain(text: str) -> str:
    """A name as a heading may carry it."""
    from reconciler.render.markup import escape  # noqa: PLC0415 - slow to load, needed in CI alone

    return escape(text)

"""The merge request of a run on GitLab: its comments.

Everything comes from the variables of GitLab CI: CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID or, after
a merge, CI_COMMIT_SHA. GITLAB_TOKEN (a project access token) is preferred: most servers do not let
CI_JOB_TOKEN write notes.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.errors import NotPosted
from reconciler.forge.comment import HTML_MARK, Comment
from reconciler.forge.exchange import Exchange, fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMMIT = re.compile(r"[0-9a-f]{40,64}")
# A line of a note that starts with a slash is obeyed: /approve, /merge.
_QUICK_ACTION = re.compile(r"^/", re.MULTILINE)
_HINT = "set GITLAB_TOKEN to a project access token with the scope `api`: CI_JOB_TOKEN may rarely write notes"


class GitLab:
    """The notes of one merge request."""

    mark = HTML_MARK

    def __init__(self, exchange: Exchange, project: str, number: int, user: str) -> None:
        self._exchange = exchange
        self._request = f"/projects/{project}/merge_requests/{number}"
        self._user = user

    def comments(self) -> Iterator[Comment]:
        """Every note a person or a token wrote, the oldest first."""
        user = self._user or str((self._exchange.maybe("/user") or {}).get("id") or "")
        for item in self._exchange.pages(f"{self._request}/notes", sort="asc", order_by="created_at"):
            if not item.get("system"):
                own = bool(user) and str(fields(item.get("author")).get("id")) == user
                yield Comment(str(item.get("id")), str(item.get("body") or ""), own)

    def write(self, body: str) -> str:
        """Add a note."""
        return _address(self._exchange.ask("POST", f"{self._request}/notes", {"body": _inert(body)}))

    def rewrite(self, id_: str, body: str) -> str:
        """Replace a note."""
        return _address(self._exchange.ask("PUT", f"{self._request}/notes/{id_}", {"body": _inert(body)}))

    def remove(self, id_: str) -> None:
        """Take a note away."""
        self._exchange.ask("DELETE", f"{self._request}/notes/{id_}")


@contextmanager
def thread(environment: Mapping[str, str]) -> Iterator[GitLab]:
    """The merge request of the run; NotPosted when there is none, or no token."""
    address, project = environment.get("CI_API_V4_URL", ""), environment.get("CI_PROJECT_ID", "")
    own, of_job = environment.get("GITLAB_TOKEN", ""), environment.get("CI_JOB_TOKEN", "")
    if not (address and project and (own or of_job)):
        raise NotPosted("CI_API_V4_URL, CI_PROJECT_ID and GITLAB_TOKEN are needed to comment", hint=_HINT)
    headers = {"PRIVATE-TOKEN": own} if own else {"JOB-TOKEN": of_job}
    # A job token may not ask who it is, but it acts as the person who started the pipeline.
    user = "" if own else environment.get("GITLAB_USER_ID", "")
    with Exchange(address, headers, token=own or of_job, hint=_HINT) as exchange:
        project = quote(project, safe="")
        yield GitLab(exchange, project, _number(environment, exchange, project), user)


def _number(environment: Mapping[str, str], exchange: Exchange, project: str) -> int:
    if (named := environment.get("CI_MERGE_REQUEST_IID", "")).isdecimal():
        return int(named)
    commit = environment.get("CI_COMMIT_SHA", "")
    if _COMMIT.fullmatch(commit):
        for item in exchange.pages(f"/projects/{project}/repository/commits/{commit}/merge_requests"):
            if isinstance(number := item.get("iid"), int) and item.get("state") == "merged":
                return number
    raise NotPosted("this run belongs to no merge request, so there is nothing to comment on")


def _inert(body: str) -> str:
    return _QUICK_ACTION.sub("&#47;", body)


def _address(answer: Any) -> str:
    return str(fields(answer).get("web_url") or "")

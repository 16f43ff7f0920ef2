"""The pull request of a run on Azure DevOps: one thread, closed so that it holds up no merge.

Everything comes from the variables of Azure Pipelines: SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECT, BUILD_REPOSITORY_ID,
SYSTEM_PULLREQUEST_PULLREQUESTID or, after a merge, BUILD_SOURCEVERSION. SYSTEM_ACCESSTOKEN is the job's own token,
which a step gets only where its ``env`` names it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from reconciler.errors import NotPosted
from reconciler.forge.comment import LINK_MARK, Comment
from reconciler.forge.exchange import Exchange, fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_VERSION = "api-version=6.0"
_HINT = (
    "in the step: env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}, and let the build service contribute to pull "
    "requests"
)


class Azure:
    """The threads of one pull request, each read by its first comment; an id is THREAD/COMMENT."""

    mark = LINK_MARK

    def __init__(self, exchange: Exchange, request: str, page: str) -> None:
        self._exchange, self._request, self._page = exchange, request, page

    def comments(self) -> Iterator[Comment]:
        """The first comment of every thread, the oldest first."""
        user = fields((self._exchange.maybe("/_apis/connectionData") or {}).get("authenticatedUser")).get("id")
        found = fields(self._exchange.ask("GET", f"{self._request}/threads?{_VERSION}")).get("value")
        for item in found if isinstance(found, list) else ():
            thread = fields(item)
            first = fields(next(iter(thread.get("comments") or ()), None))
            if not (thread.get("isDeleted") or first.get("isDeleted") or first.get("commentType") == "system"):
                own = bool(user) and fields(first.get("author")).get("id") == user
                yield Comment(f"{thread.get('id')}/{first.get('id')}", str(first.get("content") or ""), own)

    def write(self, body: str) -> str:
        """Begin a thread, closed at once: an open one may hold up the merge."""
        comment = {"parentCommentId": 0, "content": body, "commentType": "text"}
        found = self._exchange.ask(
            "POST", f"{self._request}/threads?{_VERSION}", {"comments": [comment], "status": "closed"}
        )
        return self._address(str(fields(found).get("id") or ""))

    def rewrite(self, id_: str, body: str) -> str:
        """Replace a comment."""
        self._exchange.ask("PATCH", self._comment(id_), {"content": body})
        return self._address(id_.partition("/")[0])

    def remove(self, id_: str) -> None:
        """Take a comment away."""
        self._exchange.ask("DELETE", self._comment(id_))

    def _comment(self, id_: str) -> str:
        thread, _, comment = id_.partition("/")
        return f"{self._request}/threads/{thread}/comments/{comment}?{_VERSION}"

    def _address(self, thread: str) -> str:
        return f"{self._page}?discussionId={thread}" if self._page and thread else ""


@contextmanager
def thread(environment: Mapping[str, str]) -> Iterator[Azure]:
    """The pull request of the run; NotPosted when there is none, or no token."""
    address, token = environment.get("SYSTEM_COLLECTIONURI", ""), environment.get("SYSTEM_ACCESSTOKEN", "")
    project, repository = environment.get("SYSTEM_TEAMPROJECT", ""), environment.get("BUILD_REPOSITORY_ID", "")
    if not (address and token and project and repository):
        raise NotPosted("SYSTEM_ACCESSTOKEN and the variables of Azure Pipelines are needed to comment", hint=_HINT)
    place = f"/{quote(project, safe='')}/_apis/git/repositories/{quote(repository, safe='')}"
    with Exchange(address, {"Authorization": f"Bearer {token}"}, token=token, hint=_HINT) as exchange:
        number = _number(environment, exchange, place)
        yield Azure(exchange, f"{place}/pullRequests/{number}", _page(environment, address, project, number))


def _number(environment: Mapping[str, str], exchange: Exchange, place: str) -> int:
    if (named := environment.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "")).isdecimal():
        return int(named)
    commit = environment.get("BUILD_SOURCEVERSION", "")
    if _COMMIT.fullmatch(commit):
        query = {"queries": [{"type": "lastMergeCommit", "items": [commit]}]}
        answer = fields(exchange.ask("POST", f"{place}/pullrequestquery?{_VERSION}", query))
        for found in answer.get("results") or ():
            for item in fields(found).get(commit) or ():
                if isinstance(number := fields(item).get("pullRequestId"), int) and item.get("status") == "completed":
                    return number
    raise NotPosted("this run belongs to no pull request, so there is nothing to comment on")


def _page(environment: Mapping[str, str], address: str, project: str, number: int) -> str:
    """The pull request in a browser; "" where its repository has no name."""
    name = environment.get("BUILD_REPOSITORY_NAME", "")
    page = f"{address.rstrip('/')}/{quote(project)}/_git/{quote(name)}/pullrequest/{number}"
    return page if name else ""

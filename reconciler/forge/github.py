"""The pull request of a run on GitHub: its comments and annotations.

Everything comes from the variables GitHub Actions sets: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, and
the number from GITHUB_EVENT_PATH, GITHUB_REF or, after a merge, the commit's pull request.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.errors import NotPosted
from reconciler.forge.comment import HTML_MARK, Comment
from reconciler.forge.exchange import Exchange, fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ADDRESS = "https://api.github.com"
_VERSION = "2022-11-28"
_REFERENCE = re.compile(r"refs/pull/(\d+)/")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_HINT = "give the job `permissions: pull-requests: write`; a pull request from a fork never has it"


class GitHub:
    """The comments of one pull request (which are those of its issue)."""

    mark = HTML_MARK

    def __init__(self, exchange: Exchange, repository: str, number: int) -> None:
        self._exchange = exchange
        self._issues = f"/repos/{repository}/issues"
        self._number = number

    def comments(self) -> Iterator[Comment]:
        """Every comment, the oldest first."""
        login = (self._exchange.maybe("/user") or {}).get("login")
        for item in self._exchange.pages(f"{self._issues}/{self._number}/comments"):
            yield Comment(str(item.get("id")), str(item.get("body") or ""), _own(fields(item.get("user")), login))

    def write(self, body: str) -> str:
        """Add a comment."""
        return _address(self._exchange.ask("POST", f"{self._issues}/{self._number}/comments", {"body": body}))

    def rewrite(self, id_: str, body: str) -> str:
        """Replace a comment."""
        return _address(self._exchange.ask("PATCH", f"{self._issues}/comments/{id_}", {"body": body}))

    def remove(self, id_: str) -> None:
        """Take a comment away."""
        self._exchange.ask("DELETE", f"{self._issues}/comments/{id_}")


@contextmanager
def thread(environment: Mapping[str, str]) -> Iterator[GitHub]:
    """The pull request of the run; NotPosted when there is none, or no token."""
    token, repository = environment.get("GITHUB_TOKEN", ""), environment.get("GITHUB_REPOSITORY", "")
    if not token or not _REPOSITORY.fullmatch(repository):
        raise NotPosted(
            "GITHUB_TOKEN and GITHUB_REPOSITORY are needed to comment",
            hint="in the workflow: env: {GITHUB_TOKEN: ${{ github.token }}}",
        )
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": _VERSION,
    }
    address = environment.get("GITHUB_API_URL") or _ADDRESS
    with Exchange(address, headers, token=token, hint=_HINT) as exchange:
        yield GitHub(exchange, repository, _number(environment, exchange, repository))


def reviewed_commit(environment: Mapping[str, str]) -> str:
    """The commit people look at: the head of the pull request, where GITHUB_SHA is a merge nobody has seen."""
    return str(fields(_pull_request(environment).get("head")).get("sha") or environment.get("GITHUB_SHA") or "")


def _own(user: Mapping[str, Any], login: str | None) -> bool:
    """Whether we wrote it. The token of a job may not ask who it is, but it is no person's."""
    return user.get("login") == login if login else user.get("type") == "Bot"


def _number(environment: Mapping[str, str], exchange: Exchange, repository: str) -> int:
    found = _of_event(environment) or _of_reference(environment) or _of_commit(environment, exchange, repository)
    if found is None:
        raise NotPosted("this run belongs to no pull request, so there is nothing to comment on")
    return found


def _pull_request(environment: Mapping[str, str]) -> dict[str, Any]:
    """What the event says of the pull request; empty where there is none, or no event that can be read."""
    path = environment.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return fields(fields(event).get("pull_request"))


def _of_event(environment: Mapping[str, str]) -> int | None:
    number = _pull_request(environment).get("number")
    return number if isinstance(number, int) else None


def _of_reference(environment: Mapping[str, str]) -> int | None:
    found = _REFERENCE.match(environment.get("GITHUB_REF", ""))
    return int(found[1]) if found else None


def _of_commit(environment: Mapping[str, str], exchange: Exchange, repository: str) -> int | None:
    """After a merge: the pull request that brought the commit."""
    commit = environment.get("GITHUB_SHA", "")
    if not _COMMIT.fullmatch(commit):
        return None
    for item in exchange.pages(f"/repos/{repository}/commits/{commit}/pulls"):
        if isinstance(number := item.get("number"), int) and item.get("merged_at"):
            return number
    return None


def _address(answer: Any) -> str:
    return str(fields(answer).get("html_url") or "")

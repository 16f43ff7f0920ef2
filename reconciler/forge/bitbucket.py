"""The pull request of a run on Bitbucket Cloud: its comments, and a report with annotations.

Everything comes from the variables of Bitbucket Pipelines: BITBUCKET_REPO_FULL_NAME, BITBUCKET_PR_ID or, after a merge,
BITBUCKET_COMMIT; and BITBUCKET_TOKEN, an access token of the repository, since a pipeline has none of its own.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.errors import NotPosted
from reconciler.forge.bitbucket_text import without_html
from reconciler.forge.comment import LINK_MARK, Comment
from reconciler.forge.exchange import DENIED, Exchange, fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ADDRESS = "https://api.bitbucket.org/2.0"
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_MOST_AT_ONCE, _MOST = 100, 1_000  # annotations in a request, and in a report
_HINT = "make BITBUCKET_TOKEN a repository access token with the scope `pullrequest:write`"


class Bitbucket:
    """The comments of one pull request."""

    mark = LINK_MARK

    def __init__(self, exchange: Exchange, repository: str, number: int) -> None:
        self._exchange = exchange
        self._comments = f"/repositories/{repository}/pullrequests/{number}/comments"

    def comments(self) -> Iterator[Comment]:
        """Every comment that was not taken away, the oldest first."""
        user = (self._exchange.maybe("/user") or {}).get("uuid")
        for item in self._exchange.values(self._comments, sort="created_on"):
            if not item.get("deleted"):
                body = str(fields(item.get("content")).get("raw") or "")
                yield Comment(str(item.get("id")), body, _own(fields(item.get("user")), user))

    def write(self, body: str) -> str:
        """Add a comment."""
        return _address(self._exchange.ask("POST", self._comments, _content(body)))

    def rewrite(self, id_: str, body: str) -> str:
        """Replace a comment."""
        return _address(self._exchange.ask("PUT", f"{self._comments}/{id_}", _content(body)))

    def remove(self, id_: str) -> None:
        """Take a comment away."""
        self._exchange.ask("DELETE", f"{self._comments}/{id_}")


@contextmanager
def thread(environment: Mapping[str, str]) -> Iterator[Bitbucket]:
    """The pull request of the run; NotPosted when there is none, or no token."""
    repository = _repository(environment)
    with _exchange(environment) as exchange:
        yield Bitbucket(exchange, repository, _number(environment, exchange, repository))


def annotate(
    environment: Mapping[str, str], key: str, report: Mapping[str, Any], annotations: Sequence[Mapping[str, Any]]
) -> None:
    """Make ``report`` the one of that key on the run's commit, with its annotations; NotPosted where that fails.

    One of an earlier run is taken away first: an annotation that is not sent again would stay.
    """
    repository, commit = _repository(environment), environment.get("BITBUCKET_COMMIT", "")
    if not _COMMIT.fullmatch(commit):
        raise NotPosted("BITBUCKET_COMMIT is needed to annotate", hint=_HINT)
    place = f"/repositories/{repository}/commit/{commit}/reports/{key}"
    with _exchange(environment) as exchange:
        _remove(exchange, place)
        exchange.ask("PUT", place, report)
        for start in range(0, min(len(annotations), _MOST), _MOST_AT_ONCE):
            exchange.ask(
                "POST", f"{place}/annotations", list(annotations[start : start + _MOST_AT_ONCE][: _MOST - start])
            )


def _remove(exchange: Exchange, place: str) -> None:
    try:
        exchange.ask("DELETE", place)
    except NotPosted as error:
        if error.status not in DENIED:
            raise


def _repository(environment: Mapping[str, str]) -> str:
    repository = environment.get("BITBUCKET_REPO_FULL_NAME", "")
    if not environment.get("BITBUCKET_TOKEN") or not _REPOSITORY.fullmatch(repository):
        raise NotPosted("BITBUCKET_TOKEN and BITBUCKET_REPO_FULL_NAME are needed to comment", hint=_HINT)
    return repository


def _exchange(environment: Mapping[str, str]) -> Exchange:
    token = environment["BITBUCKET_TOKEN"]
    address = environment.get("BITBUCKET_API_URL") or _ADDRESS
    return Exchange(address, {"Authorization": f"Bearer {token}"}, token=token, hint=_HINT)


def _own(user: Mapping[str, Any], uuid: str | None) -> bool:
    """Whether we wrote it. An access token may not ask who it is, but its comments are by no person."""
    return user.get("uuid") == uuid if uuid else user.get("type") in ("app_user", "AppUser")


def _number(environment: Mapping[str, str], exchange: Exchange, repository: str) -> int:
    if (named := environment.get("BITBUCKET_PR_ID", "")).isdecimal():
        return int(named)
    commit = environment.get("BITBUCKET_COMMIT", "")
    if _COMMIT.fullmatch(commit):
        for item in exchange.values(f"/repositories/{repository}/commit/{commit}/pullrequests"):
            if isinstance(number := item.get("id"), int) and item.get("state") == "MERGED":
                return number
    raise NotPosted("this run belongs to no pull request, so there is nothing to comment on")


def _content(body: str) -> dict[str, Any]:
    return {"content": {"raw": without_html(body)}}


def _address(answer: Any) -> str:
    return str(fields(fields(fields(answer).get("links")).get("html")).get("href") or "")

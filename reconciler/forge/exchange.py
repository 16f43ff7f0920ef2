"""The few requests that a forge is asked, and what went wrong with one in a sentence.

The token is sent to the one address the forge's own CI names, over https or to loopback; no redirect is
followed and no address out of an answer is used, so it cannot travel further.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx

import reconciler
from reconciler.api.address import loopback
from reconciler.api.transport import network
from reconciler.errors import NotPosted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECONDS = 15.0
_LONGEST_WORDS = 300
PER_PAGE = 100
_MOST_PAGES = 100
# What the forge does not let this token do; 404 is how both hide what may not be seen.
DENIED = frozenset({401, 403, 404})
_SIGN_IN = 203  # how Azure DevOps sends a page to sign in at, where the token is none of its own


class Exchange:
    """Requests to one forge with one token; a context manager that closes its connection."""

    def __init__(self, address: str, headers: Mapping[str, str], *, token: str, hint: str) -> None:
        """Nothing is sent yet; NotPosted when the token must not be sent to that address."""
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback(parts.hostname)):
            raise NotPosted("the forge's address is not https, so the token is not sent there")
        if "@" in parts.netloc or not (token.isascii() and token.isprintable() and " " not in token):
            raise NotPosted("the forge's address or the token cannot be used in a request")
        self._token, self._hint = token, hint
        self._client = httpx.Client(
            base_url=address.rstrip("/"),
            transport=network(address),
            headers={"User-Agent": f"reconciler/{reconciler.__version__}", **headers},
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer, None when it is empty; NotPosted for anything but a success."""
        return _decoded(self._answer(method, path, body))

    def maybe(self, path: str) -> dict[str, Any] | None:
        """The object at a path; None where this token may not see it."""
        try:
            found = self.ask("GET", path)
        except NotPosted as error:
            if error.status in DENIED:
                return None
            raise
        return found if isinstance(found, dict) else None

    def pages(self, path: str, **asked: str) -> Iterator[dict[str, Any]]:
        """Every object of a list, page by page until the forge names no next one; ``asked`` goes in the query."""
        for number in range(1, _MOST_PAGES + 1):
            answer = self._answer("GET", path, None, {**asked, "per_page": str(PER_PAGE), "page": str(number)})
            found = _decoded(answer)
            yield from (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()
            if "next" not in answer.links:
                return

    def values(self, path: str, **asked: str) -> Iterator[dict[str, Any]]:
        """Every object of a list that Bitbucket pages: ``values``, and ``next`` while there is more."""
        for number in range(1, _MOST_PAGES + 1):
            params = {**asked, "pagelen": str(PER_PAGE), "page": str(number)}
            found = fields(_decoded(self._answer("GET", path, None, params)))
            listed = found.get("values")
            yield from (item for item in listed if isinstance(item, dict)) if isinstance(listed, list) else ()
            if not found.get("next"):
                return

    def _answer(self, method: str, path: str, body: Any, params: Mapping[str, str] | None = None) -> httpx.Response:
        problem = None
        try:
            answer = self._client.request(method, path, json=body, params=params)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            problem = type(error).__name__
        # Outside the block above: what httpx raises carries the request, and that the token.
        if problem is not None:
            raise NotPosted(f"the forge cannot be reached ({problem})", hint="check the network and the proxy")
        if not answer.is_success or answer.status_code == _SIGN_IN:
            raise NotPosted(
                f"{method} {path} answered {answer.status_code}{self._words(answer)}",
                status=answer.status_code,
                hint=self._hint if answer.status_code in {*DENIED, _SIGN_IN} else "",
            )
        return answer

    def _words(self, answer: httpx.Response) -> str:
        """The forge's own words, without the token."""
        try:
            said = answer.json()
        except ValueError:
            return ""
        words = said.get("message") or said.get("error") if isinstance(said, dict) else None
        words = words.get("message") if isinstance(words, dict) else words  # as Bitbucket nests it
        return f": {str(words).replace(self._token, '(token)')[:_LONGEST_WORDS]}" if words else ""


def fields(value: Any) -> dict[str, Any]:
    """An object inside an answer; empty where the forge sent something else."""
    return value if isinstance(value, dict) else {}


def _decoded(answer: httpx.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        raise NotPosted("the forge's answer is not JSON", status=answer.status_code) from None

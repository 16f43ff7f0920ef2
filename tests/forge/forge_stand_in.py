"""GitHub and GitLab on loopback, as far as comments go."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "forge-token-0123456789"
BOT = {"id": 77, "login": "reconciler[bot]", "type": "Bot"}
PERSON = {"id": 5, "login": "octocat", "type": "User"}
_PAGE = 2  # fewer than is asked for: a server may cap it, and there must be several


@dataclass
class Forge:
    """One pull request (7) of `acme/phones` or merge request (7) of project 12, and everything that was sent."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    merged: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    knows_itself: bool = False
    elsewhere: str = ""

    def say(self, body: str, author: dict[str, Any] = BOT, **more: Any) -> None:
        number = len(self.comments) + 1
        self.comments.append({"id": number, "body": body, "user": author, "author": author, **more})

    @property
    def bodies(self) -> list[str]:
        return [comment["body"] for comment in self.comments]

    @property
    def writes(self) -> list[str]:
        return [method for method, _ in self.sent if method != "GET"]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any, str]:
        """Status, body and Link header."""
        if method in self.refuses:
            return self.refuses[method], {"message": f"Resource not accessible with {TOKEN}"}, ""
        last = path.rpartition("/")[2]
        match method, last:
            case "GET", "user":
                return (200, BOT, "") if self.knows_itself else (403, {"message": "not for jobs"}, "")
            case "GET", "pulls" | "merge_requests":
                return self._page(self.merged, query, path)
            case "GET", "comments" | "notes":
                return self._page(self.comments, query, path)
            case "POST", "comments" | "notes":
                self.say(body["body"])
                return 201, {**self.comments[-1], "html_url": "https://forge.example/7#1"}, ""
            case "PATCH" | "PUT", _:
                found = next(it for it in self.comments if str(it["id"]) == last)
                found["body"] = body["body"]
                return 200, {**found, "html_url": "https://forge.example/7#1"}, ""
            case "DELETE", _:
                self.comments[:] = [it for it in self.comments if str(it["id"]) != last]
                return 204, None, ""
        return 404, {"message": "Not Found"}, ""

    def _page(self, items: list[dict[str, Any]], query: dict[str, list[str]], path: str) -> tuple[int, Any, str]:
        number = int(query.get("page", ["1"])[0])
        start = (number - 1) * _PAGE
        more = len(items) > start + _PAGE
        # The address in the header is another host's: following it would hand the token over.
        link = f'<{self.elsewhere or self.url}{path}?page={number + 1}>; rel="next"' if more else ""
        return 200, items[start : start + _PAGE], link


Served = TypeVar("Served", bound=Forge)


@contextmanager
def serve(forge: Served) -> Iterator[Served]:
    """The forge on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            forge.sent.append((self.command, parts.path))
            forge.headers.append(dict(self.headers))
            status, answer, link = forge.answer(self.command, parts.path, parse_qs(parts.query), body)
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            if link:
                self.send_header("Link", link)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle  # noqa: N815 - names of the standard library

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def github_job(forge: Forge, **more: str) -> dict[str, str]:
    """The variables of a job on a pull request."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "acme/phones",
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_TOKEN": TOKEN,
        **more,
    }


def gitlab_job(forge: Forge, **more: str) -> dict[str, str]:
    """The variables of a job on a merge request."""
    return {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{forge.url}/api/v4",
        "CI_PROJECT_ID": "12",
        "CI_MERGE_REQUEST_IID": "7",
        "GITLAB_TOKEN": TOKEN,
        **more,
    }

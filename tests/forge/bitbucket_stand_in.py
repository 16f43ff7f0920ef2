"""Bitbucket Cloud on loopback, as far as comments and reports go, from its REST documentation (2.0)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from forge.forge_stand_in import BOT, PERSON, TOKEN, Forge

_PAGE = 2
_LONGEST, _LONGEST_SUMMARY, _MOST_ANNOTATIONS = 32_768, 450, 100
_UUIDS = {BOT["id"]: "{bot}", PERSON["id"]: "{person}"}


@dataclass
class BitbucketCloud(Forge):
    """Pull request 7 of `acme/phones`; an access token may not ask who it is unless it ``knows_itself``."""

    reports: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any, str]:
        if method in self.refuses:
            said = {"type": "error", "error": {"message": f"Resource not accessible with {TOKEN}"}}
            return self.refuses[method], said, ""
        parts = path.removeprefix("/2.0/").split("/")
        match method, parts:
            case "GET", ["user"]:
                return (200, self._user(BOT), "") if self.knows_itself else (403, {"type": "error"}, "")
            case "GET", ["repositories", "acme", "phones", "commit", _, "pullrequests"]:
                return self._paged(self.merged, query)
            case "GET", ["repositories", "acme", "phones", "pullrequests", _, "comments"]:
                return self._paged([self._comment(it) for it in self.comments], query)
            case "POST" | "PUT", ["repositories", "acme", "phones", "pullrequests", _, "comments", *_]:
                return self._written(method, parts, body)
            case "DELETE", ["repositories", "acme", "phones", "pullrequests", _, "comments", number]:
                next(it for it in self.comments if str(it["id"]) == number)["deleted"] = True
                return 204, None, ""
            case _, ["repositories", "acme", "phones", "commit", _, "reports", key, *more]:
                return self._report(method, key, more, body)
        return 404, {"type": "error", "error": {"message": "Resource not found"}}, ""

    @property
    def bodies(self) -> list[str]:
        return [it["body"] for it in self.comments if not it.get("deleted")]

    def _written(self, method: str, parts: list[str], body: Any) -> tuple[int, Any, str]:
        raw = body["content"]["raw"]
        if not raw or len(raw) > _LONGEST:
            return 400, {"type": "error", "error": {"message": "content: too long"}}, ""
        if method == "POST":
            self.say(raw)
            return 201, self._comment(self.comments[-1]), ""
        found = next(it for it in self.comments if str(it["id"]) == parts[-1])
        found["body"] = raw
        return 200, self._comment(found), ""

    def _report(self, method: str, key: str, more: list[str], body: Any) -> tuple[int, Any, str]:
        match method, more:
            case "DELETE", []:
                return (204, None, "") if self.reports.pop(key, None) is not None else (404, {"type": "error"}, "")
            case "PUT", []:
                assert {"title", "details", "report_type"} <= body.keys()
                assert body["report_type"] in {"SECURITY", "COVERAGE", "TEST", "BUG"}
                assert body["result"] in {"PASSED", "FAILED", "PENDING"}
                self.reports[key] = {**self.reports.get(key, {"annotations": []}), **body}
                return 200, body, ""
            case "POST", ["annotations"]:
                if key not in self.reports or not 1 <= len(body) <= _MOST_ANNOTATIONS:
                    return 400, {"key": "report-service.general.bad-request", "message": "too many"}, ""
                assert all(len(it["summary"]) <= _LONGEST_SUMMARY for it in body)
                assert {it["annotation_type"] for it in body} <= {"VULNERABILITY", "CODE_SMELL", "BUG"}
                assert {it["severity"] for it in body} <= {"CRITICAL", "HIGH", "MEDIUM", "LOW"}
                self.reports[key]["annotations"] += body
                return 200, body, ""
        return 404, {"type": "error"}, ""

    def _paged(self, items: list[dict[str, Any]], query: dict[str, list[str]]) -> tuple[int, Any, str]:
        number = int(query.get("page", ["1"])[0])
        start = (number - 1) * _PAGE
        found: dict[str, Any] = {"values": items[start : start + _PAGE], "page": number, "pagelen": _PAGE}
        if len(items) > start + _PAGE:
            found["next"] = f"{self.elsewhere or self.url}/2.0/?page={number + 1}"
        return 200, found, ""

    def _comment(self, it: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": it["id"],
            "type": "pullrequest_comment",
            "content": {"raw": it["body"], "markup": "markdown"},
            "user": self._user(it["user"]),
            "deleted": it.get("deleted", False),
            "links": {"html": {"href": "https://forge.example/7#1"}},
        }

    def _user(self, author: dict[str, Any]) -> dict[str, Any]:
        kind = "user" if author["type"] == "User" else "app_user"
        return {"uuid": _UUIDS[author["id"]], "type": kind, "display_name": author["login"]}


def bitbucket_job(forge: Forge, **more: str) -> dict[str, str]:
    """The variables of a pipeline on a pull request."""
    return {
        "BITBUCKET_BUILD_NUMBER": "99",
        "BITBUCKET_API_URL": f"{forge.url}/2.0",
        "BITBUCKET_REPO_FULL_NAME": "acme/phones",
        "BITBUCKET_PR_ID": "7",
        "BITBUCKET_COMMIT": "0123456789abcdef" * 2 + "01234567",
        "BITBUCKET_TOKEN": TOKEN,
        **more,
    }

"""Azure DevOps on loopback, as far as threads of a pull request go, from its REST documentation (6.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forge.forge_stand_in import BOT, TOKEN, Forge

_LONGEST = 150_000
_PLACE = ["acme", "Phone%20Agents", "_apis", "git", "repositories", "r-1"]


@dataclass
class AzureDevOps(Forge):
    """Pull request 7 of the repository `r-1`; each comment of ``comments`` is a thread of its own."""

    knows_itself: bool = True  # a job's token may always ask who it is
    statuses: tuple[str, ...] = ()

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any, str]:
        if method in self.refuses:
            return self.refuses[method], {"message": f"Resource not accessible with {TOKEN}"}, ""
        parts = path.strip("/").split("/")
        if parts == ["acme", "_apis", "connectionData"]:
            return 200, {"authenticatedUser": {"id": str(BOT["id"])}}, ""
        if parts[: len(_PLACE)] != _PLACE or query.get("api-version") != ["6.0"]:
            return 404, {"message": "TF400813"}, ""
        match method, parts[len(_PLACE) :]:
            case "GET", ["pullRequests", _, "threads"]:
                return 200, {"value": [self._thread(it) for it in self.comments], "count": len(self.comments)}, ""
            case "POST", ["pullRequests", _, "threads"]:
                (comment,) = body["comments"]
                assert comment["parentCommentId"] == 0
                if not 0 < len(comment["content"]) <= _LONGEST:
                    return 400, {"message": "content"}, ""
                self.say(comment["content"])
                self.statuses += (body["status"],)
                return 200, self._thread(self.comments[-1]), ""
            case "PATCH", ["pullRequests", _, "threads", thread, "comments", "1"]:
                self._of(thread)["body"] = body["content"]
                return 200, {}, ""
            case "DELETE", ["pullRequests", _, "threads", thread, "comments", "1"]:
                self._of(thread)["deleted"] = True
                return 200, None, ""
            case "POST", ["pullrequestquery"]:
                (asked,) = body["queries"]
                assert asked["type"] == "lastMergeCommit"
                return 200, {"results": [{asked["items"][0]: self.merged}]}, ""
        return 404, {"message": "TF400813"}, ""

    @property
    def bodies(self) -> list[str]:
        return [it["body"] for it in self.comments if not it.get("deleted")]

    def _of(self, thread: str) -> dict[str, Any]:
        return next(it for it in self.comments if str(it["id"]) == thread)

    def _thread(self, it: dict[str, Any]) -> dict[str, Any]:
        first = {
            "id": 1,
            "parentCommentId": 0,
            "author": {"id": str(it["user"]["id"]), "displayName": it["user"]["login"]},
            "content": it["body"],
            "commentType": "system" if it.get("system") else "text",
            "isDeleted": it.get("deleted", False),
        }
        return {"id": it["id"], "status": "closed", "comments": [first], "isDeleted": False}


def azure_job(forge: Forge, **more: str) -> dict[str, str]:
    """The variables of a job that validates a pull request."""
    return {
        "TF_BUILD": "True",
        "SYSTEM_COLLECTIONURI": f"{forge.url}/acme/",
        "SYSTEM_TEAMPROJECT": "Phone Agents",
        "BUILD_REPOSITORY_ID": "r-1",
        "BUILD_REPOSITORY_NAME": "phones",
        "BUILD_BUILDID": "99",
        "BUILD_SOURCEVERSION": "0123456789abcdef" * 2 + "01234567",
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
        "SYSTEM_ACCESSTOKEN": TOKEN,
        **more,
    }

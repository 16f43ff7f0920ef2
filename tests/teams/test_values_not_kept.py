"""What the server does not keep: callers never hear half a change, and the next plan says which side it was."""

from __future__ import annotations

import html
import json
import sqlite3
import unicodedata
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reconciler.emulator import EmulatorTransport, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account, Ran

    Having = Callable[..., Account]

IN_PART = 4
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: %s}
spec:
  name: %s
  voice: olivia
  prompt: %s
"""


def agent(name: str, prompt: str, more: str = "") -> str:
    return AGENT % (name, name, prompt) + more


def changed_by(ran: Ran) -> dict[str, str]:
    (change,) = [each for each in ran.json["changes"] if each["action"] == "update"]
    return {field["path"]: field["changed_by"] for field in change["fields"]}


def live(account: Account, name: str) -> dict[str, Any]:
    database = sqlite3.connect(account.root / ".reconciler/emulator.db")
    with closing(database):
        (body,) = database.execute("SELECT body FROM agents WHERE id = ?", (account.id(name),)).fetchone()
    return dict(json.loads(body))


@pytest.fixture
def half_kept(having: Having) -> Account:
    """Two agents, both changed; the server ignores one field of the first."""
    account = having()
    account.write("manifests/a.yaml", agent("desk", "Hello") + "---\n" + agent("other", "Hello"))
    account.apply()
    more = "  consent_announcement_text: This call is recorded.\n"
    account.write("manifests/a.yaml", agent("desk", "I record this.", more) + "---\n" + agent("other", "Changed."))
    path = f"/v1/agents/{account.id('desk')}"
    account.platform.inject(Fault(method="PATCH", path=path, ignore=("consent_announcement_text",)))
    return account


def test_a_draft_that_came_out_wrong_is_thrown_away_and_nobody_hears_any_of_the_change(half_kept: Account) -> None:
    ran = half_kept.run("apply", "--yes")
    assert ran.code == IN_PART
    said = " ".join(ran.out.split())
    assert "`consent_announcement_text` did not come out as declared (manifests/a.yaml:" in said
    assert "its draft was thrown away, and callers stay as they were" in said
    for name in ("desk", "other"):
        assert live(half_kept, name)["prompt"] == "Hello"
        assert not live(half_kept, name)["has_draft"]
    assert not any(request["path"].endswith("/deploy") for request in half_kept.writes())


def test_the_next_plan_says_that_the_server_keeps_another_value(half_kept: Account) -> None:
    half_kept.run("apply", "--yes")
    told = half_kept.run("plan", "--format", "json", "--target", "Agent/desk")
    assert changed_by(told) == {"prompt": "manifest", "consent_announcement_text": "server"}
    half_kept.apply()
    assert half_kept.plan().code == 0


def test_a_create_that_came_out_wrong_exists_and_is_named_by_its_id(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", agent("desk", "Hello", "  product: bolt\n"))
    account.platform.inject(Fault(method="POST", path="/v1/agents", ignore=("product",)))
    ran = account.run("apply", "--yes")
    assert ran.code == IN_PART
    said = " ".join(ran.out.split())
    assert "`product` did not come out as declared (manifests/a.yaml:8:" in said
    assert f"it exists (id {account.id('desk')})" in said
    assert "Nothing was applied" not in ran.out
    assert "Applied in part: 1 failed." in ran.out
    plan = account.run("plan", "--format", "json")
    assert changed_by(plan) == {"product": "server"}
    assert "the server keeps another value" in plan.out


TEXT = "Cafe\u0301 & bar:  you answer <briefly>. "
FOLDED: dict[str, tuple[Callable[[str], str], str, str]] = {
    "NFC": (lambda text: unicodedata.normalize("NFC", text), "is in the Unicode form NFC", "save it in the form NFC"),
    "HTML": (html.escape, "is escaped for HTML", "write it without"),
    "blanks": (lambda text: " ".join(text.split()), "has other white space", "write its white space as"),
    "cut": (lambda text: text[:10], "is cut after 10 characters", "shorten it to 10 characters"),
    "other": (str.swapcase, "did not come out as declared", "compare with the dashboard"),
}


@pytest.mark.parametrize("way", FOLDED)
def test_a_text_that_the_server_keeps_otherwise_is_not_deployed_and_how_it_differs_is_told(
    having: Having, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    fold, how, hint = FOLDED[way]
    account = having()
    account.write("manifests/a.yaml", agent("desk", "Hello"))
    account.apply()
    handle = EmulatorTransport.handle_request

    def folding(self: EmulatorTransport, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            body = json.loads(request.content)
            body["prompt"] = fold(body["prompt"])
            headers = {**request.headers}
            headers.pop("content-length")
            request = httpx.Request(request.method, request.url, json=body, headers=headers)
        return handle(self, request)

    monkeypatch.setattr(EmulatorTransport, "handle_request", folding)
    account.write("manifests/a.yaml", agent("desk", json.dumps(TEXT)))
    ran = account.run("apply", "--yes")
    said = " ".join(ran.out.split())
    assert (ran.code, live(account, "desk")["prompt"]) == (IN_PART, "Hello")
    assert how in said
    assert hint in said
    assert "changed in the manifest" not in account.run("plan").out
    assert "server keeps another value" in " ".join(account.run("plan").out.split())


def test_a_null_that_a_draft_cannot_show_is_no_loss(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", agent("desk", "Hello", "  background_track: office\n"))
    account.apply()
    account.write("manifests/a.yaml", agent("desk", "Hello", "  background_track: null\n"))
    account.apply()
    assert live(account, "desk")["background_track"] is None

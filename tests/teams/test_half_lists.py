"""Half a list is never taken for the whole: nothing that is there is made a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest

from reconciler.api.client import Api
from reconciler.emulator import EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import httpx
    from adoption.account import Account

    Having = Callable[..., Account]

AGENTS = "---\n".join(
    f"apiVersion: reconciler/v1\nkind: Agent\nmetadata: {{name: a{n}}}\n"
    f"spec: {{name: A{n}, prompt: I am {n}., voice: olivia}}\n"
    for n in range(5)
)


@pytest.fixture
def account(having: Having) -> Account:
    account = having()
    account.write("manifests/a.yaml", AGENTS)
    account.apply()
    account.platform.forget_requests()
    return account


def test_what_a_list_leaves_out_is_asked_for_by_its_id_before_it_is_called_deleted(account: Account) -> None:
    whole = Api.items

    def half(self: Api, path: str, *given: Any, **more: Any) -> Sequence[Any]:
        found = whole(self, path, *given, **more)
        return found[:2] if path == "/v1/agents" else found

    with mock.patch.object(Api, "items", half):
        assert account.run("plan", "--detailed-exitcode").code == 0
        account.apply()
    assert account.writes() == []


def test_what_is_gone_by_its_id_too_was_deleted_outside(account: Account) -> None:
    account.platform.change(agents=[{"id": account.id("A3"), "delete": True}])
    ran = account.run("plan", "--format", "json")
    (change,) = [each for each in ran.json["changes"] if each["action"] != "keep"]
    assert (change["address"], change["reason"]) == ("Agent/a3", "deleted_outside")


def test_a_link_to_another_page_stops_the_plan(account: Account) -> None:
    handle = EmulatorTransport.handle_request

    def linked(self: EmulatorTransport, request: httpx.Request) -> httpx.Response:
        response = handle(self, request)
        response.headers["Link"] = '<https://emulator.invalid/v1/agents?page=2>; rel="next"'
        return response

    with mock.patch.object(EmulatorTransport, "handle_request", linked):
        ran = account.run("plan")
    assert ran.code == 1
    assert "RC407" in ran.err
    assert "there is more (`Link`)" in " ".join(ran.err.split())

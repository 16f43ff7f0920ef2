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


# One variant of an agent cannot be asked for by its id (contract 5.4): there the list is all there is.
NESTED = "".join(
    f"---\napiVersion: reconciler/v1\nkind: TestScenario\nmetadata: {{name: s{n}}}\n"
    f"spec: {{agent: a0, title: S{n}, scenario_prompt: You ask for number {n}.}}\n"
    for n in range(3)
)


def test_half_a_list_below_a_parent_makes_no_twin_either(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", f"{AGENTS}{NESTED}")
    account.apply()
    account.platform.forget_requests()
    whole = Api.items

    def half(self: Api, path: str, *given: Any, **more: Any) -> Sequence[Any]:
        found = whole(self, path, *given, **more)
        return found[:1] if path.startswith("/v1/agents/") else found

    with mock.patch.object(Api, "items", half):
        ran = account.run("plan", "--detailed-exitcode")
        assert (ran.code, ran.err) == (0, ""), ran.out
        account.apply()
    assert account.writes() == []


def test_what_is_gone_with_its_parent_is_not_asked_for_one_by_one(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", f"{AGENTS}{NESTED}")
    account.apply()
    account.platform.change(agents=[{"id": account.id("A0"), "delete": True}])
    asked: list[str] = []
    get = Api.get

    def counted(self: Api, path: str, *given: Any, **more: Any) -> Any:
        asked.append(path)
        return get(self, path, *given, **more)

    with mock.patch.object(Api, "get", counted):
        assert account.run("plan").code == 0
    assert [path for path in asked if path.count("/") > 3] == []

"""What every kind in the registry must do, without a line of test code for any of them.

A kind supplies two valid specs (``specs/``). What it cannot do follows from its contract: a number is never created
or removed, a call is our own record and is neither adopted nor exported.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from kinds.conftest import fields_of
from reconciler.contract.fields import policies
from reconciler.contract.kind import FoundBy, Orphans
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kinds.conftest import KilledRuns

CHECKOUT = Path(__file__).parents[2]
IN_PART, REFUSED = 4, 3

every = pytest.mark.parametrize("kind", sorted(KINDS))


def those(kinds: Iterable[Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", sorted(it.name for it in kinds))


OBJECTS = [it for it in KINDS.values() if not it.table]  # what stands for the rows of a table is none itself
LIVE = [it for it in KINDS.values() if not it.kept_in_state]
REMOVABLE = [it for it in LIVE if it.orphans is Orphans.KEPT]
BOUND = [it for it in REMOVABLE if it.found_by is FoundBy.BINDING]


def settled(bench: KilledRuns, **envelope: Any) -> None:
    bench.declare(bench.specimen.document(**envelope))
    bench.applied()


@those(OBJECTS)
def test_what_is_declared_comes_about_and_then_nothing_is_left_to_do(bench: KilledRuns) -> None:
    settled(bench)
    bench.clean()


@those(OBJECTS)
def test_each_field_that_is_edited_in_the_manifest_is_the_only_one_that_changes(bench: KilledRuns) -> None:
    settled(bench)
    spec = dict(bench.specimen.first)
    for name in bench.specimen.fields():
        spec[name] = bench.specimen.second[name]
        bench.declare(bench.specimen.document(spec))
        update = "reschedule" if bench.kind.verbs.update != "update" else f"update: {name}"
        replaced = bench.kind.replaceable and policies(bench.kind.spec)[name].immutable
        assert bench.actions() == (["replace", "delete"] if replaced else [update]), name
        bench.applied()
    bench.clean()


@those(LIVE)
def test_each_field_that_is_edited_in_the_account_is_drift_and_put_back(bench: KilledRuns) -> None:
    settled(bench)
    identified: dict[str, Any] = {} if bench.kind.found_by is FoundBy.IDENTITY else {"metadata": {"id": bench.id()}}
    own = policies(bench.kind.spec)
    for name in (it for it in bench.specimen.fields() if own[it].unread is None and not own[it].immutable):
        edited = {**bench.specimen.first, name: bench.specimen.second[name]}
        bench.colleague(bench.specimen.document(edited, **identified))
        changes = [it for it in bench.folder.plan()["changes"] if it["action"] == "update"]
        assert [(it["reason"], fields_of(it)) for it in changes] == [("drift", [name])]
        bench.applied()
    bench.clean()


@those(LIVE)
def test_a_field_that_is_released_is_left_as_it_is(bench: KilledRuns) -> None:
    settled(bench)
    for name in bench.specimen.fields():
        spec = {key: value for key, value in bench.specimen.first.items() if key != name}
        bench.declare(bench.specimen.document(spec))
        if bench.folder.run("validate", online=False).code == 0:
            assert bench.actions() == [], name


@those(REMOVABLE)
def test_a_rename_keeps_the_object(bench: KilledRuns) -> None:
    settled(bench)
    id_ = bench.id()
    bench.declare(bench.specimen.document(name="renamed", metadata={"was": ["specimen"]}))
    bench.applied()
    bench.clean()
    assert bench.id() == id_


@those(REMOVABLE)
def test_what_was_deleted_outside_is_created_again(bench: KilledRuns) -> None:
    settled(bench)
    bench.colleague(bench.specimen.document(absent=True))
    assert bench.actions() == ["create"]
    bench.applied()
    bench.clean()


@those(BOUND)
def test_what_is_there_under_its_name_is_adopted(bench: KilledRuns) -> None:
    settled(bench)
    id_ = bench.id()
    bench.forget()
    assert bench.actions()[0] == "adopt"
    bench.applied()
    bench.clean()
    assert bench.id() == id_


@those(it for it in BOUND if not it.tried_once)
def test_two_live_objects_of_one_name_are_refused_with_their_ids(bench: KilledRuns) -> None:
    settled(bench)
    bench.twice()
    bench.clean()
    bench.forget()
    said = bench.folder.run("plan", "--format", "json")
    (change,) = (it for it in json.loads(said.out)["changes"] if it["kind"] == bench.kind.name)
    assert (said.code, change["action"], change["reason"]) == (REFUSED, "refuse", "ambiguous")


@those(REMOVABLE)
def test_what_is_declared_absent_is_deleted_once(bench: KilledRuns) -> None:
    settled(bench)
    bench.declare(bench.specimen.document(absent=True))
    assert bench.actions() == ["delete"]
    bench.applied()
    bench.clean()


@those(REMOVABLE)
def test_what_is_not_declared_any_more_is_deleted_by_prune_alone(bench: KilledRuns) -> None:
    settled(bench)
    bench.declare(OTHER)
    assert bench.actions() == []
    assert bench.actions("--prune") == ["delete"]
    bench.applied("--prune")
    bench.clean()


@those(REMOVABLE)
def test_what_is_protected_is_never_pruned(bench: KilledRuns) -> None:
    settled(bench, metadata={"protect": True})
    bench.declare(OTHER)
    assert bench.actions("--prune") == ["refuse"]


# Something else that is declared: an empty project would undo nothing.
OTHER = {
    "apiVersion": "reconciler/v1",
    "kind": "PhoneNumber",
    "metadata": {"name": "other"},
    "spec": {"number": "+15551230002"},
}


@those(LIVE)
def test_a_field_that_the_server_drops_is_said_at_its_name(bench: KilledRuns) -> None:
    settled(bench)
    own = policies(bench.kind.spec)
    readable = [it for it in bench.specimen.fields() if own[it].unread is None and not own[it].immutable]
    bench.declare(
        bench.specimen.document({**bench.specimen.first, **{it: bench.specimen.second[it] for it in readable}})
    )
    name = readable[-1]

    def dropped(request: httpx.Request, send: Any) -> httpx.Response:
        if request.method in ("PATCH", "POST", "PUT") and own[name].wire in json.loads(request.content or "{}"):
            body = {key: value for key, value in json.loads(request.content).items() if key != own[name].wire}
            request.stream = httpx.ByteStream(json.dumps(body).encode())
            del request._content
            request.headers["Content-Length"] = str(len(json.dumps(body).encode()))
            request.read()
        answer: httpx.Response = send()
        return answer

    with bench.requests(dropped):
        said = bench.folder.run("apply", "--yes", "--format", "json")
    assert said.code == IN_PART, said.text
    assert f"`{name}`" in next(it for it in json.loads(said.out)["results"] if it["outcome"] != "done")["detail"]
    bench.applied()
    bench.clean()


@those(LIVE)
def test_an_answer_that_is_lost_at_any_write_is_settled_by_the_same_or_the_next_apply(bench: KilledRuns) -> None:
    for document in (bench.specimen.document(), bench.specimen.document(bench.specimen.second)):
        bench.declare(document)
        for cut in range(10):
            writes = iter(range(100))
            struck: list[str] = []

            def lost(request: httpx.Request, send: Any) -> httpx.Response:
                answer: httpx.Response = send()
                if request.method != "GET" and next(writes) == cut:  # noqa: B023 - used within the same turn
                    struck.append(request.url.path)  # noqa: B023 - as above
                    raise httpx.ReadError("injected", request=request)
                return answer

            with bench.requests(lost):
                said = bench.folder.run("apply", "--yes")
            assert said.code in (0, IN_PART), said.text
            if not struck:
                break
            if said.code == IN_PART:
                again = f"{bench.kind.name}/specimen"
                bench.applied(*(("--again", again) if f"--again {again}" in said.text else ()))
            bench.clean()
    if bench.kind.found_by is FoundBy.BINDING:
        bench.forget()
        actions = bench.actions()  # what still moves is left alone, and adopted once it stands
        assert actions[:1] == ["adopt"] or (bench.kind.patience and not actions), bench.folder.run("plan").text


@those(LIVE)
def test_an_export_is_as_declared(bench: KilledRuns) -> None:
    settled(bench)
    bench.forget()
    bench.folder.write({})
    said = bench.export()
    assert said.code == 0, said.text
    plan = bench.folder.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.text


@every
def test_a_kind_has_a_schema_and_a_place_in_the_docs(kind: str) -> None:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind).lower()
    assert (CHECKOUT / "schemas" / f"{name}.json").is_file()
    assert f"`{kind}`" in (CHECKOUT / "docs" / "manifests.md").read_text("utf-8")

"""What holds for every plain resource alike, whatever the vendor calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from emulator.conftest import NOON, RECEPTION, connect
from emulator.specimens import BY_NAME, SPECIMENS, Specimen
from reconciler.emulator import Fault, Platform, Scenario
from reconciler.schedule.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.emulator.resource import Resource

NAMES = sorted(BY_NAME)
MISSING = {int: "99999999", str: "00000000-0000-4000-8000-00000000dead"}


class Collection:
    """One resource as a client meets it, with its specimen's surroundings in place."""

    def __init__(self, http: httpx.Client, platform: Platform, name: str) -> None:
        self.http, self.platform = http, platform
        self.resource: Resource = BY_NAME[name]
        self.specimen: Specimen = SPECIMENS[name]
        self.path = self.resource.path.replace("{int}", "1001")

    def body(self) -> dict[str, Any]:
        return self.specimen.body | self.specimen.prepare(self.http)

    def create(self, **more: Any) -> dict[str, Any]:
        if "create" not in self.resource.verbs:
            parent = self.resource.parent
            self.control(**self.body(), **({parent.field: 1001} if parent else {}))
            return self.all()[0] if "list" in self.resource.verbs else self.kept()[0]
        answered = self.http.post(self.path, json=self.body() | more)
        assert answered.status_code == self.resource.created_status, answered.text
        return dict(answered.json())

    def control(self, **entry: Any) -> None:
        self.platform.change(**{self.resource.name: [entry]})

    def kept(self) -> list[dict[str, Any]]:
        return self.platform.objects(self.resource.name)

    def all(self) -> list[dict[str, Any]]:
        listed = self.http.get(self.path).json()
        return list(listed[self.resource.envelope] if self.resource.envelope else listed)

    def item(self, body: dict[str, Any]) -> str:
        return f"{self.path}/{body[self.resource.id_field]}"

    @property
    def nowhere(self) -> str:
        return f"{self.path}/{MISSING[str if self.resource.first_id is None else int]}"

    def readable(self) -> dict[str, Any]:
        return {name: value for name, value in self.specimen.body.items() if name not in self.specimen.silent}


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform(":memory:", FixedClock(NOON), Scenario(agents=(RECEPTION,))) as platform:
        yield platform


@pytest.fixture
def collection(http: httpx.Client, platform: Platform, name: str) -> Collection:
    return Collection(http, platform, name)


def having(*verbs: str) -> pytest.MarkDecorator:
    """The resources that have those operations."""
    return pytest.mark.parametrize("name", [name for name in NAMES if {*verbs} <= {*BY_NAME[name].verbs}])


def subset(part: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    return {name: whole.get(name) for name in part}


def test_every_resource_has_a_specimen() -> None:
    assert sorted(SPECIMENS) == NAMES


@having("list")
def test_what_is_created_is_told_and_has_a_field_nobody_announced(collection: Collection) -> None:
    created = collection.create(nobody_knows="this")
    assert subset(collection.readable(), created) == collection.readable()
    assert "x_emulated" in created
    assert "nobody_knows" not in created
    assert not any(name.startswith("_") for name in created)


@having("list")
def test_the_list_has_what_was_created_and_no_secret_shown_once(collection: Collection) -> None:
    assert collection.all() == []
    created = collection.create()
    once = collection.resource.once
    assert all(created[name] for name in once)
    (listed,) = collection.all()
    assert listed == {name: value for name, value in created.items() if name not in once}


@having("show", "list")
def test_one_object_is_read_alone_as_in_the_list(collection: Collection) -> None:
    created = collection.create()
    alone = collection.http.get(collection.item(created)).json()
    (listed,) = collection.all()
    assert subset(listed, alone) == listed


@having("patch")
def test_a_patch_changes_what_it_names_and_nothing_else(collection: Collection) -> None:
    before = collection.create()
    change = collection.specimen.change
    patched = collection.http.patch(collection.item(before), json=change)
    assert (patched.status_code, subset(change, patched.json())) == (200, change)
    moved = {*change, *collection.resource.once, "updated_at"}
    assert {name: value for name, value in patched.json().items() if name not in moved} == {
        name: value for name, value in before.items() if name not in moved
    }


@having("patch")
def test_an_empty_patch_and_an_unknown_field_change_nothing(collection: Collection) -> None:
    before = collection.create()
    once = {*collection.resource.once, "updated_at"}
    for body in (b"", b"{}", b'{"nobody_knows": 1}'):
        patched = collection.http.patch(
            collection.item(before), content=body, headers={"Content-Type": "application/json"}
        )
        assert {name: value for name, value in patched.json().items() if name not in once} == {
            name: value for name, value in before.items() if name not in once
        }


@having("delete")
def test_what_is_deleted_is_gone_and_its_id_never_comes_back(collection: Collection) -> None:
    created = collection.create()
    assert collection.http.delete(collection.item(created)).status_code == 204
    if collection.resource.soft_delete is None:
        assert collection.http.delete(collection.item(created)).status_code == 404
        assert collection.kept() == []
    again = collection.create()
    id_field = collection.resource.id_field
    assert again[id_field] != created[id_field]


@pytest.mark.parametrize(
    ("name", "method"),
    [
        (name, method)
        for verb, method in (("show", "GET"), ("patch", "PATCH"), ("delete", "DELETE"))
        for name in NAMES
        if verb in BY_NAME[name].verbs
    ],
)
def test_an_object_that_is_not_here_is_a_404_in_the_vendors_words(collection: Collection, method: str) -> None:
    refused = collection.http.request(method, collection.nowhere)
    assert (refused.status_code, refused.json()) == (
        404,
        {"detail": f"No {collection.resource.noun} matches the given query."},
    )


@having()
def test_an_id_of_the_wrong_sort_is_no_path_at_all(collection: Collection) -> None:
    refused = collection.http.delete(f"{collection.path}/not-an-id")
    assert (refused.status_code, refused.json()) == (404, {"detail": "Not found."})


@having("create")
def test_every_missing_field_is_named_in_one_400(collection: Collection) -> None:
    required = {name for name, each in collection.resource.fields.items() if each.required}
    answered = collection.http.post(collection.path, json={})
    assert answered.status_code == (400 if required else 201)
    if required:
        assert answered.json() == {name: ["This field is required."] for name in required}
        assert collection.kept() == []


@pytest.mark.parametrize("value", [[{"deep": 1}], 0.5, {"a": "b"}])
@having("create")
def test_a_value_of_the_wrong_type_is_a_400_and_not_a_crash(collection: Collection, value: object) -> None:
    for name in collection.resource.fields:
        answered = collection.http.post(collection.path, json={**collection.body(), name: value})
        assert answered.status_code in {200, 201, 400}, (name, answered.text)


@having("patch")
def test_a_field_may_be_dropped_while_the_answer_is_a_success(collection: Collection) -> None:
    before = collection.create()
    change = collection.specimen.change
    collection.platform.inject(Fault(method="PATCH", ignore=tuple(change)))
    patched = collection.http.patch(collection.item(before), json=change)
    assert (patched.status_code, subset(change, patched.json())) == (200, subset(change, before))


@pytest.mark.parametrize(("took_effect", "left"), [(False, 0), (True, 1)])
@having("create")
def test_an_answer_may_be_lost_before_or_after_the_write(
    collection: Collection,
    took_effect: bool,  # noqa: FBT001 - a column of the table
    left: int,
) -> None:
    collection.platform.inject(Fault(method="POST", path=collection.path, drop="read", took_effect=took_effect))
    body = collection.body()
    with pytest.raises(httpx.ReadError):
        collection.http.post(collection.path, json=body)
    assert len(collection.kept()) == left


@having()
def test_a_colleague_creates_changes_and_deletes_behind_a_clients_back(collection: Collection) -> None:
    parent = collection.resource.parent
    below = {parent.field: 1001} if parent else {}
    collection.control(**collection.body(), **below)
    (kept,) = collection.kept()
    collection.control(**{collection.resource.id_field: kept[collection.resource.id_field], "x_set_by_hand": 1})
    assert collection.kept()[0]["x_set_by_hand"] == 1
    assert collection.platform.state()["objects"][collection.resource.name] == 1
    collection.control(**{collection.resource.id_field: kept[collection.resource.id_field], "delete": True})
    if collection.resource.soft_delete is None:
        assert collection.kept() == []


def test_outer_blanks_are_stripped_by_a_platform_that_does_so(http: httpx.Client, platform: Platform) -> None:
    platform.change(trims_text=True)
    created = http.post("/v1/reusable-instructions", json={"name": " Kind ", "content": "Be kind.\n"}).json()
    assert (created["name"], created["content"]) == ("Kind", "Be kind.")


@pytest.mark.parametrize("name", NAMES)
def test_a_restart_keeps_every_object_and_a_reset_none(name: str, tmp_path: Path) -> None:
    path, clock = tmp_path / "emulator.db", FixedClock(NOON)
    with Platform(path, clock, Scenario(agents=(RECEPTION,))) as platform, connect(platform) as http:
        collection = Collection(http, platform, name)
        collection.create()
        kept = collection.kept()
    with Platform(path, clock) as platform:
        assert platform.objects(name) == kept
        platform.reset()
        assert platform.objects(name) == []


def test_the_controls_list_a_resource_and_know_no_other(http: httpx.Client) -> None:
    http.post("/v1/reusable-instructions", json={"name": "Kind", "content": "Be kind."})
    assert [each["name"] for each in http.get("/emulator/objects/reusable_instructions").json()] == ["Kind"]
    assert http.get("/emulator/objects/unicorns").status_code == 404


def test_a_scenario_may_start_with_objects_of_any_resource(http: httpx.Client) -> None:
    body = {"objects": {"reusable_instructions": [{"name": "Kind", "content": "Be kind."}]}}
    assert http.post("/emulator/reset", json=body).json()["objects"]["reusable_instructions"] == 1

"""A rename is a matter of names: whatever the graph of `was`, bindings move and the account is not written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laws.project import Folder, project
from reconciler.model import Address, Location, Manifest
from reconciler.planning.renames import renamed
from reconciler.state.bindings import Binding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import DrawFn

NAMES = ("a", "b", "c", "d", "e")
Histories = list[list[str]]


def manifest(names: list[str], id_: str | None = None) -> Manifest:
    """A document that has had these names, the last of which it has now."""
    return Manifest(Address("Agent", names[-1]), {}, Location("a.yaml"), None, was=tuple(names[:-1]), id=id_)


def bound(**ids: str) -> dict[Address, Binding]:
    return {Address("Agent", name): Binding(Address("Agent", name), id=id_) for name, id_ in ids.items()}


def continued(bindings: Mapping[Address, Binding], histories: Histories) -> dict[Address, Binding]:
    """The bindings after the documents that have had these names were applied."""
    found = renamed(bindings, [manifest(names) for names in histories])
    assert not found.contested
    return dict(found.bindings)


def ids(bindings: Mapping[Address, Binding]) -> dict[str, str]:
    return {address.name: binding.id for address, binding in bindings.items()}


@st.composite
def renamings(draw: DrawFn) -> list[Histories]:
    """The names that each of some things has had, after each of some rounds in which any of them were renamed."""
    count = draw(st.integers(1, 4))
    now: Histories = [[name] for name in NAMES[:count]]
    rounds = [now]
    for _ in range(draw(st.integers(1, 3))):
        wanted = draw(st.permutations(NAMES))[:count]
        after = [names if new == names[-1] else [*names, new] for names, new in zip(now, wanted, strict=True)]
        if _can_be_declared(after):
            rounds.append(now := after)
    return rounds


def _can_be_declared(histories: Histories) -> bool:
    """Nothing has a name again that it gave up, and no two documents say that they had the same (RC117)."""
    olds = [name for names in histories for name in names[:-1]]
    return len(olds) == len(set(olds)) and all(len(names) == len(set(names)) for names in histories)


@settings(max_examples=300)
@given(rounds=renamings(), skipped=st.sets(st.integers(1, 3)))
def test_each_thing_keeps_its_binding_through_any_renames_and_skipped_applies(
    rounds: list[Histories], skipped: set[int]
) -> None:
    bindings = bound(**{names[-1]: str(number) for number, names in enumerate(rounds[0])})
    for place, histories in enumerate(rounds):
        if place in skipped and place + 1 < len(rounds):
            continue
        bindings = continued(bindings, histories)
        assert ids(bindings) == {names[-1]: str(number) for number, names in enumerate(histories)}
        assert continued(bindings, histories) == bindings


def agents(histories: Histories) -> str:
    return "---\n".join(
        f"apiVersion: reconciler/v1\nkind: Agent\nmetadata: {{name: {names[-1]}, was: {json.dumps(names[:-1])}}}\n"
        f"spec: {{name: Agent {number}, prompt: I am {number}, voice: olivia}}\n"
        for number, names in enumerate(histories)
    )


def remembered(folder: Folder) -> dict[str, str]:
    entries = json.loads(folder.run("state", "show", "--format", "json").out)["entries"]
    return {
        key.rpartition("/")[2]: value["id"] for key, value in entries.items() if key.startswith("binding/")
    }  # fmt: skip - one sentence


@settings(max_examples=5)
@given(rounds=renamings())
def test_no_rename_sends_a_write_and_the_next_plan_is_clean(rounds: list[Histories]) -> None:
    with project() as folder:
        for place, histories in enumerate(rounds):
            folder.write({"a.yaml": agents(histories)})
            said = folder.run("apply", "--yes")
            assert said.code == 0, said.text
            assert bool(said.written) == (place == 0)
            assert folder.run("plan", "--detailed-exitcode", "--prune").code == 0


SWAP = [["a", "b"], ["b", "a"]]
ROTATION = [["a", "b"], ["b", "c"], ["c", "a"]]
CHAIN = [["a", "b"], ["b", "c"]]


@pytest.mark.parametrize("histories", [SWAP, ROTATION, CHAIN], ids=["swap", "rotation", "chain"])
def test_names_that_change_places_take_their_bindings_along(histories: Histories) -> None:
    bindings = continued(
        bound(**{names[0]: str(n) for n, names in enumerate(histories)}), histories
    )  # fmt: skip - one sentence
    assert ids(bindings) == {names[-1]: str(n) for n, names in enumerate(histories)}
    assert continued(bindings, histories) == bindings


def test_a_new_thing_may_take_a_name_in_the_run_that_frees_it() -> None:
    bindings = continued(bound(a="1"), [["a", "b"], ["a"]])
    assert ids(bindings) == {"b": "1"}


def test_a_new_thing_that_has_the_old_name_later_keeps_what_it_is() -> None:
    bindings = continued(bound(a="1"), [["a", "b"]]) | bound(a="3")
    assert ids(continued(bindings, [["a", "b"], ["a"]])) == {"a": "3", "b": "1"}


def test_the_old_name_that_an_earlier_version_left_behind_is_forgotten() -> None:
    bindings = bound(a="1", b="1")
    assert ids(continued(bindings, [["a", "b"]])) == {"b": "1"}
    assert ids(continued(bindings, [["b"]])) == {"b": "1"}
    assert ids(continued(bindings, [["a", "b"], ["a"]])) == {"b": "1"}


def test_a_document_that_would_leave_its_own_object_to_nobody_is_contested_and_nothing_moves() -> None:
    bindings = bound(a="1", b="2", c="3")
    found = renamed(bindings, [manifest(["a", "b"]), manifest(["c", "a"])])
    assert found.contested == {Address("Agent", "b"): ("1", "2"), Address("Agent", "a"): ("3", "1")}
    assert ids(found.bindings) == {"a": "1", "b": "2", "c": "3"}


def test_the_binding_moves_to_the_document_that_writes_its_id() -> None:
    found = renamed(bound(a="1", b="2"), [manifest(["a", "c"], "2"), manifest(["b"])])
    assert ids(found.bindings) == {"a": "1", "b": "2"}

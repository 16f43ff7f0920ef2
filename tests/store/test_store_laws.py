"""Every store to the same promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.errors import Conflict, InputError, StoreError
from reconciler.store import Entry, Store, Write, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from store.conftest import Place

ODD_KEYS = (
    "a",
    "a/b",
    "a/b/c",
    "ab",
    "a.json",
    "a.json/b",
    "A",
    "/leading",
    "trailing/",
    "two//slashes",
    "..",
    "../../etc/passwd",
    ".git/config",
    "git~1",
    "-x",
    "with space",
    "100%",
    "%2E",
    "%",
    "back\\slash",
    "colon:star*question?quote\"pipe|less<more>'tick`",
    "ünïcödé/日本/🙂",
    "2026-12-01T15:00:00+01:00#1",
    "con.aux/nul",
    "k" * 250,
)
ODD_VALUES: tuple[dict[str, Any], ...] = (
    {},
    {"": ""},
    {"text": "ünïcödé 日本 🙂 \x00 \x1f \u2028 \ud800 \\ \" '"},
    {"deep": [{"er": [1, -2.5, 1e300, True, False, None, 2**60]}]},
    {"\ud83d": "half a surrogate pair"},
    {"key": "k", "value": "v", "write": "w"},
    {"big": "é" * 64_000},
)


def test_what_was_put_is_got(store: Store) -> None:
    put = store.put("900001/binding/Agent/front-desk", {"id": "agent-1"}, expected=None)
    assert put == store.get("900001/binding/Agent/front-desk")
    assert put.value == {"id": "agent-1"}


def test_what_was_never_put_is_not_there(store: Store) -> None:
    assert store.get("nothing") is None
    assert store.list() == []


def test_creating_what_exists_is_a_conflict_and_changes_nothing(store: Store) -> None:
    first = store.put("key", {"number": 1}, expected=None)
    with pytest.raises(Conflict, match="`key` already exists"):
        store.put("key", {"number": 2}, expected=None)
    assert store.get("key") == first


def test_the_expected_version_is_replaced(store: Store) -> None:
    first = store.put("key", {"number": 1}, expected=None)
    second = store.put("key", {"number": 2}, expected=first.version)
    assert store.get("key") == second
    assert second.version != first.version


def test_an_older_version_is_a_conflict(store: Store) -> None:
    first = store.put("key", {"number": 1}, expected=None)
    second = store.put("key", {"number": 2}, expected=first.version)
    with pytest.raises(Conflict, match="`key`"):
        store.put("key", {"number": 3}, expected=first.version)
    assert store.get("key") == second


def test_replacing_what_is_not_there_is_a_conflict(store: Store) -> None:
    with pytest.raises(Conflict):
        store.put("key", {}, expected="0" * 40)


def test_a_value_that_comes_back_has_a_new_version(store: Store) -> None:
    first = store.put("key", {"number": 1}, expected=None)
    second = store.put("key", {"number": 2}, expected=first.version)
    third = store.put("key", {"number": 1}, expected=second.version)
    store.delete("key", expected=third.version)
    fourth = store.put("key", {"number": 1}, expected=None)
    assert len({entry.version for entry in (first, second, third, fourth)}) == 4


def test_the_same_value_is_a_write_too(store: Store) -> None:
    first = store.put("key", {"number": 1}, expected=None)
    second = store.put("key", {"number": 1}, expected=first.version)
    with pytest.raises(Conflict):
        store.put("key", {"number": 1}, expected=first.version)
    assert store.get("key") == second


def test_what_was_deleted_is_gone(store: Store) -> None:
    entry = store.put("key", {}, expected=None)
    store.delete("key", expected=entry.version)
    assert store.get("key") is None
    assert store.list() == []


def test_deleting_another_version_or_nothing_is_a_conflict(store: Store) -> None:
    first = store.put("key", {}, expected=None)
    second = store.put("key", {}, expected=first.version)
    with pytest.raises(Conflict):
        store.delete("key", expected=first.version)
    store.delete("key", expected=second.version)
    with pytest.raises(Conflict):
        store.delete("key", expected=second.version)


def test_a_list_is_sorted_and_knows_only_its_prefix(store: Store) -> None:
    store.put_many([Write(key, {"key": key}) for key in ("b", "a/b", "ab", "a", "a/a", "a%b", "a_", "B", "é")])
    assert [entry.key for entry in store.list()] == ["B", "a", "a%b", "a/a", "a/b", "a_", "ab", "b", "é"]
    assert [entry.key for entry in store.list("a")] == ["a", "a%b", "a/a", "a/b", "a_", "ab"]
    assert [entry.key for entry in store.list("a/")] == ["a/a", "a/b"]
    assert [entry.key for entry in store.list("a_")] == ["a_"]
    assert [entry.key for entry in store.list("a%")] == ["a%b"]
    assert store.list("c") == []
    assert store.get("a/a") == store.list("a/a")[0]


def test_every_printable_key_survives(place: Place) -> None:
    with place.open() as store:
        store.put_many([Write(key, {"key": key}) for key in ODD_KEYS])
    again = place.open(elsewhere=True)
    assert [entry.key for entry in again.list()] == sorted(ODD_KEYS)
    for key in ODD_KEYS:
        found = again.get(key)
        assert found is not None
        assert found.value == {"key": key}


@pytest.mark.parametrize("key", ["", "new\nline", "nul\x00", "\x7f", "\ud800", "k" * 1001])
def test_a_key_that_some_store_could_not_keep_is_refused_by_all(store: Store, key: str) -> None:
    with pytest.raises(StoreError):
        store.put(key, {}, expected=None)
    with pytest.raises(StoreError):
        store.get(key)


def test_every_json_object_survives(place: Place) -> None:
    with place.open() as store:
        written = store.put_many([Write(f"value/{n}", value) for n, value in enumerate(ODD_VALUES)])
    assert [entry.value for entry in written] == list(ODD_VALUES)
    assert place.open(elsewhere=True).list("value/") == written


def test_a_value_that_json_has_no_word_for_is_not_stored(store: Store) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.put("key", {"number": float("nan")}, expected=None)
    with pytest.raises(TypeError):
        store.put("key", {"a": {1, 2}}, expected=None)
    assert store.list() == []


def test_what_a_caller_does_to_a_value_stays_with_the_caller(store: Store) -> None:
    mine = {"list": [1]}
    put = store.put("key", mine, expected=None)
    mine["list"].append(2)
    put.value["list"].append(3)
    found = store.get("key")
    assert found is not None
    found.value["list"].append(4)
    assert store.list()[0].value == {"list": [1]}


def test_many_writes_are_one(store: Store) -> None:
    kept, gone = store.put_many([Write("kept", {"number": 1}), Write("gone", {"number": 1})])
    entries = store.put_many(
        [
            Write("kept", {"number": 2}, kept.version),
            Write("gone", None, gone.version),
            Write("new", {"number": 3}),
        ]
    )
    assert [(entry.key, entry.value) for entry in entries] == [
        ("kept", {"number": 2}),
        ("new", {"number": 3}),
    ]
    assert store.list() == entries


@pytest.mark.parametrize("loser", [Write("one", {}), Write("two", None, "0" * 40), Write("two", {}, "0" * 40)])
def test_one_lost_write_of_many_loses_all_and_is_named(store: Store, loser: Write) -> None:
    one = store.put("one", {"number": 1}, expected=None)
    with pytest.raises(Conflict, match=f"`{loser.key}`"):
        store.put_many([Write("a", {}), loser, Write("z", {})])
    assert store.list() == [one]


def test_no_writes_are_no_work(store: Store) -> None:
    assert store.put_many([]) == []
    assert store.list() == []


def test_a_key_written_twice_at_once_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="twice"):
        store.put_many([Write("key", {"number": 1}), Write("key", {"number": 2})])
    assert store.list() == []


def test_what_was_written_is_there_after_reopening(place: Place) -> None:
    with place.open() as first:
        written = first.put_many([Write(f"key/{number}", {"number": number}) for number in range(20)])
    assert place.open().list() == sorted(written, key=lambda entry: entry.key)


def test_two_open_stores_see_each_other(place: Place) -> None:
    mine, yours = place.open(), place.open(elsewhere=True)
    first = mine.put("key", {"number": 1}, expected=None)
    with pytest.raises(Conflict):
        yours.put("key", {"number": 2}, expected=None)
    assert yours.get("key") == first
    second = yours.put("key", {"number": 2}, expected=first.version)
    mine.refresh()
    assert mine.get("key") == second


def test_the_mark_stays_while_only_this_store_writes_and_moves_when_another_does(place: Place) -> None:
    mine, yours = place.open(), place.open(elsewhere=True)
    first = mine.put("key", {"number": 1}, expected=None)
    before = mine.refresh()
    assert before is not None
    mine.put_many([Write("key", {"number": 2}, first.version), Write("other", {})])
    with pytest.raises(Conflict):
        mine.put("other", {}, expected=None)
    assert mine.list()
    assert mine.refresh() == before
    yours.put("theirs", {}, expected=None)
    moved = mine.refresh()
    assert moved != before
    assert mine.refresh() == moved
    yours.delete("theirs", expected=yours.list("theirs")[0].version)
    assert mine.refresh() != moved


def test_what_is_still_so_is_handed_back_as_it_was_read(place: Place) -> None:
    store = place.open()
    same, old = store.put_many([Write("same", {}), Write("old", {"number": 1})])
    store.put("old", {"number": 2}, expected=old.version)
    known = {"same": same, "old": old}
    listed = {entry.key: entry for entry in store.list(known=known)}
    assert listed["same"] is same
    assert listed["old"].value == {"number": 2}


def test_writes_to_different_keys_do_not_disturb_each_other(place: Place) -> None:
    mine, yours = place.open(), place.open(elsewhere=True)
    for number in range(3):
        mine.put(f"mine/{number}", {}, expected=None)
        yours.put(f"yours/{number}", {}, expected=None)
    assert len(place.open(elsewhere=True).list()) == 6


def test_a_store_serves_many_threads(place: Place) -> None:
    store = place.open()
    each = {"sqlite": 40, "postgres": 20}.get(place.engine, 3)

    def work(thread: int) -> list[Entry]:
        written = [store.put(f"{thread}/{number}", {"n": number}, expected=None) for number in range(each)]
        assert store.list(f"{thread}/") == sorted(written, key=lambda entry: entry.key)
        return written

    with ThreadPoolExecutor(8) as threads:
        written = [entry for entries in threads.map(work, range(8)) for entry in entries]
    assert store.list() == sorted(written, key=lambda entry: entry.key)
    assert len(written) == 8 * each


def test_threads_that_create_one_key_have_one_winner(store: Store) -> None:
    def work(_: int) -> bool:
        try:
            store.put("key", {}, expected=None)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(work, range(8))) == [False] * 7 + [True]


def test_a_missing_store_reads_as_empty_and_is_not_made(place: Place) -> None:
    store = place.open(read_only=True)
    assert store.list() == []
    assert store.get("key") is None
    with pytest.raises(StoreError, match="reading only"):
        store.put("key", {}, expected=None)
    assert place.open(read_only=True).list() == []


def test_a_store_opened_for_reading_reads_and_never_writes(place: Place) -> None:
    with place.open() as writing:
        entry = writing.put("key", {"number": 1}, expected=None)
    store = place.open(elsewhere=True, read_only=True)
    assert store.get("key") == entry
    for write in (Write("key", {}, entry.version), Write("key", None, entry.version), Write("new", {})):
        with pytest.raises(StoreError, match="reading only"):
            store.put_many([write])
    assert place.open().list() == [entry]


def test_closing_twice_does_nothing(place: Place) -> None:
    store = place.open()
    store.close()
    store.close()


def test_ten_thousand_writes_are_one_commit(store: Store) -> None:
    store.put_many([Write(f"call/{number:05}", {"state": "armed", "number": number}) for number in range(10_000)])
    found = store.list("call/")
    assert len(found) == 10_000
    assert found[4711].value == {"state": "armed", "number": 4711}


@pytest.mark.parametrize(
    "url", ["", "state.db", "sqlite:", "mysql://user:hunter2@host/db", "git:", "postgresql://u:hunter2@[h/d"]
)
def test_a_setting_that_names_no_store_is_an_input_error_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_store(url, root=tmp_path)
    assert caught.value.code == "RC130"
    assert caught.value.hint
    assert "hunter2" not in str(caught.value) + caught.value.hint

"""Show that what is remembered comes back whole, and that a lost race is noticed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.api.key import Key, find_key
from reconciler.errors import Conflict, InputError
from reconciler.model import Address
from reconciler.schedule.call_states import CallState
from reconciler.state.bindings import Binding, Intent
from reconciler.state.call_records import Armed, Attempt
from reconciler.state.ledger import Ledger
from reconciler.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.store import Store

DESK = Address("Agent", "desk")
BINDING = Binding(
    DESK, id="7", display="Desk", fields={"prompt": ("a", "b")}, protect=True, applied_at="2026-12-01T00:00:00Z",
    commit="abc", intent=Intent("create", "2026-12-01T00:00:00Z", {"prompt": "a"}, ("8", "9")), refused="no",
)  # fmt: skip
ATTEMPT = Attempt(
    name="jane",
    occurrence="jane",
    attempt=1,
    state=CallState.CLAIMED,
    key="k",
    to="sha256:x",
    claimed_at="2026-12-01T00:00:00Z",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store("sqlite:state.db", root=tmp_path, read_only=False) as store:
        yield store


def test_a_binding_comes_back_as_it_was(store: Store) -> None:
    Ledger(store, "42").bind(BINDING)
    assert Ledger(store, "42").binding(DESK) == BINDING
    assert Ledger(store, "42").bindings() == {DESK: BINDING}


def test_organisations_do_not_mix(store: Store) -> None:
    Ledger(store, "42").bind(BINDING)
    Ledger(store, "42").record(ATTEMPT)
    for other in ("4", "421", "43"):
        assert Ledger(store, other).bindings() == {}
        assert Ledger(store, other).attempts() == []


def test_only_the_first_claims_a_call(store: Store) -> None:
    first, second = Ledger(store, "42"), Ledger(store, "42")
    assert first.attempts() == second.attempts() == []
    first.record(ATTEMPT)
    with pytest.raises(Conflict):
        second.record(replace(ATTEMPT, owner="the other"))
    second.refresh()
    assert second.attempts() == [ATTEMPT]


def test_a_stale_reader_overwrites_nothing(store: Store) -> None:
    first, second = Ledger(store, "42"), Ledger(store, "42")
    first.bind(BINDING)
    assert second.binding(DESK) == BINDING
    first.bind(replace(BINDING, id="8"))
    with pytest.raises(Conflict):
        second.bind(replace(BINDING, id="9"))


def test_a_forgotten_binding_is_gone_and_forgetting_twice_is_fine(store: Store) -> None:
    ledger = Ledger(store, "42")
    ledger.bind(BINDING)
    ledger.unbind(DESK)
    ledger.unbind(DESK)
    assert Ledger(store, "42").bindings() == {}


def test_many_bindings_are_written_all_or_none(store: Store) -> None:
    first, second = Ledger(store, "42"), Ledger(store, "42")
    first.bind(BINDING)
    assert second.binding(DESK)
    first.bind(replace(BINDING, id="8"))
    other = replace(BINDING, address=Address("Agent", "other"))
    with pytest.raises(Conflict):
        second.bind_all([other, replace(BINDING, id="9")])
    assert set(Ledger(store, "42").bindings()) == {DESK}


def test_attempts_come_in_the_order_of_their_numbers(store: Store) -> None:
    ledger = Ledger(store, "42")
    for number in (2, 10, 1):
        ledger.record(replace(ATTEMPT, attempt=number))
    assert sorted(attempt.attempt for attempt in ledger.attempts()) == [1, 2, 10]
    assert ledger.attempt("jane", 10) == replace(ATTEMPT, attempt=10)


def test_what_a_newer_version_wrote_besides_is_passed_over(store: Store) -> None:
    ledger = Ledger(store, "42")
    ledger.arm(Armed("jane", CallState.ARMED, {"at": "2026-12-01T00:00:00Z"}, "", "", ""))
    entry = next(iter(store.list("42/")))
    store.put(entry.key, {**entry.value, "from_the_future": 1}, expected=entry.version)
    assert Ledger(store, "42").armed()["jane"].spec == {"at": "2026-12-01T00:00:00Z"}


def test_a_key_does_not_show_itself(tmp_path: Path) -> None:
    secret = "sk_live_0123456789abcdef"
    key = Key(secret)
    assert key.reveal() == secret
    assert secret not in f"{key} {key!r}"
    (tmp_path / "key").write_text(f"{secret}\n", encoding="utf-8")
    found = find_key({"THUNDERPHONE_API_KEY": "sk_live_other"}, tmp_path / "key")
    assert found is not None
    assert found.reveal() == secret
    assert find_key({}, None) is None
    assert find_key({"THUNDERPHONE_API_KEY": "  "}, None) is None


@pytest.mark.parametrize("text", ["pk_live_x", "two words", "sk_live_\x07", "sk_live_ä"])
def test_what_cannot_be_a_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InputError) as refused:
        find_key({"THUNDERPHONE_API_KEY": text}, None)
    assert text not in f"{refused.value.message} {refused.value.hint}"

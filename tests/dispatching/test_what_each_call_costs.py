"""What one call of a burst asks for: no disk and no store in its slot, and nothing twice that cannot have changed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from prove.actors import document, manifests

from dispatching.test_side_by_side import JANE, JOHN, NOON, Scene
from reconciler.calls.run_state import History
from reconciler.calls.sent_here import SentHere
from reconciler.cli.do_not_call import DoNotCallFile
from reconciler.kinds.scheduled_call_orders import Comparisons
from reconciler.settings import Project, Settings
from reconciler.state.digests import PLAIN
from reconciler.state.ledger import Ledger
from reconciler.state.opt_outs import opt_out
from reconciler.store import open_store
from reconciler.telephony.do_not_call import Hashing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    import pytest

    from reconciler.state.call_records import Attempt
    from reconciler.store import Store

STATE = "sqlite:state.db"
ORGANIZATION = "42"


class Noted(SentHere):
    """Says when a claim is noted."""

    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self.said = said

    def note(self, claimed: Attempt) -> None:
        self.said.append("note")
        super().note(claimed)


def test_a_slot_waits_for_the_platform_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(JANE, JOHN)
    slot = scene.line.throttle.slot

    @contextmanager
    def told(acquire: Callable[[], bool], *, look_again: Callable[[], None]) -> Iterator[bool]:
        scene.said.append("slot")
        with slot(acquire, look_again=look_again) as goes_on:
            yield goes_on
        scene.said.append("left")

    monkeypatch.setattr(scene.line.throttle, "slot", told)
    monkeypatch.setattr(scene.line.sent, "note", Noted(scene.said).note)
    scene.run()
    said = [effect for effect in scene.said if effect != "look"]  # at the clock
    each = ["write", "note", "read", "slot", "dial", "left", "write"]
    assert said[said.index("write") :] == each + each


def counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prefixes that are listed from now on."""
    listed: list[str] = []
    wanted = store.list

    def tell(prefix: str = "", known: Mapping[str, Any] | None = None) -> list[Any]:
        listed.append(prefix)
        return wanted(prefix, known)

    monkeypatch.setattr(store, "list", tell)
    return listed


def test_who_opted_out_is_read_again_only_when_another_run_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = DoNotCallFile(Project(tmp_path, Settings()))
    hashed = Hashing(ORGANIZATION).hash(JANE)
    with open_store(STATE, root=tmp_path) as store, open_store(STATE, root=tmp_path) as another:
        ledger = Ledger(store, ORGANIZATION)
        ledger.refresh()
        assert not known.as_read(ledger).forbids(JANE)
        listed = counted(store, monkeypatch)
        for _ in range(100):
            ledger.refresh()
            assert not known.as_read(ledger).forbids(JANE)
        assert listed == []
        opt_out(another, ORGANIZATION, hashed, {"why": "asked"})
        ledger.refresh()
        assert (known.as_read(ledger).forbids(JANE), known.as_read(ledger).forbids(JOHN)) == (True, False)
        assert listed == [f"{ORGANIZATION}/"]
        assert known.as_read(ledger) is known.as_read(ledger)


def test_a_record_is_compared_with_its_manifest_once_and_again_when_it_was_written_over() -> None:
    declared = manifests(document("call", f"at: {NOON.isoformat()}", to=JANE))
    other = manifests(document("call", f"at: {NOON.isoformat()}", to=JOHN))
    chosen, armed, another = declared.orders["call"], dict(declared.orders["call"].spec), other.orders["call"].spec
    asked: list[int] = []

    def digests() -> Any:
        asked.append(len(asked))
        return PLAIN

    comparisons = Comparisons(declared.resources, digests)
    assert [comparisons.differs(chosen, armed) for _ in range(3)] == [False] * 3
    armed["late"] = "3h"  # no record is ever changed in place: that this goes unseen shows that it is not read again
    assert not comparisons.differs(chosen, armed)
    assert comparisons.differs(chosen, dict(armed))
    assert comparisons.differs(chosen, another)
    assert asked == list(range(6))  # whether the state has this run's key is asked each time


def test_a_long_list_of_calls_is_gone_through_once_however_many_calls_are_due() -> None:
    read: list[str] = []

    class Told(dict[str, Any]):
        """Says when it is read."""

        def get(self, key: str, default: Any = None) -> Any:
            read.append(key)
            return super().get(key, default)

    numbers = [f"+1415555{number:04}" for number in range(200)]
    history = History(NOON, NOON, tuple(Told(to_number=number, call_id=number) for number in [*numbers, *numbers]))
    assert [len(history.to(number)) for number in numbers] == [2] * 200
    assert history.to("+14155559999") == []
    assert read == ["to_number"] * 400

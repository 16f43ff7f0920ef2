"""What apply writes down, and when: before it asks, and before it says that something is done."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import chain, repeat
from threading import Event
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import httpx
import pytest

from laws.project import Folder, document, project
from reconciler.apply.journal import Journal
from reconciler.apply.news import Written
from reconciler.emulator import EmulatorTransport
from reconciler.errors import StoreError
from reconciler.kinds import KINDS
from reconciler.model import Action, Address, Change, Observed, Result
from reconciler.state.bindings import Binding, Intent
from reconciler.store.lease import Lease
from reconciler.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.contract.account import Context
    from reconciler.model import Plan
    from reconciler.store import Entry, Write

    Store = Callable[[], list[Entry]]
    Send = Callable[[], httpx.Response]

IN_PART = 4
MANY = 30
INTENT, GONE = "an intent", "gone"


def declare(folder: Folder, count: int = MANY, words: str = "Say") -> None:
    agents = [document("Agent", f"agent-{n}", {"prompt": f"{words} {n}.", "voice": "olivia"}) for n in range(count)]
    folder.write({"agents.yaml": "---\n".join(agents)})


def written(writes: Iterable[Write | Entry]) -> dict[str, str]:
    """What a write says of each agent: its id, that a step of it was begun, or that it is forgotten."""
    return {
        write.key.rpartition("/")[2]: GONE
        if write.value is None
        else INTENT
        if write.value["intent"]
        else write.value["id"]
        for write in writes
        if "/binding/" in write.key
    }  # fmt: skip - one sentence


def remembered(folder: Folder) -> dict[str, str]:
    with SqliteStore(folder.root, ".reconciler/state.db", read_only=True) as store:
        return written(store.list())


@contextmanager
def storing(instead: Callable[[Sequence[Write], Store], list[Entry]]) -> Iterator[None]:
    """Every write of agents' bindings goes through ``instead``, which is handed the real thing to do."""
    real = SqliteStore.put_many

    def put_many(self: SqliteStore, writes: Sequence[Write]) -> list[Entry]:
        return instead(writes, lambda: real(self, writes)) if written(writes) else real(self, writes)

    with mock.patch.object(SqliteStore, "put_many", put_many):
        yield


@contextmanager
def sending(instead: Callable[[httpx.Request, Send], httpx.Response]) -> Iterator[None]:
    """Every request goes through ``instead``, as above."""
    real = EmulatorTransport.handle_request

    def handle(self: EmulatorTransport, request: httpx.Request) -> httpx.Response:
        return instead(request, lambda: real(self, request))

    with mock.patch.object(EmulatorTransport, "handle_request", handle):
        yield


@contextmanager
def telling(tell: Callable[[object], None]) -> Iterator[None]:
    """What a person at a terminal would be shown goes to ``tell``."""

    @contextmanager
    def applying(*_: object) -> Iterator[Callable[[object], None]]:
        yield tell

    with mock.patch("reconciler.cli.apply_run.applying", applying):
        yield


@contextmanager
def journal() -> Iterator[list[Any]]:
    """The requests, and what is stored of the agents, in the order they happen."""
    events: list[Any] = []

    def put(writes: Sequence[Write], store: Store) -> list[Entry]:
        entries = store()
        events.append(written(writes))
        return entries

    def handle(request: httpx.Request, send: Send) -> httpx.Response:
        events.append(f"{request.method} {request.url.path}")
        return send()

    with storing(put), sending(handle):
        yield events


def requests(events: list[Any]) -> list[str]:
    return [event for event in events if isinstance(event, str) and event.partition(" ")[2].startswith("/v1/agents")]


def writes(events: list[Any]) -> list[dict[str, str]]:
    return [event for event in events if isinstance(event, dict)]


def test_the_intents_of_a_wave_are_one_write_that_is_stored_before_its_first_request() -> None:
    with project() as folder:
        declare(folder)
        with journal() as events:
            assert folder.run("apply", "--yes").code == 0
        before = events[: events.index("POST /v1/agents")]
        assert writes(before) == [{f"agent-{n}": INTENT for n in range(MANY)}]
        assert len(remembered(folder)) == MANY
        assert INTENT not in remembered(folder).values()


def test_many_creates_cost_a_post_each_and_one_list_to_read_them_back() -> None:
    with project() as folder:
        declare(folder)
        with journal() as events:
            assert folder.run("apply", "--yes").code == 0
        assert requests(events) == ["GET /v1/agents", *["POST /v1/agents"] * MANY, "GET /v1/agents"]


def test_an_update_costs_a_draft_a_deploy_and_a_read() -> None:
    with project() as folder:
        declare(folder, 3)
        assert folder.run("apply", "--yes").code == 0
        declare(folder, 3, words="Tell")
        with journal() as events:
            assert folder.run("apply", "--yes").code == 0
        ids = sorted(remembered(folder).values())
        steps = ("PATCH %s", "GET %s/validation-status", "POST %s/deploy", "GET %s")  # the second is the gate's
        wanted = [step % f"/v1/agents/{id_}" for id_ in ids for step in steps]
        assert sorted(requests(events)) == sorted(["GET /v1/agents", *wanted])


def test_nothing_is_called_done_before_that_is_stored() -> None:
    stored: dict[str, str] = {}
    too_early: list[str] = []

    def put(wanted: Sequence[Write], store: Store) -> list[Entry]:
        entries = store()
        stored.update(written(wanted))
        return entries

    def tell(news: object) -> None:
        if isinstance(news, Result) and stored.get(news.address.name) != news.id:
            too_early.append(str(news))

    with project() as folder, storing(put), telling(tell):
        declare(folder)
        assert folder.run("apply", "--yes").code == 0
        assert len(stored) == MANY
        assert not too_early


def test_a_write_is_told_as_soon_as_it_is_answered_not_when_it_is_read_back_or_deployed() -> None:
    told: list[object] = []

    def handle(request: httpx.Request, send: Send) -> httpx.Response:
        told.append(f"{request.method} {request.url.path}")
        return send()

    with project() as folder, sending(handle), telling(told.append):
        declare(folder)
        assert folder.run("apply", "--yes").code == 0
        read_back = len(told) - told[::-1].index("GET /v1/agents")
        assert sum(isinstance(news, Written) for news in told[:read_back]) == MANY
        assert sum(isinstance(news, Result) for news in told[read_back:]) == MANY
        del told[:]
        declare(folder, words="Tell")
        assert folder.run("apply", "--yes").code == 0
        deploy = next(index for index, news in enumerate(told) if isinstance(news, str) and news.endswith("/deploy"))
        assert sum(isinstance(news, Written) for news in told[:deploy]) == MANY


def test_what_was_created_and_could_not_be_recorded_is_unknown_and_found_by_the_next_run() -> None:
    asked, failed = list[str](), Event()

    def put(wanted: Sequence[Write], store: Store) -> list[Entry]:
        if set(written(wanted).values()) - {INTENT, GONE}:
            raise StoreError("the disk is full")
        return store()

    def handle(request: httpx.Request, send: Send) -> httpx.Response:
        if request.method == "POST":
            asked.append(request.url.path)
            assert len(asked) == 1 or failed.wait(30)
        return send()

    def tell(news: object) -> None:
        if isinstance(news, Result):
            failed.set()

    with project() as folder:
        declare(folder)
        with storing(put), sending(handle), telling(tell):
            cut = folder.run("apply", "--yes", "--parallelism", "1")
        assert cut.code == IN_PART
        assert cut.out.count("but that was not recorded: the disk is full") == len(cut.written) == 2
        assert f"… and {MANY - 2 - 5} more skipped: the state cannot be written" in cut.out
        mended = folder.run("apply", "--yes")
        assert mended.code == 0, mended.text
        assert len(cut.written) + len(mended.written) == MANY
        assert len(set(remembered(folder).values())) == MANY
        assert folder.run("apply", "--yes").written == []


def test_the_intents_of_what_was_never_sent_are_taken_back_in_one_write() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request, send: Send) -> httpx.Response:
        if request.method == "POST":
            asked.append(request.url.path)
        return httpx.Response(401, json={"detail": "Revoked."}) if len(asked) == 3 else send()

    with project() as folder, journal() as events, sending(handle):
        declare(folder)
        assert folder.run("apply", "--yes", "--parallelism", "1").code == IN_PART
        assert sorted(remembered(folder)) == ["agent-0", "agent-1"]
        assert INTENT not in remembered(folder).values()
        assert max(list(write.values()).count(GONE) for write in writes(events)) >= MANY - 3


def test_another_runs_write_spoils_that_one_binding_and_no_other() -> None:
    with project() as folder:
        declare(folder)
        meddled: list[Entry] = []

        def put(wanted: Sequence[Write], store: Store) -> list[Entry]:
            ours = [write for write in wanted if write.key.endswith("/agent-7")]
            if ours and ours[0].expected and not meddled:
                with SqliteStore(folder.root, ".reconciler/state.db") as other:
                    found = other.get(ours[0].key)
                    assert found is not None
                    meddled.append(found)
                    other.put(found.key, found.value, expected=found.version)
            return store()

        with storing(put):
            said = folder.run("apply", "--yes")
        assert said.code == IN_PART
        outcomes = [line.split()[0] for line in said.out.splitlines() if " Agent/" in line and "create" in line]
        assert outcomes.count("done") == MANY - 1
        assert outcomes.count("unknown") == 1
        assert folder.run("apply", "--yes").written == []
        assert len(set(remembered(folder).values())) == MANY


def test_what_could_not_be_recorded_is_not_sent_even_when_the_lease_is_ours_again() -> None:
    held = chain([False], repeat(True))
    with project() as folder, mock.patch.object(Lease, "held", property(lambda _: next(held))):
        declare(folder, 1)
        said = folder.run("apply", "--yes")
        assert said.code == IN_PART
        assert "another run took the lease" in said.text
        assert said.written == []


class Slow:
    """A ledger that stores when it is let: which addresses each commit forgets."""

    def __init__(self) -> None:
        self.begun, self.let = Event(), Event()
        self.commits: list[list[Address]] = []

    def bindings(self) -> dict[Address, Any]:
        return {}

    def bind_all(self, _: Iterable[Any], *, without: list[Address]) -> None:
        self.commits.append(without)
        self.begun.set()
        assert self.let.wait(30)


def gone(address: Address) -> Change:
    return Change(address, Action.DELETE, "not_declared", "is not declared any more")


def test_what_comes_about_while_one_commit_is_stored_goes_together_into_the_next() -> None:
    ledger, told = Slow(), list[Any]()
    addresses = [Address("Agent", f"agent-{n}") for n in range(5)]
    with Journal(cast("Context", mock.Mock(ledger=ledger, account=mock.Mock(bindings={})))) as memory:
        memory.forget(gone(addresses[0]), told.append)
        assert ledger.begun.wait(30)
        for address in addresses[1:]:
            memory.forget(gone(address), told.append)
        assert told == []
        ledger.let.set()
        memory.flush()
        assert told == [None] * 5
    assert ledger.commits == [addresses[:1], addresses[1:]]


GHOST, LIVE = Address("Agent", "ghost"), Address("Agent", "live")


def manifest(name: str, *, was: tuple[str, ...] = (), absent: bool = False) -> dict[str, Any]:
    """What an account says is declared: one document."""
    declared = mock.Mock(address=Address("Agent", name), was=was, absent=absent)
    return {f"Agent/{name}": mock.Mock(manifest=declared)}


@pytest.mark.parametrize(
    ("rivals", "owner", "declared", "left"),
    [
        ((), None, {}, INTENT),
        (("7",), None, {}, GONE),
        ((), Binding(LIVE, "7"), {}, GONE),
        (("7",), None, manifest("ghost"), INTENT),
        (("7",), None, manifest("spirit", was=("ghost",)), INTENT),
        (("7",), None, manifest("ghost", absent=True), GONE),
    ],
    ids=["a newcomer", "an older namesake", "somebody's", "declared", "declared under a new name", "declared absent"],
)
def test_a_create_that_was_begun_is_forgotten_where_nobody_wants_it_and_nothing_new_has_its_name(
    rivals: tuple[str, ...], owner: Binding | None, declared: dict[str, Any], left: str
) -> None:
    begun = Binding(GHOST, display="Ghost", intent=Intent("create", "2026-12-01T12:00:00Z", rivals=rivals))
    bindings, ledger = {GHOST: begun, **({LIVE: owner} if owner else {})}, mock.Mock()
    found = (Observed("Agent", "7", {}, name="Ghost"),)
    account = mock.Mock(observed={"Agent": found}, resources=declared, bindings=bindings, **{"of.return_value": found})
    context = cast("Context", mock.Mock(ledger=ledger, account=account))
    with Journal(context) as memory:
        memory.refresh(cast("Plan", mock.Mock(changes=())), KINDS)
    assert ledger.bind_all.call_args.kwargs["without"] == ((GHOST,) if left == GONE else ())


def test_a_list_that_cannot_be_read_back_is_not_asked_for_once_per_agent() -> None:
    asked: list[str] = []

    def handle(request: httpx.Request, send: Send) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        if asked.count("POST /v1/agents") and asked[-1] == "GET /v1/agents":
            return httpx.Response(403, json={"detail": "not any more"}, request=request)
        return send()

    with project() as folder:
        declare(folder)
        with sending(handle):
            ran = folder.run("apply", "--yes", "--format", "json")
        assert ran.code == IN_PART
        assert asked.count("GET /v1/agents") == 2
        results = json.loads(ran.out)["results"]
        assert {result["outcome"] for result in results} == {"unknown"}
        assert all("could not be read back" in result["detail"] for result in results)


def test_an_internal_error_while_recording_still_lets_the_run_say_what_it_did() -> None:
    calls = 0

    def put(_: Sequence[Write], store: Store) -> list[Entry]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise MemoryError
        return store()

    with project() as folder:
        declare(folder)
        with storing(put):
            ran = folder.run("apply", "--yes", "--format", "json")
        assert ran.code == IN_PART
        details = [result["detail"] for result in json.loads(ran.out)["results"]]
        assert any("not known whether that was recorded (MemoryError)" in detail for detail in details)
        assert folder.run("apply", "--yes").code == 0
        assert len(remembered(folder)) == MANY

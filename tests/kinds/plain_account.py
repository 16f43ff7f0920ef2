"""An account of plain resources in memory, and the whole tool on it: what a kind's words do, without its vendor."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.api import connect
from reconciler.apply.run import apply
from reconciler.contract.account import Context
from reconciler.load.contents import ProjectContents
from reconciler.load.reader import load
from reconciler.model import Report, Target
from reconciler.planning import observe
from reconciler.planning import plan as planning
from reconciler.planning.scope import Scope
from reconciler.schedule.clock import FixedClock
from reconciler.settings import find_project
from reconciler.state.ledger import Ledger
from reconciler.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from reconciler.contract.kind import Kind
    from reconciler.model import Address, Plan, Resource

NOW = datetime(2030, 1, 14, tzinfo=UTC)
_TARGET = Target("https://api.invalid", "42", "Acme")


class PlainAccount(httpx.BaseTransport):
    """Any collection under any path, created by its first object; ``changed`` may alter what is stored."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.born: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda path, body: {}
        self.shown: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda path, body: body
        self.broken: Callable[[httpx.Request], bool] = lambda request: False
        self._ids = iter(range(1, 10_000))

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _ in self.requests if method != "GET"]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.read()) if request.headers.get("content-type") == "application/json" else None
        path = request.url.path
        self.requests.append((request.method, path, body))
        answer = self._answer(request.method, path, body)
        if self.broken(request):
            raise httpx.ReadError("cut", request=request)
        return answer

    def _answer(self, method: str, path: str, body: Any) -> httpx.Response:
        collection, _, id_ = path.rpartition("/")
        if method == "POST":
            made = {"id": next(self._ids), **body}
            created = {**made, **self.born(path, made)}
            hidden = {name: value for name, value in created.items() if not name.startswith("once_")}
            self.objects.setdefault(path, {})[str(made["id"])] = hidden
            return httpx.Response(201, json=created)
        if not re.fullmatch(r"\d+", id_) or (
            collection not in self.objects and method == "GET" and path in self.objects
        ):
            return httpx.Response(200, json=[self.shown(path, it) for it in self.objects.get(path, {}).values()])
        found = self.objects.get(collection, {}).get(id_)
        if found is None:
            return httpx.Response(404, json={"detail": "Not found."})
        if method == "DELETE":
            del self.objects[collection][id_]
            return httpx.Response(204)
        if method == "PATCH":
            found |= body
        return httpx.Response(200, json=self.shown(collection, found))


class Clock:
    """A clock that moves only when it is slept on."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.woken: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.woken()


@dataclass
class Tool:
    """The engine over one account, with the kinds of a test; ``delivered`` is what was shown once."""

    folder: Path
    kinds: Mapping[str, Kind]
    account: PlainAccount = field(default_factory=PlainAccount)
    clock: Clock = field(default_factory=Clock)
    delivered: dict[str, Any] = field(default_factory=dict)

    def declare(self, text: str) -> None:
        (self.folder / "manifests").mkdir(exist_ok=True)
        (self.folder / "manifests" / "all.yaml").write_text(text, encoding="utf-8")

    def run(self, *, write: bool, scope: Scope = Scope()) -> tuple[Plan, Report | None]:  # noqa: B008 - frozen
        project = find_project(self.folder)
        loaded = load([], project, self.kinds, now=NOW)
        assert not loaded.errors, loaded.findings
        with open_store("sqlite:state.db", root=self.folder, read_only=False) as store:
            ledger = Ledger(store, "42")
            api = connect(
                base_url="https://api.invalid",
                key="sk_live_0123456789abcdef",
                clock=FixedClock(NOW),
                read_only=False,
                transport=self.account,
                attempts=1,
            )
            seen = observe.observe(
                organization="42",
                kinds=self.kinds,
                resources=loaded.resources,
                api=api,
                ledger=ledger,
                settings=project.settings,
                now=NOW,
            )
            matches, resolver = observe.resolved(self.kinds, seen)
            plan = planning.plan(
                target=_TARGET,
                account=seen,
                matches=matches,
                kinds=self.kinds,
                resolver=resolver,
                findings=[],
                scope=scope,
            )
            if not write:
                return plan, None
            context = Context(
                api=api,
                ledger=ledger,
                resolver=resolver,
                account=seen,
                now=self.clock.now,
                sleep=self.clock.sleep,
                content=ProjectContents(project, {}),
                deliver=self._deliver,
            )
            report = apply(
                plan,
                self.kinds,
                context,
                parallelism=1,
                stopping=Event(),
                holding=lambda: True,
                progress=lambda news: None,
            )
            return plan, report

    def _deliver(self, resource: Resource, outputs: Mapping[str, Any]) -> None:
        self.delivered[str(resource.address)] = dict(outputs)

    def plan(self, scope: Scope = Scope()) -> list[str]:  # noqa: B008 - frozen
        """What would be done: ``create Tool/book``."""
        plan, _ = self.run(write=False, scope=scope)
        return [f"{it.verb} {it.address}" for it in plan.changes if it.pending or it.action == "refuse"]

    def apply(self, scope: Scope = Scope()) -> list[str]:  # noqa: B008 - frozen
        """How it ended: ``create Tool/book done``."""
        self.account.requests.clear()
        _, report = self.run(write=True, scope=scope)
        assert report is not None
        return [f"{it.verb} {it.address} {it.outcome.value}" for it in report.results]

    def live(self, path: str) -> list[dict[str, Any]]:
        return list(self.account.objects.get(path, {}).values())


def again(*addresses: Address) -> Scope:
    return Scope(again=frozenset(addresses))

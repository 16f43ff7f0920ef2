"""The composition root: it alone sees every part, and wires one run from its options."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Self

from reconciler import diff as differences
from reconciler import guard, observe, resolver
from reconciler import plan as planning
from reconciler.account import Account, Context
from reconciler.api.key import Key, find_key
from reconciler.cli.lint_findings import Lint
from reconciler.cli.progress import waiting
from reconciler.cli.project_identity import project_name
from reconciler.cli.signals import StoppableClock, signals
from reconciler.cli.waits import Waits
from reconciler.diagnostics.suggestions import listed
from reconciler.errors import InputError, StoreError, Undecided, Unintelligible
from reconciler.fields import policies
from reconciler.forecast import forecast
from reconciler.kinds import KINDS
from reconciler.kinds.scheduled_call import order
from reconciler.load import reader
from reconciler.load.contents import ProjectContents
from reconciler.model import Address, Finding, Resource, Severity, Target
from reconciler.schedule.clock import Clock, FixedClock, SystemClock, parse_duration
from reconciler.settings import Project, find_project
from reconciler.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.cli.output import Output
    from reconciler.emulator import Platform
    from reconciler.load.reader import Loaded
    from reconciler.model import Plan
    from reconciler.plan import Scope
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.store import Store

_LEASE_WAIT = parse_duration("60s").total_seconds()
_OFFLINE_ONLY = frozenset({"RC146"})  # a time has passed: plan knows whether the call was placed, and says RC220


@dataclass(frozen=True, slots=True)
class View:
    """What one look at the account found: the plan, and what a write needs besides."""

    plan: Plan
    account: Account
    links: resolver.Resolver


class Session:
    """One run: the project, the account, the state, the clock. A context manager that closes what it opened."""

    def __init__(self, options: Options, *, read_only: bool) -> None:
        """Find the project; nothing is opened yet. ``read_only`` decides what the transport can send (P1)."""
        self.options, self.read_only = options, read_only
        self.output = options.output
        self.project = _project(options).with_variables(options.variables)
        if options.account and not options.emulator and self.project.undecided:
            raise _undecided(self.project)
        self.output.root = self.project.root
        self.clock: Clock = FixedClock(options.now) if options.now else SystemClock()
        self.stopping = Event()
        self._waiting: Clock = self.clock if options.now else StoppableClock(self.stopping)
        self.lint = Lint()
        self.waits = Waits(self.output.talk)
        self._closing = ExitStack()
        self._notes: list[Finding] = []
        self._left_out: dict[Address, tuple[Finding, ...]] = {}

    def __enter__(self) -> Self:
        self._closing.enter_context(signals(self.stopping, at_once=self.read_only))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def load(self) -> Loaded:
        """The manifests; raises InputError with every finding when one of them is an error."""
        now = self.clock.now()
        loaded = reader.load(self.options.paths, self.project, KINDS, now=now, process=os.environ)
        for secret in loaded.secrets:
            self.output.hide_secret(secret)
        self.output.hide_numbers(loaded.callees)
        self.lint.offline(loaded, now, self.project.settings, self.output)
        loaded.findings = self.output.redacted(loaded.findings)
        return loaded

    def checked(self) -> Loaded:
        """The manifests, when nothing is wrong with them."""
        loaded = self.load()
        if loaded.errors:
            raise InputError("the manifests are not as they should be", findings=loaded.findings)
        return loaded

    def usable(self) -> Loaded:
        """The manifests without what stands alone and is in error; raises InputError for any other error."""
        loaded = self.load()
        found = {item.address: item for item in loaded.errors}
        alone = {address for address in found if address is not None and KINDS[address.kind].stands_alone}
        if found.keys() - alone:
            raise InputError("the manifests are not as they should be", findings=loaded.findings)
        self._left_out = {it: tuple(item for item in loaded.errors if item.address == it) for it in sorted(alone)}
        loaded.resources = {name: it for name, it in loaded.resources.items() if it.address not in alone}
        return loaded

    def without_wrong_calls(self) -> Loaded:
        """The usable manifests, for who does not plan: what is left out is said at once."""
        loaded = self.usable()
        for address, errors in self._left_out.items():
            self.output.talk(f"left out: {address} ({errors[0].location}: {errors[0].message})")
        return loaded

    def connect(self) -> tuple[Api, Target]:
        """The account's API and who it belongs to; raises WrongAccount when that is not who was meant."""
        from reconciler.api import DEFAULT_BASE_URL, connect  # noqa: PLC0415 - httpx is slow to load

        options, settings = self.options, self.project.settings
        if options.emulator:
            api = self._emulated()
            url = "emulator"
        else:
            if options.now is not None and not self.read_only:
                raise InputError("--now is for plans and the emulator: a live account has its own time", code="RC124")
            key = self._key()
            url = options.api_url or settings.api_url or DEFAULT_BASE_URL
            api = connect(
                base_url=url,
                key=key.reveal(),
                clock=self._waiting,
                read_only=self.read_only,
                announce=self.waits.request,
            )
            self.output.hide_secret(key.reveal())
        self._closing.callback(api.close)
        target = _target(url, api.get("/v1/whoami"))
        if not options.emulator:
            guard.right_account(target, settings)
        return api, target

    def _key(self) -> Key:
        key = find_key(os.environ, self.options.api_key_file)
        if key is None:
            raise InputError(
                "there is no API key, and --emulator was not asked for",
                code="RC123",
                hint="set THUNDERPHONE_API_KEY (or --api-key-file FILE), or add --emulator to try it "
                "without an account",
            )
        return key

    def _emulated(self) -> Api:
        from reconciler.api import connect  # noqa: PLC0415 - httpx is slow to load
        from reconciler.emulator import EMULATED_KEY, EmulatorTransport  # noqa: PLC0415 - only for --emulator

        transport = EmulatorTransport(self.platform())
        return connect(
            base_url="https://emulator.invalid",
            key=EMULATED_KEY,
            clock=self._waiting,
            read_only=self.read_only,
            transport=transport,
            announce=self.waits.request,
        )

    def platform(self) -> Platform:
        """The embedded platform, kept in the project's ``.reconciler/``."""
        from reconciler.emulator import Platform  # noqa: PLC0415 - only for --emulator

        folder = self.project.root / ".reconciler"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / ".gitignore").exists():
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
        return self._closing.enter_context(Platform(folder / "emulator.db", self.clock))

    def ledger(self, target: Target, *, optional: bool = False) -> Ledger:
        """What is remembered of the account; raises StoreError where the store cannot be read.

        Where it is ``optional``, a run that only reads goes on without it and says so first: a plan in a fork's
        pull request may not read the state. An unreadable store is never taken for an empty one.
        """
        from reconciler.store import open_store  # noqa: PLC0415 - each engine loads only when named

        url = self.options.state or self.project.settings.state
        try:
            store: Store = open_store(url, root=self.project.root, read_only=self.read_only)
            ledger = Ledger(self._closing.enter_context(store), target.organization_id, project_name(self.project))
            ledger.read()
        except StoreError as error:
            if not self.read_only:
                raise
            if not optional:
                raise _unread(error) from None
            self._notes.append(_without_state(error))
            nothing = open_store("sqlite:.reconciler/none", root=self.project.root, read_only=True)
            ledger = Ledger(self._closing.enter_context(nothing), target.organization_id, project_name(self.project))
        return ledger

    def look(self, loaded: Loaded, api: Api, target: Target, ledger: Ledger, scope: Scope) -> View:
        """Observe the account and plan."""
        with waiting(self.output, "reading the account"):
            account = observe.observe(
                organization=target.organization_id,
                kinds=KINDS,
                resources=loaded.resources,
                api=api,
                ledger=ledger,
                settings=self.project.settings,
                now=self.clock.now(),
            )
        matches, found = observe.resolved(KINDS, account)
        scope = replace(scope, paths=self._paths(), left_out=self._left_out)
        plan = planning.plan(
            target=target,
            account=account,
            matches=matches,
            kinds=KINDS,
            links=found,
            findings=[
                *(item for item in loaded.findings if item.code not in _OFFLINE_ONLY),
                *self.lint.online(account),
                *self._notes,
            ],
            scope=scope,
        )
        plan = replace(plan, findings=(*guard.limits(plan, account), *plan.findings))
        foreseen = forecast(plan, account, self.orders(loaded.resources).values())
        # A part of the project that holds no call says nothing of those that are to come elsewhere.
        return View(replace(plan, forecast=foreseen if foreseen.rings or not scope.wanted else None), account, found)

    def _paths(self) -> tuple[str, ...]:
        """The paths that were read, when they are only a part of the project."""
        whole = (self.project.root, (self.project.root / self.project.settings.manifests).resolve())
        given = [path.resolve() for path in self.options.paths]
        return () if any(path in whole for path in given) else tuple(self.project.shown(path) for path in given)

    def context(self, view: View, api: Api, ledger: Ledger) -> Context:
        """What writes need."""
        return Context(
            api=api,
            ledger=ledger,
            links=view.links,
            account=view.account,
            now=self.clock.now,
            commit=commit(self.project),
            sleep=self._waiting.sleep,
            content=ProjectContents(self.project),
        )

    def orders(self, resources: Mapping[str, Resource]) -> dict[str, PlannedCall]:
        """The declared calls by name."""
        return {
            resource.address.name: order(resource, resources)
            for resource in resources.values()
            if resource.address.kind == "ScheduledCall" and not resource.manifest.absent
        }

    @contextmanager
    def lease(self, ledger: Ledger, what: str) -> Iterator[Any]:
        """The right to write, one run at a time; waits a minute for another run to finish."""
        from reconciler.store.lease import acquire  # noqa: PLC0415 - only for runs that write

        with acquire(
            ledger.store,
            f"{ledger.organization}/lease/{what}",
            owner=owner(),
            now=lambda: datetime.now(UTC),
            wait=_LEASE_WAIT,
            sleep=StoppableClock(self.stopping).sleep,
            announce=self.waits.lease,
        ) as held:
            ledger.refresh()
            yield held


def _target(url: str, who: Any) -> Target:
    organization = who.get("organization") if isinstance(who, dict) else None
    if not isinstance(organization, dict) or "id" not in organization:
        raise Unintelligible(
            "the answer to whoami names no organisation",
            method="GET",
            path="/v1/whoami",
            hint="is the address that of the API? check --api-url and THUNDERPHONE_API_BASE_URL",
        )
    return Target(url.rstrip("/"), str(organization["id"]), str(organization.get("name", "")))


def _project(options: Options) -> Project:
    """The project of the first path, or of the working folder."""
    start = options.paths[0] if options.paths else Path.cwd()
    here = find_project(Path.cwd()) if options.paths else None
    there = start.resolve() if start.exists() else Path.cwd()
    if here is not None and there.is_relative_to(here.root) and not _own_file(there, here.root):
        there = here.root
    return find_project(there, options.environment)


def _undecided(project: Project) -> Undecided:
    names = sorted(project.settings.environments)
    return Undecided(
        f"this project declares environments, and none was chosen: {listed(names)}",
        hint=f"add `--env {names[0]}`, set RECONCILER_ENV, or declare `default_environment:` in reconciler.yaml",
    )


def _own_file(place: Path, root: Path) -> bool:
    """Whether a project file lies between a path and the root of the outer project."""
    from reconciler.settings import FILE  # noqa: PLC0415 - one name

    folders = [folder for folder in (place, *place.parents) if folder != root and folder.is_relative_to(root)]
    return any((folder / FILE).is_file() for folder in folders)


def _unread(error: StoreError) -> StoreError:
    return StoreError(f"the state cannot be read: {error.message}", code="RC502", hint=error.hint)


def _without_state(error: StoreError) -> Finding:
    return Finding(
        Severity.WARNING,
        "RC502",
        f"the state cannot be read ({error.message}): objects were found by name, and what this tool last "
        "applied is not known",
        error.hint,
    )


def differs(chosen: PlannedCall, armed: Mapping[str, Any], resources: Mapping[str, Resource]) -> bool:
    """Whether a declared call is no longer what was armed."""
    resource = resources[str(chosen.address)]
    kind = KINDS[chosen.address.kind]
    return bool(
        differences.diff(
            resource,
            kind.expected(resource),
            armed,
            policies=policies(kind.spec),
            links=resolver.Resolver({}),
            base=None,
            whole=True,
        )
    )


def owner() -> str:
    """This run, for people: host, process, since when."""
    import socket  # noqa: PLC0415 - only for runs that write

    return f"{socket.gethostname()} pid {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def commit(project: Project) -> str:
    """The commit the manifests are at, "" when that cannot be told."""
    if known := os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA"):
        return known
    import subprocess  # noqa: PLC0415 - only for runs that write

    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - git is found on PATH
            cwd=project.root,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""


def shown(row: Any, output: Output) -> Any:
    """A call row with its callee as it may be shown."""
    from reconciler.redaction import mask  # noqa: PLC0415 - one function

    return row if output.show_numbers or not row.to else replace(row, to=mask(row.to))

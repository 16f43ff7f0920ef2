"""`reconciler doctor`: is everything ready, and if not, what is the fix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import credential
from reconciler.cli.common_options import verb
from reconciler.cli.contract_report import report
from reconciler.cli.session import Session
from reconciler.cli.workflow_checks import workflows
from reconciler.doctor import checks
from reconciler.doctor.checks import Check, Status
from reconciler.errors import ApiError, InputError, ReconcilerError, Rejected, StoreError, Unreachable, WrongAccount
from reconciler.kinds.scheduled_call_orders import orders as declared_calls
from reconciler.planning.guard import lost_state
from reconciler.planning.scope import Scope
from reconciler.planning.survey import Connection
from reconciler.schedule import timezones
from reconciler.store import open_store
from reconciler.store.access import may_write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.load.reader import Loaded
    from reconciler.model import Target

_NOT_FOUND = 404
# What is to blame when the account cannot be opened; else it is the key.
_BLAMED: tuple[tuple[type[ReconcilerError], str], ...] = ((WrongAccount, "organisation"), (Unreachable, "network"))
_REACH = "check the network, HTTPS_PROXY and `--api-url` (THUNDERPHONE_API_BASE_URL)"
_ERRNO = re.compile(r"\[Errno -?[0-9]+\] ")


@verb("doctor")
@click.option("--contract", is_flag=True, help="Instead, report where the API answers otherwise than its SDK says.")
def command(options: Options, *, contract: bool) -> int:
    """Check key, organisation, role, clock, balance, numbers, confirmation, state and manifests.

    Every line says what was found and, where something is wrong, the fix. Sends nothing but reads; exits 1
    when a check fails. With --contract it compares the answers of the API with what we were told of them and
    lists unknown fields and words, other types and envelopes, without any value, ready to paste into an issue.
    """
    from reconciler.render import checks  # noqa: PLC0415 - the renderers are slow to load

    with Session(options, read_only=True) as session:
        if contract:
            return report(session)
        found = options.completed(list(_checks(session)))
        output = session.output
        match options.format:
            case "json":
                output.json(checks.document(found))
            case "markdown":
                output.data(checks.markdown(found))
            case _:
                output.data(checks.text(found, width=output.width, color=options.color))
    return int(any(check.status is Status.FAIL for check in found))


def _checks(session: Session) -> Iterator[Check]:
    """Every check, in the order in which one would fix things."""
    declared, manifests = _manifests(session)
    key = _key(session)
    account = [] if key.status is Status.FAIL else list(_account(session, declared))
    state = list(_state(session, lambda: _lost(session, declared)))
    yield from _held(session, account, state)
    if not any(check.name == key.name for check in account):  # the platform has refused it: that is the check
        yield key
    yield from account
    yield checks.timezones(timezones.version(), timezones.system_version(), timezones.package_version())
    yield from state
    yield manifests
    yield from workflows(session.project.root)


def _manifests(session: Session) -> tuple[Loaded | None, Check]:
    try:
        loaded = session.load()
    except InputError as error:
        return None, _failed("manifests", error)
    return loaded, checks.manifests(loaded.documents, loaded.findings)


def _key(session: Session) -> Check:
    """Whether there is a key; whether it opens anything is only known when it is used."""
    options = session.options
    if options.emulator:
        return checks.ok("key", "none is needed: the embedded platform")
    try:
        used = credential.found(options, options.api_url or session.project.settings.api_url)
    except InputError as error:
        return _failed("key", error)
    if used is None:
        return checks.fail("key", "there is none", credential.ways_on())
    return checks.ok("key", used.source)


def _account(session: Session, declared: Loaded | None) -> Iterator[Check]:
    """What the account says of itself; nothing more than why, when the key opens no account."""
    try:
        api, target = session.connect()
    except (ApiError, WrongAccount, InputError) as error:
        yield _failed(next((name for kind, name in _BLAMED if isinstance(error, kind)), "key"), error)
        return
    settings = session.project.settings
    pinned = None if session.options.emulator else settings.organization
    yield _emulated(target) if session.options.emulator else checks.organization(target, pinned)
    yield from _asked("role", lambda: [checks.role(_body(api, "/v1/whoami"))])
    if not session.options.emulator and session.options.now is None:
        yield checks.clock(api.server_offset())
    yield from _asked("balance", lambda: [checks.balance(_body(api, "/v1/billing"))])
    calls = list(declared_calls(declared.resources).values()) if declared and not declared.errors else []
    yield from _asked("outbound", lambda: [checks.confirmation(_confirmation(api), calls=len(calls))])
    dialling = frozenset(call.from_number for call in calls)
    yield from _asked(
        "numbers",
        lambda: checks.numbers(api.items("/v1/phone-numbers"), dialling=dialling, proving=_proving(declared)),
    )  # fmt: skip - one question


def _emulated(target: Target) -> Check:
    return checks.ok("organisation", f"{target.organization_name} (organisation {target.organization_id})")


def _asked(name: str, ask: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks of one question; a failed one when the API does not answer it."""
    try:
        return list(ask())
    except ApiError as error:
        return [_failed(name, error)]


def _body(api: Api, path: str) -> dict[str, Any]:
    found = api.get(path)
    return found if isinstance(found, dict) else {}


def _confirmation(api: Api) -> dict[str, Any] | None:
    """The organisation's confirmation; None when there is none, which the vendor may say with 404."""
    try:
        return _body(api, "/v1/outbound-tcpa-confirmation")
    except Rejected as error:
        if error.status == _NOT_FOUND:
            return None
        raise


def _proving(declared: Loaded | None) -> frozenset[str]:
    """Numbers that are declared with ``verify: true``."""
    resources = declared.resources.values() if declared else ()
    return frozenset(
        str(it.declared.get("number"))
        for it in resources
        if it.address.kind == "PhoneNumber" and it.declared.get("verify")
    )


def _lost(session: Session, declared: Loaded | None) -> Iterator[Check]:
    """A state that was most likely deleted; nothing where the account or the manifests cannot be read."""
    if declared is None or declared.errors:
        return
    try:
        api, target = session.connect()
        found = session.look(declared, Connection(api, target, session.ledger(target)), Scope())
    except ReconcilerError:
        return  # the checks of the account and of the state say why
    for finding in lost_state(found.plan, found.account):
        yield checks.fail("state", finding.message, finding.hint)


def _state(session: Session, lost: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Whether the state can be read, and, as far as that can be told by reading, written."""
    url = session.options.state or session.project.settings.state
    try:
        with open_store(url, root=session.project.root, read_only=True) as store:
            entries = len(store.list())
            local = url.startswith("git:") and " on " not in store.description
            described = f"{store.description}, {entries} {'entry' if entries == 1 else 'entries'}"
        writable = may_write(url, root=session.project.root)
    except (StoreError, InputError) as error:
        yield _failed("state", error)
        return
    if local:
        yield checks.warn(
            "state",
            f"{described}, without a remote: only this clone remembers, and a runner that knows nothing dials again",
            "`git remote add origin URL`, or another `state:` in reconciler.yaml",
        )
        return
    if entries == 0 and (found := list(lost())):
        yield from found
        return
    yield checks.ok("state", f"{described}, {'may be written' if writable else 'writing was not tried'}")


def _held(session: Session, account: Sequence[Check], state: Sequence[Check]) -> Iterator[Check]:
    """That the state has another key, and that every call is held; where account and state can be read."""
    if not account or any(check.status is Status.FAIL for check in (*account, *state)):
        return
    try:
        ledger = session.ledger(session.connect()[1])
    except (ApiError, WrongAccount, StoreError, InputError):
        return
    try:
        ledger.check_key()
    except StoreError as error:
        yield _failed("state key", error)
    if held := ledger.standstill(session.clock.now()):
        yield checks.warn("calls", held, "reconciler calls release --all")


def _failed(name: str, error: ReconcilerError) -> Check:
    findings = error.findings if isinstance(error, InputError) else ()
    first = findings[0] if findings else error
    fix = _REACH if isinstance(error, Unreachable) else first.hint or "reconciler validate"
    return checks.fail(name, f"{first.code} {_ERRNO.sub('', first.message)}", fix)

"""Notices of a run: which of what it found somebody must hear of, and the notifier that tells it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.cli.run_identity import commit
from reconciler.errors import Conflict, Interrupted, ReconcilerError, Unconfirmed
from reconciler.notify.notifier import Notice, Notifier
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp
from reconciler.store import Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.cli.session import Session
    from reconciler.contract.account import Account
    from reconciler.model import Change, Report, Target
    from reconciler.schedule.call_report import CallRow
    from reconciler.state.ledger import Ledger
    from reconciler.store import Store

_TOPICS = {CallState.EXPIRED: "missed", CallState.UNKNOWN: "unknown", CallState.REFUSED: "refused"}
_WORDS = {
    "missed": "a call was missed",
    "unknown": "it is not known whether a call rang",
    "refused": "a call was refused",
}
_LISTED = 20


def notifier(session: Session, ledger: Ledger, store: Store | None = None) -> Notifier | None:
    """Who tells somebody; None where the project names nobody. Raises InputError for a setting that cannot be used."""
    if not session.project.settings.notify.to:
        return None

    def first(key: str) -> bool:
        write = Write(f"notice/{ledger.organization}/{key}", {"at": stamp(session.clock.now())})
        try:
            (store or ledger.store).put_many([write])
        except Conflict:
            return False
        return True

    def clean(text: str) -> str:
        return session.output.clean(text, masked=True)

    return Notifier(session.project.settings.notify, os.environ, first=first, clean=clean, said=session.output.talk)


def tell(session: Session, ledger: Ledger, notices: Iterable[Notice]) -> None:
    """Tell what a run found at its end; that nobody could be told is said, and changes nothing of what was done."""
    wanted = [it for it in notices if it.topic in session.project.settings.notify.on]
    if not (wanted and session.project.settings.notify.to):
        return
    try:
        with _writable(session, ledger) as store:
            teller = notifier(session, ledger, store)
            for notice in wanted:
                if teller is not None:
                    teller.tell(notice)
    except ReconcilerError as error:
        session.output.talk(f"nobody was notified: {error.message}")


@contextmanager
def told_when_it_fails(session: Session, ledger: Ledger) -> Iterator[None]:
    """Tell of an apply that ends in an error, once for each commit; not of one that only waits for a yes."""
    try:
        yield
    except (Unconfirmed, Interrupted):
        raise
    except ReconcilerError as error:
        tell(session, ledger, of_failure(error, commit(session.project) or f"{session.clock.now():%Y-%m-%d}"))
        raise


@contextmanager
def _writable(session: Session, ledger: Ledger) -> Iterator[Store]:
    """A store that remembers what was told, also for a command that reads; what it reads stays read only."""
    if not session.read_only:
        yield ledger.store
        return
    from reconciler.store import open_store  # noqa: PLC0415 - each engine loads only when named

    url = session.options.state or session.project.settings.state
    with open_store(url, root=session.project.root, read_only=False) as store:
        yield store


def of_calls(rows: Iterable[CallRow]) -> Iterator[Notice]:
    """What went wrong with calls, each attempt once."""
    for row in rows:
        topic: Any = _TOPICS.get(row.state)
        if topic is None or row.kept_back:
            continue
        event = f"{row.occurrence} {row.attempt} {row.state}"
        body = "\n".join(filter(None, (f"{row.occurrence}, attempt {row.attempt}: {row.detail}", row.hint)))
        yield Notice(topic, event, f"reconciler: {_WORDS[topic]}: {row.occurrence}", body)


def of_drift(target: Target, drift: Iterable[Change]) -> Iterator[Notice]:
    """Objects that were changed outside: once for each state of them, whoever notices it."""
    changed = list(drift)
    if not changed:
        return
    event = "\n".join(
        f"{it.address} {it.reason} {[(diff.path, str(diff.after)) for diff in it.diffs]}" for it in changed
    )
    listed = "\n".join(f"{it.address} {it.sentence}{_fields(it)}" for it in changed[:_LISTED])
    title = f"reconciler: {len(changed)} changed outside in {target.organization_name}"
    yield Notice("drift", event, title, f"{listed}\nreconciler drift")


def _fields(change: Change) -> str:
    return f": {', '.join(diff.path for diff in change.diffs)}" if change.diffs else ""


def of_balance(session: Session, account: Account) -> Iterator[Notice]:
    """A balance that is low, once a day."""
    cents: Any = next((it.body.get("balance_cents") for it in account.of("AutoReload")), None)
    below = session.project.settings.notify.balance_below_cents
    if isinstance(cents, int) and not isinstance(cents, bool) and cents < below:
        title = f"reconciler: the balance is low: ${cents / 100:,.2f}"
        day = f"{session.clock.now():%Y-%m-%d}"
        yield Notice("balance", day, title, f"It is below ${below / 100:,.2f}; at nothing, calls are refused.")


def of_failure(error: ReconcilerError, event: str) -> Iterator[Notice]:
    """An apply that was refused, or ended in an error."""
    body = "\n".join(filter(None, (f"{error.code} {error.message}".strip(), error.hint)))
    yield Notice("apply", f"{event} {body}", "reconciler: apply failed", body)


def of_apply(done: Report, at: str) -> Iterator[Notice]:
    """An apply that did not do all it was to do."""
    failed = [it for it in done.results if it.outcome not in ("done", "skipped")]
    if failed:
        listed = "\n".join(f"{it.address} {it.action}: {it.outcome}; {it.detail}" for it in failed[:_LISTED])
        yield Notice("apply", at, f"reconciler: apply failed in part: {len(failed)} of {len(done.results)}", listed)

"""Notices of a run: which of what it found somebody must hear of, and the notifier that tells it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from reconciler.errors import Conflict, ReconcilerError
from reconciler.notify.notifier import Notice, Notifier
from reconciler.schedule.clock import stamp
from reconciler.state.call_states import CallState
from reconciler.store import Write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.cli.session import Session
    from reconciler.model import Plan, Report
    from reconciler.schedule.call_report import CallRow
    from reconciler.state.ledger import Ledger

_HELD = "RC615"  # missed while held: somebody decided that
_TOPICS = {CallState.EXPIRED: "missed", CallState.UNKNOWN: "unknown", CallState.REFUSED: "refused"}
_WORDS = {
    "missed": "a call was missed",
    "unknown": "it is not known whether a call rang",
    "refused": "a call was refused",
}
_LISTED = 20


def notifier(session: Session, ledger: Ledger) -> Notifier | None:
    """Who tells somebody; None where the project names nobody. Raises InputError for a setting that cannot be used."""
    if not session.project.settings.notify.to:
        return None

    def first(key: str) -> bool:
        write = Write(f"notice/{ledger.organization}/{key}", {"at": stamp(session.clock.now())})
        try:
            ledger.store.put_many([write])
        except Conflict:
            return False
        return True

    def clean(text: str) -> str:
        return session.output.clean(text, masked=True)

    return Notifier(session.project.settings.notify, os.environ, first=first, clean=clean, said=session.output.talk)


def tell(session: Session, ledger: Ledger, notices: Iterable[Notice]) -> None:
    """Tell what a run found at its end; that nobody could be told is said, and changes nothing of what was done."""
    try:
        teller = notifier(session, ledger)
        if teller is not None:
            for notice in notices:
                teller.tell(notice)
    except ReconcilerError as error:
        session.output.talk(f"nobody was notified: {error.message}")


def of_calls(rows: Iterable[CallRow]) -> Iterator[Notice]:
    """What went wrong with calls, each attempt once."""
    for row in rows:
        topic: Any = _TOPICS.get(CallState(row.state))
        if topic is None or row.code == _HELD:
            continue
        event = f"{row.occurrence} {row.attempt} {row.state}"
        body = "\n".join(filter(None, (f"{row.occurrence}, attempt {row.attempt}: {row.detail}", row.hint)))
        yield Notice(topic, event, f"reconciler: {_WORDS[topic]}: {row.occurrence}", body)


def of_drift(plan: Plan, outside: Iterable[Any]) -> Iterator[Notice]:
    """Objects that were changed outside: once for each state of them."""
    changed = list(outside)
    if not changed:
        return
    event = "\n".join(f"{it.address} {[(diff.path, str(diff.before)) for diff in it.diffs]}" for it in changed)
    listed = "\n".join(f"{it.address}: {', '.join(diff.path for diff in it.diffs)}" for it in changed[:_LISTED])
    title = f"reconciler: {len(changed)} changed outside in {plan.target.organization_name}"
    yield Notice("drift", event, title, f"{listed}\nreconciler drift")


def of_balance(billing: Mapping[str, Any], below: int, day: str) -> Iterator[Notice]:
    """A balance that is low, once a day."""
    cents = billing.get("balance_cents")
    if isinstance(cents, int) and not isinstance(cents, bool) and cents < below:
        title = f"reconciler: the balance is low: ${cents / 100:,.2f}"
        yield Notice("balance", day, title, f"It is below ${below / 100:,.2f}; at nothing, calls are refused.")


def of_apply(done: Report, at: str) -> Iterator[Notice]:
    """An apply that did not do all it was to do."""
    failed = [it for it in done.results if it.outcome not in ("done", "skipped")]
    if failed:
        listed = "\n".join(f"{it.address} {it.action}: {it.outcome}; {it.detail}" for it in failed[:_LISTED])
        yield Notice("apply", at, f"reconciler: apply failed in part: {len(failed)} of {len(done.results)}", listed)

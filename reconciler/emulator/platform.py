"""The whole service behind one method: a request goes in, a reply comes out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Self

from reconciler.emulator import administration, deliveries, faults
from reconciler.emulator.database import Database, document
from reconciler.emulator.exchange import Exchange, Refusal, Reply, Scene, answer, encode
from reconciler.emulator.forms import decoded
from reconciler.emulator.identity import authenticate
from reconciler.emulator.routing import ADMINISTRATION, PUBLIC, ROUTER
from reconciler.emulator.seed import Scenario, seed, seed_once
from reconciler.emulator.webhook_sender import SenderThreads, WebhookSender

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from reconciler.emulator.exchange import Request
    from reconciler.emulator.faults import Fault
    from reconciler.schedule.clock import Clock


class Platform:
    """An emulated account, kept in one SQLite file (or ``":memory:"``) that processes may share.

    Safe for threads. A fresh file is seeded from ``scenario``; one that has been seeded keeps its state
    and the scenario is not looked at. Time is the clock's, plus what ``advance`` has added.
    """

    def __init__(self, path: Path | str, clock: Clock, scenario: Scenario | None = None) -> None:
        self.clock = clock
        self._database = Database(path)
        self._sender = WebhookSender(self._scene, lambda: self.clock.now().timestamp())
        self._sender_threads = 0
        with self._database.transaction() as connection:
            seed_once(connection, clock.now(), scenario or Scenario())

    def handle(self, request: Request) -> Reply:
        """Answer one request, at once: ``Reply.delay`` and ``Reply.drop`` are for the carrier to act out."""
        with self._moment() as (connection, now):
            if request.path.startswith(ADMINISTRATION):
                reply = self._answered(connection, now, request, ())
            else:
                reply = self._served(connection, now, request)
            waiting = deliveries.waiting(Scene(connection, now))
        if reply.delivery is not None:
            attempt = self._sender.send_now(reply.delivery)
            reply = replace(reply, body=encode(deliveries.outcome(reply.json(), attempt)).encode())
        if waiting and not self._sender_threads:
            self._sender.send_due()
        date = format_datetime(now.replace(microsecond=0), usegmt=True)
        body = b"" if request.method == "HEAD" else reply.body
        return Reply(reply.status, {**reply.headers, "Date": date}, body, reply.delay, reply.drop)

    def inject(self, fault: Fault) -> None:
        """Arrange a fault."""
        with self._moment() as (connection, _):
            faults.inject(connection, fault)

    def clear_faults(self) -> None:
        """Behave again."""
        with self._moment() as (connection, _):
            faults.clear(connection)

    def requests(self) -> list[dict[str, Any]]:
        """What clients sent so far, oldest first (see ``administration.record``)."""
        with self._moment() as (connection, _):
            return administration.journal(connection)

    def forget_requests(self) -> None:
        """Empty the journal."""
        with self._moment() as (connection, _):
            administration.forget_requests(connection)

    def change(self, **changes: Any) -> None:
        """Change the account behind the API's back (see ``administration.change``)."""
        with self._moment() as (connection, now):
            administration.change(connection, now, changes)

    def state(self) -> dict[str, Any]:
        """The account at a glance, with what the API does not tell."""
        with self._moment() as (connection, now):
            return administration.state(connection, now)

    def objects(self, name: str) -> list[dict[str, Any]]:
        """Every object of a plain resource, with what the API does not tell; KeyError for no such resource."""
        with self._moment() as (connection, now):
            return administration.objects(connection, now, name)

    def advance(self, seconds: float) -> None:
        """Move the platform's time forward."""
        with self._moment() as (connection, _):
            administration.advance(connection, seconds)
        if not self._sender_threads:
            self._sender.send_due()

    def start_sender(self) -> SenderThreads:
        """Send events from threads of their own while a server runs; the caller stops them."""
        self._sender_threads += 1
        return SenderThreads(self._sender.send_all).start()

    def stop_sender(self, threads: SenderThreads) -> None:
        """Stop the threads that send events; from then on they leave with the requests again."""
        threads.stop()
        self._sender_threads -= 1

    def reset(self, scenario: Scenario | None = None) -> None:
        """Forget everything, faults and journal included, and start again."""
        with self._moment() as (connection, _):
            seed(connection, self.clock.now(), scenario or Scenario())

    def close(self) -> None:
        """Close the file and the connections that events were sent on."""
        self._sender.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def _moment(self) -> Iterator[tuple[sqlite3.Connection, datetime]]:
        with self._database.transaction() as connection:
            offset = document(connection, "options")["clock_offset"]
            now = self.clock.now() + timedelta(seconds=offset)
            administration.catch_up(connection, now)
            yield connection, now

    @contextmanager
    def _scene(self) -> Iterator[Scene]:
        with self._moment() as (connection, now):
            yield Scene(connection, now)

    def _served(self, connection: sqlite3.Connection, now: datetime, request: Request) -> Reply:
        fault = faults.strike(connection, request)
        if fault is None:
            reply = self._answered(connection, now, request, ())
        elif fault.prevents:
            reply = faults.distort(Reply(204), fault)
        else:
            reply = faults.distort(self._answered(connection, now, request, fault.ignore), fault)
        administration.record(connection, now, request, reply)
        return reply

    def _answered(
        self, connection: sqlite3.Connection, now: datetime, request: Request, ignored: tuple[str, ...]
    ) -> Reply:
        connection.execute("SAVEPOINT handler")
        try:
            if request.path not in PUBLIC and not request.path.startswith(ADMINISTRATION):
                authenticate(request)
            route, arguments = ROUTER.find(request)
            fields = decoded(request, array=route.array, form=route.form)
            body = {name: value for name, value in fields.items() if name not in ignored}
            reply = route.handler(Exchange(connection, now, request, arguments, body))
        except OverflowError:
            connection.execute("ROLLBACK TO handler")
            reply = answer({"detail": "A number is too large."}, 400)
        except Refusal as refusal:
            if not refusal.lasting:
                connection.execute("ROLLBACK TO handler")
            reply = answer(refusal.body, refusal.status)
        connection.execute("RELEASE handler")
        return reply

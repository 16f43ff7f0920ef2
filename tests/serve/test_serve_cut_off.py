"""A replica that is cut off from the platform, beside one that is not."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from waiting import until

from reconciler.calls import run_state
from reconciler.calls.run_state import RunState
from reconciler.errors import Rejected, Unreachable
from serve.site_under_test import call, whole_second

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from serve.site_under_test import Service, Site


class Wire:
    """A way to the platform that can be cut for good."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        self._cut = Event()
        self._carriers: list[Thread] = []
        self._accepting = Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        """Close every connection, and all that are to come."""
        self._cut.set()
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Be gone, every thread and socket of it."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends the thread that accepts
        self._accepting.join()
        self.cut()
        for carrier in self._carriers:
            carrier.join()
        for end in (self._listener, *self._open):
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._cut.is_set():
                    client.close()
                    continue
                server = socket.create_connection(self._target)
                self._open += [client, server]
                for ends in ((client, server), (server, client)):
                    self._carriers.append(Thread(target=self._carry, args=ends, daemon=True))
                    self._carriers[-1].start()

    @staticmethod
    def _carry(near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while said := near.recv(65_536):
                far.sendall(said)
        for end in (near, far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    found = Wire(url)
    try:
        yield found
    finally:
        found.close()


def placed(service: Service) -> int:
    return len({it["name"] for it in service.said("call") if it["state"] == "placed"})


def test_what_one_replica_cannot_place_another_does_and_each_once(site: Site) -> None:
    with wire(site.platform) as between:
        site.apply()
        cut_off = site.serve(platform=between.url)
        assert cut_off.url
        at = whole_second(ahead=2 * site.patience)
        people = [f"+1415557{3000 + number}" for number in range(16)]
        due = {to: at + timedelta(seconds=2 * number) for number, to in enumerate(people)}
        site.declare(*(call(f"call-{to[-4:]}", when, to) for to, when in due.items()))
        site.apply()
        other = site.serve()
        assert other.url
        until(site.dialled, "the first call", patience=120)
        between.cut()
        until(lambda: {to for _, to in site.dialled()} == set(due), "every call", patience=180)
        until(lambda: cut_off.get("/readyz").status_code == 503, "it is not ready")
    assert placed(other) > 0
    assert len(site.ask("GET", "/v1/calls", params={"limit": 100})["results"]) == len(due)


def test_a_run_is_cut_off_since_its_first_request_without_an_answer_and_until_any_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(run_state, "monotonic", lambda: now[0])
    state = RunState()

    def send(error: Exception | None) -> None:
        with suppress(Unreachable, Rejected), state.listening(Unreachable):
            if error is not None:
                raise error

    found = []
    away, refused = Unreachable("no", method="POST", path="/"), Rejected("no", method="POST", path="/")
    for error in (None, away, away, refused, away, None):
        send(error)
        now[0] += 1.0
        found.append(state.cut_off_for)
    assert found == [0.0, 1.0, 2.0, 0.0, 1.0, 0.0]

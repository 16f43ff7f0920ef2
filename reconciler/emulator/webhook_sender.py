"""The sending of events: to loopback addresses for real, to any other in appearance only.

An address elsewhere counts as taken, one under ``.invalid`` as not resolved. Faults of the method ``EVENT``
and a path like ``/events/telephony.complete`` strike here: ``delay`` holds an event back (others overtake
it), ``copies`` sends it more than once, ``status`` and ``drop`` make the attempt fail, before or after it
arrived (``took_effect``), ``malform`` breaks its ``json`` or its ``signature``, ``skew`` its time.
"""

from __future__ import annotations

import ssl
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import httpx

from reconciler.emulator import deliveries, faults
from reconciler.emulator.deliveries import Attempt, Delivery
from reconciler.emulator.exchange import Request
from reconciler.emulator.faults import EVENT, Fault
from reconciler.emulator.signatures import signed
from reconciler.emulator.webhook_endpoints import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from reconciler.emulator.exchange import Scene

    Moments = Callable[[], AbstractContextManager[Scene]]

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05
THREADS = 4
PLAIN_HEADERS = {"Content-Type": "application/json", "User-Agent": "ThunderPhone-Webhooks/1.0"}
PLAIN = Fault(method=EVENT)
DNS = Attempt(None, "dns", "Could not resolve host.")


class WebhookSender:
    """Sends what is due.

    ``moments`` opens a transaction at the platform's present, ``wire_time`` is what a timestamp says.
    """

    def __init__(self, moments: Moments, wire_time: Callable[[], float]) -> None:
        self._moments = moments
        self._wire_time = wire_time
        self._busy = threading.Lock()
        self._opening = threading.Lock()
        self._client: httpx.Client | None = None

    def send_due(self) -> None:
        """Send everything that is due, in its order; returns at once when somebody is doing so already.

        A receiver that asks back while it is told something would otherwise be told the next thing meanwhile.
        """
        if not self._busy.acquire(blocking=False):
            return
        try:
            self.send_all()
        finally:
            self._busy.release()

    def send_all(self) -> None:
        """Send everything that is due and that nobody else has claimed."""
        while self._send_next():
            pass

    def send_now(self, number: int) -> Attempt:
        """Send the delivery of that number now, and say how that ended."""
        with self._moments() as scene:
            delivery = deliveries.claim(scene, number)
        if delivery is None:
            return DNS
        found = self._send(delivery, PLAIN)
        with self._moments() as scene:
            deliveries.record(scene, number, found)
        return found

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _send_next(self) -> bool:
        with self._moments() as scene:
            delivery = deliveries.claim(scene)
            if delivery is None:
                return False
            fault = faults.strike(scene.database, Request(EVENT, f"/events/{delivery.event_type}")) or PLAIN
            for _ in range(fault.copies):
                deliveries.repeat(scene, delivery.number)
            if fault.delay:
                deliveries.postpone(scene, delivery.number, timedelta(seconds=fault.delay))
                return True
        found = Attempt(None) if fault.prevents else self._send(delivery, fault)
        with self._moments() as scene:
            deliveries.record(scene, delivery.number, _distorted(found, fault))
        return True

    def _send(self, delivery: Delivery, fault: Fault) -> Attempt:
        if not is_loopback(delivery.url):
            return DNS if (urlsplit(delivery.url).hostname or "").endswith(".invalid") else Attempt(200)
        body = delivery.payload[: len(delivery.payload) // 2] if fault.malform == "json" else delivery.payload
        secret = f"not {delivery.secret}" if fault.malform == "signature" else delivery.secret
        headers = signed(secret, delivery.url, body, int(self._wire_time() + fault.skew))
        try:
            answered = self._http().post(delivery.url, content=body, headers={**headers, **PLAIN_HEADERS})
        except httpx.TimeoutException as error:
            return Attempt(None, "timeout", str(error) or "No answer in time.")
        except httpx.HTTPError as error:
            return Attempt(None, _category(error), str(error))
        if answered.is_success:
            return Attempt(answered.status_code)
        return Attempt(answered.status_code, "http_error", f"HTTP {answered.status_code}")

    def _http(self) -> httpx.Client:
        with self._opening:
            if self._client is None:
                # Loopback needs no proxy, whatever the environment says.
                self._client = httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)
            return self._client


class SenderThreads:
    """Threads that send events while a server runs: when they are due, side by side and in no sure order.

    Each claims what it sends, so none is sent twice, and a slow receiver delays its own events only.
    """

    def __init__(self, send_all: Callable[[], None]) -> None:
        self._send_all = send_all
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    def start(self) -> Self:
        """Begin to send."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Send no more; what is being sent is finished."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            self._send_all()


def _distorted(found: Attempt, fault: Fault) -> Attempt:
    if fault.drop:
        return Attempt(None, "connection", "The connection was dropped by an injected fault.")
    if fault.status is not None and fault.status >= 300:  # noqa: PLR2004 - beyond success
        return Attempt(fault.status, "http_error", f"HTTP {fault.status}")
    return found


def _category(error: httpx.HTTPError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__
    return "connection"

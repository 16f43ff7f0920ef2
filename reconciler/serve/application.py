"""The HTTP side of the service: receiver of events, health, metrics, the page of the day."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from reconciler.errors import ReconcilerError
from reconciler.serve import event, signatures
from reconciler.serve.metrics import CONTENT_TYPE
from reconciler.serve.signatures import Signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from threading import Event

    from reconciler.serve.access import Access
    from reconciler.serve.day import Board
    from reconciler.serve.event_log import EventLog
    from reconciler.serve.health import Health
    from reconciler.serve.log import Log
    from reconciler.serve.metrics import Metrics

Content = TypeVar("Content")
LARGEST_BODY = 1 << 20
LARGEST_FORM = 1 << 14
PATIENCE = 10.0  # seconds for a whole body, and for the state: who is slower holds a connection and nothing else
_BLOCKING = ".incoming"  # the caller hears silence until this is answered
_UNDER_WAY = (".incoming", ".tool", ".turn")  # the call goes on: there is no end to be asked for
_SSE_SECONDS, _SSE_KEPT_OPEN = 0.5, 15.0
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class _TooLarge(Exception):
    """The body is larger than anybody may send."""


@dataclass(frozen=True)
class Receiver:
    """What the receiver checks events by, who hears of them, and of those that could not be stored."""

    secrets: Sequence[bytes]
    accept_v1: bool
    events: EventLog
    heard: Callable[[str], None]
    now: Callable[[], float]
    not_stored: Callable[[str], None]


@dataclass(frozen=True)
class Services:
    """Everything the answers are made of; ``switch`` holds all calls for a reason, or releases them for none."""

    receiver: Receiver
    access: Access
    board: Board
    health: Health
    metrics: Metrics
    log: Log
    switch: Callable[[str], None]
    stopping: Event


def application(services: Services) -> Starlette:
    """The application; every answer has the same protective headers."""
    found = Starlette(
        routes=[
            Route("/webhooks", partial(_webhook, services), methods=["POST"]),
            Route("/healthz", partial(_healthz, services)),
            Route("/readyz", partial(_readyz, services)),
            Route("/metrics", partial(_metrics, services)),
            Route("/", partial(_page, services)),
            Route("/live.js", partial(_script, services)),
            Route("/live", partial(_live, services)),
            Route("/hold", partial(_switch, services, True), methods=["POST"]),
            Route("/release", partial(_switch, services, False), methods=["POST"]),
        ],
        exception_handlers={HTTPException: _not_served, ReconcilerError: _unread, TimeoutError: _unread},
    )
    found.router.redirect_slashes = False  # it would lead to whatever host the request names
    return found


async def _not_served(_request: Request, error: Exception) -> Response:
    """No such path, or not by this method."""
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"detail": error.detail}, error.status_code, headers={**HEADERS, **(error.headers or {})})


async def _unread(_request: Request, error: Exception) -> Response:
    """What is asked for cannot be known now."""
    return _answer(503, error.message if isinstance(error, ReconcilerError) else "the state does not answer")


async def _asked(ask: Callable[[], Content]) -> Content:
    """What the state tells; TimeoutError where it does not in time."""
    return await asyncio.wait_for(to_thread.run_sync(ask, abandon_on_cancel=True), PATIENCE)


async def _webhook(services: Services, request: Request) -> Response:
    """Verify, store, acknowledge; only then is anything done about it."""
    try:
        body = await _body(request, LARGEST_BODY)
    except _TooLarge:
        services.metrics.event("unread", "too_large")
        return _answer(413, "the body is larger than 1 MiB")
    except (TimeoutError, ClientDisconnect):
        services.metrics.event("unread", "too_slow")
        return _answer(408, "the body did not come in time")
    receiver = services.receiver
    signed = Signed(request.method, _target(request), body)
    if not signatures.is_authentic(
        request.headers, signed, receiver.secrets, now=receiver.now(), accept_v1=receiver.accept_v1
    ):
        services.metrics.event("unread", "bad_signature")
        return _answer(401, "the signature is not one of ours")
    try:
        found = event.read(body)
    except event.NoEvent as error:
        services.metrics.event("unread", "no_event")
        return _answer(400, str(error))
    return await _accepted(services, found)


async def _accepted(services: Services, found: event.Event) -> Response:
    try:
        fresh = await _stored(services.receiver.events, found)
    except (ReconcilerError, TimeoutError) as error:  # the platform sends it again
        why = error.message if isinstance(error, ReconcilerError) else "the state does not answer"
        services.metrics.event(found.type, "not_stored")
        services.receiver.not_stored(why)
        services.log.say("event not stored", type=found.type, error=why, level="error")
        _heard(services, found)  # it may have been stored after all, and would be a duplicate when it comes again
        return _answer(503, "it could not be stored, send it again")
    services.metrics.event(found.type, "accepted" if fresh else "duplicate")
    if fresh:
        _heard(services, found)
    return JSONResponse({}, headers=HEADERS)


def _heard(services: Services, found: event.Event) -> None:
    if found.call_id and not found.type.endswith(_UNDER_WAY):
        services.receiver.heard(found.call_id)


async def _stored(events: EventLog, found: event.Event) -> bool:
    """Whether it is new; who waits on the telephone is not kept waiting for the state."""
    if not found.id or found.type.endswith(_BLOCKING):
        return True
    return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(events.add(found))), PATIENCE)


async def _healthz(services: Services, _request: Request) -> Response:
    silent = services.health.silent()
    told = {"status": "hangs" if silent else "alive", "threads": silent}
    return JSONResponse(told, 503 if silent else 200, headers=HEADERS)


async def _readyz(services: Services, _request: Request) -> Response:
    checks = await asyncio.to_thread(services.health.ready)  # apart from the threads that wait for the state
    ready = all(check.serves for check in checks.values()) and not services.stopping.is_set()
    told = {name: check.told for name, check in checks.items()}
    status = "ready" if ready else "stopping" if services.stopping.is_set() else "not ready"
    return JSONResponse({"status": status, "checks": told}, 200 if ready else 503, headers=HEADERS)


async def _metrics(services: Services, request: Request) -> Response:
    if not services.access.may_read(request.headers):
        return _unknown_reader()
    return Response(services.metrics.text(), headers={**HEADERS, "Content-Type": CONTENT_TYPE})


async def _page(services: Services, request: Request) -> Response:
    if not services.access.may_read(request.headers):
        return _unknown_reader()
    shown = await _asked(services.board.page)
    return HTMLResponse(shown.html, headers={**HEADERS, "Content-Security-Policy": shown.policy})


async def _script(services: Services, request: Request) -> Response:
    if not services.access.may_read(request.headers):
        return _unknown_reader()
    return Response(services.board.script, headers={**HEADERS, "Content-Type": "text/javascript; charset=utf-8"})


async def _live(services: Services, request: Request) -> Response:
    """The page's changing part whenever it changed, as server-sent events."""
    if not services.access.may_read(request.headers):
        return _unknown_reader()
    headers = {**HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    return StreamingResponse(_changes(services, request), headers=headers)


async def _changes(services: Services, request: Request) -> AsyncIterator[str]:
    last, quiet = "", 0.0
    while not (services.stopping.is_set() or await request.is_disconnected()):
        try:
            shown = await _asked(services.board.part)
        except (ReconcilerError, TimeoutError):
            shown = last  # what is shown stays until the state can be read again
        if shown != last:
            last, quiet = shown, 0.0
            yield f"data: {json.dumps(shown)}\n\n"
        elif quiet >= _SSE_KEPT_OPEN:
            quiet = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(_SSE_SECONDS)
        quiet += _SSE_SECONDS


async def _switch(services: Services, hold: bool, request: Request) -> Response:  # noqa: FBT001 - bound above
    """Hold or release every call; a browser is led back to the page."""
    try:
        form = parse_qs((await _body(request, LARGEST_FORM)).decode("utf-8", "replace"), keep_blank_values=True)
    except (_TooLarge, TimeoutError, ClientDisconnect):
        return _answer(413, "the form is too large or too slow")
    if not services.access.may_switch(request.headers, form.get("token", [""])[0]):
        return _answer(403, "that takes the token of --token-file")
    why = (form.get("why", [""])[0].strip() or "by hand, on the page") if hold else ""
    try:
        await _asked(partial(services.switch, why))
    except TimeoutError:
        return _answer(503, "the state does not answer: look at the page whether calls are held")
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/", 303, headers=HEADERS)
    return JSONResponse({"held": hold}, headers=HEADERS)


async def _body(request: Request, largest: int) -> bytes:
    """The whole body; raises _TooLarge as soon as it is known to be larger, TimeoutError where it does not come."""
    if _whole(request.headers.get("content-length", "")) > largest:
        raise _TooLarge
    parts, size = [], 0
    async with asyncio.timeout(PATIENCE):
        async for part in request.stream():
            size += len(part)
            if size > largest:
                raise _TooLarge
            parts.append(part)
    return b"".join(parts)


def _whole(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() else 0


def _target(request: Request) -> bytes:
    """The path with its query, exactly as it came."""
    path, query = request.scope.get("raw_path") or request.url.path.encode(), request.scope.get("query_string", b"")
    found: bytes = path + (b"?" + query if query else b"")
    return found


def _answer(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status, headers=HEADERS)


def _unknown_reader() -> Response:
    headers = {**HEADERS, "WWW-Authenticate": 'Basic realm="reconciler: the token as password", charset="UTF-8"'}
    return PlainTextResponse("the token of --token-file, as Bearer or as password\n", 401, headers=headers)

"""The conditions under which the service can do its work, each asked anew by a probe."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError
from reconciler.serve.checkout import first_place
from reconciler.serve.health import Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.errors import InputError
    from reconciler.planning.survey import Connection

_CLOCK_SECONDS = 30.0
_API_SERVES = 10.0


class Conditions:
    """What readiness depends on; manifests in error do not: the last good ones are kept, and it is said.

    ``state_fails`` says why the state failed lately: one that is full can be read all the same.
    """

    def __init__(
        self, connection: Connection, manifests: Callable[[], InputError | None], state_fails: Callable[[], str]
    ) -> None:
        self._connection, self._error, self._state_fails = connection, manifests, state_fails
        self._api_checked, self._api_known = -_API_SERVES, Check(ok=True)

    def asked(self, *, dispatching: bool) -> dict[str, Callable[[], Check]]:
        """The conditions by name."""
        found = {"state": self._state, "api": self._api, "clock": self._clock, "manifests": self._manifests}
        return {**found, "lease": self._lease} if dispatching else found

    def _manifests(self) -> Check:
        if (error := self._error()) is None:
            return Check(ok=True)
        return Check(ok=False, detail=f"in error, the last good ones are kept: {first_place(error)}", stale=True)

    def _state(self) -> Check:
        try:
            self._connection.ledger.store.get(f"{self._connection.ledger.organization}/lease/dispatch")
        except ReconcilerError as error:
            return Check(ok=False, detail=error.message)
        if why := self._state_fails():
            return Check(ok=False, detail=why)
        return Check(ok=True, detail=self._connection.ledger.store.description)

    def _api(self) -> Check:
        if time.monotonic() - self._api_checked >= (_API_SERVES if self._api_known.ok else 0.0):
            try:
                self._connection.api.exchange("GET", "/v1/whoami", attempts=1, timeout=5.0)
                self._api_known = Check(ok=True)
            except ReconcilerError as error:
                self._api_known = Check(ok=False, detail=error.message)
            self._api_checked = time.monotonic()
        return self._api_known

    def _clock(self) -> Check:
        offset = self._connection.api.server_offset()
        if offset is not None and abs(offset) > _CLOCK_SECONDS:
            return Check(ok=False, detail=f"{abs(offset):.0f} s off the server's")
        return Check(ok=True)

    def _lease(self) -> Check:
        with suppress(ReconcilerError):
            found = self._connection.ledger.store.get(f"{self._connection.ledger.organization}/lease/dispatch")
            return Check(ok=True, detail=f"held by {found.value.get('owner')}" if found else "free")
        return Check(ok=False, detail="the state cannot be read")

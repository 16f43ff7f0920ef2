"""Every error that can stop a run, and what happens next.

::

    ReconcilerError                    code, message, location?, hint?
     ├─ InputError                     the author can fix it; all of them are reported together
     ├─ PlanRefused                    understood, and will not
     │   ├─ UnsafePlan                 a guard's limit, with its numbers
     │   ├─ StalePlan                  the account moved since the plan was approved
     │   ├─ WrongAccount               the key opens another organisation
     │   ├─ Undecided                  which of the project's environments is meant was not said
     │   ├─ Unconfirmed                somebody has to say yes, and nobody can be asked here
     │   └─ Locked                     somebody else is writing
     ├─ StoreError                     the state could not be read or written
     │   └─ Conflict                   another writer was first (the lost compare-and-set)
     ├─ NotPosted                      a comment did not reach the forge: a warning, never the exit code
     ├─ Interrupted                    SIGINT or SIGTERM: finish the request in flight, say what was done
     └─ ApiError                       method, path, status?, the vendor's own words
         ├─ Unreachable                did not arrive               → may retry
         ├─ Throttled                  429, with Retry-After        → may retry
         ├─ Denied                     401                          → stop the run
         ├─ Rejected                   any other 4xx                → that change fails
         │   └─ Declined               done, and came to nothing    → not repeated unless asked
         ├─ VendorFault                5xx, or no answer, on a read → may retry
         ├─ AmbiguousWrite             sent, no clear answer        → settle by reading, never by resending
         ├─ Unintelligible             not in the contract          → stop that change; say what came
         └─ WriteForbidden             a read-only command tried to write: our bug, nothing was sent

Raise when the run cannot go on; return a ``Finding`` or a ``Result`` when one item has something to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import Finding, Location


class ReconcilerError(Exception):
    """Anything the tool says instead of a traceback.

    ``code`` is stable (``RC…``), ``message`` is lower case without a final period, ``hint`` is the next
    thing to do, with the exact command where there is one.
    """

    code = "RC900"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        location: Location | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.location = location
        self.hint = hint


class InputError(ReconcilerError):
    """What the author wrote cannot be read as meant; carries every finding, not the first."""

    code = "RC100"

    def __init__(
        self,
        message: str,
        *,
        findings: Sequence[Finding] = (),
        code: str | None = None,
        location: Location | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(message, code=code, location=location, hint=hint)
        self.findings = tuple(findings)


class PlanRefused(ReconcilerError):
    """Understood, and will not be done."""

    code = "RC300"


class UnsafePlan(PlanRefused):
    """A guard's limit would be passed; the message carries the numbers."""

    code = "RC301"


class StalePlan(PlanRefused):
    """What was approved is not what would happen now."""

    code = "RC302"


class WrongAccount(PlanRefused):
    """The key opens another organisation than the project file pins."""

    code = "RC303"


class Undecided(PlanRefused):
    """The project declares environments, and which one is meant was not said."""

    code = "RC310"


class Unconfirmed(PlanRefused):
    """Somebody has to say yes first, and nobody can be asked here."""

    code = "RC307"


class Locked(PlanRefused):
    """Another run holds the lease."""

    code = "RC304"


class StoreError(ReconcilerError):
    """The state could not be read or written."""

    code = "RC500"


class Conflict(StoreError):
    """The stored version is not the expected one: another writer was first."""

    code = "RC501"


class NotPosted(ReconcilerError):
    """A comment did not reach GitHub or GitLab; ``status`` is None when no answer came.

    The run itself is as good as without one: it is said as a warning.
    """

    code = "RC800"

    def __init__(self, message: str, *, status: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status


class Interrupted(ReconcilerError):
    """A signal asked the run to stop."""

    code = "RC901"


class ApiError(ReconcilerError):
    """The vendor's HTTP API did not do what was asked.

    ``status`` is None when no response came. ``detail`` is the vendor's own text, shortened; ``fields``
    maps field names to the vendor's complaints (the 400 shape of the contract, section 1.5); ``body`` is
    the decoded JSON body when there was one.
    """

    code = "RC400"

    def __init__(  # noqa: PLR0913 - each is one fact of the exchange, all keyword-only
        self,
        message: str,
        *,
        method: str,
        path: str,
        status: int | None = None,
        detail: str = "",
        fields: dict[str, tuple[str, ...]] | None = None,
        body: Any = None,
        retry_after: float | None = None,
        hint: str = "",
        code: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.method = method
        self.path = path
        self.status = status
        self.detail = detail
        self.fields = fields or {}
        self.body = body
        self.retry_after = retry_after


class Unreachable(ApiError):
    """The request provably never arrived (no connection was opened)."""

    code = "RC401"


class Throttled(ApiError):
    """429: refused for now; ``retry_after`` in seconds when the server named it."""

    code = "RC402"


class Denied(ApiError):
    """401: the key is missing, malformed or revoked; the run stops."""

    code = "RC403"


class Rejected(ApiError):
    """A 4xx with a clear no: nothing was done."""

    code = "RC404"


class Declined(Rejected):
    """An action was carried out and came to nothing; it is not repeated unless asked."""

    code = "RC205"


class VendorFault(ApiError):
    """5xx, or a broken connection, on a read."""

    code = "RC405"


class AmbiguousWrite(ApiError):
    """A write was sent and no clear answer came: it may or may not have happened."""

    code = "RC406"


class Unintelligible(ApiError):
    """An answer that is not in the contract."""

    code = "RC407"


class WriteForbidden(ApiError):
    """A read-only command tried to send something other than GET or HEAD; nothing was sent."""

    code = "RC408"

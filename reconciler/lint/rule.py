"""Rules of lint: a code, a weight, and a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import Finding, Location, Resource, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.contract.account import Account
    from reconciler.lint.rings import Rings
    from reconciler.lint.scripts import Script
    from reconciler.settings import Settings


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a check has to say about one resource, and where; what the account proves wrong is an error."""

    resource: Resource
    location: Location
    message: str
    hint: str
    refuted: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with one check.

    ``offline`` looks at the manifests alone, ``spoken`` at every prompt in them (found once for all such rules),
    ``timed`` holds the rings to come (found once, too) against the project's settings, ``agreed`` the manifests;
    ``online`` looks at the account.
    """

    code: str
    severity: Severity
    title: str
    offline: Callable[[Mapping[str, Resource], datetime], Iterable[Complaint]] | None = None
    spoken: Callable[[Sequence[Script], Mapping[str, Resource]], Iterable[Complaint]] | None = None
    timed: Callable[[Rings, Settings], Iterable[Complaint]] | None = None
    agreed: Callable[[Mapping[str, Resource], Settings], Iterable[Complaint]] | None = None
    online: Callable[[Account], Iterable[Complaint]] | None = None

    def without_account(
        self, resources: Mapping[str, Resource], scripts: Sequence[Script], rings: Rings, settings: Settings
    ) -> Iterator[Finding]:
        """The findings of a check that needs no account; none where there is no such check."""
        found: Iterable[Complaint] = ()
        if self.offline:
            found = self.offline(resources, rings.now)
        elif self.spoken:
            found = self.spoken(scripts, resources)
        elif self.timed:
            found = self.timed(rings, settings)
        elif self.agreed:
            found = self.agreed(resources, settings)
        return map(self._finding, found)

    def with_account(self, account: Account) -> Iterator[Finding]:
        """The findings of the online check; none where there is no such check."""
        return map(self._finding, self.online(account) if self.online else ())

    def _finding(self, said: Complaint) -> Finding:
        severity = Severity.ERROR if said.refuted else self.severity
        return Finding(severity, self.code, said.message, said.hint, said.resource.address, said.location)


def at(resource: Resource, message: str, hint: str, *path: str | int) -> Complaint:
    """A complaint about a field below ``spec``."""
    return Complaint(resource, resource.manifest.locate("spec", *path), message, hint)

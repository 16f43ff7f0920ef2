"""This file exists to say what a rule of lint is: a code, a weight, a title, and a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import Finding, Location, Resource, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from reconciler.kind import Account
    from reconciler.settings import Settings


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a check has to say about one resource, and where."""

    resource: Resource
    location: Location
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with one check.

    ``offline`` looks at the manifests alone, ``limiting`` holds them against the project's settings, ``online``
    looks at the account.
    """

    code: str
    severity: Severity
    title: str
    offline: Callable[[Mapping[str, Resource], datetime], Iterable[Complaint]] | None = None
    limiting: Callable[[Mapping[str, Resource], datetime, Settings], Iterable[Complaint]] | None = None
    online: Callable[[Account], Iterable[Complaint]] | None = None

    def without_account(
        self, resources: Mapping[str, Resource], now: datetime, settings: Settings
    ) -> Iterator[Finding]:
        """The findings of a check that needs no account; none where there is no such check."""
        found = self.offline(resources, now) if self.offline else ()
        return map(self._finding, self.limiting(resources, now, settings) if self.limiting else found)

    def with_account(self, account: Account) -> Iterator[Finding]:
        """The findings of the online check; none where there is no such check."""
        return map(self._finding, self.online(account) if self.online else ())

    def _finding(self, said: Complaint) -> Finding:
        return Finding(self.severity, self.code, said.message, said.hint, said.resource.address, said.location)


def at(resource: Resource, message: str, hint: str, *path: str | int) -> Complaint:
    """A complaint about a field below ``spec``."""
    return Complaint(resource, resource.manifest.locate("spec", *path), message, hint)

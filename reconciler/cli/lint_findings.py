"""Findings of lint beside those of a command, and the count of what is waived."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler import lint
from reconciler.lint.waivers import why
from reconciler.load.lists import merged
from reconciler.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.cli.output import Output
    from reconciler.contract.account import Account
    from reconciler.lint.waivers import Waived
    from reconciler.load.reader import Loaded
    from reconciler.model import Resource
    from reconciler.settings import Settings


@dataclass(slots=True)
class Lint:
    """The lint of one run. ``full``: what is waived is shown as a note with its reason, not only counted."""

    full: bool = False
    waived: list[Finding] = field(default_factory=list)

    def offline(self, loaded: Loaded, now: datetime, settings: Settings, output: Output) -> None:
        """Add what the manifests tell to the findings; a secret found in a prompt is never printed."""
        settled = lint.offline(loaded.resources, now, settings)
        for secret in settled.secrets:
            output.hide_secret(secret)
        loaded.findings += merged(self._shown(settled, loaded.resources), loaded.lists)
        loaded.findings.sort(key=lambda finding: (finding.location or Location(""), finding.code))

    def online(self, account: Account) -> list[Finding]:
        """What the account tells besides."""
        return self._shown(lint.online(account), account.resources)

    def _shown(self, settled: Waived, resources: Mapping[str, Resource]) -> list[Finding]:
        self.waived += settled.waived
        shown = settled.waived if self.full else ()
        return [*settled.findings, *(_accepted(each, resources.get(str(each.address))) for each in shown)]

    @property
    def count(self) -> str:
        """``2 waived``, with the way to see them; "" for none."""
        if not self.waived:
            return ""
        return f"{len(self.waived)} waived" + ("" if self.full else " (--full shows them)")


def _accepted(finding: Finding, resource: Resource | None) -> Finding:
    return replace(finding, severity=Severity.NOTE, hint=why(finding, resource))

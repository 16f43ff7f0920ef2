"""Findings on tests: each scenario that is not green, at the document that declares it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Address, Finding, Severity
from reconciler.testing.batch import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model import Location, Resource
    from reconciler.testing.run import AgentResult

_CODE = "RC313"
_OPEN = (Verdict.RUNNING, Verdict.NOT_TRIED)
_WORDS = {
    Verdict.FAILED: "did not pass",
    Verdict.ERROR: "could not be tested to its end",
    Verdict.UNKNOWN: "was not seen to pass",
    Verdict.RUNNING: "has not ended yet",
    Verdict.OTHER_REVISION: "was tested in another revision",
    Verdict.NOT_TRIED: "was not tried",
}


def of(results: Sequence[AgentResult], resources: Mapping[str, Resource]) -> Iterator[Finding]:
    """One for each scenario that is not green, and one for an agent of which no scenario says why it is not."""
    for result in results:
        rows = [it for it in result.scenarios if it.verdict is not Verdict.PASSED]
        for it in rows:
            call = f"call {it.call_id}" if it.call_id else ""
            yield _finding(
                it.verdict, (it.detail, call), result.hint if it.verdict in _OPEN else "", it.address, resources
            )
        if not rows and result.verdict is not Verdict.PASSED:
            yield _finding(result.verdict, (result.detail,), result.hint, f"Agent/{result.name}", resources)


def _finding(
    verdict: Verdict, told: Sequence[str], hint: str, address: str, resources: Mapping[str, Resource]
) -> Finding:
    why = "; ".join(text for text in told if text)
    message = f"{_WORDS[verdict]}{f': {why}' if why else ''}"
    severity = Severity.WARNING if verdict in _OPEN else Severity.ERROR
    return Finding(severity, _CODE, message, hint, _address(address), _location(address, resources))


def _address(text: str) -> Address | None:
    """None for a scenario of the platform's that no document declares: its title stands in place of an address."""
    try:
        return Address.parse(text)
    except ValueError:
        return None


def _location(address: str, resources: Mapping[str, Resource]) -> Location | None:
    resource = resources.get(address)
    return resource.manifest.location if resource is not None else None

"""The plan: the changes a reader approves, from what is declared and what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.contract.kind import ranks
from reconciler.diagnostics.suggestions import nearest
from reconciler.errors import InputError
from reconciler.left_out import whole_lists
from reconciler.model import Action, Address, Change, Finding, Plan, Severity, Target
from reconciler.planning import in_use
from reconciler.planning.fingerprints import PlanFingerprint
from reconciler.planning.match_changes import MatchChanges
from reconciler.planning.missing_names import missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.contract.account import Account
    from reconciler.contract.kind import Kind
    from reconciler.contract.resolver import Resolver
    from reconciler.planning.decide import Match
    from reconciler.planning.scope import Scope

_PLACES = {action: place for place, action in enumerate(Action)}


def plan(  # noqa: PLR0913 - the inputs of the pipeline's waist, all keyword-only
    *,
    target: Target,
    account: Account,
    matches: Iterable[Match],
    kinds: Mapping[str, Kind],
    resolver: Resolver,
    findings: Iterable[Finding],
    scope: Scope,
) -> Plan:
    """Every change in a safe order, every finding once, and a fingerprint over all that was looked at."""
    changes: list[Change] = []
    told = [finding for finding in findings if finding.address not in scope.left_out]
    written = [finding for finding in told if finding.severity is not Severity.ERROR]
    refuted = _by_address(finding for finding in told if finding.severity is Severity.ERROR)
    found: list[Finding] = []
    matches = tuple(matches)
    _nothing_misspelt(scope, matches)
    made = MatchChanges(account, resolver, scope)
    for match in matches:
        if not scope.covers(match):
            continue
        kind, errors = kinds[match.address.kind], refuted.get(match.address, ()) if refuted else ()
        written += errors
        due: list[Change] = []
        for change in made.of(match, kind):
            own = tuple(kind.preflight(change, account, resolver))
            found += own
            due.append(_stopped(change, (*own, *errors)) if kind.stands_alone else change)
        changes += _refused_once(due)
    changes = list(in_use.refused(changes, account, kinds, resolver))
    for address, errors in scope.left_out.items():
        written += errors
        changes.append(Change(address, Action.REFUSE, "invalid", _in_error(errors), stopped=errors))
    found += missing(changes, kinds, resolver)
    if not scope.skip_rows:
        changes = whole_lists(changes)
    places = ranks(kinds)
    ordered = tuple(sorted(changes, key=lambda change: _order(change, places)))
    return Plan(target, ordered, _listed([*written, *_once(found)]), PlanFingerprint(target, ordered))


def _in_error(errors: Sequence[Finding]) -> str:
    """Where the first error of a document stands that is left out for it."""
    place = next((f": {it.code} at {it.location}" for it in errors if it.location), "")
    return f"is not declared as it should be{place}"


def _by_address(findings: Iterable[Finding]) -> dict[Address, tuple[Finding, ...]]:
    grouped: dict[Address, tuple[Finding, ...]] = {}
    for finding in findings:
        if finding.address is not None:
            grouped[finding.address] = (*grouped.get(finding.address, ()), finding)
    return grouped


def _stopped(change: Change, found: Iterable[Finding]) -> Change:
    """A change that is left out for the errors about it, so that all the others need not be."""
    errors = tuple(finding for finding in found if finding.severity is Severity.ERROR)
    if not errors:
        return change
    if not change.pending:
        return replace(change, stopped=errors)
    refused = Action.REFUSE
    return replace(change, action=refused, verb=refused.value, consequences=(), stopped=errors, fingerprint="")


def _refused_once(changes: Sequence[Change]) -> Iterable[Change]:
    """The changes to one resource, where those that its errors stop are told as one."""
    stopped = [change for change in changes if change.stopped]
    if len(stopped) <= 1:
        return changes
    told = next((change for change in stopped if change.action is Action.REFUSE), stopped[0])
    return [change for change in changes if change is told or not change.stopped]


def _nothing_misspelt(scope: Scope, matches: tuple[Match, ...]) -> None:
    """Raise InputError for an address that nobody declares or remembers, or a selection of nothing.

    A typo must not look like "no changes".
    """
    known = {str(match.address) for match in matches} if scope.named else set()
    for address in sorted(scope.named):
        if str(address) not in known:
            hint = nearest(str(address), known) or "`reconciler plan --full` lists what there is"
            raise InputError(f"`{address}` is neither declared nor remembered", code="RC124", hint=hint)
    if scope.wanted is not None and not scope.may_be_empty and not any(scope.covers(match) for match in matches):
        raise InputError("nothing is selected", code="RC124", hint="check the labels of -l and the names of --target")


def _order(change: Change, places: Mapping[str, int]) -> tuple[bool, int, str, str, bool, int]:
    """Agents, numbers, auto-reload, calls; adopted before it is corrected; removals last and the other way round."""
    removal, rank = change.action.removes, places[change.address.kind]
    later, address = change.action is not Action.ADOPT, change.address
    return removal, -rank if removal else rank, address.kind, address.name, later, _PLACES[change.action]


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """One finding per thing to say of the account: an empty balance is told once, not once per call."""
    seen: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        seen.setdefault((finding.code, finding.message), finding)
    return list(seen.values())


def _listed(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first; what is said of several places of the manifests is said at each."""
    weight = list(Severity).index
    return tuple(sorted(findings, key=lambda it: (weight(it.severity), it.code, str(it.address))))

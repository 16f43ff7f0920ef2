"""Turn what is declared and what is there into the changes a reader approves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.contract.diff import EveryField, released
from reconciler.contract.fields import policies
from reconciler.contract.kind import ranks, tried_before
from reconciler.diagnostics.suggestions import nearest
from reconciler.errors import InputError
from reconciler.left_out import list_of, whole_lists
from reconciler.model import (
    Action,
    Address,
    Change,
    ChangedBy,
    Consequence,
    FieldDiff,
    Finding,
    Observed,
    Phase,
    Plan,
    Resource,
    Severity,
    Sort,
    Target,
)  # fmt: skip - one line of names
from reconciler.planning import in_use
from reconciler.planning.decide import Decision, Declared, Draft, Live, Match, Situation, decide
from reconciler.planning.fingerprints import fingerprint, fingerprint_of
from reconciler.planning.missing_names import missing
from reconciler.state.bindings import Binding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from reconciler.contract.account import Account
    from reconciler.contract.kind import DueAction, Kind
    from reconciler.contract.resolver import Resolver

_PLACES = {action: place for place, action in enumerate(Action)}
_NOTHING_MORE = (Action.REFUSE, Action.REPLACE, Action.DELETE)  # what else would be due on the object is not


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run was asked to look at: everything, or the resources that ``wanted`` accepts.

    ``paths`` are the folders and files that were read, relative to the project, "" for all of it; ``again`` are
    those whose actions may be done although they failed, or may have happened, before; ``named`` are the addresses
    that must exist; ``left_out`` those whose documents are in error, and what the errors are; ``may_be_empty`` says
    that nothing to look at is an answer. In ``incomplete`` are lists of which not every row is known, so that
    none is missing; ``skip_rows``: rows that are as they should be are armed though others of their list are not.
    """

    prune: bool = False
    wanted: Callable[[Address, Mapping[str, str]], bool] | None = None
    again: frozenset[Address] = frozenset()
    named: frozenset[Address] = frozenset()
    paths: tuple[str, ...] = ()
    left_out: Mapping[Address, tuple[Finding, ...]] = field(default_factory=dict)
    may_be_empty: bool = False
    incomplete: frozenset[str] = frozenset()
    skip_rows: bool = False

    def covers(self, match: Match) -> bool:
        """Whether the match is part of the run."""
        if match.address in self.left_out:
            return False
        if match.resource is None and list_of(match.address) in self.incomplete:
            return False
        if match.resource is None and self.paths and not self._was_declared_here(match):
            return False
        labels = match.resource.manifest.labels if match.resource else {}
        return self.wanted is None or self.wanted(match.address, labels)

    def _was_declared_here(self, match: Match) -> bool:
        """Whether what lost its document had it below the paths that were read: elsewhere it may still be."""
        source = match.observed.source if match.observed and match.observed.source else ""
        source = source or (match.binding.path if match.binding else "")
        return any(_inside(source, path) for path in self.paths)


def _inside(path: str, folder: str) -> bool:
    return folder in (path, ".") or path.startswith(f"{folder.rstrip('/')}/")


def plan(  # noqa: PLR0913 - the inputs of the pipeline's waist, all keyword-only
    *,
    target: Target,
    account: Account,
    matches: Iterable[Match],
    kinds: Mapping[str, Kind],
    links: Resolver,
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
    for match in matches:
        if not scope.covers(match):
            continue
        kind, errors = kinds[match.address.kind], refuted.get(match.address, ())
        written += errors
        due: list[Change] = []
        for change in _changes(match, kind, account, links, scope):
            own = tuple(kind.preflight(change, account, links))
            found += own
            due.append(_stopped(change, (*own, *errors)) if kind.stands_alone else change)
        changes += (_marked(change, kind) for change in _refused_once(due))
    changes = list(in_use.refused(changes, account, kinds, links))
    for address, errors in scope.left_out.items():
        written += errors
        changes.append(Change(address, Action.REFUSE, "invalid", _in_error(errors), stopped=errors))
    found += missing(changes, kinds, links)
    if not scope.skip_rows:
        changes = whole_lists(changes)
    places = ranks(kinds)
    changes.sort(key=lambda change: _order(change, places))
    return Plan(target, tuple(changes), _listed([*written, *_once(found)]), fingerprint(target, changes))


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
    known = {str(match.address) for match in matches}
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


def _changes(match: Match, kind: Kind, account: Account, links: Resolver, scope: Scope) -> Iterator[Change]:
    diffs = _diffs(match, kind, links)
    decisions = decide(_situation(match, kind, account, links, scope, diffs))
    for decision in decisions:
        if match.resource is None and decision.action is Action.KEEP and not decision.left:
            continue
        if decision.action is Action.REPLACE:
            links.unbind(match.address)  # what names it is compared with the one to come
        yield _told(_change(match, kind, decision, diffs), kind, account)
        if decision.action is Action.REPLACE and match.observed is not None:
            yield _leaving(match, match.observed)
    yield from (_leaving(match, observed) for observed in match.leaving)
    if any(decision.action in _NOTHING_MORE for decision in decisions):
        return
    if (lifted := _lifted(match, kind)) is not None:
        yield lifted
    for due in _further(match, kind, decisions):
        change = _due(due, match, kind, asked=match.address in scope.again)
        yield _told(change, kind, account) if change.action is Action.ACT else change


def _further(match: Match, kind: Kind, decisions: Iterable[Decision]) -> Iterable[DueAction]:
    """What is due beyond the fields: on what is declared, is to be created, or lost its document and stays."""
    resource, observed = match.resource, match.observed
    if resource is not None and resource.manifest.absent:
        return ()
    if resource is None:
        left = observed is not None and any(decision.left for decision in decisions)
        return kind.due_once_undeclared(observed) if observed is not None and left else ()
    if observed is not None:
        return kind.due_actions(resource, observed)
    made = any(decision.action is Action.CREATE for decision in decisions)
    return kind.due_once_made(resource) if made else ()


def _lifted(match: Match, kind: Kind) -> Change | None:
    """That a protection ends: said in so many words, or by a document that asked for it and does so no more."""
    binding, resource = match.binding, match.resource
    if binding is None or resource is None or resource.manifest.absent:
        return None
    if not binding.protect or resource.manifest.protect:
        return None
    if binding.kept_protected and not resource.manifest.lifts_protection:
        return None
    decision = Decision(Action.UNPROTECT, "unprotected", "its protection is lifted")
    change = _change(match, kind, decision, ())
    return replace(change, consequences=(Consequence(Sort.LIFTS_PROTECTION),), notes=())


def _leaving(match: Match, observed: Observed) -> Change:
    """The deletion of what the address was before it was made anew; references are switched by then."""
    sentence = f"is replaced (id {observed.id})"
    return Change(
        match.address, Action.DELETE, "replaced", sentence, id=observed.id, observed=observed, replaced=True
    )  # fmt: skip - one call


def _due(due: DueAction, match: Match, kind: Kind, *, asked: bool) -> Change:
    """An action that is due, unless it must not happen twice and a person has not said that it may."""
    binding, again = match.binding, f"reconciler apply --again {match.address}"
    begun = binding is not None and binding.intent is not None and binding.intent.step == due.verb
    refused = binding is not None and bool(binding.refused)
    if due.once and not asked and (begun or refused):
        sentence = f"its {due.verb} failed before, and is not tried again unless asked"
        if begun:
            sentence = f"its {due.verb} was begun, and whether it happened is not known"
        decision = Decision(Action.KEEP, "unknown" if begun else f"{due.verb}_failed_before", sentence)
        return replace(_change(match, kind, decision, ()), notes=(again,), unsettled=begun, awaited=True)
    decision = Decision(Action.ACT, due.reason, due.sentence)
    return replace(_change(match, kind, decision, ()), verb=due.verb, consequences=due.consequences, notes=())


def _situation(  # noqa: PLR0913 - what a decision depends on
    match: Match,
    kind: Kind,
    account: Account,
    links: Resolver,
    scope: Scope,
    diffs: Sequence[FieldDiff],
) -> Situation:
    resource, observed, binding = match.resource, match.observed, match.binding
    closes = kind.closes(resource.spec) if resource and resource.manifest.absent is False else None
    protected = bool((binding and binding.protect) or (resource and resource.manifest.protect))
    return Situation(
        declared=_declared(resource),
        live=match.live,
        differs=bool(diffs),
        draft=_draft(match, kind, links),
        expired=closes is not None and closes <= account.now,
        protected=protected,
        prune=scope.prune,
        orphans=kind.orphans,
        ids=match.ids,
        fixed=tuple(it.path for it in diffs if it.immutable) if observed is not None else (),
        replaceable=kind.replaceable if not kind.outputs else match.address in scope.again,
        secret_lost=bool(kind.outputs),
        tried="" if match.address in scope.again else tried_before(kind, match.binding, diffs, match.observed),
        phase=observed.phase if observed else Phase.STEADY,
        history=observed.history if observed else "",
    )


def _declared(resource: Resource | None) -> Declared:
    if resource is None:
        return Declared.NOT
    return Declared.ABSENT if resource.manifest.absent else Declared.PRESENT


def _draft(match: Match, kind: Kind, links: Resolver) -> Draft:
    if match.observed is None or not match.observed.has_draft:
        return Draft.NONE
    own = policies(kind.spec)
    expected = kind.expected(match.resource) if match.resource else {}
    wanted = {own[name].wire: links.wire(own[name], value) for name, value in expected.items()}
    return Draft.OURS if kind.is_our_draft(match.observed, match.binding, wanted) else Draft.FOREIGN


def _diffs(match: Match, kind: Kind, links: Resolver) -> Sequence[FieldDiff]:
    """Against the live object; against nothing where there is none yet."""
    resource = match.resource
    if (
        resource is None
        or resource.manifest.absent
        or match.live in (Live.SEVERAL, Live.CONTESTED, Live.FOREIGN, Live.ID_VANISHED, Live.UNKNOWN_ID)
    ):
        return ()
    if match.observed is None:
        return EveryField(resource, kind.initial(resource), policies(kind.spec))
    return kind.diff(resource, match.observed.body, links, match.binding or Binding(match.address))


def _change(match: Match, kind: Kind, decision: Decision, diffs: Sequence[FieldDiff]) -> Change:
    writes = decision.action.writes_fields or decision.action is Action.REFUSE
    reason, sentence = decision.reason, decision.sentence
    if decision.action is Action.UPDATE and not decision.resumes:
        if diffs and all(diff.unremembered for diff in diffs):
            sentence = "what was sent before is not known: sent once"
        elif match.binding:
            reason, sentence = _whose(diffs)
    gone = released(match.binding, match.resource.declared) if match.resource and not kind.kept_in_state else ()
    default = {"name"} if "name" in policies(kind.spec) else set()
    return Change(
        address=match.address,
        action=decision.action,
        verb=kind.verb(decision.action, match.resource, diffs),
        resumes=decision.resumes,
        too_late=decision.too_late,
        quiet=decision.quiet,
        vanished=decision.vanished,
        reason=reason,
        sentence=sentence,
        id=match.observed.id if match.observed else None,
        resource=match.resource,
        observed=match.observed,
        diffs=diffs if writes else (),
        notes=(
            *([decision.way_out.format(address=match.address, stop=_stop(match, kind))] if decision.way_out else []),
            *(f"`{name}` is no longer declared: left as it is" for name in gone if name not in default),
        ),
    )


def _stop(match: Match, kind: Kind) -> str:
    return kind.stop.format(name=match.address.name)


def _whose(diffs: Iterable[FieldDiff]) -> tuple[str, str]:
    """Which side moved, over all fields that differ."""
    sides = {diff.changed_by for diff in diffs}
    if sides == {ChangedBy.SERVER}:
        return "not_kept", "is not as it was written: the server keeps another value"
    if sides <= {ChangedBy.MANIFEST, ChangedBy.SERVER}:
        return "changed", "changed in the manifest"
    if sides <= {ChangedBy.DASHBOARD, ChangedBy.SERVER}:
        return "drift", "changed in the dashboard; apply puts it back"
    return "conflict", "changed here and in the dashboard"


def _told(change: Change, kind: Kind, account: Account) -> Change:
    """With the kind's own sentence, what must not be overlooked, and its fingerprint."""
    sentence, consequences = kind.sentence(change, account), tuple(kind.consequences(change, account))
    mark = fingerprint_of(change, kind)
    if not (sentence or consequences or mark):
        return change
    own = consequences if sentence or consequences else change.consequences
    return replace(change, sentence=sentence or change.sentence, consequences=own, fingerprint=mark)


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


def _marked(change: Change, kind: Kind) -> Change:
    """With its fingerprint, if it has none yet."""
    if change.fingerprint or not change.pending:
        return change
    return replace(change, fingerprint=fingerprint_of(change, kind))

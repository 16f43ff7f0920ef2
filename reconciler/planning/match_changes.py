"""Changes to one resource, made of what it is matched with.

The rows of a list are matched alike, a hundred thousand times: what is decided about one that was never met with is
decided once for all that are in the same case.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.contract.diff import EveryField, released
from reconciler.contract.fields import policies
from reconciler.contract.kind import tried_before
from reconciler.model import Action, Address, Change, ChangedBy, Consequence, FieldDiff, Observed, Phase, Resource, Sort
from reconciler.planning.decide import Decision, Declared, Draft, Live, Match, Situation, decide
from reconciler.planning.deferred_changes import deferred
from reconciler.planning.fingerprints import fingerprint_of
from reconciler.state.bindings import Binding

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from reconciler.contract.account import Account
    from reconciler.contract.kind import DueAction, Kind
    from reconciler.contract.resolver import Resolver
    from reconciler.planning.scope import Scope

_NOTHING_MORE = (Action.REFUSE, Action.REPLACE, Action.DELETE)  # what else would be due on the object is not


class MatchChanges:
    """What is to be done about each match of one plan."""

    def __init__(self, account: Account, resolver: Resolver, scope: Scope) -> None:
        self._account, self._resolver, self._scope = account, resolver, scope
        self._decided: dict[Hashable, tuple[Decision, ...]] = {}

    def of(self, match: Match, kind: Kind) -> Iterator[Change]:
        """The changes to it; nothing for what is not declared any more, and not there."""
        diffs = self._diffs(match, kind)
        decisions = self._decisions(match, kind, diffs)
        for decision in decisions:
            if match.resource is None and decision.action is Action.KEEP and not decision.left:
                continue
            if decision.action is Action.REPLACE:
                self._resolver.unbind(match.address)  # what names it is compared with the one to come
            yield deferred(kind, self._account, **_facts(match, kind, decision, diffs))
            if decision.action is Action.REPLACE and match.observed is not None:
                yield _leaving(match, match.observed, kind)
        yield from (_leaving(match, observed, kind) for observed in match.leaving)
        if any(decision.action in _NOTHING_MORE for decision in decisions):
            return
        if (lifted := _lifted(match, kind)) is not None:
            yield lifted
        for due in _further(match, kind, decisions):
            yield self._due(due, match, kind)

    def _decisions(self, match: Match, kind: Kind, diffs: Sequence[FieldDiff]) -> tuple[Decision, ...]:
        """As ``decide``; of what is new, or is as declared, once for each case it may be in."""
        expired = self._expired(kind, match.resource)
        case = self._case(match, kind, diffs, expired=expired)
        known = self._decided.get(case) if case is not None else None
        if known is None:
            known = decide(self._situation(match, kind, diffs, expired=expired))
        if case is not None:
            self._decided[case] = known
        return known

    def _case(self, match: Match, kind: Kind, diffs: Sequence[FieldDiff], *, expired: bool) -> Hashable:
        """All that a decision can depend on, of a document of which no binding and no draft tells more; else None."""
        resource, observed = match.resource, match.observed
        if resource is None or match.binding is not None or (observed and (observed.has_draft or diffs)):
            return None
        manifest, asked = resource.manifest, self._is_asked(match)
        ids = () if match.live is Live.FOUND else match.ids  # what is found is told by its address
        there = (observed.phase, observed.history) if observed else None
        return kind.name, match.live, ids, there, manifest.absent, manifest.protect, expired, bool(diffs), asked

    def _is_asked(self, match: Match) -> bool:
        return bool(self._scope.again) and match.address in self._scope.again

    def _expired(self, kind: Kind, resource: Resource | None) -> bool:
        closes = kind.expires_at(resource.spec) if resource and resource.manifest.absent is False else None
        return closes is not None and closes <= self._account.now

    def _situation(self, match: Match, kind: Kind, diffs: Sequence[FieldDiff], *, expired: bool) -> Situation:
        resource, observed, binding = match.resource, match.observed, match.binding
        asked = self._is_asked(match)
        return Situation(
            declared=_declared(resource),
            live=match.live,
            differs=bool(diffs),
            draft=self._draft(match, kind),
            expired=expired,
            protected=bool((binding and binding.protect) or (resource and resource.manifest.protect)),
            prune=self._scope.prune,
            orphans=kind.orphans,
            ids=match.ids,
            fixed=tuple(it.path for it in diffs if it.immutable) if observed is not None else (),
            replaceable=kind.replaceable if not kind.outputs else asked,
            secret_lost=bool(kind.outputs),
            tried="" if asked else tried_before(kind, binding, diffs, observed),
            phase=observed.phase if observed else Phase.STEADY,
            history=observed.history if observed else "",
        )

    def _draft(self, match: Match, kind: Kind) -> Draft:
        if match.observed is None or not match.observed.has_draft:
            return Draft.NONE
        own, wire = policies(kind.spec), self._resolver.to_wire
        expected = kind.expected(match.resource) if match.resource else {}
        wanted = {own[name].wire: wire(own[name], value) for name, value in expected.items()}
        return Draft.OURS if kind.is_our_draft(match.observed, match.binding, wanted) else Draft.FOREIGN

    def _diffs(self, match: Match, kind: Kind) -> Sequence[FieldDiff]:
        """Against the live object; against nothing where there is none yet."""
        resource = match.resource
        if resource is None or resource.manifest.absent or match.live in _IN_DOUBT:
            return ()
        if match.observed is None:
            return EveryField(resource, kind.initial(resource), policies(kind.spec))
        return kind.diff(resource, match.observed.body, self._resolver, match.binding or _NOTHING_KNOWN)

    def _due(self, due: DueAction, match: Match, kind: Kind) -> Change:
        """An action that is due, unless it must not happen twice and a person has not said that it may."""
        binding, again = match.binding, f"reconciler apply --again {match.address}"
        begun = binding is not None and binding.intent is not None and binding.intent.step == due.verb
        refused = binding is not None and bool(binding.refused)
        if due.once and not self._is_asked(match) and (begun or refused):
            sentence = f"its {due.verb} failed before, and is not tried again unless asked"
            if begun:
                sentence = f"its {due.verb} was begun, and whether it happened is not known"
            decision = Decision(Action.KEEP, "unknown" if begun else f"{due.verb}_failed_before", sentence)
            facts = {**_facts(match, kind, decision, ()), "notes": (again,)}
            return Change(**facts, unsettled=begun, awaited=True)
        decision = Decision(Action.ACT, due.reason, due.sentence)
        facts = {**_facts(match, kind, decision, ()), "verb": due.verb, "notes": ()}
        return deferred(kind, self._account, **facts, consequences=due.consequences)


_NOTHING_KNOWN = Binding(Address("", ""))
_IN_DOUBT = frozenset({Live.SEVERAL, Live.CONTESTED, Live.FOREIGN, Live.ID_VANISHED, Live.UNKNOWN_ID})


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
    facts = {**_facts(match, kind, decision, ()), "notes": ()}
    return _marked(Change(**facts, consequences=(Consequence(Sort.LIFTS_PROTECTION),)), kind)


def _leaving(match: Match, observed: Observed, kind: Kind) -> Change:
    """The deletion of what the address was before it was made anew; references are switched by then."""
    sentence = f"is replaced (id {observed.id})"
    change = Change(
        match.address, Action.DELETE, "replaced", sentence, id=observed.id, observed=observed, replaced=True
    )  # fmt: skip - one call
    return _marked(change, kind)


def _marked(change: Change, kind: Kind) -> Change:
    """With its fingerprint."""
    return replace(change, fingerprint=fingerprint_of(change, kind))


def _declared(resource: Resource | None) -> Declared:
    if resource is None:
        return Declared.NOT
    return Declared.ABSENT if resource.manifest.absent else Declared.PRESENT


def _facts(match: Match, kind: Kind, decision: Decision, diffs: Sequence[FieldDiff]) -> dict[str, Any]:
    """The fields of the change that a decision comes to; the sentence is not the kind's yet."""
    writes = decision.action.writes_fields or decision.action is Action.REFUSE
    reason, sentence = _why(match, decision, diffs)
    return {
        "address": match.address,
        "action": decision.action,
        "verb": kind.verb(decision.action, match.resource, diffs),
        "resumes": decision.resumes,
        "too_late": decision.too_late,
        "quiet": decision.quiet,
        "vanished": decision.vanished,
        "reason": reason,
        "sentence": sentence,
        "id": match.observed.id if match.observed else None,
        "resource": match.resource,
        "observed": match.observed,
        "diffs": diffs if writes else (),
        "notes": _notes(match, kind, decision),
    }


def _why(match: Match, decision: Decision, diffs: Sequence[FieldDiff]) -> tuple[str, str]:
    if decision.action is Action.UPDATE and not decision.resumes:
        if diffs and all(diff.unremembered for diff in diffs):
            return decision.reason, "what was sent before is not known: sent once"
        if match.binding:
            return _whose(diffs)
    return decision.reason, decision.sentence


def _notes(match: Match, kind: Kind, decision: Decision) -> tuple[str, ...]:
    """What a person does about a refusal, and which fields the manifest no longer mentions."""
    binding, resource = match.binding, match.resource
    gone = released(binding, resource.declared) if binding and resource and not kind.kept_in_state else ()
    if not gone and not decision.way_out:
        return ()
    default = {"name"} if gone and "name" in policies(kind.spec) else set()
    stop = kind.stop.format(name=match.address.name)
    return (
        *([decision.way_out.format(address=match.address, stop=stop)] if decision.way_out else []),
        *(f"`{name}` is no longer declared: left as it is" for name in gone if name not in default),
    )


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

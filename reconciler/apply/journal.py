"""The journal of an apply: what it is about to do, and what came of it.

The intents of a wave are recorded, in one commit, before the first of its writes is sent; what came of them is
recorded behind the requests that go on meanwhile. So a killed run leaves behind where it stood (promise P6): an
intent without an outcome is settled by looking, whether or not its write was sent. A base is kept for the next
three-way comparison.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from reconciler.apply.group_commit import Entry, GroupCommitter, stored
from reconciler.contract.diff import base, snapshot
from reconciler.contract.equality import digest
from reconciler.contract.fields import policies
from reconciler.contract.resolver import UNRESOLVED, not_yet
from reconciler.errors import ReconcilerError, Rejected
from reconciler.model import Action, Address
from reconciler.schedule.clock import stamp
from reconciler.state.bindings import Binding, Intent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.apply.group_commit import Then
    from reconciler.contract.account import Context
    from reconciler.contract.kind import Kind
    from reconciler.model import Change, FieldDiff, Observed, Plan, Resource


class Journal:
    """What apply remembers in the ledger; safe from several threads, but ``begin``, ``flush`` and ``settle``.

    A context manager: what was to be remembered is stored when it ends, whatever ends it. ``then`` is called
    once what it belongs to is stored, with None, or with the reason why it is not; from another thread.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._recorder = GroupCommitter(context.ledger)
        self._known = dict(context.account.bindings)
        self._owners: dict[tuple[str, str], list[Address]] = defaultdict(list)
        for address, binding in self._known.items():
            self._owners[address.kind, binding.id].append(address)
        self._unsent: dict[Address, Binding | None] = {}
        self._named: dict[str, Mapping[str, list[str]]] = {}
        self._keyed: dict[str, Mapping[tuple[int, str], list[str]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._recorder.close()

    def rename(self) -> None:
        """Store the bindings under the names things have now, all at once; raises StoreError where it cannot."""
        stored, named = self._context.ledger.bindings(), self._context.account.bindings
        moved = [binding for address, binding in named.items() if stored.get(address) != binding]
        self._context.ledger.bind_all(moved, without=[address for address in stored if address not in named])

    def begin(self, steps: Iterable[tuple[Change, Kind, str]]) -> list[tuple[Change, ReconcilerError]]:
        """Record in one commit what is about to be sent, so that a killed run can be told from a colleague's edit.

        Returns what must not be sent, and why.
        """
        refused: list[tuple[Change, ReconcilerError]] = []
        begun: list[Change] = []
        for change, kind, step in steps:
            try:
                intended = self._intended(change, kind, step)
            except Rejected as error:
                refused.append((change, error))
                continue
            if intended is not None:
                begun.append(change)
                self._unsent[change.address] = self._known.get(change.address)
                self._known[change.address] = intended
        # One commit for all of them, before the first is sent: a commit each would be a push each on git, and a note
        # made beside its write, or after it, is missing in just the run that is killed between the two.
        notes = [Entry({change.address: self._known[change.address]}) for change in begun]
        for change, unstored in zip(begun, stored(self._context.ledger, notes), strict=True):
            if unstored is not None:
                self._restore(change.address)
                refused.append((change, unstored))
        return refused

    def _intended(self, change: Change, kind: Kind, step: str) -> Binding | None:
        """The binding with the intent of a step; None where nothing has to be remembered."""
        if kind.kept_in_state or change.replaced or (change.resource is None and step != "delete"):
            return None
        display = kind.display(change.resource) if change.resource else ""
        # The namesakes from before: after a lost answer a new object of that name is ours only if it is none of these.
        rivals = self._rivals(change, kind) if step in ("create", "replace") else ()
        fields = self._digests(change, kind) if change.action.writes_fields else {}
        intent = Intent(step, stamp(self._context.now()), fields, tuple(sorted(rivals)))
        old = self._known.get(change.address) or Binding(change.address)
        id_ = "" if step == "create" else change.id or old.id
        left = (old.id,) if step == "replace" and old.id not in ("", id_) else ()
        return replace(
            old, id=id_, display=display or old.display, intent=intent, replaced=(*old.replaced, *left)
        )  # fmt: skip - one call

    def _digests(self, change: Change, kind: Kind) -> dict[str, str]:
        """What would be sent, by wire name; raises Rejected while a declared name leads to nothing."""
        own = policies(kind.spec)
        wanted = kind.expected(change.resource) if change.resource else {}
        sent = {name: self._context.resolver.to_wire(own[name], value) for name, value in wanted.items()}
        for name, value in sent.items():
            if value is UNRESOLVED:
                raise _nameless(name, wanted[name])
        given = {diff.path: digest(sent[diff.path]) for diff in change.diffs if diff.path in sent}
        return {own[name].wire: it if own[name].unread is None else self._keep(it) for name, it in given.items()}

    def _keep(self, plain: str) -> str:
        """The digest of a secret as the state may hold it; raises WrongStateKey where its key is another."""
        return self._context.ledger.digests.of(plain)

    def _rivals(self, change: Change, kind: Kind) -> set[str]:
        """The ids of what could be taken for the object before it was created."""
        if change.resource is None:
            return set()
        keys = enumerate(kind.keys(change.resource, self._context.resolver))
        index = self._by_key(kind)
        return {id_ for place_and_key in keys for id_ in index.get(place_and_key, ())}

    def _by_key(self, kind: Kind) -> Mapping[tuple[int, str], list[str]]:
        """The ids that had each key before this run, indexed once per kind."""
        if kind.name not in self._keyed:
            keyed: dict[tuple[int, str], list[str]] = defaultdict(list)
            for item in self._context.account.of(kind.name):
                for place_and_key in enumerate(kind.live_keys(item)):
                    keyed[place_and_key].append(item.id)
            self._keyed[kind.name] = keyed
        return self._keyed[kind.name]

    def _namesakes(self, kind: Kind) -> Mapping[str, list[str]]:
        """The ids that had each display name before this run, listed once per kind."""
        if kind.name not in self._named:
            named: dict[str, list[str]] = defaultdict(list)
            for item in self._context.account.of(kind.name):
                named[item.name].append(item.id)
            self._named[kind.name] = named
        return self._named[kind.name]

    def sending(self, change: Change) -> None:
        """From here on the intent stands until its outcome is known: the write may arrive."""
        self._unsent.pop(change.address, None)

    def withdraw(self, change: Change) -> None:
        """Forget an intent whose write provably did not happen: what appears later is somebody else's."""
        binding = self._known.get(change.address)
        if binding is not None and binding.intent is not None:
            self._write({change.address: replace(binding, intent=None) if binding.id else None})

    def flush(self) -> None:
        """Store everything by now, and take back the intents of what was not sent after all."""
        if self._unsent:
            self._write({address: self._restore(address) for address in tuple(self._unsent)})
        self._recorder.flush()

    def _restore(self, address: Address) -> Binding | None:
        """Think again of an address what was known before its intent."""
        if (before := self._unsent.pop(address)) is None:
            del self._known[address]
        else:
            self._known[address] = before
        return before

    def adopt(self, change: Change, kind: Kind, observed: Observed, then: Then) -> None:
        """Bind the address to a live object, and unbind every other address from it."""
        others = [it for it in self._owners.get((kind.name, observed.id), ()) if it != change.address]
        bound = self._bound(change, kind, observed)
        if not bound.protect and any(self._known[other].protect for other in others if other in self._known):
            bound = replace(bound, protect=True, kept_protected=True)
        sent = {name: pair for name, pair in bound.fields.items() if policies(kind.spec)[name].unread is None}
        bound = replace(bound, fields=sent)
        self._write({**dict.fromkeys(others), change.address: bound}, then)

    def remember(
        self, change: Change, kind: Kind, observed: Observed | None, then: Then, *, refused: str | None = None
    ) -> None:
        """Bind the address to what is there now, and keep it as the base of the next comparison."""
        if kind.kept_in_state or observed is None:
            then(None)
            return
        fresh = self._bound(change, kind, observed)
        self._write({change.address: fresh if refused is None else replace(fresh, refused=refused)}, then)

    def refused(self, change: Change, kind: Kind, lost: Iterable[FieldDiff], then: Then) -> None:
        """Keep as the base what the server was given and did not keep, so that the next plan can say so."""
        old, resource, observed = self._known.get(change.address), change.resource, change.observed
        if old is None or resource is None or observed is None:
            then(None)
            return
        own, expected, resolver = policies(kind.spec), kind.expected(resource), self._context.resolver
        given = {
            item.path: base(
                own[item.path],
                resolver.to_wire(own[item.path], expected[item.path]),
                own[item.path].live(observed.body),
                self._keep,
            )
            for item in lost
        }
        self._write({change.address: replace(old, intent=None, fields={**old.fields, **given})}, then)

    def declined(self, change: Change, words: str, then: Then) -> None:
        """Keep in what words something came to nothing; of what does not exist yet, too."""
        old = self._known.get(change.address) or Binding(change.address)
        self._write({change.address: replace(old, id=old.id or change.id or "", intent=None, refused=words)}, then)

    def unprotect(self, address: Address, then: Then) -> None:
        """Lift the protection of what is bound to an address."""
        if (old := self._known.get(address)) is None:
            then(None)
            return
        self._write({address: replace(old, protect=False, kept_protected=False)}, then)

    def forget(self, change: Change, then: Then) -> None:
        """Unbind an address whose object is gone; one that was made anew keeps its binding."""
        left = self._known.get(change.address) if change.replaced else None
        if left is not None:
            left = replace(left, replaced=tuple(id_ for id_ in left.replaced if id_ != change.id))
        self._write({change.address: left}, then)

    def _write(self, wanted: Mapping[Address, Binding | None], then: Then | None = None) -> None:
        for address, binding in wanted.items():
            if binding is None:
                self._known.pop(address, None)
            else:
                self._known[address] = binding
        self._recorder.add(Entry(wanted, then))

    def _snapshot(self, kind: Kind, expected: Mapping[str, Any], observed: Observed) -> dict[str, tuple[str, str]]:
        own, resolver = policies(kind.spec), self._context.resolver
        return snapshot(expected, observed.body, own, resolver, self._keep)

    def _bound(self, change: Change, kind: Kind, observed: Observed) -> Binding:
        resource = change.resource
        expected = kind.expected(resource) if resource else {}
        old = self._known.get(change.address) or Binding(change.address)
        return replace(
            old,
            id=observed.id,
            parent=observed.parent,
            display=observed.name or old.display,
            fields=self._snapshot(kind, expected, observed) if resource else old.fields,
            protect=old.protect or (resource is not None and resource.manifest.protect),
            kept_protected=old.kept_protected and not (resource is not None and resource.manifest.protect),
            applied_at=stamp(self._context.now()),
            commit=self._context.commit,
            path=resource.manifest.location.path if resource else old.path,
            intent=None,
            refused="" if kind.tried_once else old.refused,
            was=_names(old, resource),
            replaced=_replaced(old, change, observed),
            project=self._context.ledger.project,
        )

    def refresh(self, plan: Plan, kinds: Mapping[str, Kind]) -> None:
        """Refresh what was already as declared, and forget what an earlier run began and nothing is left of."""
        gone = (*self._deleted(), *self._never_made(kinds))
        self._context.ledger.bind_all(self._unchanged(plan, kinds), without=gone)
        kept = [it.address for it in plan.changes if it.action is Action.KEEP and it.resource is not None]
        self._context.ledger.take_calls(address.name for address in kept if kinds[address.kind].kept_in_state)

    def _unchanged(self, plan: Plan, kinds: Mapping[str, Kind]) -> Iterator[Binding]:
        """The base of what was already as declared, where it is not the recorded one."""
        for change in plan.changes:
            kind = kinds[change.address.kind]
            settled = change.action is Action.KEEP and change.resource is not None and change.observed is not None
            if not settled or kind.kept_in_state or change.resource is None or change.observed is None:
                continue
            if change.resource.manifest.absent:
                continue
            # As declared, so a write that an earlier run began and did not live to record has happened.
            new = self._bound(change, kind, change.observed)
            if _essence(new) != _essence(self._known.get(change.address) or Binding(change.address)):
                yield new

    def _deleted(self) -> Iterator[Address]:
        """What an earlier run began to delete, and is gone."""
        account = self._context.account
        for address, binding in self._known.items():
            if binding.intent is None or binding.intent.step != "delete" or address.kind not in account.observed:
                continue
            if account.find(address.kind, binding.id) is None:
                yield address

    def _never_made(self, kinds: Mapping[str, Kind]) -> Iterator[Address]:
        """What an earlier run began to create and nobody declares, where nothing new has its name.

        A newcomer may be what was created, so its intent is kept. Of a run over some paths only, other documents
        look undeclared too; they lose nothing by it, for an intent that nothing came of says no more than none.
        """
        wanted, account = self._wanted(), self._context.account
        bound = {(address.kind, binding.id) for address, binding in self._known.items()}
        for address, binding in self._known.items():
            intent, name = binding.intent, address.kind
            if intent is None or intent.step != "create" or address in wanted or name not in account.observed:
                continue
            namesakes = self._namesakes(kinds[name]).get(binding.display, ())
            if all(id_ in intent.rivals or (name, id_) in bound for id_ in namesakes):
                yield address

    def _wanted(self) -> set[Address]:
        """The addresses that are declared to be there, under their names and their earlier ones."""
        manifests = [resource.manifest for resource in self._context.account.resources.values()]
        present = [manifest for manifest in manifests if not manifest.absent]
        names = {Address(it.address.kind, old) for it in present for old in it.was}
        return names | {manifest.address for manifest in present}


def _nameless(name: str, value: object) -> Rejected:
    return Rejected(
        not_yet(name, value),
        method="",
        path="",
        hint="apply without --target, or apply what it names first",
    )  # fmt: skip - one sentence


def _replaced(binding: Binding, change: Change, observed: Observed) -> tuple[str, ...]:
    """The ids that are still to be deleted, once the address is another object."""
    gone = [change.id] if change.action is Action.REPLACE and change.id else []
    if binding.intent is not None and binding.intent.step == "replace" and binding.id:
        gone.append(binding.id)
    return tuple(dict.fromkeys(id_ for id_ in (*binding.replaced, *gone) if id_ != observed.id))


def _essence(binding: Binding) -> tuple[object, ...]:
    """What makes a binding worth writing again: not when or from which commit it was written."""
    kept = (binding.protect, binding.kept_protected, binding.project)
    return binding.id, binding.parent, dict(binding.fields), kept, binding.intent, binding.was


def _names(binding: Binding, resource: Resource | None) -> tuple[str, ...]:
    """Every name it had, those included that it never had here: a later `was` says nothing new by them."""
    names = dict.fromkeys((*binding.was, *(resource.manifest.was if resource else ())))
    return tuple(name for name in names if name != binding.address.name)

"""This file exists to write down what apply is about to do and what came of it, one step at a time.

An intent is recorded before a write is sent and erased once its outcome is recorded, so that a killed run
leaves behind where it stood (promise P6), and a base is kept for the next three-way comparison.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

from reconciler.diff import snapshot
from reconciler.errors import Rejected
from reconciler.fields import digest, policies
from reconciler.ledger import Binding, Intent, stamp
from reconciler.links import UNRESOLVED
from reconciler.model import Action, Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.kind import Context, Kind
    from reconciler.model import Change, Observed, Plan


class Memory:
    """What apply remembers in the ledger; safe from several threads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._named: dict[str, Mapping[str, list[str]]] = {}
        self._lock = Lock()

    def take_over(self, change: Change, id_: str) -> None:
        """Unbind every other address from a live object that is this change's from now on."""
        for other, binding in self._context.ledger.bindings().items():
            if other.kind == change.address.kind and binding.id == id_ and other != change.address:
                self._context.ledger.unbind(other)

    def begin(self, change: Change, kind: Kind, step: str) -> None:
        """Record what is about to be sent, so that a killed run can be told from a colleague's edit."""
        if kind.whole or (change.resource is None and step != "delete"):
            return
        own = policies(kind.spec)
        wanted = kind.expected(change.resource) if change.resource else {}
        for name, value in wanted.items():
            if self._context.links.wire(own[name], value) is UNRESOLVED and step != "delete":
                raise Rejected(
                    f"`{name}` names {value}, which does not exist yet",
                    method="",
                    path="",
                    hint="apply without --target, or apply what it names first",
                )  # fmt: skip - one sentence
        fields = {
            own[name].wire: digest(self._context.links.wire(own[name], wanted[name]))
            for name in (diff.path for diff in change.diffs)
            if name in wanted
        }
        display = kind.display(change.resource) if change.resource else ""
        rivals = self._namesakes(kind).get(display, ()) if step == "create" else ()
        intent = Intent(step, stamp(self._context.now()), fields, tuple(sorted(rivals)))
        old = self._context.ledger.binding(change.address) or Binding(change.address)
        id_ = "" if step == "create" else change.id or old.id
        self._context.ledger.bind(replace(old, id=id_, display=display or old.display, intent=intent))

    def _namesakes(self, kind: Kind) -> Mapping[str, list[str]]:
        """The ids that had each display name before this run, listed once per kind."""
        with self._lock:
            if kind.name not in self._named:
                named: dict[str, list[str]] = defaultdict(list)
                for item in self._context.account.of(kind.name):
                    named[item.name].append(item.id)
                self._named[kind.name] = named
            return self._named[kind.name]

    def never_mind(self, change: Change) -> None:
        """Forget an intent whose write provably did not happen: what appears later is somebody else's."""
        binding = self._context.ledger.binding(change.address)
        if binding is None or binding.intent is None:
            return
        if binding.id:
            self._context.ledger.bind(replace(binding, intent=None))
        else:
            self._context.ledger.unbind(change.address)

    def remember(
        self,
        change: Change,
        kind: Kind,
        observed: Observed | None,
        *,
        intent: Intent | None = None,
        refused: str | None = None,
    ) -> None:
        """Bind the address to what is there now, and keep it as the base of the next comparison."""
        if kind.whole or observed is None:
            return
        old = self._context.ledger.binding(change.address) or Binding(change.address)
        fresh = self._bound(change, kind, observed, old)
        self._context.ledger.bind(replace(fresh, intent=intent, refused=old.refused if refused is None else refused))
        self._forget_old_names(change)

    def _bound(self, change: Change, kind: Kind, observed: Observed, old: Binding) -> Binding:
        resource = change.resource
        expected = kind.expected(resource) if resource else {}
        return replace(
            old,
            id=observed.id,
            display=observed.name or old.display,
            fields=snapshot(expected, observed.body, policies(kind.spec), self._context.links),
            protect=resource.manifest.protect if resource else old.protect,
            applied_at=stamp(self._context.now()),
            commit=self._context.commit,
            path=resource.manifest.location.path if resource else old.path,
        )

    def _forget_old_names(self, change: Change) -> None:
        for name in change.resource.manifest.was if change.resource else ():
            self._context.ledger.unbind(Address(change.address.kind, name))

    def unchanged(self, plan: Plan, kinds: Mapping[str, Kind]) -> None:
        """Refresh the base of what was already as declared, where it is not the recorded one."""
        fresh = []
        for change in plan.changes:
            kind = kinds[change.address.kind]
            settled = change.action is Action.KEEP and change.resource is not None and change.observed is not None
            if not settled or kind.whole or change.resource is None or change.observed is None:
                continue
            if change.resource.manifest.absent:
                continue
            old = self._context.ledger.binding(change.address) or Binding(change.address)
            # As declared, so a write that an earlier run began and did not live to record has come about.
            new = replace(self._bound(change, kind, change.observed, old), intent=None)
            if _essence(new) != _essence(old):
                fresh.append(new)
        if fresh:
            self._context.ledger.bind_all(fresh)

    def forget_deleted(self) -> None:
        """Forget what an earlier run began to delete and did not live to record: it is gone."""
        account, ledger = self._context.account, self._context.ledger
        for address, binding in ledger.bindings().items():
            if binding.intent is None or binding.intent.step != "delete" or address.kind not in account.observed:
                continue
            if account.find(address.kind, binding.id) is None:
                ledger.unbind(address)


def _essence(binding: Binding) -> tuple[object, ...]:
    """What makes a binding worth writing again: not when or from which commit it was written."""
    return binding.id, dict(binding.fields), binding.protect, binding.intent

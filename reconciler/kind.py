"""This file exists to state what a kind must tell the engine, and what it may leave out.

A kind knows one thing the vendor sells: its spec, how to list it, how to write it. It never decides (that
is ``decide``), never compares (``diff``) and never orders (``steps``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.model import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.fields import Spec
    from reconciler.ledger import Binding, Ledger
    from reconciler.links import Links
    from reconciler.model import Change, Consequence, FieldDiff, Finding, Observed, Resource
    from reconciler.settings import Settings


class Orphans(Enum):
    """What becomes of a live object whose document is gone."""

    KEPT = "kept until --prune"
    RETIRED = "retired with its document"
    NEVER_OURS = "never removed by this tool"


@dataclass(frozen=True, slots=True)
class Verbs:
    """What creating, updating and deleting are called for this kind."""

    create: Action = Action.CREATE
    update: Action = Action.UPDATE
    delete: Action = Action.DELETE


@dataclass(frozen=True, slots=True)
class Fact:
    """A precondition on the account that a kind reads but never owns; absent (404) is None."""

    name: str
    path: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that was read of the account in one run."""

    organization: str
    now: datetime
    settings: Settings
    observed: Mapping[str, tuple[Observed, ...]]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> tuple[Observed, ...]:
        """The live objects of a kind; none when it was not observed."""
        return self.observed.get(kind, ())

    def find(self, kind: str, id_: str) -> Observed | None:
        """One live object by id."""
        return next((item for item in self.of(kind) if item.id == id_), None)


@dataclass(frozen=True, slots=True)
class Context:
    """What a write may use; ``account`` is what plan saw of it."""

    api: Api
    ledger: Ledger
    links: Links
    account: Account
    resources: Mapping[str, Resource]
    now: Callable[[], datetime]
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """A second change to a resource besides the one that makes its fields right."""

    action: Action
    reason: str
    sentence: str
    consequences: tuple[Consequence, ...] = ()


class Kind(ABC):
    """One kind of resource. Hooks that write return the live object as read back (promise P12)."""

    name: ClassVar[str]
    rank: ClassVar[int]
    spec: ClassVar[type[Spec]]
    verbs: ClassVar[Verbs] = Verbs()
    orphans: ClassVar[Orphans] = Orphans.KEPT
    remembered: ClassVar[bool] = False
    staged: ClassVar[bool] = False
    whole: ClassVar[bool] = False
    requires: ClassVar[tuple[str, ...]] = ()
    facts: ClassVar[tuple[Fact, ...]] = ()

    @abstractmethod
    def observe(self, api: Api, ledger: Ledger) -> Iterable[Observed]:
        """Every live object of this kind: one list, never a request per object."""

    def identity(self, spec: Spec) -> str:
        """What the vendor would call it, where that is reliable; "" where it is not."""
        del spec
        return ""

    def display(self, resource: Resource) -> str:
        """The display name it would have, for matching objects without an identity; "" for none."""
        del resource
        return ""

    def expected(self, resource: Resource) -> Mapping[str, Any]:
        """The declared fields as the comparison wants them; by default just what the author wrote."""
        return resource.declared

    def create(self, change: Change, context: Context) -> Observed:
        """Create it and return it as read back."""
        raise NotImplementedError(f"{self.name} cannot be created ({change.address}, {context.commit})")

    def update(self, change: Change, context: Context) -> Observed:
        """Write just the fields in ``change.diffs`` and return the object as read back."""
        raise NotImplementedError(f"{self.name} cannot be updated ({change.address}, {context.commit})")

    def delete(self, change: Change, context: Context) -> None:
        """Remove it; gone already is done."""
        raise NotImplementedError(f"{self.name} cannot be deleted ({change.address}, {context.commit})")

    def stage(self, change: Change, context: Context) -> Observed:
        """Where ``staged``: write a draft nobody hears yet, and return it as read back."""
        raise NotImplementedError(f"{self.name} has no drafts ({change.address}, {context.commit})")

    def deploy(self, change: Change, draft: Observed, context: Context) -> Observed:
        """Where ``staged``: make the draft live, and return the object as read back."""
        raise NotImplementedError(
            f"{self.name} has no drafts ({change.address}, {draft.id}, {context.commit})"
        )

    def discard(self, change: Change, draft: Observed, context: Context) -> None:
        """Where ``staged``: throw our draft away, so that callers stay on the old release."""
        raise NotImplementedError(
            f"{self.name} has no drafts ({change.address}, {draft.id}, {context.commit})"
        )

    def act(self, change: Change, context: Context) -> Observed:
        """Carry out an extra action of ``extras``."""
        raise NotImplementedError(f"{self.name} has no such action ({change.action}, {context.commit})")

    def read(self, id_: str, context: Context) -> Observed:
        """One live object, read again; settles a write whose answer was lost."""
        found = next((item for item in self.observe(context.api, context.ledger) if item.id == id_), None)
        if found is None:
            raise LookupError(id_)
        return found

    def own_draft(self, observed: Observed, binding: Binding | None) -> bool:
        """Whether the undeployed draft is what we ourselves staged and did not get to deploy."""
        del observed, binding
        return False

    def extras(self, resource: Resource, observed: Observed, binding: Binding | None) -> Iterable[Extra]:
        """Actions due beyond the fields."""
        del resource, observed, binding
        return ()

    def check(self, resource: Resource, resources: Mapping[str, Resource]) -> Iterable[Finding]:
        """Offline findings about one resource, given all resources by address."""
        del resource, resources
        return ()

    def preflight(self, change: Change, account: Account, links: Links) -> Iterable[Finding]:
        """Online findings: what cannot, or may not, work as declared on this account."""
        del change, account, links
        return ()

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """What a reader must not overlook."""
        del change, account
        return ()

    def closes(self, spec: Spec) -> datetime | None:
        """When the desired side expires: from then on it can no longer come about. None: never."""
        del spec
        return None

    def sentence(self, change: Change, account: Account) -> str:
        """What the change means, in place of the general sentence; "" keeps that one."""
        del change, account
        return ""


def changed(diffs: Iterable[FieldDiff]) -> frozenset[str]:
    """The manifest keys that differ."""
    return frozenset(diff.path for diff in diffs)

"""Contract of a kind: what it must tell the engine, and what it may leave out.

A kind knows one thing the vendor sells: its spec, how to list it, how to write it. It never decides (that
is ``decide``), never compares (``diff``) and never orders (``steps``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.contract.diff import alike, diff
from reconciler.contract.fields import policies, references
from reconciler.model import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pydantic import BaseModel

    from reconciler.contract.account import Account, Context, Fact, Look
    from reconciler.contract.fields import Spec
    from reconciler.contract.resolver import Resolver
    from reconciler.documents.tables import Table
    from reconciler.model import Change, Consequence, FieldDiff, Finding, Observed, Plan, Resource
    from reconciler.schedule.expected_calls import ExpectedCampaign
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.settings import Settings
    from reconciler.state.bindings import Binding
    from reconciler.state.call_records import Hold


class FoundBy(Enum):
    """How a live object is known to be the one a document means."""

    BINDING = "the id that the state remembers, else what it is called"
    IDENTITY = "what the vendor itself keeps unique"
    NAME = "the name in the repository: it is our own record"


class Orphans(Enum):
    """What becomes of a live object whose document is gone."""

    KEPT = "kept until --prune"
    RETIRED = "retired with its document"
    NEVER_OURS = "never removed by this tool"


@dataclass(frozen=True, slots=True)
class Verbs:
    """What creating, updating and deleting are called for this kind."""

    create: str = Action.CREATE.value
    update: str = Action.UPDATE.value
    delete: str = Action.DELETE.value

    def of(self, action: Action) -> str:
        """The word for an action of the engine."""
        match action:
            case Action.CREATE:
                return self.create
            case Action.UPDATE:
                return self.update
            case Action.DELETE:
                return self.delete
            case _:
                return action.value


@dataclass(frozen=True, slots=True)
class DueAction:
    """A second change to a resource besides the one that makes its fields right: ``verb`` says what ``act`` does.

    With ``once`` it must not happen twice unless a person asks: after a clear failure it waits for
    ``--again``, and where a run was cut off in it, the kind must see on the live object that it happened (and not
    call it due any more), or it stays unknown.
    """

    verb: str
    reason: str
    sentence: str
    consequences: tuple[Consequence, ...] = ()
    once: bool = True


@dataclass(frozen=True, slots=True)
class Members:
    """What the rows of a table declare, without those in ``findings``; ``known``: every row could at least be named."""

    resources: tuple[Resource, ...]
    findings: tuple[Finding, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a draft should not be deployed; with ``stops`` it is not, and neither is any other of the run."""

    words: str
    stops: bool
    hint: str = ""


class Kind(ABC):
    """One kind of resource. Hooks that write return the live object as read back (promise P12).

    - ``staged``: its writes are drafts that nobody hears until they are deployed;
    - ``stands_alone``: an error about one of them stops that one, and not the run;
    - ``kept_in_state``: it lives in our own record, so nothing of it is bound, sent or exported;
    - ``undeclared_fields_differ``: the live side is entirely ours, and what is no longer declared goes;
    - ``replaceable``: what cannot be changed is made anew, references are switched, and the old one is deleted;
    - ``also_reads`` are kinds it looks at without naming them, ``after`` those that are applied before it;
    - ``watched`` are keys of the live object that make an approved plan stale;
    - ``outputs`` are keys of the answer to a create that are shown once;
    - ``table`` is the key of a file whose rows it stands for: it is no object itself, ``members`` are;
    - ``tried_once``: a create, or a change of what is unread, costs at each try: one that failed, or whose end is
      not known, waits for ``--again``;
    - ``patience``: how long an apply reads it again while it is moving;
    - ``file`` is where an export writes it, with ``{name}``; a folder of its kind where nothing is said;
    - ``uninvited`` is what an object has of which nobody said anything, by manifest key and, where that is a mapping,
      key by key: as far as the contract knows;
    - ``stop`` is the command, with ``{name}``, that makes a busy object one that may be changed;
    """

    name: ClassVar[str]
    spec: ClassVar[type[Spec]]
    verbs: ClassVar[Verbs] = Verbs()
    orphans: ClassVar[Orphans] = Orphans.KEPT
    found_by: ClassVar[FoundBy] = FoundBy.BINDING
    staged: ClassVar[bool] = False
    stands_alone: ClassVar[bool] = False
    kept_in_state: ClassVar[bool] = False
    undeclared_fields_differ: ClassVar[bool] = False
    replaceable: ClassVar[bool] = False
    also_reads: ClassVar[tuple[str, ...]] = ()
    after: ClassVar[tuple[str, ...]] = ()
    facts: ClassVar[tuple[Fact, ...]] = ()
    watched: ClassVar[tuple[str, ...]] = ()
    outputs: ClassVar[tuple[str, ...]] = ()
    tried_once: ClassVar[bool] = False
    patience: ClassVar[timedelta] = timedelta(0)
    stop: ClassVar[str] = ""
    file: ClassVar[str] = ""
    uninvited: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    table: ClassVar[str] = ""

    @abstractmethod
    def observe(self, look: Look) -> Iterable[Observed]:
        """Every live object of this kind: one list (one per parent of a nested kind), never a request per object."""

    def identity(self, spec: BaseModel) -> str:
        """What the vendor would call it, where that is reliable; "" where it is not."""
        del spec
        return ""

    def display(self, resource: Resource) -> str:
        """The display name it would have, for matching objects without an identity; "" for none."""
        del resource
        return ""

    def keys(self, resource: Resource, resolver: Resolver) -> tuple[str, ...]:
        """What it may be known by while no id is remembered, the surest first; "" where one cannot be told."""
        del resolver
        return (self.display(resource),)

    def live_keys(self, observed: Observed) -> tuple[str, ...]:
        """The same of a live object, in the same order."""
        return (observed.name,)

    def diff(
        self, resource: Resource, live: Mapping[str, Any], resolver: Resolver, base: Binding | None = None
    ) -> tuple[FieldDiff, ...]:
        """The declared fields that are not as declared; without a ``base`` what was just written is read back."""
        expected = self.expected(resource)
        found = diff(
            resource,
            expected,
            live,
            policies=policies(self.spec),
            resolver=resolver,
            base=base,
            whole=self.undeclared_fields_differ,
        )
        if not found:
            return found  # and what either side means is not asked
        same = alike(self.meaning(expected), self.meaning(live))
        return tuple(it for it in found if it.path not in same)

    def expected(self, resource: Resource) -> Mapping[str, Any]:
        """The declared fields as the comparison wants them; by default just what the author wrote."""
        return resource.declared

    def meaning(self, declared: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a declaration, or a live object, comes to, by the fields that say it together or have a default.

        Where both sides mean the same, another spelling is no difference. Fields it does not tell mean themselves.
        """
        del declared
        return {}

    def initial(self, resource: Resource) -> Mapping[str, Any]:
        """The fields a create sends: what was declared, and defaults that creating alone needs."""
        return self.expected(resource)

    def create(self, change: Change, context: Context) -> Observed:
        """Create it and return it as answered; the engine reads it back, many of them by one list."""
        raise NotImplementedError(f"{self.name} cannot be created ({change.address}, {context.commit})")

    def complete(self, change: Change, made: Observed, context: Context) -> Observed:
        """What a create needs beyond its own request, after one whose answer was lost too; as it is then."""
        del change, context
        return made

    def update(self, change: Change, context: Context) -> Observed:
        """Write just the fields in ``change.diffs`` and return the object as read back."""
        raise NotImplementedError(f"{self.name} cannot be updated ({change.address}, {context.commit})")

    def delete(self, change: Change, context: Context) -> None:
        """Remove it; gone already is done."""
        raise NotImplementedError(f"{self.name} cannot be deleted ({change.address}, {context.commit})")

    def record_all(self, changes: Sequence[Change], context: Context) -> Sequence[Observed | None]:
        """Where ``kept_in_state``: do many changes in one commit, all or none; None for what was removed."""
        raise NotImplementedError(f"{self.name} is not kept in the state ({len(changes)}, {context.commit})")

    def stage(self, change: Change, context: Context) -> Observed:
        """Where ``staged``: write a draft nobody hears yet, and return it as read back."""
        raise NotImplementedError(f"{self.name} has no drafts ({change.address}, {context.commit})")

    def staged_values(self, draft: Observed, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where ``staged``: what a deploy would make live of the wanted fields (by wire name) that the draft tells."""
        del draft, wanted
        return {}

    def deploy(self, draft: Observed, context: Context) -> Observed:
        """Where ``staged``: make the draft live, and return the object as read back."""
        raise NotImplementedError(f"{self.name} has no drafts ({draft.id}, {context.commit})")

    def discard(self, draft: Observed, context: Context) -> None:
        """Where ``staged``: throw our draft away, so that callers stay on the old release."""
        raise NotImplementedError(f"{self.name} has no drafts ({draft.id}, {context.commit})")

    def objection(self, change: Change, draft: Observed, context: Context) -> Objection | None:
        """Where ``staged``: what speaks against deploying a draft; all are asked before any is deployed."""
        del change, draft, context
        return None

    def act(self, change: Change, context: Context) -> Observed:
        """Carry out one of ``due_actions``, named by ``change.verb``; raises Declined for a clear failure."""
        raise NotImplementedError(f"{self.name} has no such action ({change.verb}, {context.commit})")

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """One live object, read again; settles a write whose answer was lost."""
        del parent
        found = next((item for item in self.observe(context.look) if item.id == id_), None)
        if found is None:
            raise LookupError(id_)
        return found

    def in_full(self, observed: Observed, look: Look) -> Observed:
        """The object with what only a request of its own tells; an export asks for each."""
        del look
        return observed

    def doubtful(self, resource: Resource, observed: Observed) -> bool:
        """Whether the list gives a reason to ask for the object in full although something of it is remembered."""
        del resource, observed
        return False

    def says_nothing(self, body: Mapping[str, Any]) -> frozenset[str]:
        """The manifest keys whose live value follows from others or is no setting: an export leaves them out."""
        del body
        return frozenset()

    def is_our_draft(self, observed: Observed, binding: Binding | None, wanted: Mapping[str, Any]) -> bool:
        """Whether the undeployed draft is what we ourselves staged and did not get to deploy.

        ``wanted`` holds the declared values by wire name, as they would be sent now.
        """
        del observed, binding, wanted
        return False

    def drafted(self, observed: Observed) -> Mapping[str, Any]:
        """What waits on it for a deploy, by wire name; nothing where the kind has no drafts."""
        del observed
        return {}

    def due_actions(self, resource: Resource, observed: Observed) -> Iterable[DueAction]:
        """Actions due beyond the fields, as the live object tells: whether they may be taken is the engine's."""
        del resource, observed
        return ()

    def number_columns(self, declared: Mapping[str, Any]) -> frozenset[str]:
        """The columns of its tables that hold numbers of people to call."""
        del declared
        return frozenset()

    def members(self, resource: Resource, table: Table) -> Members:
        """Where it has a ``table``: the resources that the rows of it declare, named ``LIST/KEY``."""
        raise NotImplementedError(f"{self.name} stands for no rows ({resource.address}, {table.path})")

    def due_once_made(self, resource: Resource) -> Iterable[DueAction]:
        """Actions that will be due on what the same apply creates; the id is known by ``context.resolver`` then."""
        del resource
        return ()

    def due_once_undeclared(self, observed: Observed) -> Iterable[DueAction]:
        """Actions due on what stays on the account although its document is gone; ``act`` has no resource then."""
        del observed
        return ()

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterable[Finding]:
        """Offline findings about this kind's resources, given all resources by address."""
        del own, resources, now
        return ()

    def check_settings(self, own: Sequence[Resource], settings: Settings, now: datetime) -> Iterable[Finding]:
        """Offline findings about this kind's resources that hang on what the project file says."""
        del own, settings, now
        return ()

    def verb(self, action: Action, resource: Resource | None, diffs: Sequence[FieldDiff]) -> str:
        """The word for a change; by its action alone, unless what differs says more."""
        del resource, diffs
        return self.verbs.of(action)

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterable[Finding]:
        """Online findings: what cannot, or may not, work as declared on this account."""
        del change, account, resolver
        return ()

    def planned_calls(self, account: Account) -> Iterable[PlannedCall]:
        """The calls that documents of it declare."""
        del account
        return ()

    def expected_campaigns(self, plan: Plan, account: Account, everything: Hold) -> Iterable[ExpectedCampaign]:
        """The campaigns of it that are to be started after an apply; ``everything`` is the hold over all calls."""
        del plan, account, everything
        return ()

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """What a reader must not overlook."""
        del change, account
        return ()

    def expires_at(self, spec: BaseModel) -> datetime | None:
        """When the desired side expires: from then on it can no longer be applied. None: never."""
        del spec
        return None

    def summary(self, change: Change, account: Account) -> str:
        """What the change means, in place of the general sentence; "" keeps that one."""
        del change, account
        return ""


class _Ranks(dict[str, int]):
    """Ranks by name, each computed when it is first asked for: a kind that nobody declares is not imported for it."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        super().__init__()
        self._kinds = kinds

    def __missing__(self, name: str) -> int:
        self[name] = 0  # two kinds that named each other would have no order
        others = [it for it in befores(self._kinds[name]) if it in self._kinds and it != name]
        self[name] = max((self[it] + 1 for it in others), default=0)
        return self[name]


def ranks(kinds: Mapping[str, Kind]) -> Mapping[str, int]:
    """The place of each kind among the waves: after every kind that it names, reads or waits for."""
    return _Ranks(kinds)


def befores(kind: Kind) -> tuple[str, ...]:
    """The kinds that come before one."""
    named = (ref.kind for ref in references(kind.spec).values())
    return tuple(dict.fromkeys((*named, *kind.also_reads, *kind.after)))


def changed(diffs: Iterable[FieldDiff]) -> frozenset[str]:
    """The manifest keys that differ."""
    return frozenset(diff.path for diff in diffs)


def tried_before(kind: Kind, binding: Binding | None, diffs: Iterable[FieldDiff], observed: Observed | None) -> str:
    """Why what costs at each try is not tried again: ``unknown``, or the words of the failure; "" for no reason."""
    own = policies(kind.spec)
    costs = observed is None or any(own[diff.path].unread is not None for diff in diffs)
    if not kind.tried_once or binding is None or not costs:
        return ""
    return "unknown" if binding.intent is not None else binding.refused

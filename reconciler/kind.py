"""State what a kind must tell the engine, and what it may leave out.

A kind knows one thing the vendor sells: its spec, how to list it, how to write it. It never decides (that
is ``decide``), never compares (``diff``) and never orders (``steps``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model

from reconciler.model import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.fields import Spec
    from reconciler.model import Address, Change, Consequence, FieldDiff, Finding, Observed, Resource
    from reconciler.resolver import Resolver
    from reconciler.settings import Settings
    from reconciler.state.bindings import Binding
    from reconciler.state.ledger import Ledger


API_VERSION = "reconciler/v1"

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=63),
    Field(description="Identity in the repository: lower-case words and hyphens, at most 63."),
]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


def _calendar_day(value: Any) -> Any:
    if isinstance(value, str):
        return date.fromisoformat(value)
    raise ValueError("a day is written 2026-12-31")  # pydantic would take a number for a moment of 1970


class Acceptance(_Closed):
    """A finding of lint that is accepted here, why, and for how long."""

    code: Annotated[str, StringConstraints(pattern=r"^RC[0-9]{3}$")] = Field(
        description="The code of the finding, RC7xx.", examples=["RC703"]
    )
    reason: str = Field(min_length=8, description="Why it is accepted, for the next reader.")
    until: Annotated[date, BeforeValidator(_calendar_day)] = Field(
        description="The last day on which it is accepted (UTC).", examples=["2026-12-31"]
    )


class Metadata(_Closed):
    """Who a resource is in this repository; none of it is sent to the vendor."""

    name: Name
    labels: dict[str, str] = Field(default={}, description="For -l selectors.")
    protect: bool = Field(default=False, description="Never deleted by this tool, even without its document.")
    id: str | Annotated[int, Field(strict=True)] | None = Field(
        default=None, description="The vendor's id of an existing object."
    )
    was: tuple[Name, ...] = Field(default=(), description="Earlier names: renames without re-creating.")
    waivers: tuple[Acceptance, ...] = Field(default=(), description="Findings of lint that are accepted for a time.")


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
class Fact:
    """A precondition on the account that a kind reads but never owns; absent (404) is None.

    So is an ``optional`` one that the key may not read: no run stops for want of it.
    """

    name: str
    path: str
    key: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that was read of the account in one run, beside everything that is declared.

    ``bindings`` are under the names that things have now; ``contested`` are the ids of a document that means two.
    """

    organization: str
    now: datetime
    settings: Settings
    observed: Mapping[str, tuple[Observed, ...]]
    resources: Mapping[str, Resource]
    bindings: Mapping[Address, Binding] = field(default_factory=dict)
    contested: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
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
    links: Resolver
    account: Account
    now: Callable[[], datetime]
    commit: str = ""


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
    watched: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def observe(self, api: Api, ledger: Ledger) -> Iterable[Observed]:
        """Every live object of this kind: one list, never a request per object."""

    def identity(self, spec: BaseModel) -> str:
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

    def initial(self, resource: Resource) -> Mapping[str, Any]:
        """The fields a create sends: what was declared, and defaults that creating alone needs."""
        return self.expected(resource)

    def create(self, change: Change, context: Context) -> Observed:
        """Create it and return it as answered; the engine reads it back, many of them by one list."""
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

    def act(self, change: Change, context: Context) -> Observed:
        """Carry out one of ``due_actions``, named by ``change.verb``; raises Declined for a clear failure."""
        raise NotImplementedError(f"{self.name} has no such action ({change.verb}, {context.commit})")

    def read(self, id_: str, context: Context) -> Observed:
        """One live object, read again; settles a write whose answer was lost."""
        found = next((item for item in self.observe(context.api, context.ledger) if item.id == id_), None)
        if found is None:
            raise LookupError(id_)
        return found

    def is_our_draft(self, observed: Observed, binding: Binding | None, wanted: Mapping[str, Any]) -> bool:
        """Whether the undeployed draft is what we ourselves staged and did not get to deploy.

        ``wanted`` holds the declared values by wire name, as they would be sent now.
        """
        del observed, binding, wanted
        return False

    def due_actions(self, resource: Resource, observed: Observed) -> Iterable[DueAction]:
        """Actions due beyond the fields, as the live object tells: whether they may be taken is the engine's."""
        del resource, observed
        return ()

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterable[Finding]:
        """Offline findings about this kind's resources, given all resources by address."""
        del own, resources, now
        return ()

    def preflight(self, change: Change, account: Account, links: Resolver) -> Iterable[Finding]:
        """Online findings: what cannot, or may not, work as declared on this account."""
        del change, account, links
        return ()

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """What a reader must not overlook."""
        del change, account
        return ()

    def closes(self, spec: BaseModel) -> datetime | None:
        """When the desired side expires: from then on it can no longer come about. None: never."""
        del spec
        return None

    def sentence(self, change: Change, account: Account) -> str:
        """What the change means, in place of the general sentence; "" keeps that one."""
        del change, account
        return ""


@cache
def document_model(kind: type[Kind]) -> type[BaseModel]:
    """The model of a whole document of a kind: the envelope around its spec."""
    parts: dict[str, Any] = {
        "apiVersion": (Literal[API_VERSION], ...),
        "kind": (Literal[kind.name], ...),
        "metadata": (Metadata, ...),
        "spec": (kind.spec | None, Field(default=None, description="The declared settings.")),
        "absent": (bool, Field(default=False, description="Must not exist: deleted if it does.")),
    }
    return create_model(f"{kind.name}Document", __base__=_Closed, __doc__=kind.__doc__, **parts)


def changed(diffs: Iterable[FieldDiff]) -> frozenset[str]:
    """The manifest keys that differ."""
    return frozenset(diff.path for diff in diffs)

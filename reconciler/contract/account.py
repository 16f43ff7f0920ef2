"""The account as one run sees it: what was read of it, and what a read or a write may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from reconciler.model import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.contract.fields import Policy
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Observed, Resource
    from reconciler.settings import Settings
    from reconciler.state.bindings import Binding
    from reconciler.state.ledger import Ledger
    from reconciler.telephony.do_not_call import DoNotCall

_Answer = TypeVar("_Answer")


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
    ``unread``: the state could not be read, so that what is not known may be all the same.
    ``lost_state`` names a shared store that holds nothing at all: new, or deleted by mistake.
    ``foreign`` says which other project declared a name, ``foreign_ids`` which declared an object of a kind.
    ``forbids`` says of a number that it must not be called: nobody is rung there.
    """

    organization: str
    now: datetime
    settings: Settings
    observed: Mapping[str, tuple[Observed, ...]]
    resources: Mapping[str, Resource]
    bindings: Mapping[Address, Binding] = field(default_factory=dict)
    contested: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)
    project: str = ""
    unread: bool = False
    lost_state: str = ""
    foreign: Mapping[Address, str] = field(default_factory=dict)
    foreign_ids: Mapping[tuple[str, str], str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    forbids: Callable[[str], bool] = field(default=lambda _: False, repr=False, compare=False)
    answers: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, question: Hashable, answer: Callable[[], _Answer]) -> _Answer:
        """The answer to what is asked again for each of many resources, found when it is asked first.

        It may depend on the question and on the account; a kind begins its questions with its own name.
        """
        if question not in self.answers:
            self.answers[question] = answer()
        known: _Answer = self.answers[question]
        return known

    def of(self, kind: str) -> tuple[Observed, ...]:
        """The live objects of a kind; none when it was not observed."""
        return self.observed.get(kind, ())

    def find(self, kind: str, id_: str) -> Observed | None:
        """One live object by id."""
        return next((item for item in self.of(kind) if item.id == id_), None)


@dataclass(frozen=True, slots=True)
class Look:
    """What observing may use: the API, our own record, what is declared, and the ids known by now.

    ``every``: all there is, also below parents that nobody declares (an export).
    """

    api: Api
    ledger: Ledger
    resources: Mapping[str, Resource]
    resolver: Resolver
    observed: Mapping[str, tuple[Observed, ...]] = field(default_factory=dict)
    every: bool = False

    def parents(self, kind: str, reference: Policy) -> tuple[str, ...]:
        """The ids that a nested kind is listed below: of parents that its documents name or its bindings remember."""
        if reference.ref is None:
            return ()
        if self.every:
            return tuple(item.id for item in self.observed.get(reference.ref.kind, ()))
        declared = (item.declared for item in self.resources.values() if item.address.kind == kind)
        names = (name for one in declared for name in reference.ref.names(one.get(reference.name)))
        named = (self.resolver.id(Address(reference.ref.kind, name)) for name in names)
        bindings = self.ledger.bindings().items()
        remembered = (binding.parent for address, binding in bindings if address.kind == kind)
        return tuple(dict.fromkeys(id_ for id_ in (*named, *remembered) if id_))


class Deliver(Protocol):
    """Puts what the platform shows once where its document says; raises ReconcilerError when it cannot."""

    def __call__(self, resource: Resource, outputs: Mapping[str, Any]) -> None:
        """All of it, or none."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a write may use; ``account`` is what plan saw of it.

    ``content`` reads the bytes that a field of a resource names; ``deliver`` takes what is shown once, and without
    it nothing is created that shows something; ``sleep`` waits for what is still moving. ``do_not_call`` is who must
    not be called, as known at that moment.
    """

    api: Api
    ledger: Ledger
    resolver: Resolver
    account: Account
    now: Callable[[], datetime]
    commit: str = ""
    sleep: Callable[[float], None] | None = None
    content: Callable[[Resource, str], bytes] | None = None
    deliver: Deliver | None = None
    do_not_call: Callable[[], DoNotCall] | None = None

    def bytes_of(self, resource: Resource, key: str) -> bytes:
        """The bytes that a field names; LookupError where nothing reads them."""
        if self.content is None:
            raise LookupError(f"{resource.address} {key}")
        return self.content(resource, key)

    @property
    def look(self) -> Look:
        """What observing again may use."""
        account = self.account
        return Look(self.api, self.ledger, account.resources, self.resolver, account.observed)

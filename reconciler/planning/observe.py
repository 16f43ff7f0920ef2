"""Observation: the account read once, and the live object that each document means.

One list per kind, never a request per object. Matching is by the id in the manifest, then by what the
ledger remembers, then by identity, and last by display name, where one namesake is adopted and several
are refused (promise P7).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.contract.account import Account, Context, Fact, Look
from reconciler.contract.diff import remembered
from reconciler.contract.fields import parent, policies, references
from reconciler.contract.kind import FoundBy, Orphans, ranks
from reconciler.contract.resolver import Resolver
from reconciler.errors import Rejected, Unintelligible
from reconciler.model import Address
from reconciler.planning import in_use
from reconciler.planning.decide import Live, Match
from reconciler.planning.renames import renamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import ThreadPoolExecutor
    from datetime import datetime

    from pydantic import BaseModel

    from reconciler.api import Api
    from reconciler.contract.kind import Kind
    from reconciler.model import Observed, Resource
    from reconciler.settings import Settings
    from reconciler.state.bindings import Binding
    from reconciler.state.ledger import Ledger

_SIDE_BY_SIDE = 8
_NOT_TOLD = (403, 404)
_GONE = 404
_CREATES = ("create", "replace")


def observe(  # noqa: PLR0913 - the whole edge of the run, all keyword-only
    *,
    organization: str,
    kinds: Mapping[str, Kind],
    resources: Mapping[str, Resource],
    api: Api,
    ledger: Ledger,
    settings: Settings,
    now: datetime,
) -> Account:
    """Read what the declared kinds need of the account, the lists side by side; raises ApiError."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to load, and validate observes nothing

    needed = _needed(kinds, resources.values(), ledger)
    facts = list(dict.fromkeys(fact for kind in needed for fact in kind.facts))
    nested = [kind for kind in needed if parent(kind.spec) is not None]
    renaming = renamed(ledger.bindings(), (resource.manifest for resource in resources.values()))
    elsewhere = ledger.foreign_bindings()
    account = Account(
        organization=organization,
        now=now,
        settings=settings,
        observed={},
        resources=resources,
        bindings=renaming.bindings,
        contested=renaming.contested,
        project=ledger.project,
        unread=ledger.unread,
        lost_state=ledger.store.description if ledger.store.shared and ledger.is_empty() else "",
        foreign={binding.address: binding.project for binding in elsewhere},
        foreign_ids={(binding.address.kind, binding.id): binding.project for binding in elsewhere if binding.id},
    )
    look = Look(api, ledger, resources, Resolver({}))
    with ThreadPoolExecutor(max_workers=max(1, len(needed) + len(facts))) as pool:
        asked = [pool.submit(_fact, fact, api) for fact in facts]
        account = _ours(account, _lists(pool, [kind for kind in needed if kind not in nested], look))
        if nested:  # what lives below others is listed once those are known
            _, resolver = resolved(kinds, account)
            below = _lists(pool, nested, replace(look, resolver=resolver, observed=account.observed))
            account = replace(account, observed={**account.observed, **below})
        account = replace(account, observed=_with_unlisted(kinds, account, look))
        known = {fact.name: future.result() for fact, future in zip(facts, asked, strict=True)}
    return replace(account, facts=known)


def _ours(account: Account, lists: Mapping[str, tuple[Observed, ...]]) -> Account:
    """With what was listed, and what of that another project declared kept apart."""
    foreign = {Address(it.kind, it.name): it.project for items in lists.values() for it in items if it.project}
    own = {name: tuple(item for item in items if not item.project) for name, items in lists.items()}
    return replace(account, observed=own, foreign={**account.foreign, **foreign})


def _with_unlisted(kinds: Mapping[str, Kind], account: Account, look: Look) -> dict[str, tuple[Observed, ...]]:
    """The lists, with what is bound, declared and missing there, but answers when asked for by its id.

    A list may be cut short in a way that nothing tells; what is made again for that has a twin.
    """
    found = {name: list(items) for name, items in account.observed.items()}
    for missing in sorted(_missing(kinds, account), key=lambda it: it.nested):  # a parent may be missing as well
        if missing.nested and missing.parent and missing.parent not in {it.id for it in found.get(missing.above, ())}:
            continue  # gone with its parent
        context = Context(look.api, look.ledger, look.resolver, account, lambda: account.now)
        try:
            item = missing.kind.read(missing.id, context, missing.parent)
        except LookupError:
            continue
        except Rejected as error:
            if error.status != _GONE:
                raise
        else:
            found.setdefault(missing.kind.name, []).append(item)
    return {name: tuple(items) for name, items in found.items()}


class _Missing(NamedTuple):
    """An object that is bound, declared and not in its list; ``above`` is the kind of its ``parent``, if it has one."""

    kind: Kind
    id: str
    parent: str
    above: str
    nested: bool


def _missing(kinds: Mapping[str, Kind], account: Account) -> Iterator[_Missing]:
    listed = {name: {item.id for item in items} for name, items in account.observed.items()}
    for address, binding in account.bindings.items():
        kind = kinds.get(address.kind)
        asked = binding.id and str(address) in account.resources and binding.id not in listed.get(address.kind, ())
        if asked and kind is not None and kind.found_by is FoundBy.BINDING:
            above = parent(kind.spec)
            name = above.ref.kind if above is not None and above.ref is not None else ""
            yield _Missing(kind, binding.id, binding.parent, name, above is not None)


def _lists(pool: ThreadPoolExecutor, kinds: list[Kind], look: Look) -> dict[str, tuple[Observed, ...]]:
    """The lists of some kinds, side by side."""
    lists = [pool.submit(_list, kind, look) for kind in kinds]
    return {kind.name: future.result() for kind, future in zip(kinds, lists, strict=True)}


def _needed(kinds: Mapping[str, Kind], resources: Iterable[Resource], ledger: Ledger) -> list[Kind]:
    """The kinds that are declared, that those name or look at, and that the ledger remembers something of."""
    resources = tuple(resources)
    names = {resource.address.kind for resource in resources}
    names |= {address.kind for address in ledger.bindings()}
    if ledger.has_calls():
        names |= {kind.name for kind in kinds.values() if kind.orphans is Orphans.RETIRED}
    for spec, keys in _given(resources).items():
        names |= {ref.kind for key, ref in references(spec).items() if key in keys}
    names |= {other for name in names if name in kinds for other in _looked_at(kinds[name])}
    names |= in_use.holders(kinds, _leaving(resources, ledger))
    return [kinds[name] for name in sorted(names) if name in kinds]


def _given(resources: Iterable[Resource]) -> dict[type[BaseModel], set[str]]:
    """The manifest keys with a value in any document, by spec model."""
    found: dict[type[BaseModel], set[str]] = defaultdict(set)
    for resource in resources:
        known, declared = found[type(resource.spec)], resource.declared
        if not known.issuperset(declared):
            known.update(key for key, value in declared.items() if value)
    return found


def _leaving(resources: Iterable[Resource], ledger: Ledger) -> set[str]:
    """The kinds of which something may be deleted."""
    present = {resource.address for resource in resources if not resource.manifest.absent}
    absent = {resource.address for resource in resources if resource.manifest.absent}
    return {address.kind for address in absent | (ledger.bindings().keys() - present)}


def _looked_at(kind: Kind) -> tuple[str, ...]:
    """What a kind reads besides its own list: what it says, and what it lives below."""
    above = parent(kind.spec)
    return (*kind.also_reads, *([above.ref.kind] if above is not None and above.ref is not None else []))


def _list(kind: Kind, look: Look) -> tuple[Observed, ...]:
    try:
        return tuple(kind.observe(look))
    except (KeyError, TypeError, ValueError) as error:
        raise Unintelligible(
            f"the list for {kind.name} is not what the contract says ({type(error).__name__}: {error})",
            method="GET",
            path="",
            hint="is the address that of the API? try --api-url, or tell us what came",
        ) from None


def _fact(fact: Fact, api: Api) -> Any:
    try:
        return api.get(fact.path)
    except Rejected as error:
        if error.status not in _NOT_TOLD and not fact.optional:
            raise
        return None
    except Unintelligible:
        return None  # an empty body: what GET answers before anything was confirmed is not documented (contract Q23)


def resolved(kinds: Mapping[str, Kind], account: Account) -> tuple[tuple[Match, ...], Resolver]:
    """Every document with what it means, what is remembered and no longer declared, and the ids of all of them."""
    known = {address: binding.id for address, binding in account.bindings.items() if binding.id}
    resolver = Resolver(known, account.resources)
    return tuple(match(kinds, account, resolver)), resolver


def in_full(kinds: Mapping[str, Kind], matches: tuple[Match, ...], look: Look) -> tuple[Match, ...]:
    """With what only a request of its own tells, of each object that may differ in it, side by side."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to load, and validate observes nothing

    untold = {name for name in kinds.keys() & {it.address.kind for it in matches} if _untold(kinds[name])}
    wanted = [it for it in matches if it.address.kind in untold and _not_known(kinds[it.address.kind], it)]
    if not wanted:
        return matches
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        whole = pool.map(lambda it: _whole(kinds[it.address.kind], it, look), wanted)
        found = {id(it): told for it, told in zip(wanted, whole, strict=True)}
    return tuple(found.get(id(it), it) for it in matches)


def _untold(kind: Kind) -> bool:
    """Whether the lists leave out a field of it."""
    return any(it.unread for it in policies(kind.spec).values())


def _whole(kind: Kind, it: Match, look: Look) -> Match:
    if it.observed is None:
        return it
    try:
        return replace(it, observed=kind.in_full(it.observed, look))
    except Rejected as error:
        if error.status not in _NOT_TOLD:
            raise
        return it


def _not_known(kind: Kind, it: Match) -> bool:
    """Whether it is declared and there, and may differ in a field that the lists leave out."""
    if it.resource is None or it.resource.manifest.absent or it.observed is None:
        return False
    own, declared = policies(kind.spec), it.resource.declared
    known = (remembered(own[name], value, it.binding) for name, value in declared.items() if own[name].unread)
    return not all(known) or kind.doubtful(it.resource, it.observed)


def match(kinds: Mapping[str, Kind], account: Account, resolver: Resolver) -> Iterator[Match]:
    """As above; ``resolver`` learns what is found, so that what names it can be found by that."""
    by_kind: dict[str, list[Resource]] = defaultdict(list)
    for resource in account.resources.values():
        by_kind[resource.address.kind].append(resource)
    places = ranks(kinds)
    for name in sorted(set(by_kind) | set(account.observed), key=lambda name: (places[name], name)):
        for found in _Matcher(kinds[name], account, by_kind[name], resolver).matches():
            if found.observed is not None:
                resolver.bind(found.address, found.observed.id)
            elif found.live is Live.VANISHED:
                resolver.unbind(found.address)
            yield found


class _Matcher:
    """Matches the documents of one kind with its live objects."""

    def __init__(self, kind: Kind, account: Account, resources: list[Resource], resolver: Resolver) -> None:
        observed, self._account, self._resolver = account.of(kind.name), account, resolver
        self._kind, self._observed, self._resources = kind, observed, resources
        bindings = {address: item for address, item in account.bindings.items() if address.kind == kind.name}
        self._bindings = bindings
        self._by_id = {item.id: item for item in observed}
        self._by_identity = {item.identity: item for item in observed if item.identity}
        self._claimed = {id_ for item in bindings.values() for id_ in (item.id, *item.replaced) if id_}
        self._claimed |= {resource.manifest.id for resource in resources if resource.manifest.id}
        self._claimed |= {id_ for name, id_ in account.foreign_ids if name == kind.name}
        self._remembered = kind.found_by is FoundBy.BINDING
        self._namesakes: dict[str, list[Observed]] = defaultdict(list)
        self._by_key: dict[tuple[int, str], list[Observed]] = defaultdict(list)
        for item in observed:
            if item.id not in self._claimed:
                self._namesakes[item.name].append(item)
                for place, key in enumerate(kind.live_keys(item)):
                    self._by_key[place, key].append(item)

    def matches(self) -> Iterator[Match]:
        meant = set()
        for resource in self._resources:
            found = self._find(resource)
            meant |= {found.observed.id} if found.observed is not None else set()
            yield found
        yield from self._undeclared(meant)

    def _find(self, resource: Resource) -> Match:
        address, account = resource.address, self._account
        binding = self._bindings.get(address) if self._bindings else None
        if account.foreign and address in account.foreign:
            return self._of_another(Match(address, Live.FOREIGN, resource), account.foreign[address])
        if account.contested and address in account.contested and resource.manifest.id is None:
            return Match(address, Live.CONTESTED, resource, binding=binding, ids=account.contested[address])
        if (wanted := resource.manifest.id) is not None:
            return self._by_written_id(Match(address, Live.NOTHING, resource, binding=binding), wanted)
        if not self._remembered:
            found = self._by_identity.get(self._kind.identity(resource.spec) or address.name)
        else:
            found = self._by_id.get(binding.id) if binding is not None and binding.id else None
        if found is not None and (whose := account.foreign_ids.get((self._kind.name, found.id))):
            return self._of_another(Match(address, Live.FOREIGN, resource), whose)
        if found is not None:
            return self._standing(Match(address, Live.FOUND, resource, found, binding, ids=(found.id,)))
        base = Match(address, Live.NOTHING, resource, binding=binding)
        if not self._remembered:
            return base
        if binding is not None and binding.id:
            base = replace(base, live=Live.VANISHED, ids=(binding.id,))
        return self._by_keys(base)

    def _standing(self, base: Match) -> Match:
        """An object that is bound: with what it replaced, or replaced by what a run that was killed made of it."""
        binding, found = base.binding, base.observed
        if binding is None or found is None:
            return base
        leaving = tuple(self._by_id[id_] for id_ in binding.replaced if id_ in self._by_id)
        if binding.intent is not None and binding.intent.step == "replace":
            made = self._by_keys(replace(base, observed=None))
            if made.live is Live.OURS:
                return replace(made, leaving=(*leaving, found))
        return replace(base, leaving=leaving) if leaving else base

    def _of_another(self, base: Match, project: str) -> Match:
        return replace(base, live=Live.FOREIGN, ids=(project, self._account.project or "(without a name)"))

    def _by_written_id(self, base: Match, wanted: str) -> Match:
        found = self._by_id.get(wanted)
        if found is None:
            known = base.binding is not None and base.binding.id == wanted
            return replace(base, live=Live.ID_VANISHED if known else Live.UNKNOWN_ID, ids=(wanted,))
        if whose := self._account.foreign_ids.get((self._kind.name, found.id)):
            return self._of_another(base, whose)
        known = base.binding is not None and base.binding.id == wanted
        return replace(base, live=Live.FOUND if known else Live.NAMED, observed=found, ids=(wanted,))

    def _by_keys(self, base: Match) -> Match:
        """By its surest key among the live objects nobody claims; after a lost create, only newcomers count."""
        keys = self._kind.keys(base.resource, self._resolver) if base.resource is not None else ()
        candidates = (self._by_key.get((place, key), ()) for place, key in enumerate(keys) if key)
        found = next((them for them in (_newcomers(some, base.binding) for some in candidates) if them), [])
        if not found:
            return base
        ids = tuple(item.id for item in found)
        if len(found) > 1:
            return replace(base, live=Live.SEVERAL, ids=ids)
        live = Live.OURS if _created_by_us(base.binding) else Live.NAMESAKE
        return replace(base, live=live, observed=found[0], ids=ids)

    def _undeclared(self, meant: set[str]) -> Iterator[Match]:
        """What is bound and no document means; ``meant`` are the ids of those that one does, whatever its name is."""
        declared = {resource.address for resource in self._resources}
        meant |= {resource.manifest.id for resource in self._resources if resource.manifest.id}
        for address, binding in sorted(self._bindings.items()):
            if binding.id in meant or address in declared or self._kind.orphans is Orphans.NEVER_OURS:
                continue
            if not binding.id and (made := _newcomers(self._namesakes.get(binding.display, ()), binding)):
                # A create whose run was killed: most likely ours, but not surely enough to be deleted.
                yield Match(address, Live.NAMESAKE, observed=made[0], binding=binding, ids=(made[0].id,))
                continue
            found = self._by_id.get(binding.id)
            live = Live.FOUND if found else Live.VANISHED
            yield Match(address, live, observed=found, binding=binding, ids=(binding.id,))
        if self._kind.orphans is Orphans.RETIRED:
            for item in self._observed:
                address = Address(self._kind.name, item.name)
                if address not in declared:
                    yield Match(address, Live.FOUND, observed=item, ids=(item.id,))


def _newcomers(found: Iterable[Observed], binding: Binding | None) -> list[Observed]:
    """What was not there yet when a create was begun for the address; all of it where none was."""
    intent = binding.intent if binding else None
    rivals = intent.rivals if intent and intent.step in _CREATES else ()
    return [item for item in found if item.id not in rivals]


def _created_by_us(binding: Binding | None) -> bool:
    """Whether a create was begun for the address: what is new under its name since is the one it made."""
    return binding is not None and binding.intent is not None and binding.intent.step in _CREATES

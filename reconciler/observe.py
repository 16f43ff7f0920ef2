"""Look: read the account once, and find which live object each document means.

One list per kind, never a request per object. Matching is by the id in the manifest, then by what the
ledger remembers, then by identity, and last by display name, where one namesake is adopted and several
are refused (promise P7).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.decide import Live, Match
from reconciler.errors import Rejected, Unintelligible
from reconciler.kind import Account, Fact, Kind, Orphans
from reconciler.model import Address
from reconciler.renames import renamed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.model import Observed, Resource
    from reconciler.settings import Settings
    from reconciler.state.bindings import Binding
    from reconciler.state.ledger import Ledger

_NOT_TOLD = (403, 404)


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
    facts = [fact for kind in needed for fact in kind.facts]
    with ThreadPoolExecutor(max_workers=max(1, len(needed) + len(facts))) as pool:
        lists = [pool.submit(_list, kind, api, ledger) for kind in needed]
        asked = [pool.submit(_fact, fact, api) for fact in facts]
        observed = {kind.name: future.result() for kind, future in zip(needed, lists, strict=True)}
        known = {fact.name: future.result() for fact, future in zip(facts, asked, strict=True)}
    named = renamed(ledger.bindings(), (resource.manifest for resource in resources.values()))
    return Account(
        organization=organization,
        now=now,
        settings=settings,
        observed=observed,
        resources=resources,
        bindings=named.bindings,
        contested=named.contested,
        facts=known,
    )


def _needed(kinds: Mapping[str, Kind], resources: Iterable[Resource], ledger: Ledger) -> list[Kind]:
    """The kinds that are declared, that those refer to, and that the ledger remembers something of."""
    names = {resource.address.kind for resource in resources}
    names |= {address.kind for address in ledger.bindings()}
    names |= {kind.name for kind in kinds.values() if kind.orphans is Orphans.RETIRED and ledger.has_calls()}
    names |= {required for name in names for required in kinds[name].requires if name in kinds}
    return [kind for name, kind in sorted(kinds.items()) if name in names]


def _list(kind: Kind, api: Api, ledger: Ledger) -> tuple[Observed, ...]:
    try:
        return tuple(kind.observe(api, ledger))
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


def match(kinds: Mapping[str, Kind], account: Account) -> Iterator[Match]:
    """Every document with what it means, and what is remembered and no longer declared."""
    by_kind: dict[str, list[Resource]] = defaultdict(list)
    for resource in account.resources.values():
        by_kind[resource.address.kind].append(resource)
    for name in sorted(set(by_kind) | set(account.observed)):
        yield from _Matcher(kinds[name], account, by_kind[name]).matches()


class _Matcher:
    """Matches the documents of one kind with its live objects."""

    def __init__(self, kind: Kind, account: Account, resources: list[Resource]) -> None:
        observed, self._contested = account.of(kind.name), account.contested
        self._kind, self._observed, self._resources = kind, observed, resources
        bindings = {address: item for address, item in account.bindings.items() if address.kind == kind.name}
        self._bindings = bindings
        self._by_id = {item.id: item for item in observed}
        self._by_identity = {item.identity: item for item in observed if item.identity}
        self._claimed = {item.id for item in bindings.values() if item.id} | {
            resource.manifest.id for resource in resources if resource.manifest.id
        }
        self._namesakes: dict[str, list[Observed]] = defaultdict(list)
        for item in observed:
            if item.id not in self._claimed:
                self._namesakes[item.name].append(item)

    def matches(self) -> Iterator[Match]:
        for resource in self._resources:
            yield self._find(resource)
        yield from self._undeclared()

    def _find(self, resource: Resource) -> Match:
        address, binding = resource.address, self._bindings.get(resource.address)
        if address in self._contested and resource.manifest.id is None:
            return Match(address, Live.CONTESTED, resource, binding=binding, ids=self._contested[address])
        if (wanted := resource.manifest.id) is not None:
            return self._by_written_id(Match(address, Live.NOTHING, resource, binding=binding), wanted)
        if not self._kind.remembered:
            found = self._by_identity.get(self._kind.identity(resource.spec) or address.name)
        else:
            found = self._by_id.get(binding.id) if binding is not None and binding.id else None
        if found is not None:
            return Match(address, Live.FOUND, resource, observed=found, binding=binding, ids=(found.id,))
        base = Match(address, Live.NOTHING, resource, binding=binding)
        if not self._kind.remembered:
            return base
        if binding is not None and binding.id:
            base = replace(base, live=Live.VANISHED, ids=(binding.id,))
        return self._by_name(base)

    def _by_written_id(self, base: Match, wanted: str) -> Match:
        found = self._by_id.get(wanted)
        if found is None:
            return replace(base, live=Live.UNKNOWN_ID, ids=(wanted,))
        known = base.binding is not None and base.binding.id == wanted
        return replace(base, live=Live.FOUND if known else Live.NAMED, observed=found, ids=(wanted,))

    def _by_name(self, base: Match) -> Match:
        """By display name among the live objects nobody claims; after a lost create, only newcomers count."""
        if base.resource is None:
            return base
        found = self._newcomers(self._kind.display(base.resource), base.binding)
        if not found:
            return base
        ids = tuple(item.id for item in found)
        if len(found) > 1:
            return replace(base, live=Live.SEVERAL, ids=ids)
        live = Live.OURS if _created_by_us(base.binding) else Live.NAMESAKE
        return replace(base, live=live, observed=found[0], ids=ids)

    def _newcomers(self, name: str, binding: Binding | None) -> list[Observed]:
        intent = binding.intent if binding else None
        rivals = intent.rivals if intent and intent.step == "create" else ()
        return [item for item in self._namesakes.get(name, []) if item.id not in rivals]

    def _undeclared(self) -> Iterator[Match]:
        declared = {resource.address for resource in self._resources}
        written = {resource.manifest.id for resource in self._resources if resource.manifest.id}
        for address, binding in sorted(self._bindings.items()):
            if binding.id and binding.id in written:
                continue  # a document names this very object: it has an owner, whatever its name is now
            if address in declared or not self._kind.remembered:
                continue
            if not binding.id and (made := self._newcomers(binding.display, binding)):
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


def ids(account: Account, matches: Iterable[Match]) -> dict[Address, str]:
    """The id of every address that has one: what was matched now, and what is remembered and not found gone."""
    known = {address: binding.id for address, binding in account.bindings.items() if binding.id}
    for match in matches:
        if match.observed is not None:
            known[match.address] = match.observed.id
        elif match.live is Live.VANISHED:
            known.pop(match.address, None)
    return known


def _created_by_us(binding: Binding | None) -> bool:
    """Whether a create was begun for the address: what is new under its name since is the one it made."""
    return binding is not None and binding.intent is not None and binding.intent.step == "create"

"""Deletions of what something on the account still uses: refused, with who uses it.

What is in a set of references (an agent's knowledge, a suite's scenarios) would vanish from it without a word. A user
whose set is written in the same plan, or that is deleted itself, lets go first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.contract.fields import policies
from reconciler.model import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.contract.account import Account
    from reconciler.contract.fields import Policy, Ref
    from reconciler.contract.kind import Kind
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Change, Observed

_MANY = 3  # users that are named


def holders(kinds: Mapping[str, Kind], leaving: Iterable[str]) -> set[str]:
    """The kinds that have sets of references to some kinds."""
    wanted = set(leaving)
    return {kind.name for kind in kinds.values() if wanted & {ref.kind for _, ref in _sets(kind)}} if wanted else set()


def refused(
    changes: Iterable[Change], account: Account, kinds: Mapping[str, Kind], resolver: Resolver
) -> Iterator[Change]:
    """The changes, with a refusal in place of each deletion of what is still used."""
    changes = tuple(changes)
    for change in changes:
        if change.action is not Action.DELETE or change.replaced or change.observed is None:
            yield change
            continue
        users = list(_users(change, changes, account, kinds, resolver))
        yield _in_use(change, users) if users else change


def _sets(kind: Kind) -> Iterator[tuple[Policy, Ref]]:
    for policy in policies(kind.spec).values():
        if policy.ref is not None and policy.ref.many:
            yield policy, policy.ref


def _users(
    change: Change, changes: tuple[Change, ...], account: Account, kinds: Mapping[str, Kind], resolver: Resolver
) -> Iterator[tuple[str, str]]:
    """Who uses it, and in which field."""
    for name, found in account.observed.items():
        for policy, ref in _sets(kinds[name]):
            if ref.kind != change.address.kind:
                continue
            for user in found:
                if str(change.id) in map(str, policy.live(user.body)) and not _lets_go(user, policy, changes):
                    own = resolver.address(name, user.id)
                    yield str(own) if own is not None else f"{name} id {user.id} ({user.name})", policy.name


def _lets_go(user: Observed, policy: Policy, changes: tuple[Change, ...]) -> bool:
    """Whether the plan deletes the user, or writes its set: a set that is declared names nothing that is to go."""
    return any(
        it.action is Action.DELETE or (it.action is Action.UPDATE and policy.name in {diff.path for diff in it.diffs})
        for it in changes
        if it.address.kind == user.kind and it.id == user.id
    )


def _in_use(change: Change, users: list[tuple[str, str]]) -> Change:
    named = " and ".join(who for who, _ in users[:_MANY]) + (f" and {len(users) - _MANY} more" * (len(users) > _MANY))
    fields = " or ".join(dict.fromkeys(f"`{field}`" for _, field in users))
    return replace(
        change,
        action=Action.REFUSE,
        verb=Action.REFUSE.value,
        reason="in_use",
        sentence=f"{change.sentence}, but {named} {'uses' if len(users) == 1 else 'use'} it",
        notes=(f"take it out of {fields} there first, in the manifest or in the dashboard",),
        consequences=(),
        fingerprint="",
    )

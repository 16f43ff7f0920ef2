"""What waits on an agent for a deploy, read from its ``draft_*`` twins.

The vendor's oddities (contract 2.2.2, contract-next 5.5): a twin is null (some are an empty list) where nothing waits,
so a staged null cannot be told from nothing; and what is attached is written as ids and read as objects, so its twin
has no plain value beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.equality import digest, same
from reconciler.contract.fields import policies
from reconciler.kinds.agent_spec import AgentSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.contract.fields import Policy

TWIN = "draft_"
_DERIVED = {"thinking_level": "product"}  # the vendor sets the first from the second on Storm tiers
_NO_TWIN = object()


def plain(wire: str) -> str:
    """The undrafted spelling of a key."""
    return wire.removeprefix(TWIN)


_POLICIES: Mapping[str, Policy] = {plain(policy.wire): policy for policy in policies(AgentSpec).values()}
ATTACHMENTS = frozenset(policy.wire for policy in _POLICIES.values() if policy.ref is not None and policy.ref.many)
_PLAIN_ATTACHMENTS = frozenset(map(plain, ATTACHMENTS))


def drafted(body: Mapping[str, Any]) -> dict[str, Any]:
    """The pending values by plain key: null, an empty list, or the live value itself is nothing pending.

    The first is inferred (contract 2.2.2), the second is what the read-only twins that the SDK types as
    lists answer when nothing waits.
    """
    return {
        name: value
        for key in body
        if key.startswith(TWIN)
        and (name := plain(key)) != "updated_at"
        and not _nothing(value := _waiting(body, name))
        and not _alike(name, value, _live(body, name))
    }


def told(body: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Of each wanted key that has a twin: what waits there, or what is live where nothing does.

    A null or an empty list that waits cannot be told from nothing; the deploy will show it.
    """
    found = {}
    for wire, value in wanted.items():
        waiting = _waiting(body, plain(wire))
        if waiting is _NO_TWIN or (_nothing(waiting) and _nothing(value)):
            continue
        found[wire] = _live(body, plain(wire)) if _nothing(waiting) else waiting
    return found


def holds(body: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether the draft says what is wanted, and nothing else."""
    pending, wanted = drafted(body), _plainly(wanted)
    extra = {name for name in pending if name not in wanted and _DERIVED.get(name, name) not in wanted}
    return not extra and all(_same(name, value, pending.get(name, _live(body, name))) for name, value in wanted.items())


def is_ours(body: Mapping[str, Any], intended: Mapping[str, str], wanted: Mapping[str, Any]) -> bool:
    """Whether every drafted value is one that was recorded before it was staged (a digest), or one wanted now.

    A draft that shows nothing is ours when all we staged was what cannot be seen in one: nulls.
    """
    pending, intended, wanted = drafted(body), _plainly(intended), _plainly(wanted)
    if not pending:
        return bool(intended) and all(
            value in (digest(None), digest([]), digest(_live(body, name))) for name, value in intended.items()
        )
    return all(
        _DERIVED.get(name, name) in intended
        and (name in _DERIVED or intended[name] == digest(value) or _same(name, wanted.get(name), value))
        for name, value in pending.items()
    )


def not_attached(body: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What of the wanted attachments (by the key they are sent under) is not attached to the live agent."""
    return {
        wire: ids
        for wire, ids in wanted.items()
        if wire in ATTACHMENTS and not _same(plain(wire), ids, _live(body, plain(wire)))
    }  # fmt: skip - one sentence


def not_waiting(body: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What of the wanted attachments a deploy would not attach, by their plain keys."""
    said = told(body, wanted)
    return {
        plain(wire): ids
        for wire, ids in wanted.items()
        if wire in ATTACHMENTS and wire in said and not _same(plain(wire), ids, said[wire])
    }


def emptied_unseen(body: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The attachments that are all to be taken off, by their plain keys: an empty list looks like nothing waiting."""
    return {
        plain(wire): ids
        for wire, ids in wanted.items()
        if wire in ATTACHMENTS and not ids and _live(body, plain(wire)) and _nothing(_waiting(body, plain(wire)))
    }


def refuses_attachments(answer: Any, sent: Mapping[str, Any]) -> bool:
    """Whether a refusal names attachments by the very keys they were sent under."""
    named = answer.keys() & sent.keys() if isinstance(answer, dict) else set()
    return any(plain(key) in _PLAIN_ATTACHMENTS for key in named)


def without_attachments(body: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of a body."""
    return {key: value for key, value in body.items() if plain(key) not in _PLAIN_ATTACHMENTS}


def _plainly(values: Mapping[str, Any]) -> dict[str, Any]:
    return {plain(name): value for name, value in values.items()}


def _waiting(body: Mapping[str, Any], name: str) -> Any:
    """What the twin of a key says, as it is compared; ``_NO_TWIN`` where it has none."""
    key = f"{TWIN}{name}"
    if key not in body:
        return _NO_TWIN
    policy = _POLICIES.get(name)
    return body[key] if policy is None or _nothing(body[key]) else policy.canonical(body[key])


def _live(body: Mapping[str, Any], name: str) -> Any:
    policy = _POLICIES.get(name)
    return body.get(name) if policy is None else policy.live(body)


def _nothing(value: Any) -> bool:
    return value is None or value in ([], ())


def _same(name: str, wanted: Any, value: Any) -> bool:
    return name in _POLICIES and same(_POLICIES[name], wanted, value)


def _alike(name: str, left: Any, right: Any) -> bool:
    return bool(left == right) or (
        name in _POLICIES and _POLICIES[name].wire in ATTACHMENTS and _same(name, left, right)
    )

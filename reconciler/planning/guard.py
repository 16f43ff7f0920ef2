"""Guards: refusals of a plan that is understood and still should not be carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.errors import InputError, PlanRefused, StalePlan, UnsafePlan, WrongAccount
from reconciler.left_out import blocking
from reconciler.model import Action, Finding, Phase, Severity, Sort

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.contract.account import Account
    from reconciler.model import Change, Plan, Target
    from reconciler.settings import Settings


def right_account(target: Target, settings: Settings) -> None:
    """Raise WrongAccount when the key opens another organisation than the project pins (promise P11)."""
    pinned = settings.organization
    if pinned is not None and str(pinned) != target.organization_id:
        raise WrongAccount(
            f"the key opens organisation {target.organization_id} ({target.organization_name}), and the "
            f"project is pinned to {pinned}",
            hint="use that organisation's key, or change `organization` in reconciler.yaml",
        )


def applicable(plan: Plan, account: Account, *, skip_refused: bool) -> None:
    """Raise when apply must write nothing: an error, a refusal, or a limit that would be passed.

    An error about a change that stands alone stops that one: the rest is done.

    Raises InputError for errors in the plan (the caller prints them), PlanRefused for the rest.
    """
    if unsafe := [finding for finding in plan.errors if finding.unsafe]:
        raise UnsafePlan(unsafe[0].message, hint=unsafe[0].hint)
    if errors := blocking(plan):
        count = len(errors)
        raise InputError(
            f"{count} {'error' if count == 1 else 'errors'} in the plan: nothing was written",
            code="RC305",
            hint="fix what the findings say, then plan again",
        )
    if not account.resources and plan.pending:
        raise UnsafePlan(
            f"no manifest declares anything, and the plan would undo {len(plan.pending)}: limit 0",
            hint="check the path and `manifests` in reconciler.yaml",
        )
    if plan.refusals and not skip_refused:
        named = ", ".join(str(change.address) for change in plan.refusals[:5])
        raise PlanRefused(
            f"{len(plan.refusals)} refused: {named}; nothing was written",
            hint="settle what the plan names, or do the rest with --skip-refused",
        )


def same_or_less(plan: Plan, approved: Mapping[str, Any]) -> None:
    """Raise StalePlan unless everything the plan would do now was approved just so (promise P5).

    ``approved`` is a saved plan document. Less is fine: somebody may have done part of it already.
    """
    target = approved.get("target", {}).get("organization", {}).get("id")
    if str(target) != plan.target.organization_id:
        raise WrongAccount(
            f"the plan was made for organisation {target}, and the key opens {plan.target.organization_id}",
            hint="use that organisation's key, or plan again",
        )
    if (url := approved.get("target", {}).get("url")) != plan.target.url:
        raise WrongAccount(
            f"the plan was made for {url}, and this run asks {plan.target.url}",
            hint="use the same `--api-url`, or plan again",
        )
    known = {
        (change.get("address"), change.get("action")): change.get("fingerprint")
        for change in approved.get("changes", [])
    }
    moved = [
        f"{change.address} ({change.verb})"
        for change in plan.pending
        if known.get((str(change.address), change.verb)) != change.fingerprint and not _finishes(change, known)
    ]
    if moved:
        listed = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")  # noqa: PLR2004 - what a reader scans
        raise StalePlan(
            f"the account or the manifests moved since the plan was made: {listed}; nothing was written",
            hint="plan again and have it approved: reconciler plan --out plan.json",
        )


def _finishes(change: Change, known: Mapping[tuple[Any, Any], Any]) -> bool:
    """Whether a change only finishes what an earlier run of the same approved plan began."""
    if not change.resumes:
        return False
    if change.action is Action.ADOPT:
        made = (Action.CREATE.value, Action.REPLACE.value)
        return any((str(change.address), verb) in known for verb in made)
    approved = str(known.get((str(change.address), change.verb), ""))
    return approved.partition("-")[0] == change.fingerprint.partition("-")[0]


def limits(plan: Plan, account: Account) -> tuple[Finding, ...]:
    """What passes a limit of the project file, with the numbers: plan says it, apply refuses it."""
    removed = (finding for limit in _removal_limits(account.settings) for finding in _removals(plan, limit))
    return (*removed, *_shared(plan), *lost_state(plan, account))


def _unsafe(message: str, hint: str, change: Change | None = None) -> Finding:
    address, location = (change.address, change.location) if change else (None, None)
    return Finding(Severity.ERROR, UnsafePlan.code, message, hint, address, location, unsafe=True)


@dataclass(frozen=True, slots=True)
class _RemovalLimit:
    """How many removals of one word may be in one apply: so many, and of ``share_from`` or more that share."""

    verb: str
    setting: str
    most: int
    percent: int
    share_from: int
    least: int = 1

    def applies_to(self, change: Change, kinds: frozenset[str]) -> bool:
        """Whether a change is one of those that the share is taken of: all there is, or all that may be removed."""
        if change.observed is None or self.verb == Action.DELETE.value:
            return change.observed is not None
        return change.address.kind in kinds and change.observed.phase is Phase.STEADY


def _removal_limits(settings: Settings) -> tuple[_RemovalLimit, ...]:
    own = settings.limits
    return (
        _RemovalLimit("delete", "deletions", own.deletions, own.deletions_percent, share_from=1, least=2),
        _RemovalLimit("cancel", "cancellations", own.cancellations, own.cancellations_percent, share_from=4),
    )


def _removals(plan: Plan, limit: _RemovalLimit) -> Iterator[Finding]:
    removed = {it.address for it in plan.changes if it.action.removes and not it.replaced and it.verb == limit.verb}
    if not removed:
        return
    kinds = frozenset(address.kind for address in removed)
    known = {it.address for it in plan.changes if limit.applies_to(it, kinds)}
    share = 100 * len(removed) // len(known) if known else 0
    hint = f"{limit.verb} in smaller steps, or raise `limits.%s` in reconciler.yaml"
    if len(removed) > limit.most:
        yield _unsafe(f"{len(removed)} {limit.setting}, limit {limit.most}", hint % limit.setting)
    if len(removed) >= limit.least and len(known) >= limit.share_from and share > limit.percent:
        message = f"{len(removed)} {limit.setting} of {len(known)} ({share}%), limit {limit.percent}%"
        yield _unsafe(message, hint % f"{limit.setting}_percent")


def lost_state(plan: Plan, account: Account) -> Iterator[Finding]:
    """A shared state that holds nothing, while the account holds things of ours and people would be rung.

    Whom an earlier apply had armed, held or cancelled is not known then: most likely the state was deleted.
    """
    if not account.lost_state:
        return
    adopted = [it for it in plan.pending if it.action is Action.ADOPT and it.resource and not it.resource.manifest.id]
    rung = [it for it in plan.pending if any(each.sort is Sort.RINGS_A_PERSON for each in it.consequences)]
    if adopted and rung:
        yield _unsafe(
            f"{account.lost_state} holds nothing, although `{adopted[0].address}` is on the account already and "
            f"{len(rung)} {'call' if len(rung) == 1 else 'calls'} would be armed: was the state deleted?",
            "restore it (a forge can bring a deleted branch back); for a new project, or where it is gone: "
            "`reconciler calls adopt-history` reads what was rung already, then plan again",
        )


def _shared(plan: Plan) -> Iterator[Finding]:
    """The last fence: no live object may belong to two addresses, or one of them would undo the other."""
    owners: dict[tuple[str, str], Change] = {}
    for change in plan.changes:
        if change.id is None:
            continue
        first = owners.setdefault((change.address.kind, change.id), change)
        if first.address != change.address:
            message = f"`{change.address}` and `{first.address}` are both id {change.id}"
            hint = f"name it in one document only, or let one of the names go: reconciler state forget {change.address}"
            yield _unsafe(message, hint, change)

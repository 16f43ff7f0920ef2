"""This file exists to refuse a plan that is understood and still should not be carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.decide import UNFINISHED_CREATE
from reconciler.errors import InputError, PlanRefused, StalePlan, UnsafePlan, WrongAccount
from reconciler.model import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.kind import Account
    from reconciler.model import Plan, Target
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

    Raises InputError for errors in the plan (the caller prints them), PlanRefused for the rest.
    """
    if plan.errors:
        count = len(plan.errors)
        raise InputError(
            f"{count} {'error' if count == 1 else 'errors'} in the plan: nothing was written",
            code="RC305",
            hint="mend what the findings say, then plan again",
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
    _deletions(plan, account)
    _spending(plan, account)


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
    known = {
        (change.get("address"), change.get("action")): change.get("fingerprint")
        for change in approved.get("changes", [])
    }
    moved = [
        f"{change.address} ({change.action.value})"
        for change in plan.pending
        if known.get((str(change.address), change.action.value)) != change.fingerprint
        and not (change.reason == UNFINISHED_CREATE and (str(change.address), Action.CREATE.value) in known)
    ]
    if moved:
        listed = ", ".join(moved[:5]) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")  # noqa: PLR2004 - what a reader scans
        raise StalePlan(
            f"the account or the manifests moved since the plan was made: {listed}; nothing was written",
            hint="plan again and have it approved: reconciler plan --out plan.json",
        )


def _deletions(plan: Plan, account: Account) -> None:
    limits = account.settings.limits
    deletions = sum(change.action is Action.DELETE for change in plan.changes)
    known = sum(change.observed is not None for change in plan.changes)
    share = 100 * deletions // known if known else 0
    if deletions > limits.deletions:
        raise UnsafePlan(
            f"{deletions} deletions, limit {limits.deletions}",
            hint="delete in smaller steps, or raise `limits.deletions` in reconciler.yaml",
        )
    if deletions > 1 and share > limits.deletions_percent:
        raise UnsafePlan(
            f"{deletions} deletions of {known} ({share}%), limit {limits.deletions_percent}%",
            hint="delete in smaller steps, or raise `limits.deletions_percent` in reconciler.yaml",
        )


def _spending(plan: Plan, account: Account) -> None:
    limit = account.settings.limits.auto_reload_monthly_cents
    for change in plan.pending:
        resource = change.resource
        if limit is None or resource is None or "monthly_limit_cents" not in resource.declared:
            continue
        asked = resource.declared["monthly_limit_cents"]
        if asked is None or asked > limit:
            raise UnsafePlan(
                f"{change.address} may charge {asked if asked is not None else 'without end'} cents a month, "
                f"limit {limit}",
                hint="lower `monthly_limit_cents`, or raise `limits.auto_reload_monthly_cents`",
            )

"""Meaning of a declared call: what its fields come to, however they are spelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.equality import digest
from reconciler.redaction import storable
from reconciler.schedule.clock import nominal, parse_duration
from reconciler.schedule.occurrences import Schedule
from reconciler.schedule.planned_call import LATE, DeclaredHold, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_VARIABLES = digest({})


def meaning(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a declared or an armed call means, under each field that says a part of it.

    Fields that say one thing together have one value: ``at`` and ``timezone`` are an instant, ``from`` and
    ``from_number`` are a number. A value that is not of its form (a wall time with a remark on it) is only itself.
    """
    moment, number = _moment(spec), spec.get("from_number") or spec.get("from")
    return {
        "at": moment,
        "timezone": moment,
        "from": number,
        "from_number": number,
        "schedule": _schedule(spec.get("schedule")),
        "late": LATE if spec.get("late") is None else parse_duration(spec["late"]),
        "attempts": _retries(spec.get("attempts")),
        "config": config_digest(spec.get("config")),
        "variables": _variables(spec.get("variables")),
        "held": _hold(spec),
        "cancelled": storable(str((spec.get("cancelled") or {}).get("why") or "")),
        **{name: spec.get(name) for name in _ITSELF},
    }


def masked(declared: Mapping[str, Any]) -> Mapping[str, Any]:
    """A declaration with no number in the reasons that people wrote: they are kept, and shown everywhere."""
    if not any(map(declared.get, _WORDS)):
        return declared
    found = {name: declared[name] for name in _WORDS if isinstance(declared.get(name), dict)}
    return {**declared, **{name: {**it, "why": storable(str(it.get("why")))} for name, it in found.items()}}


_WORDS = ("held", "cancelled")
_ITSELF = ("agent", "max_hold_seconds", "language", "phi_mode")  # nothing is what is left out


def config_digest(config: Mapping[str, Any] | str | None) -> str | None:
    """The digest of a one-off agent, whose prompt is as its platform reads it; what the ledger holds is one already.

    A key with nothing behind it says no more than one that is left out.
    """
    if config is None or isinstance(config, str):
        return config
    if not isinstance(config, dict):
        return digest(config)  # a damaged record: never what is declared
    said = {name: value for name, value in config.items() if value is not None}
    prompt = said.get("prompt")
    return digest({**said, "prompt": prompt.replace("\r\n", "\n").strip()} if isinstance(prompt, str) else said)


def _moment(spec: Mapping[str, Any]) -> Any:
    try:
        return nominal(spec["at"], spec.get("timezone")).instant if spec.get("at") else None
    except ValueError:
        return spec["at"], spec.get("timezone")


def _schedule(written: Mapping[str, Any] | None) -> Any:
    try:
        schedule = Schedule.of(written) if written else None
    except ValueError:
        return written
    return (schedule.meaning, schedule.exceptions) if schedule else None


def _hold(spec: Mapping[str, Any]) -> Any:
    try:
        held = DeclaredHold.of(spec)
    except (ValueError, KeyError):
        return spec.get("held")
    return (storable(held.why), held.until) if held else None


def _retries(written: Mapping[str, Any] | None) -> tuple[Any, ...] | None:
    policy = RetryPolicy.of(written)
    return None if policy is None or policy.most == 1 else (policy.most, policy.gap, frozenset(policy.on))


def _variables(written: Mapping[str, Any] | str | None) -> str | None:
    made = written if isinstance(written, str) else digest(written or {})
    return None if made == _NO_VARIABLES else made

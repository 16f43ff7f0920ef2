"""Batches of test calls in the vendor's words, and what each comes to.

The vendor types the counts of a batch and nothing of its runs (contract-next 2.2), so the verdict rests on the counts:
green is ended, more than none, all of them passed, none failed and no error. A word that nobody knows is never green.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_OVER = frozenset({"completed", "failed"})
_MOVING = frozenset({"pending", "queued", "in_progress", "running"})
_PASSED = frozenset({"pass", "passed"})
_FAILED = frozenset({"fail", "failed"})
_BROKEN = frozenset({"failed", "error", "errored", "cancelled", "canceled"})
_TOLD_APART = frozenset({"id", "scenario_id", "scenario", "title", "scenario_title", "status", "verdict", "call_id"})
_LONGEST = 200


class Verdict(StrEnum):
    """What a scenario, a batch or a whole run of tests came to."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    UNKNOWN = "unknown"
    RUNNING = "running"
    OTHER_REVISION = "other_revision"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario of a batch; ``detail`` is what the platform says of it, ``call_id`` the call that was made."""

    address: str
    title: str
    verdict: Verdict
    detail: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the platform tells it."""

    id: str
    status: str
    channel: str
    total: int
    completed: int
    failed: int
    pass_count: int
    fail_count: int
    cents: int
    error: str
    prompt_hash: str
    ended: bool
    created_at: str
    runs: tuple[Mapping[str, Any], ...]

    @property
    def cut_short(self) -> bool:
        """Whether it ended before every scenario was tried."""
        return self.ended and self.completed + self.failed < self.total


def read(body: Mapping[str, Any]) -> Batch:
    """A batch; counts that are missing are none, so that nothing is green for want of a word."""
    total, completed, failed = (_count(body, name) for name in ("total", "completed", "failed"))
    status = str(body.get("status") or "")
    graded = _count(body, "pass_count") + _count(body, "fail_count") + failed >= total
    all_tried = total > 0 and completed + failed >= total and (graded or status not in _MOVING)
    return Batch(
        id=str(body.get("id")),
        status=status,
        channel=str(body.get("channel") or ""),
        total=total,
        completed=completed,
        failed=failed,
        pass_count=_count(body, "pass_count"),
        fail_count=_count(body, "fail_count"),
        cents=_count(body, "estimated_cost_cents"),
        error=str(body.get("error_message") or ""),
        prompt_hash=str(body.get("agent_prompt_hash") or ""),
        ended=body.get("completed_at") is not None or status in _OVER | _BROKEN or all_tried,
        created_at=str(body.get("created_at") or ""),
        runs=tuple(run for run in body.get("runs") or () if isinstance(run, Mapping)),
    )


def _count(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def verdict(batch: Batch, prompt: str) -> Verdict:
    """What a batch says of the revision whose prompt has this hash; graded failures come before technical ones."""
    if not batch.ended:
        return Verdict.RUNNING
    if not is_revision(batch, prompt):
        return Verdict.OTHER_REVISION
    if batch.fail_count:
        return Verdict.FAILED
    if batch.failed or batch.error or batch.status in _BROKEN:
        return Verdict.ERROR
    whole = batch.total > 0 and batch.pass_count == batch.total
    known = batch.status in _OVER and not any(_strange(run) for run in batch.runs)
    return Verdict.PASSED if whole and known else Verdict.UNKNOWN


def _strange(run: Mapping[str, Any]) -> bool:
    """Whether a run was graded with a word that nobody knows."""
    graded = str(run.get("verdict") or "").casefold()
    return bool(graded) and graded not in _PASSED | _FAILED


def is_revision(batch: Batch, prompt: str) -> bool:
    """Whether a batch tested the prompt that is meant; one that tells no hash proves nothing else."""
    return batch.prompt_hash.casefold() in prompt.split() if batch.prompt_hash else False


def is_other_revision(batch: Batch, prompt: str) -> bool:
    """Whether a batch says itself that it tested another prompt than the one that is meant."""
    return bool(batch.prompt_hash) and not is_revision(batch, prompt)


def prompt_hashes(prompt: str) -> str:
    """The hashes that a prompt may have, the plainest first: which white space the vendor keeps is not told."""
    spellings = (prompt, prompt.strip(), prompt.replace("\r\n", "\n"), prompt.replace("\r\n", "\n").strip())
    return " ".join(dict.fromkeys(hashlib.sha256(text.encode("utf-8")).hexdigest() for text in spellings))


def results(batch: Batch, scenarios: Mapping[str, str]) -> tuple[ScenarioResult, ...]:
    """What each run of a batch came to, and the scenarios that the batch says nothing of."""
    told = [_result(run, scenarios, batch) for run in batch.runs]
    said = {it.address for it in told}
    missing = (ScenarioResult(address, "", _by_counts(batch)) for address in scenarios.values() if address not in said)
    return (*told, *missing)


def _result(run: Mapping[str, Any], scenarios: Mapping[str, str], batch: Batch) -> ScenarioResult:
    title = str(run.get("title") or run.get("scenario_title") or "")
    address = scenarios.get(_scenario_id(run), "")
    status, graded = str(run.get("status") or ""), str(run.get("verdict") or "")
    found = _judged(status.casefold(), graded.casefold()) or _by_counts(batch, graded)
    words = [*_unknown(status, graded, found), *(() if found is Verdict.PASSED else _rest(run))]
    call = run.get("call_id")
    return ScenarioResult(address or title, title, found, "; ".join(words), "" if call is None else str(call))


def _scenario_id(run: Mapping[str, Any]) -> str:
    inner = run.get("scenario")
    told = run.get("scenario_id", inner.get("id") if isinstance(inner, Mapping) else inner)
    return str(told)


def _judged(status: str, graded: str) -> Verdict | None:
    """What the words of one run say; None where they say nothing that is known."""
    if graded in _PASSED:
        return Verdict.PASSED
    if graded in _FAILED:
        return Verdict.FAILED
    return Verdict.ERROR if status in _BROKEN or graded == "error" else None


def _by_counts(batch: Batch, graded: str = "") -> Verdict:
    """What the counts of a batch say of a run that says nothing of itself."""
    if not batch.ended:
        return Verdict.RUNNING
    return Verdict.PASSED if not graded and 0 < batch.total == batch.pass_count else Verdict.UNKNOWN


def _unknown(status: str, graded: str, found: Verdict) -> tuple[str, ...]:
    """The platform's own words where they are none that this tool knows."""
    return (f"the platform says `{graded or status or 'nothing'}`",) if found is Verdict.UNKNOWN else ()


def _rest(run: Mapping[str, Any]) -> list[str]:
    """Whatever else the platform says of a run that is not green; which keys there are is not told."""
    told = {key: value for key, value in run.items() if key not in _TOLD_APART and not key.endswith("_at")}
    error = str(told.pop("error_message", "") or "")
    rest = [f"{key} {value}" for key, value in told.items() if _plain(value)]
    return [text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in (error, *rest) if text]


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool) and value not in ("", 0)

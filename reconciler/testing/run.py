"""Runs of test batches: started at most once, followed to their end, and judged.

The request that is paid for is recorded before it is sent. A lost answer, or a run that was killed in it, is settled
by listing the agent's batches: one that was not there before is ours. It is never sent again while that cannot be told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.api import segment
from reconciler.errors import AmbiguousWrite, ApiError
from reconciler.schedule.clock import stamp
from reconciler.state import test_records
from reconciler.state.test_records import Stage, TestRecord
from reconciler.testing import batch as batches
from reconciler.testing.batch import Batch, ScenarioResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from reconciler.api import Api
    from reconciler.state.ledger import Ledger

_FIRST_PAUSE, _LONGEST_PAUSE, _SLOWER = 2.0, 15.0, 1.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """The scenarios of one agent that are to be run: their addresses by the platform's ids, and the prompt's hash."""

    name: str
    agent_id: str
    prompt: str
    scenarios: Mapping[str, str]
    channel: str = "web"
    phone_number_id: str = ""
    cents: int = 0


@dataclass(frozen=True, slots=True)
class AgentResult:
    """What the tests of one agent came to; ``batch`` is None where none is known to be there."""

    name: str
    verdict: Verdict
    scenarios: tuple[ScenarioResult, ...] = ()
    batch: Batch | None = None
    detail: str = ""
    hint: str = ""
    resumed: bool = False
    not_begun: bool = False
    no_money: bool = False


@dataclass
class Runner:
    """What running tests may use."""

    api: Api
    ledger: Ledger
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    told: Callable[[AgentResult], None] = lambda _result: None

    def start(self, wanted: Wanted, *, again: bool = False) -> AgentResult:
        """Begin a batch, or take up the one that an earlier run began; never a second beside it."""
        record = test_records.read(self.ledger).get(wanted.name)
        if record is not None and record.is_open and not again:
            taken = self.take_up(wanted.name, record, wanted.prompt)
            if taken is not None:
                return taken
        listed = self._listed(wanted.agent_id)
        begun = TestRecord(
            agent_id=wanted.agent_id,
            stage=Stage.STARTING,
            at=stamp(self.now()),
            channel=wanted.channel,
            prompt=wanted.prompt,
            scenarios=dict(wanted.scenarios),
            known=tuple(it.id for it in listed),
        )
        test_records.write(self.ledger, wanted.name, begun)
        return self._send(wanted, begun)

    def _send(self, wanted: Wanted, record: TestRecord) -> AgentResult:
        path = f"{_path(wanted.agent_id)}/execute"
        try:
            answer = self.api.post(path, _body(wanted))
        except AmbiguousWrite as error:
            return self._lost(wanted.name, record, error)
        except ApiError:
            test_records.write(self.ledger, wanted.name, replace(record, stage=Stage.TOLD))
            raise
        if not isinstance(answer, dict) or answer.get("id") is None:
            return self._settled(wanted.name, record) or _unsettled(wanted.name, "the answer told no batch")
        return self._running(wanted.name, record, batches.read(answer))

    def _lost(self, name: str, record: TestRecord, error: ApiError) -> AgentResult:
        try:
            found = self._settled(name, record)
        except ApiError as unread:
            return _unsettled(name, unread.message)
        return found or _unsettled(name, error.message)

    def take_up(self, name: str, record: TestRecord, prompt: str = "") -> AgentResult | None:
        """The batch that an earlier run began; None where none came of it, so that one may be begun."""
        if not record.batch:
            return self._settled(name, record)
        result = _judge(name, record, self._read(record), resumed=True)
        other = prompt and record.prompt != prompt and result.verdict is not Verdict.RUNNING
        return replace(result, verdict=Verdict.OTHER_REVISION) if other else result

    def _settled(self, name: str, record: TestRecord) -> AgentResult | None:
        """Look for the batch whose answer was lost; None when there is none."""
        new = [it for it in self._listed(record.agent_id) if it.id not in record.known]
        mine = [it for it in new if it.channel in ("", record.channel) and it.total in (0, len(record.scenarios))]
        if not mine:
            return None
        if len(mine) > 1:
            return _unsettled(name, f"{len(mine)} batches could be the one that was begun at {record.at}")
        return replace(self._running(name, record, mine[0]), resumed=True)

    def _running(self, name: str, record: TestRecord, batch: Batch) -> AgentResult:
        known = replace(record, stage=Stage.RUNNING, batch=batch.id)
        test_records.write(self.ledger, name, known)
        return _judge(name, known, batch)

    def _listed(self, agent_id: str) -> list[Batch]:
        return [batches.read(body) for body in self.api.items(_path(agent_id))]

    def _read(self, record: TestRecord) -> Batch:
        return batches.read(self.api.get(f"{_path(record.agent_id)}/{segment(record.batch)}"))

    def follow(self, begun: Sequence[AgentResult], *, patience: timedelta) -> tuple[AgentResult, ...]:
        """Ask for each batch until all have ended or patience has; what is still running then says how to go on."""
        found = {it.name: it for it in begun}
        until, pause = self.now() + patience, _FIRST_PAUSE
        while running := [it for it in found.values() if it.verdict is Verdict.RUNNING]:
            if self.now() >= until:
                break
            self.sleep(pause)
            pause = min(pause * _SLOWER, _LONGEST_PAUSE)
            for name, record in self._open(running):
                found[name] = replace(_judge(name, record, self._read(record)), resumed=found[name].resumed)
                self.told(found[name])
        return tuple(left(it) for it in found.values())

    def _open(self, running: Sequence[AgentResult]) -> list[tuple[str, TestRecord]]:
        records = test_records.read(self.ledger)
        return [(it.name, records[it.name]) for it in running]

    def close(self, results: Sequence[AgentResult]) -> None:
        """Remember that these were said: the next run begins a new batch."""
        records = test_records.read(self.ledger)
        for result in results:
            record = records.get(result.name)
            if record is not None and record.is_open and result.batch is not None and result.batch.ended:
                test_records.write(self.ledger, result.name, replace(record, stage=Stage.TOLD))


def _path(agent_id: str) -> str:
    return f"/v1/agents/{segment(agent_id)}/test-runs"


def _body(wanted: Wanted) -> dict[str, Any]:
    number = {"phone_number_id": int(wanted.phone_number_id)} if wanted.phone_number_id else {}
    ids = [int(id_) for id_ in wanted.scenarios]
    return {"channel": wanted.channel, "consent_to_charge": True, "scenario_ids": ids, **number}


def _judge(name: str, record: TestRecord, batch: Batch, *, resumed: bool = False) -> AgentResult:
    verdict = batches.verdict(batch, record.prompt)
    return AgentResult(
        name, verdict, batches.results(batch, record.scenarios), batch, _detail(verdict, batch), resumed=resumed
    )


def _detail(verdict: Verdict, batch: Batch) -> str:
    match verdict:
        case Verdict.OTHER_REVISION:
            hashed = f"hash {batch.prompt_hash[:12]}" if batch.prompt_hash else "without a hash"
            return f"the batch tested another revision of the prompt ({hashed}): no verdict on the one that is declared"
        case Verdict.UNKNOWN:
            counts = f"{batch.pass_count} passed, {batch.fail_count} failed, {batch.failed} broke, of {batch.total}"
            return f"it ended as `{batch.status}` with {counts}: not green"
        case _:
            return batch.error


def _unsettled(name: str, why: str) -> AgentResult:
    return AgentResult(
        name,
        Verdict.UNKNOWN,
        detail=f"whether a batch was begun is not known ({why}): it may be paid for",
        hint=f"`reconciler test --resume` looks again, `reconciler test --again Agent/{name}` begins another",
    )


def left(result: AgentResult) -> AgentResult:
    """A result with the way on where its batch is still running."""
    if result.verdict is not Verdict.RUNNING:
        return result
    hint = "`reconciler test --resume` goes on with it"
    return replace(result, detail=f"batch {result.batch.id if result.batch else ''} has not ended yet", hint=hint)


def refused(name: str, error: ApiError) -> AgentResult:
    """An agent whose batch was not begun, in the platform's words."""
    return AgentResult(name, Verdict.ERROR, detail=error.message, hint=error.hint, not_begun=True)

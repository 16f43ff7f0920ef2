"""Runs of test batches: started at most once, followed to their end, and judged.

The request that is paid for is recorded before it is sent. What a lost answer or a killed run left behind is looked for
(``lost_batches``); it is never sent again while it cannot be told whether a batch was begun.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.api import segment
from reconciler.errors import AmbiguousWrite, ApiError, Conflict, Denied, Rejected
from reconciler.model import Address
from reconciler.schedule.clock import stamp
from reconciler.state import test_records
from reconciler.state.test_records import Stage, TestRecord
from reconciler.testing import batch as batches
from reconciler.testing import lost_batches
from reconciler.testing.batch import Batch, ScenarioResult, Verdict
from reconciler.testing.lost_batches import Unsettled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from reconciler.api import Api
    from reconciler.state.ledger import Ledger

_FIRST_PAUSE, _LONGEST_PAUSE, _SLOWER = 1.0, 15.0, 1.5
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Wanted:
    """The scenarios of one agent that are to be run: their addresses by the platform's ids, and the prompt's hash.

    ``changed_at`` is when the agent was last written, by the platform's clock; ``cents`` is what one test is estimated
    to cost where the platform has told nothing.
    """

    name: str
    agent_id: str
    prompt: str
    scenarios: Mapping[str, str]
    channel: str = "web"
    phone_number_id: str = ""
    cents: int = 0
    changed_at: str = ""

    @property
    def address(self) -> Address:
        """Of the agent."""
        return Address("Agent", self.name)


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
    _wanted: dict[str, Wanted] = field(default_factory=dict)
    _followed: dict[str, TestRecord] = field(default_factory=dict)

    def begin(self, wanted: Wanted) -> AgentResult:
        """Begin a batch; whoever calls has made sure that none is under way."""
        self._wanted[wanted.name] = wanted
        record = TestRecord(
            agent_id=wanted.agent_id,
            stage=Stage.STARTING,
            at=stamp(self.now()),
            channel=wanted.channel,
            prompt=wanted.prompt,
            scenarios=dict(wanted.scenarios),
            known=tuple(it.id for it in self.listed(wanted.agent_id)),
        )
        test_records.write(self.ledger, wanted.name, record)
        try:
            answer = self.api.post(f"{_path(wanted.agent_id)}/execute", _body(wanted))
        except AmbiguousWrite as error:
            return self._lost(wanted.name, record, error.message)
        except ApiError:
            test_records.write(self.ledger, wanted.name, replace(record, stage=Stage.TOLD))
            raise
        if not isinstance(answer, dict) or answer.get("id") is None:
            return self._lost(wanted.name, record, "the answer told no batch")
        return self._running(wanted.name, record, batches.read(answer))

    def _lost(self, name: str, record: TestRecord, why: str) -> AgentResult:
        """A batch whose begin was not answered: found, or not known; never begun again by this run."""
        record = replace(record, stage=Stage.LOST)
        test_records.write(self.ledger, name, record)
        try:
            found = lost_batches.search(record, lambda: self.listed(record.agent_id), self.now, self.sleep)
        except ApiError as unread:
            return _unsettled(name, unread.message)
        if isinstance(found, Batch):
            return replace(self._running(name, record, found), resumed=True)
        return _unsettled(name, found.why if isinstance(found, Unsettled) else why)

    def take_up(self, name: str, record: TestRecord, wanted: Wanted | None = None) -> AgentResult | None:
        """What an earlier run began; None where no batch came of it, or one that says nothing of what is wanted.

        Raises ApiError where the platform does not tell.
        """
        if wanted is not None:
            self._wanted[name] = wanted
        found = self._of_record(record)
        if found is None:
            test_records.write(self.ledger, name, replace(record, stage=Stage.TOLD))
            return None
        if isinstance(found, Unsettled):
            return _unsettled(name, found.why)
        if wanted is not None and found.ended and batches.is_other_revision(found, wanted.prompt):
            return None
        return self._running(name, record, found, resumed=True)

    def _of_record(self, record: TestRecord) -> Batch | Unsettled | None:
        if not record.batch:
            return lost_batches.search(record, lambda: self.listed(record.agent_id), self.now, self.sleep)
        try:
            return self._read(record)
        except Rejected as error:
            if error.status != _NOT_FOUND:
                raise
            return Unsettled(f"the platform does not know batch {record.batch} any more")

    def _running(self, name: str, record: TestRecord, batch: Batch, *, resumed: bool = False) -> AgentResult:
        known = replace(record, stage=Stage.RUNNING, batch=batch.id)
        if known != record:
            test_records.write(self.ledger, name, known)
        self._followed[name] = known
        return self._judged(name, known, batch, resumed=resumed)

    def listed(self, agent_id: str) -> list[Batch]:
        """Every batch of an agent."""
        return [batches.read(body) for body in self.api.items(_path(agent_id))]

    def _read(self, record: TestRecord) -> Batch:
        return batches.read(self.api.get(f"{_path(record.agent_id)}/{segment(record.batch)}"))

    def _judged(self, name: str, record: TestRecord, batch: Batch, *, resumed: bool) -> AgentResult:
        """What a batch says of what is wanted now, which may be another than what it was begun for."""
        wanted = self._wanted.get(name) if resumed else None
        verdict = batches.verdict(batch, wanted.prompt if wanted else record.prompt)
        scenarios = batches.results(batch, record.scenarios)
        result = AgentResult(name, verdict, scenarios, batch, _detail(verdict, batch), resumed=resumed)
        return _of_wanted(result, record, wanted) if wanted and batch.ended else result

    def follow(self, begun: Sequence[AgentResult], *, patience: timedelta) -> tuple[AgentResult, ...]:
        """Ask for each batch until all have ended or patience has; what is still running then says how to go on."""
        found = {it.name: it for it in begun}
        until, pause = self.now() + patience, _FIRST_PAUSE
        while running := [it for it in found.values() if it.verdict is Verdict.RUNNING]:
            if self.now() >= until:
                break
            self.sleep(pause)
            pause = min(pause * _SLOWER, _LONGEST_PAUSE)
            for before in running:
                found[before.name] = self._next(before, self._followed[before.name])
                self.told(found[before.name])
        return tuple(left(it) for it in found.values())

    def _next(self, before: AgentResult, record: TestRecord) -> AgentResult:
        """How a batch stands; as it stood, with the reason, where the platform does not tell."""
        try:
            return self._judged(before.name, record, self._read(record), resumed=before.resumed)
        except Denied:
            raise
        except ApiError as error:
            return replace(before, detail=error.message)

    def close(self, results: Sequence[AgentResult]) -> None:
        """Remember that these were said: the next run begins a new batch."""
        self.ledger.refresh()
        records = test_records.read(self.ledger)
        for result in results:
            record, batch = records.get(result.name), result.batch
            if record is None or not record.is_open or batch is None or not batch.ended or record.batch != batch.id:
                continue
            with suppress(Conflict):  # another run followed the same batch, and says so as well
                test_records.write(self.ledger, result.name, replace(record, stage=Stage.TOLD))


def _path(agent_id: str) -> str:
    return f"/v1/agents/{segment(agent_id)}/test-runs"


def _body(wanted: Wanted) -> dict[str, Any]:
    number = {"phone_number_id": int(wanted.phone_number_id)} if wanted.phone_number_id else {}
    ids = [int(id_) for id_ in wanted.scenarios]
    return {"channel": wanted.channel, "consent_to_charge": True, "scenario_ids": ids, **number}


def _of_wanted(result: AgentResult, record: TestRecord, wanted: Wanted) -> AgentResult:
    """A batch that was taken up, against what is wanted: neither what it did not try nor an older agent is green."""
    batch = result.batch
    if batch is not None and lost_batches.later(wanted.changed_at, batch.created_at):
        why = (
            f"the agent was changed at {wanted.changed_at}, after batch {batch.id} was begun: no verdict on it as it is"
        )
        return replace(result, verdict=Verdict.OTHER_REVISION, detail=why, hint="`reconciler test` begins another")
    why = f"batch {batch.id if batch else ''}, which was taken up, did not try it"
    missing = [ScenarioResult(it, "", Verdict.NOT_TRIED, why) for it in _not_tried(record, wanted)]
    if not missing:
        return result
    verdict = Verdict.NOT_TRIED if result.verdict is Verdict.PASSED else result.verdict
    told = result.detail or f"{len(missing)} of what is wanted was not tried"
    return replace(
        result,
        verdict=verdict,
        scenarios=(*result.scenarios, *missing),
        detail=told,
        hint="`reconciler test` begins another",
    )


def _not_tried(record: TestRecord, wanted: Wanted) -> list[str]:
    same = record.channel == wanted.channel
    return [address for id_, address in wanted.scenarios.items() if not same or id_ not in record.scenarios]


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
        hint=f"look at its test runs in the dashboard; `reconciler test --again Agent/{name}` begins another",
    )


def left(result: AgentResult) -> AgentResult:
    """A result with the way on where its batch is still running."""
    if result.verdict is not Verdict.RUNNING:
        return result
    unread = f"; it could not be read: {result.detail}" if result.detail else ""
    hint = "`reconciler test --resume` goes on with it"
    batch = result.batch.id if result.batch else ""
    return replace(result, detail=f"batch {batch} has not ended yet{unread}", hint=hint)


def refused(name: str, error: ApiError) -> AgentResult:
    """An agent whose batch was not begun, in the platform's words."""
    return AgentResult(name, Verdict.ERROR, detail=error.message, hint=error.hint, not_begun=True)


def unread(name: str, error: ApiError) -> AgentResult:
    """An agent whose batch, begun by an earlier run, the platform does not tell of."""
    hint = "`reconciler test --resume` looks again"
    return AgentResult(name, Verdict.UNKNOWN, detail=f"what was begun could not be read: {error.message}", hint=hint)

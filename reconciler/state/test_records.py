"""Records of test batches: one for each agent, with the intent before the request that is paid for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.state.ledger import Ledger

_TEST = "test"


class Stage(StrEnum):
    """How far a batch is.

    ``STARTING`` is written before the request, ``LOST`` when no answer came to it, ``RUNNING`` once the batch is known,
    and ``TOLD`` after its result was said.
    """

    STARTING = "starting"
    LOST = "lost"
    RUNNING = "running"
    TOLD = "told"


@dataclass(frozen=True, slots=True)
class TestRecord:
    """The last batch of one agent.

    ``known`` are the ids of the batches that were there before: a new one is what a lost answer would have told.
    ``scenarios`` are the addresses of what is run, by the platform's ids. ``prompt`` are the hashes that the
    prompt may have.
    """

    __test__ = False

    agent_id: str
    stage: Stage
    at: str
    channel: str
    prompt: str
    scenarios: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    batch: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something of it is still to be learned."""
        return self.stage is not Stage.TOLD


def read(ledger: Ledger) -> dict[str, TestRecord]:
    """The last batch of each agent, by the agent's name."""
    return {str(value.get("name", "")): _record(value) for value in ledger.noted(_TEST)}


def write(ledger: Ledger, name: str, record: TestRecord) -> None:
    """Note a batch; raises Conflict when another run was first."""
    ledger.note(_TEST, name, {"name": name, **asdict(record), "known": list(record.known)})


def _record(value: Mapping[str, Any]) -> TestRecord:
    return TestRecord(
        agent_id=str(value.get("agent_id", "")),
        stage=Stage(str(value.get("stage", Stage.TOLD))),
        at=str(value.get("at", "")),
        channel=str(value.get("channel", "")),
        prompt=str(value.get("prompt", "")),
        scenarios=dict(value.get("scenarios") or {}),
        known=tuple(map(str, value.get("known") or ())),
        batch=str(value.get("batch", "")),
    )

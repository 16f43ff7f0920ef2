"""Loading of contacts, once, into a draft that holds none.

The platform compares no contacts and takes none back: what is sent twice is rung twice. So each chunk is recorded
before it is sent, and its result is settled by how many contacts the campaign holds, never by sending again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from reconciler.api import segment
from reconciler.contract.equality import digest
from reconciler.errors import AmbiguousWrite, Declined, Rejected, Unintelligible
from reconciler.kinds.campaign_contacts import KEY, Contact, counted, lines, read_contacts
from reconciler.schedule.clock import parse_instant, stamp
from reconciler.state.campaign_records import CampaignRecord, Chunk, record_of, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.contract.account import Context
    from reconciler.model import Resource

MOST = 5_000  # contacts of one request (contract 2.14.3)
PATH = "/v1/campaigns"
DRAFT = "draft"
_PAUSE = 1.0  # seconds after which a request of a run that was cut off has arrived, or never will
_FRESH = 60.0


class Looking(Protocol):
    """Reads the campaign as it is now."""

    def __call__(self) -> Mapping[str, Any]:
        """The live object."""
        ...


def load(resource: Resource, id_: str, context: Context, look: Looking) -> CampaignRecord:
    """Load what is not loaded yet; raises Declined when some were refused, Rejected when it must not go on."""
    if context.content is None:
        raise Rejected("the contacts cannot be read", method="", path="")
    rows = read_contacts(context.content(resource, KEY), resource.files[KEY])
    record = record_of(context.ledger, resource.address.name, id_)
    file = context.ledger.digests.of(resource.declared[KEY]["sha256"])
    record = replace(record, digest=file, contacts=len(rows))
    if not record.may_hold_contacts:
        record = replace(record, chunks=())  # all were refused, so the file may be another by now
    for place, first in enumerate(range(0, len(rows), MOST)):
        record = _Load(id_, context, look, record).chunk(place, rows[first : first + MOST])
    if record.rejected:
        raise Declined(refused_rows(record), method="POST", path=_path(id_), hint=_way_out(record))
    return record


def refused_rows(record: CampaignRecord) -> str:
    """What to say of contacts that the platform did not take."""
    named = f" ({lines(record.rejected_lines)})" if record.rejected_lines else ""
    more = "; the platform does not tell which all of them are" if any(it.lost for it in record.chunks) else ""
    return f"the platform refused {record.rejected:,} of {record.contacts:,} contacts{named}{more}: it is not started"


def _way_out(record: CampaignRecord) -> str:
    if not record.accepted:
        return "correct the rows, then apply again"
    return "correct the rows, and declare them as a campaign of a new name"


def _path(id_: str) -> str:
    return f"{PATH}/{segment(id_)}/contacts"


class _Load:
    """The load of one campaign, at one of its chunks."""

    def __init__(self, id_: str, context: Context, look: Looking, record: CampaignRecord) -> None:
        self._id, self._context, self._look, self._record = id_, context, look, record

    def chunk(self, place: int, rows: Sequence[Contact]) -> CampaignRecord:
        """Have a chunk loaded, unless it is; the record with what came of it."""
        known = self._record.chunks[place] if place < len(self._record.chunks) else None
        if known is not None and not self._record.began(place, _digest(rows)):
            raise _other("its contacts are not those that an earlier apply began to load")
        if known is not None and known.accepted is not None:
            return self._record
        if known is not None and (settled := self._settled(known, rows, patient=True)) is not None:
            return self._written(place, settled)
        if known is None and (held := self._held()) != self._record.accepted:
            raise _other(f"it holds {counted(held)}, and this tool loaded {self._record.accepted:,}")
        return self._begin(place, rows)

    def _begin(self, place: int, rows: Sequence[Contact]) -> CampaignRecord:
        """Record a chunk and send it, without those who must not be called."""
        listed = self._context.do_not_call() if self._context.do_not_call else None
        if listed is not None and listed.untold:
            raise Rejected(f"the do-not-call list cannot be read: {listed.untold}", method="", path="", code="RC182")
        left_out = tuple(row.line for row in rows if listed is not None and listed.forbids(row.number))
        wanted = [row for row in rows if row.line not in left_out]
        contacts = self._context.ledger.digests.of(_digest(rows))
        chunk = Chunk(len(wanted), contacts, stamp(self._context.now()), left_out=left_out)
        if not wanted:
            return self._written(place, replace(chunk, accepted=0))
        self._record = self._written(place, chunk)
        return self._written(place, self._sent(chunk, wanted))

    def _written(self, place: int, chunk: Chunk) -> CampaignRecord:
        return write(self._context.ledger, self._record.with_chunk(place, chunk))

    def _held(self) -> int:
        """How many contacts the campaign holds; raises Rejected unless it is a draft."""
        body = self._look()
        if body.get("status") != DRAFT:
            raise _other(f"it is {body.get('status')}, and contacts are loaded into a draft only")
        return int(body.get("total_count") or 0)

    def _sent(self, chunk: Chunk, rows: Sequence[Contact]) -> Chunk:
        """The one request of a chunk; without a clear answer, what is there then."""
        try:
            reply = self._context.api.exchange(
                "POST", _path(self._id), {"contacts": [row.body for row in rows]}, attempts=1
            )
            return _answered(chunk, rows, reply.json)
        except (AmbiguousWrite, Unintelligible):
            settled = self._settled(chunk, rows, patient=False)
            if settled is None:
                raise
            return settled

    def _settled(self, chunk: Chunk, rows: Sequence[Contact], *, patient: bool) -> Chunk | None:
        """The result of a chunk, by the number of contacts there are; None where it did not arrive."""
        before = sum(it.accepted or 0 for it in self._record.chunks if it != chunk)
        arrived = self._held() - before
        if arrived < chunk.size and patient and self._is_fresh(chunk):
            self._wait(_PAUSE)  # a request of a run that was cut off may still be on its way
            arrived = self._held() - before
        if not 0 <= arrived <= chunk.size:
            raise _other(f"it holds {counted(before + arrived)}, and this tool sent {before + chunk.size:,}")
        if arrived == chunk.size:
            return replace(chunk, accepted=arrived)
        return self._partly(chunk, rows, arrived) if arrived else None

    def _is_fresh(self, chunk: Chunk) -> bool:
        return (self._context.now() - parse_instant(chunk.since)).total_seconds() < _FRESH

    def _wait(self, seconds: float) -> None:
        wait: Callable[[float], None] | None = self._context.sleep
        if wait is not None:
            wait(seconds)

    def _partly(self, chunk: Chunk, rows: Sequence[Contact], arrived: int) -> Chunk:
        """A chunk of which some were refused, in an answer that was lost: those that are not there."""
        body = self._context.api.get(f"{PATH}/{segment(self._id)}")
        there = {str(it.get("phone_number")) for it in body.get("contacts") or () if isinstance(it, dict)}
        missing = tuple(it.line for it in rows if it.number not in there and it.line not in chunk.left_out)
        if len(missing) == chunk.size - arrived:
            return replace(chunk, accepted=arrived, rejected=missing)
        return replace(chunk, accepted=arrived, lost=chunk.size - arrived)


def _answered(chunk: Chunk, rows: Sequence[Contact], answer: Any) -> Chunk:
    """A chunk as its answer tells it; raises Unintelligible where that does not add up."""
    accepted, rejected = answer.get("accepted"), answer.get("rejected")
    if not isinstance(accepted, int) or not isinstance(rejected, int) or accepted + rejected != chunk.size:
        raise Unintelligible("the counts do not add up", method="POST", path=PATH)
    errors = [item for item in answer.get("errors") or () if isinstance(item, dict)]
    places = sorted({it["index"] for it in errors if isinstance(it.get("index"), int) and 0 <= it["index"] < len(rows)})
    named = tuple(rows[place].line for place in places)[:rejected]
    return replace(chunk, accepted=accepted, rejected=named, lost=rejected - len(named))


def _digest(rows: Sequence[Contact]) -> str:
    return digest([row.body for row in rows])


def _other(message: str) -> Rejected:
    hint = "declare them as a campaign of a new name (`metadata.name`)"
    return Rejected(f"nothing was loaded: {message}", method="", path="", hint=hint)

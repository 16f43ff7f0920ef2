"""Records of campaigns: which contacts were loaded, when one is to be started, and who paused it.

A chunk is recorded before it is sent; a start is claimed before it is sent. A record belongs to one object of the
platform: of another object under the same name it tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from reconciler.state.bindings import plain
from reconciler.state.digests import PLAIN, Digests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.state.ledger import Ledger

_CAMPAIGN = "campaign"


class StartState(StrEnum):
    """How the start of a campaign stands; each word but ``unscheduled`` and ``armed`` is of a start that was due."""

    UNSCHEDULED = "unscheduled"
    ARMED = "armed"
    CLAIMED = "claimed"
    STARTED = "started"
    UNKNOWN = "unknown"
    MISSED = "missed"

    @property
    def may_be_armed(self) -> bool:
        """Whether a start may be set anew: nothing was sent for the one before."""
        return self in (StartState.UNSCHEDULED, StartState.ARMED, StartState.MISSED)

    @property
    def is_due(self) -> bool:
        """Whether a dispatch has something to do about it once its instant has come."""
        return self in (StartState.ARMED, StartState.CLAIMED, StartState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Contacts of one request: how many, their digest, and what came of them; ``accepted`` is None while unknown.

    ``rejected`` are the lines of the file that the platform did not take, ``lost`` how many more it did not;
    ``left_out`` are the lines of those who must not be called: they were not sent.
    """

    size: int
    digest: str
    since: str
    accepted: int | None = None
    rejected: tuple[int, ...] = ()
    lost: int = 0
    left_out: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """Who paused a campaign, and why; ``by_hold``: the hold over all calls did, and its release resumes it."""

    why: str
    since: str = ""
    who: str = ""
    by_hold: bool = False


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """What is remembered of one campaign: ``digest`` of the contacts' file, how many there are, and its start.

    ``opens`` and ``closes`` bound when it may be started. ``digests`` is how digests are kept, and not stored.
    """

    name: str
    campaign: str
    digest: str = ""
    contacts: int = 0
    chunks: tuple[Chunk, ...] = ()
    start: StartState = StartState.UNSCHEDULED
    opens: str = ""
    closes: str = ""
    owner: str = ""
    claimed_at: str = ""
    detail: str = ""
    code: str = ""
    pause: Pause | None = None
    project: str = ""
    digests: Digests = field(default=PLAIN, compare=False, repr=False)

    def is_of(self, file: str | None) -> bool:
        """Whether its contacts are of a file with this digest."""
        return file is not None and self._recalls(self.digest, file)

    def began(self, place: int, contacts: str) -> bool:
        """Whether the chunk at a place is of contacts with this digest."""
        return self._recalls(self.chunks[place].digest, contacts)

    def _recalls(self, kept: str, plain_digest: str) -> bool:
        return kept == plain_digest or self.digests.recalls(kept, (plain_digest,))

    @property
    def accepted(self) -> int:
        """How many contacts the platform is known to have taken."""
        return sum(chunk.accepted or 0 for chunk in self.chunks)

    @property
    def rejected(self) -> int:
        """How many contacts the platform is known to have refused."""
        return sum(len(chunk.rejected) + chunk.lost for chunk in self.chunks)

    @property
    def rejected_lines(self) -> tuple[int, ...]:
        """The lines of those of which the platform said which they are."""
        return tuple(line for chunk in self.chunks for line in chunk.rejected)

    @property
    def is_loaded(self) -> bool:
        """Whether every contact was sent, and what came of it is known."""
        settled = all(chunk.accepted is not None for chunk in self.chunks)
        done = sum(chunk.size + len(chunk.left_out) for chunk in self.chunks)
        return bool(self.chunks) and settled and done == self.contacts

    @property
    def left_out(self) -> frozenset[int]:
        """The lines of those who were not sent, for they must not be called."""
        return frozenset(line for chunk in self.chunks for line in chunk.left_out)

    @property
    def may_hold_contacts(self) -> bool:
        """Whether the platform may have taken any of them."""
        return any(chunk.accepted != 0 for chunk in self.chunks)

    @property
    def called_off(self) -> CampaignRecord:
        """The record without a start that is to come; what was sent for one, or was missed, stays as it is."""
        if self.start is not StartState.ARMED:
            return self
        return replace(self, start=StartState.UNSCHEDULED, opens="", closes="", code="", detail="")

    def with_chunk(self, place: int, chunk: Chunk) -> CampaignRecord:
        """The record with one of its chunks as it is now."""
        return replace(self, chunks=(*self.chunks[:place], chunk, *self.chunks[place + 1 :]))


def record_of(ledger: Ledger, name: str, campaign: str) -> CampaignRecord:
    """What is remembered of an object of the platform under a name; an empty record where nothing is."""
    found = next((it for it in records(ledger) if it.name == name), None)
    if found is not None and found.campaign == campaign:
        return found
    return CampaignRecord(name, campaign, digests=ledger.reading)


def records(ledger: Ledger, *, foreign: bool = False) -> list[CampaignRecord]:
    """Every campaign that something is remembered of; with ``foreign`` those of other projects too."""
    return [_read(value, ledger.reading) for value in ledger.noted(_CAMPAIGN, foreign=foreign)]


def write(ledger: Ledger, record: CampaignRecord) -> CampaignRecord:
    """Write a record over what was read; Conflict when another run was first."""
    value = plain(record) | {
        "start": str(record.start),
        "chunks": [
            plain(chunk) | {"rejected": list(chunk.rejected), "left_out": list(chunk.left_out)}
            for chunk in record.chunks
        ],
        "pause": plain(record.pause) if record.pause else None,
    }
    del value["digests"]
    if not record.project:
        del value["project"]
    ledger.note(_CAMPAIGN, record.name, value)
    return record


def keyed(value: Mapping[str, Any], as_kept: Callable[[str], str]) -> Mapping[str, Any]:
    """What is stored of a campaign, each digest in it as it is kept now."""
    chunks = [{**chunk, "digest": as_kept(chunk["digest"])} for chunk in value.get("chunks") or ()]
    return {**value, "digest": as_kept(value.get("digest", "")), "chunks": chunks}


def _read(value: Mapping[str, Any], digests: Digests) -> CampaignRecord:
    value = value if digests.keyed_otherwise else keyed(value, digests.of)  # an older version stored plain ones
    chunks = (
        Chunk(**{**chunk, "rejected": tuple(chunk["rejected"]), "left_out": tuple(chunk.get("left_out", ()))})
        for chunk in value["chunks"]
    )
    pause = Pause(**value["pause"]) if value.get("pause") else None
    value = {name: item for name, item in value.items() if name in CampaignRecord.__slots__}
    parts = {"chunks": tuple(chunks), "start": StartState(value["start"]), "pause": pause, "digests": digests}
    return CampaignRecord(**{**value, **parts})

"""The objects that hold a state: one head, which is the commit point, and the parts that it names.

Both are lines of JSON. The first line of the head has a serial and a nonce, so no two heads are the same bytes: an
object's tag may be the digest of its content. The other lines are the latest entries; a part holds older ones and
never changes. A key's newest line counts: those of the head before those of a later part before an earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from reconciler import distribution
from reconciler.errors import StoreError
from reconciler.store.interface import Write, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HEAD = "head.jsonl"
PARTS = "parts"
FORMAT = 1
ABOUT = "The state of `reconciler`, written by it alone. Do not edit or delete."
INLINE_BYTES = 64 * 1024  # what a head may carry itself: one request per commit, as long as it is short
PART_BYTES = 8 * 1024 * 1024  # what one request moves in time on a slow line
REMEMBERED = 256  # commits whose writers can still be told that they were stored
_SERIAL_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Record:
    """One line: what a write made of a key, or that it removed it."""

    key: str
    version: str
    line: bytes
    gone: bool = False

    @classmethod
    def of(cls, write: Write, mark: str) -> Record:
        """The line that a write becomes."""
        body: dict[str, Any] = {"gone": True} if write.value is None else {"value": dict(write.value)}
        return cls(write.key, mark, encode({"key": write.key, "write": mark, **body}).encode(), write.value is None)

    @classmethod
    def read(cls, line: bytes) -> Record:
        """The record of a line; StoreError when it is none."""
        found = decode("a line of the state", line)
        try:
            return cls(str(found["key"]), str(found["write"]), line, bool(found.get("gone")))
        except KeyError:
            raise _damaged("a line of the state is no entry") from None


Records: TypeAlias = dict[str, Record]


@dataclass(frozen=True, slots=True)
class Head:
    """What a commit made: its serial, its parts, the latest entries, and whose writes the last commits were."""

    serial: int = 0
    parts: tuple[str, ...] = ()
    recent: Mapping[str, Record] = field(default_factory=dict)
    commits: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def remembers(self, serial: int) -> bool:
        """Whether it would know of a write that was stored after that serial."""
        return not self.commits or self.commits[0][0] <= serial + 1

    def holds(self, mark: str) -> bool:
        """Whether a write is among the last commits."""
        return any(mark in marks for _, marks in self.commits)

    def encoded(self) -> bytes:
        """Its bytes, other ones each time."""
        first = {
            "about": ABOUT,
            "commits": [[serial, [*marks]] for serial, marks in self.commits],
            "format": FORMAT,
            "nonce": uuid4().hex,
            "parts": [*self.parts],
            "serial": self.serial,
        }
        return b"".join(line + b"\n" for line in (encode(first).encode(), *lines(self.recent)))


def read_head(body: bytes, description: str) -> Head:
    """The head of these bytes; StoreError when they are something else, or newer than this version."""
    first, _, rest = body.partition(b"\n")
    try:
        told = decode(HEAD, first)
        found = told["format"]
        if isinstance(found, int) and found > FORMAT:
            raise StoreError(
                f"{description} has format {found}, this version reads up to {FORMAT}",
                hint=f"it was written by a newer reconciler: `{distribution.upgrade()}`",
            )
        commits = tuple((int(serial), tuple(marks)) for serial, marks in told["commits"])
        return Head(int(told["serial"]), tuple(told["parts"]), read_records(rest), commits)
    except (KeyError, TypeError, ValueError):
        raise StoreError(
            f"{description} holds something else than state, it was left alone",
            hint="name a prefix of its own in `state`",
        ) from None


def read_records(body: bytes) -> Records:
    """The lines of an object, by key."""
    return {found.key: found for found in map(Record.read, body.splitlines())}


def lines(records: Mapping[str, Record]) -> Iterator[bytes]:
    """The lines of an object, sorted so that it can be compared by eye."""
    return (records[key].line for key in sorted(records))


def size(records: Mapping[str, Record]) -> int:
    """The bytes that the records take."""
    return sum(len(found.line) + 1 for found in records.values())


def merged(older: Iterable[tuple[str, Records]], recent: Records, live: int) -> tuple[tuple[str, ...], Records]:
    """The parts that stay, and what goes into new ones: the latest entries with the parts that are no larger.

    So a part is written again only when it doubles. Where more than half of all is out of date, all is written again.
    """
    kept = [*older]
    gathered = recent
    while kept and size(kept[-1][1]) <= size(gathered):
        gathered = {**kept.pop()[1], **gathered}
    if size(gathered) + sum(size(records) for _, records in kept) > 2 * live + INLINE_BYTES:
        while kept:
            gathered = {**kept.pop()[1], **gathered}
    if not kept:
        gathered = {key: found for key, found in gathered.items() if not found.gone}
    return tuple(name for name, _ in kept), gathered


def split(records: Records, serial: int) -> dict[str, Records]:
    """New parts of bounded size for the commit of that serial, by their names, which nobody else has."""
    nonce = uuid4().hex
    parts: dict[str, Records] = {}
    room = 0
    for key in sorted(records):
        if room < len(records[key].line):
            room = PART_BYTES
            name = f"{PARTS}/{serial:0{_SERIAL_DIGITS}}-{nonce}-{len(parts)}.jsonl"
            parts[name] = {}
        parts[name][key] = records[key]
        room -= len(records[key].line) + 1
    return parts


def serial_of(part: str) -> int:
    """The serial of the only head that could ever be the first to name this part."""
    digits = part.rpartition("/")[2][:_SERIAL_DIGITS]
    return int(digits) if digits.isdigit() else 0


def _damaged(what: str) -> StoreError:
    return StoreError(what, hint="the state is damaged: restore an older version of its objects")

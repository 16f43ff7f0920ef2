"""The nouns that every stage of a run passes on.

Frozen dataclasses; no I/O, no clock, no vendor. ``Manifest`` is a document as written, ``Resource`` is a
document as its kind understood it, ``Observed`` is a live object in the vendor's own JSON, ``Change`` is
what a reader approves, ``Step`` is what the machine sends, ``Result`` is what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from pydantic import BaseModel


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; ``line`` and ``column`` count from 1, ``path`` is relative to the project."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Our name for a resource, ``Kind/name``; unique in a project and stable for ever."""

    kind: str
    name: str

    def __hash__(self) -> int:
        return hash(self.name)  # what tells addresses apart; every stage looks each of them up

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``Kind/name``; ValueError when there is no slash or a side is empty."""
        kind, slash, name = text.partition("/")
        if not (slash and kind and name):
            raise ValueError(f"`{text}` is not of the form KIND/NAME")
        return cls(kind, name)


class Severity(StrEnum):
    """How much a finding weighs: an error stops apply, a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint about one thing, with its stable code and the way out."""

    severity: Severity
    code: str
    message: str
    hint: str = ""
    address: Address | None = None
    location: Location | None = None


class Action(StrEnum):
    """What apply will do; the only thing apply looks at."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    VERIFY = "verify"
    ARM = "arm"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    KEEP = "keep"
    REFUSE = "refuse"


class Consequence(StrEnum):
    """What a reader must not overlook in a change."""

    SPENDS_MONEY = "spends_money"
    RINGS_A_PERSON = "rings_a_person"
    CANNOT_BE_UNDONE = "cannot_be_undone"


class ChangedBy(StrEnum):
    """Which side moved a field since the last apply."""

    MANIFEST = "manifest"
    DASHBOARD = "dashboard"
    BOTH = "both"


class Phase(Enum):
    """Whether a live object may be changed now."""

    STEADY = "may be changed"
    MOVING = "hands off: something is happening to it"
    SETTLED = "history: never drift, never changed"


class Outcome(StrEnum):
    """What became of a change."""

    DONE = "done"
    PENDING = "pending"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Waiver:
    """A finding of lint that the author has looked at and accepts, with the last day on which that holds."""

    code: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Manifest:
    """One YAML document as written, envelope checked, spec not yet understood.

    ``marks`` finds the line and column of any key or value inside ``document`` (see ``documents.Marks``).
    """

    address: Address
    document: Mapping[str, Any]
    location: Location
    marks: Any
    labels: Mapping[str, str] = field(default_factory=dict)
    protect: bool = False
    id: str | None = None
    was: tuple[str, ...] = ()
    absent: bool = False
    waivers: tuple[Waiver, ...] = ()

    def locate(self, *path: str | int) -> Location:
        """The place of a key inside the document, or the nearest enclosing one that was written."""
        found: Location = self.marks.locate(self.document, path)
        return found


@dataclass(frozen=True, slots=True)
class Resource:
    """A manifest as its kind understood it.

    ``declared`` holds just what the author wrote, by manifest key, normalised and with files read in;
    ``files`` says where a value read from a file came from. ``looked_up`` is what the documents it names say
    and it depends on, by manifest key.
    """

    manifest: Manifest
    spec: BaseModel
    declared: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    looked_up: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The manifest's address."""
        return self.manifest.address


@dataclass(frozen=True, slots=True)
class Observed:
    """A live object in the vendor's own JSON, and what its kind made of it.

    ``identity`` is what the vendor would call it (an E.164 number), or "" where nothing reliable exists;
    ``name`` is the display name; ``has_draft`` says that undeployed edits wait on it; ``history`` is a
    sentence for people about a settled object, ``source`` the file that declared it last, where known.
    """

    kind: str
    id: str
    body: Mapping[str, Any]
    identity: str = ""
    name: str = ""
    phase: Phase = Phase.STEADY
    has_draft: bool = False
    history: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One declared field that is not as declared; ``path`` is dotted, in manifest keys.

    ``before`` is live, ``after`` is desired, both as a reader should see them (references by address,
    personal values masked by the renderer's policy).
    """

    path: str
    before: Any
    after: Any
    changed_by: ChangedBy = ChangedBy.MANIFEST
    personal: bool = False
    secret: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What would be done to one resource, why, and what it would mean.

    ``reason`` is a stable word for machines that filter, ``sentence`` is the end of a sentence for people;
    neither ever decides anything.
    """

    address: Address
    action: Action
    reason: str
    sentence: str
    id: str | None = None
    resource: Resource | None = None
    observed: Observed | None = None
    diffs: tuple[FieldDiff, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    notes: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def location(self) -> Location | None:
        """Where the resource is declared, when it is."""
        return self.resource.manifest.location if self.resource else None

    @property
    def pending(self) -> bool:
        """Whether apply would do something."""
        return self.action not in (Action.KEEP, Action.REFUSE)


@dataclass(frozen=True, slots=True)
class Target:
    """The account a plan is about."""

    url: str
    organization_id: str
    organization_name: str


@dataclass(frozen=True, slots=True)
class Ring:
    """One declared call to come: one occurrence, its second tries included.

    ``at`` and ``closes`` are aware, ``zone`` is the one it was declared in ("" for UTC), ``places`` are the
    zones in which the callee may be. ``to`` is personal. ``cents`` is the most it may cost over all its
    ``tries``; ``limited``: its agent ends it by itself. ``awake``: inside the calling hours in every place.
    """

    address: Address
    at: datetime
    closes: datetime
    zone: str
    to: str
    places: tuple[str, ...]
    awake: bool
    agent: str
    cents: int
    limited: bool
    recurs: bool = False
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the declared calls mean for money and people, seen from ``now``; amounts are US cents.

    ``rings`` ascend in time; recurring calls are counted until ``until``, and not ``whole`` when they are
    too many to count. ``hours`` are the calling hours in minutes of the callee's day, ``minutes`` is assumed
    for a call without a limit. ``balance_cents`` is None where it was not read; ``reload_limit_cents`` is
    the most that auto-reload, where it ``reloads``, may charge in a month.
    """

    now: datetime
    until: datetime
    rings: tuple[Ring, ...]
    minutes: int
    rates: Mapping[str, float]
    rates_read: date
    hours: tuple[int, int] = (0, 1440)
    whole: bool = True
    balance_cents: int | None = None
    reloads: bool = False
    reload_limit_cents: int | None = None

    @property
    def cents(self) -> int:
        """The most that all of them may cost."""
        return sum(ring.cents for ring in self.rings)

    @property
    def people(self) -> int:
        """How many numbers are rung."""
        return len({ring.to for ring in self.rings})

    @property
    def calls(self) -> int:
        """How many calls there may be, second tries included."""
        return sum(ring.tries for ring in self.rings)

    @property
    def covered(self) -> int:
        """How many of the rings, from the first on, today's balance pays for even at their dearest."""
        left, count = self.balance_cents or 0, 0
        for ring in self.rings:
            left -= ring.cents
            if left < 0:
                break
            count += 1
        return count


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything apply would do, in the order a reader should see it.

    ``forecast`` is for readers only: nothing is decided by it, and it is no part of the fingerprint.
    """

    target: Target
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    fingerprint: str
    forecast: Forecast | None = None

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each action, zeros included."""
        counts = {action.value: 0 for action in Action}
        for change in self.changes:
            counts[change.action.value] += 1
        return counts

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that apply would make."""
        return tuple(change for change in self.changes if change.pending)

    @property
    def refusals(self) -> tuple[Change, ...]:
        """The changes that will not be made."""
        return tuple(change for change in self.changes if change.action is Action.REFUSE)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop apply."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Written:
    """A change whose write was answered and that is not final: a create to be read back, a draft to be deployed."""

    address: Address
    action: Action


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one change."""

    address: Address
    action: Action
    outcome: Outcome
    detail: str = ""
    id: str | None = None
    hint: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What an apply did: the plan it followed and a result for each change that was pending."""

    plan: Plan
    results: tuple[Result, ...]

    @property
    def failed(self) -> bool:
        """Whether any change did not come about."""
        return any(result.outcome is not Outcome.DONE for result in self.results)

"""The nouns that every stage of a run passes on.

Frozen dataclasses; no I/O, no clock, no vendor. ``Manifest`` is a document as written, ``Resource`` one as its kind
understood it, ``Observed`` a live object in the vendor's JSON, ``Change`` what a reader approves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from pydantic import BaseModel


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file; ``line`` and ``column`` count from 1, ``path`` is relative to the project."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Address(NamedTuple):
    """Our name for a resource, ``Kind/name``; unique in a project and stable permanently.

    A tuple, for every stage looks each of them up: one that is compared in Python costs ten times as much.
    """

    kind: str
    name: str

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
    """One complaint about one thing, with its stable code and a hint that fixes it.

    ``offline``: a plan, which knows the account, says it better. ``unsafe``: a limit is passed, so that apply refuses.
    """

    severity: Severity
    code: str
    message: str
    hint: str = ""
    address: Address | None = None
    location: Location | None = None
    offline: bool = False
    unsafe: bool = False


class Action(StrEnum):
    """What apply will do; the only thing apply looks at. The word for it is the kind's (``Change.verb``)."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    ACT = "act"
    UNPROTECT = "unprotect"
    KEEP = "keep"
    REFUSE = "refuse"

    @property
    def removes(self) -> bool:
        """Whether it takes the object away."""
        return self is Action.DELETE

    @property
    def writes_fields(self) -> bool:
        """Whether it makes the declared fields right."""
        return self in _WRITES_FIELDS


class Sort(StrEnum):
    """What a consequence is."""

    SPENDS_MONEY = "spends_money"
    RINGS_A_PERSON = "rings_a_person"
    CANNOT_BE_UNDONE = "cannot_be_undone"
    LIFTS_PROTECTION = "lifts_protection"
    LIVE_AT_ONCE = "live_at_once"


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a reader must not overlook in a change, with amounts that can be added up over many.

    ``people`` are rung; ``callee`` tells one person from another, so that two calls to one are counted once.
    ``agents`` say something else to their callers at once, without a deploy.
    ``cents`` is the most it may cost, every ``per`` where one is given, and None there means without a limit.
    ``occasion`` is what each one is, for counting them: ``billed probe call``.
    """

    sort: Sort
    people: int = 0
    callee: str = ""
    cents: int | None = None
    per: str = ""
    occasion: str = ""
    agents: int = 0


class ChangedBy(StrEnum):
    """Which side moved a field since the last apply; neither, where the server kept another value than was written."""

    MANIFEST = "manifest"
    DASHBOARD = "dashboard"
    BOTH = "both"
    SERVER = "server"


class Phase(Enum):
    """Whether a live object may be changed now."""

    STEADY = "may be changed"
    MOVING = "hands off: something is happening to it"
    BUSY = "at work: its fields are changed only once a person has stopped it"
    SETTLED = "history: never drift, never changed"
    UNKNOWN = "hands off: what is known of it cannot be read"


class Outcome(StrEnum):
    """The result of a change."""

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

    @property
    def lifts_protection(self) -> bool:
        """Whether it says in so many words that the thing is not protected."""
        metadata = self.document.get("metadata")
        return isinstance(metadata, dict) and metadata.get("protect") is False

    def locate(self, *path: str | int) -> Location:
        """The place of a key inside the document, or the nearest enclosing one that was written."""
        found: Location = self.marks.locate(self.document, path)
        return found


@dataclass(frozen=True, slots=True)
class Resource:
    """A manifest as its kind understood it.

    ``declared`` holds just what the author wrote, by manifest key, normalised and with files read in;
    ``files`` says where a value read from a file came from. ``looked_up`` is what the documents it names say
    and it depends on, ``tables`` the rows of files, by manifest key. ``lent`` are places of secrets from elsewhere.
    """

    manifest: Manifest
    spec: BaseModel
    declared: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    looked_up: Mapping[str, Any] = field(default_factory=dict)
    lent: frozenset[tuple[str | int, ...]] = frozenset()
    tables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The manifest's address."""
        return self.manifest.address


@dataclass(frozen=True, slots=True)
class Observed:
    """A live object in the vendor's own JSON, and what its kind made of it.

    ``identity`` is what the vendor would call it (an E.164 number), or "" where nothing reliable exists;
    ``name`` is the display name; ``has_draft`` says that undeployed edits wait on it; ``history`` is a
    sentence for people about a settled object, ``source`` the file that declared it last, where known. ``parent`` is
    the id of what it lives below; ``failure`` is the vendor's word for what came to nothing; ``project`` is the other
    project that declared it, if one did.
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
    parent: str = ""
    failure: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One declared field that is not as declared; ``path`` is dotted, in manifest keys.

    ``before`` is live, ``after`` desired, not masked yet; ``unremembered``: not told, and not known what was sent.
    """

    path: str
    before: Any
    after: Any
    changed_by: ChangedBy = ChangedBy.MANIFEST
    personal: bool = False
    secret: bool = False
    location: Location | None = None
    immutable: bool = False
    unremembered: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What would be done to one resource, why, and what it would mean.

    ``verb`` is the kind's word for the action (arm, verify), printed wherever an action is. ``reason`` is a stable
    word for machines that filter, ``sentence`` is the end of a sentence for people; neither ever decides anything.
    ``unsettled``: it was begun by an earlier run, and whether it happened is not known. ``awaited``: it is due, and
    waits for a person to ask for it. ``resumes``: it finishes what an earlier run began. ``too_late``: its time passed.
    ``replaced``: another object stands for its address by then. ``stopped`` are the errors for which it is not done.
    """

    address: Address
    action: Action
    reason: str
    sentence: str
    id: str | None = None
    resource: Resource | None = None
    observed: Observed | None = None
    diffs: Sequence[FieldDiff] = ()
    consequences: tuple[Consequence, ...] = ()
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    verb: str = ""
    unsettled: bool = False
    awaited: bool = False
    resumes: bool = False
    too_late: bool = False
    replaced: bool = False
    quiet: bool = False
    vanished: bool = False
    stopped: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        """The action is its own word, where the kind has no other."""
        if not self.verb:
            object.__setattr__(self, "verb", self.action.value)

    @property
    def location(self) -> Location | None:
        """Where the resource is declared, when it is."""
        return self.resource.manifest.location if self.resource else None

    def means(self, sort: Sort) -> bool:
        """Whether one of its consequences is of that sort."""
        return any(consequence.sort is sort for consequence in self.consequences)

    @property
    def pending(self) -> bool:
        """Whether apply would do something."""
        return self.action not in _NOTHING_DONE


_WRITES_FIELDS = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})
_NOTHING_DONE = (Action.KEEP, Action.REFUSE)
VERBS = ("create", "update", "delete", "adopt", "verify", "arm", "reschedule", "cancel", "keep", "refuse")


@dataclass(frozen=True, slots=True)
class Target:
    """The account a plan is about."""

    url: str
    organization_id: str
    organization_name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything apply would do, in the order of reading."""

    target: Target
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    fingerprint: object  # a text, or what reads as one

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each verb, zeros included for those that every reader may rely on."""
        return dict.fromkeys(VERBS, 0) | Counter(change.verb for change in self.changes)

    @property
    def pending(self) -> tuple[Change, ...]:
        """The changes that apply would make."""
        return tuple(change for change in self.changes if change.action not in _NOTHING_DONE)

    @property
    def refusals(self) -> tuple[Change, ...]:
        """The changes that will not be made."""
        return tuple(it for it in self.changes if it.action is Action.REFUSE and not it.stopped)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that say that something cannot work as declared."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one change; ``in_part``: it failed, and something of it is there all the same."""

    address: Address
    action: Action
    outcome: Outcome
    detail: str = ""
    id: str | None = None
    hint: str = ""
    location: Location | None = None
    verb: str = ""
    in_part: bool = False

    def __post_init__(self) -> None:
        """The action is its own word, where the kind has no other."""
        if not self.verb:
            object.__setattr__(self, "verb", self.action.value)


@dataclass(frozen=True, slots=True)
class Report:
    """What an apply did: the plan it followed and a result for each change that was pending."""

    plan: Plan
    results: tuple[Result, ...]

    @property
    def failed(self) -> bool:
        """Whether any change was not applied."""
        return any(result.outcome is not Outcome.DONE for result in self.results)


def dollars(cents: int) -> str:
    """An amount of US cents for people: ``$50.00``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"

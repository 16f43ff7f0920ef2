"""The table of decisions: what is done about one resource.

Pure: a ``Situation`` in, decisions out. The reason and the sentence are for people; nothing reads them back:
what a later stage must know of a decision has a field of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from reconciler.contract.kind import Orphans
from reconciler.model import Action, Phase

if TYPE_CHECKING:
    from reconciler.model import Address, Observed, Resource
    from reconciler.state.bindings import Binding


DELETED_OUTSIDE, UNKNOWN_ID = "deleted_outside", "unknown_id"


class Declared(Enum):
    """What the manifests say of a resource."""

    PRESENT = "declared"
    ABSENT = "declared absent"
    NOT = "not declared any more"


class Live(Enum):
    """What was found of it."""

    FOUND = "there"
    NAMESAKE = "there under the same name, never bound"
    OURS = "there under the same name, and new since a create of ours was begun"
    NAMED = "there under the id in the manifest, never bound"
    SEVERAL = "several live objects have this name"
    FOREIGN = "declared by another project too"
    CONTESTED = "bound to one live object, and said to have been another"
    VANISHED = "bound, but deleted outside"
    ID_VANISHED = "the id in the manifest was bound, and is deleted outside"
    UNKNOWN_ID = "the id in the manifest does not exist"
    NOTHING = "not there"


class Draft(Enum):
    """Undeployed edits on the live object."""

    NONE = "no draft"
    OURS = "our own unfinished draft"
    FOREIGN = "somebody else's draft"


@dataclass(frozen=True, slots=True)
class Match:
    """A document, a live object, or both, and how they were found to belong together.

    ``leaving`` are the objects that it was before it was made anew, and that are still there.
    """

    address: Address
    live: Live
    resource: Resource | None = None
    observed: Observed | None = None
    binding: Binding | None = None
    ids: tuple[str, ...] = ()
    leaving: tuple[Observed, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a decision depends on."""

    declared: Declared
    live: Live
    differs: bool = False
    draft: Draft = Draft.NONE
    phase: Phase = Phase.STEADY
    expired: bool = False
    protected: bool = False
    prune: bool = False
    orphans: Orphans = Orphans.KEPT
    history: str = ""
    ids: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    replaceable: bool = False
    secret_lost: bool = False
    tried: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One action, with a stable word and the end of a sentence for people.

    ``resumes``: it only finishes what an earlier run began. ``too_late``: nothing is done, for its time has passed.
    ``left``: it is there and not declared any more, and nothing is done about that. ``quiet``: nothing is to be told.
    ``vanished``: what it names by an id is not there.
    """

    action: Action
    reason: str
    sentence: str
    resumes: bool = False
    too_late: bool = False
    left: bool = False
    quiet: bool = False
    vanished: bool = False

    @property
    def way_out(self) -> str:
        """What a person does about it; "" where nothing is to be done."""
        return WAYS_OUT.get(self.reason, "") if self.action is Action.REFUSE else ""


WAYS_OUT = {
    "ambiguous": "write the id of the one you mean as `metadata.id`",
    "foreign_project": "declare it in one of them; a project that has a new name takes its entries along: "
    "`reconciler state move --project OLD NEW`",
    "contested": "take the name out of `metadata.was`, or write the id of the one you mean as `metadata.id`",
    DELETED_OUTSIDE: "remove the document, or leave `metadata.id` out to create it anew",
    UNKNOWN_ID: "correct `metadata.id`; or remove the document, or leave `metadata.id` out to create it anew",
    "foreign_draft": "deploy or discard the draft in the dashboard, then plan again",
    "failed_before": "once that is settled: reconciler apply --again {address}",
    "unknown": "look at the account, then: reconciler apply --again {address}",
    "secret_lost": "to have it deleted and created anew: reconciler apply --again {address}",
    "busy": "{stop}, then plan again",
    "immutable": "put it back; or declare the new one under a new name, and this one `absent: true`",
    "protected": "declare it with `protect: false` and apply first; `reconciler state forget {address}` lets go of it",
    "never_removed": "remove the document, and the thing itself in the dashboard",
}


def decide(it: Situation) -> tuple[Decision, ...]:
    """What to do: one decision, or two where finding a namesake also means correcting it."""
    match it.declared:
        case Declared.PRESENT:
            return _present(it)
        case Declared.ABSENT:
            return (_removed(it, "declared_absent", "declared absent"),)
        case Declared.NOT:
            return (_undeclared(it),)


def _present(it: Situation) -> tuple[Decision, ...]:  # noqa: C901, PLR0912 - one row per case
    match it:
        case Situation(live=Live.FOUND, differs=False, draft=Draft.NONE, phase=Phase.STEADY, tried="", fixed=()):
            return _AS_DECLARED  # the first row, since nearly everything in a large plan is as declared
        case Situation(live=Live.SEVERAL):
            listed = ", ".join(it.ids)
            return _one(Action.REFUSE, "ambiguous", f"{len(it.ids)} live objects have this name: ids {listed}")
        case Situation(live=Live.FOREIGN):
            return (_foreign(it),)
        case Situation(live=Live.CONTESTED):
            said = f"is bound to one object, and was another: ids {' and '.join(it.ids)}"
            return _one(Action.REFUSE, "contested", said)
        case Situation(live=Live.ID_VANISHED):
            gone = f"was deleted outside (id {it.ids[0]})"
            return (Decision(Action.REFUSE, DELETED_OUTSIDE, gone, vanished=True),)
        case Situation(live=Live.UNKNOWN_ID):
            gone = f"was deleted outside (id {it.ids[0]}), or never was on this account"
            return (Decision(Action.REFUSE, UNKNOWN_ID, gone, vanished=True),)
        case Situation(live=Live.NOTHING | Live.VANISHED, expired=True):
            return _one(Action.KEEP, "will_not_fire", "will not fire: its time has passed", too_late=True)
        case Situation(tried="unknown", live=Live.NOTHING | Live.VANISHED | Live.FOUND):
            return _one(
                Action.REFUSE, "unknown", "was begun, and how that ended is not known: it is not paid for twice"
            )
        case Situation(tried=str(words), live=Live.NOTHING | Live.VANISHED | Live.FOUND) if words:
            return _one(Action.REFUSE, "failed_before", f"failed before, and is not tried again unless asked: {words}")
        case Situation(live=Live.VANISHED):
            return _one(Action.CREATE, "deleted_outside", f"was deleted outside (id {it.ids[0]})")
        case Situation(live=Live.NOTHING):
            return _one(Action.CREATE, "missing", "does not exist")
        case Situation(live=Live.OURS, secret_lost=True):
            lost = f"was created by a run that was cut off (id {it.ids[0]}), and what it shows once is lost"
            return _one(Action.REPLACE if it.replaceable else Action.REFUSE, "secret_lost", lost)
        case Situation(phase=Phase.SETTLED | Phase.MOVING | Phase.UNKNOWN):
            return _one(Action.KEEP, it.phase.name.lower(), it.history)
        case Situation(differs=True, phase=Phase.BUSY):
            return _one(Action.REFUSE, "busy", f"{it.history}, and differs from the manifest")
        case Situation(differs=True, draft=Draft.FOREIGN):
            return _one(Action.REFUSE, "foreign_draft", "has a draft that this tool did not write")
        case Situation(fixed=(first, *_), replaceable=True):
            return _one(Action.REPLACE, "immutable", f"`{first}` cannot be changed: made anew, then the old one goes")
        case Situation(fixed=(first, *_)):
            return _one(Action.REFUSE, "immutable", f"`{first}` cannot be changed once it is there")
        case Situation(live=Live.NAMESAKE | Live.NAMED | Live.OURS, differs=True):
            return (_adopted(it), Decision(Action.UPDATE, "changed", "differs from the manifest"))
        case Situation(live=Live.NAMESAKE | Live.NAMED | Live.OURS):
            return (_adopted(it),)
        case Situation(draft=Draft.OURS):
            return _one(Action.UPDATE, "unfinished", "an earlier apply left its draft undeployed", resumes=True)
        case Situation(differs=True):
            return _one(Action.UPDATE, "changed", "differs from the manifest")
        case Situation(draft=Draft.FOREIGN):
            return _one(Action.KEEP, "unchanged", "is as declared; somebody's draft waits on it")
        case _:
            return _AS_DECLARED


_AS_DECLARED = (Decision(Action.KEEP, "unchanged", "is as declared", quiet=True),)


def _undeclared(it: Situation) -> Decision:
    match it:
        case Situation(live=Live.NOTHING | Live.VANISHED):
            return Decision(Action.KEEP, "gone", "is neither declared nor there")
        case Situation(phase=Phase.SETTLED | Phase.MOVING | Phase.UNKNOWN):
            return Decision(Action.KEEP, it.phase.name.lower(), it.history)
        case Situation(live=Live.NAMESAKE):
            made = f"may have been created by a run that was killed (id {it.ids[0]}), and is not declared any more"
            way_out = "declare it again, or delete it in the dashboard if it is nobody else's"
            return Decision(Action.KEEP, "not_declared", f"{made}: {way_out}", left=True)
        case Situation(phase=Phase.BUSY) if it.prune and it.orphans is not Orphans.NEVER_OURS:
            return _removed(it, "not_declared", "is not declared any more")
        case Situation(phase=Phase.BUSY):
            return Decision(Action.KEEP, "busy", f"is not declared any more, and {it.history}", left=True)
        case Situation(orphans=Orphans.RETIRED):
            return Decision(Action.DELETE, "not_declared", "is not declared any more")
        case Situation(orphans=Orphans.NEVER_OURS):
            return Decision(Action.KEEP, "not_declared", "is not declared any more: left as it is", left=True)
        case Situation(prune=False):
            return Decision(Action.KEEP, "not_declared", "is not declared any more; --prune deletes it", left=True)
        case _:
            return _removed(it, "not_declared", "is not declared any more")


def _removed(it: Situation, reason: str, sentence: str) -> Decision:
    match it:
        case Situation(live=Live.NOTHING | Live.VANISHED | Live.ID_VANISHED | Live.UNKNOWN_ID):
            return Decision(Action.KEEP, "absent", "is not there, as declared", quiet=True)
        case Situation(live=Live.FOREIGN):
            return _foreign(it)
        case Situation(live=Live.SEVERAL | Live.CONTESTED):
            listed = ", ".join(it.ids)
            return Decision(Action.REFUSE, "ambiguous", f"{len(it.ids)} live objects have this name: ids {listed}")
        case Situation(phase=Phase.SETTLED | Phase.MOVING | Phase.UNKNOWN):
            return Decision(Action.KEEP, it.phase.name.lower(), it.history)
        case Situation(phase=Phase.BUSY):
            return Decision(Action.REFUSE, "busy", f"{sentence}, but {it.history}")
        case Situation(orphans=Orphans.NEVER_OURS):
            return Decision(Action.REFUSE, "never_removed", "is never removed by this tool")
        case Situation(protected=True):
            return Decision(Action.REFUSE, "protected", f"{sentence}, but protected")
        case Situation(draft=Draft.FOREIGN):
            return Decision(Action.REFUSE, "foreign_draft", f"{sentence}, but has a draft that is not ours")
        case _:
            return Decision(Action.DELETE, reason, sentence)


def _foreign(it: Situation) -> Decision:
    whose = " and ".join(f"`{project}`" for project in it.ids)
    return Decision(Action.REFUSE, "foreign_project", f"is declared by two projects: {whose}")


def _adopted(it: Situation) -> Decision:
    if it.live is Live.OURS:
        appeared = f"appeared since an earlier apply began to create it (id {it.ids[0]}): bound from now on"
        return Decision(Action.ADOPT, "unfinished_create", appeared, resumes=True)
    if it.live is Live.NAMED:
        return Decision(Action.ADOPT, "declared_id", f"has the id in the manifest ({it.ids[0]}): bound from now on")
    return Decision(Action.ADOPT, "same_name", f"exists with this name (id {it.ids[0]}): bound from now on")


def _one(
    action: Action, reason: str, sentence: str, *, resumes: bool = False, too_late: bool = False
) -> tuple[Decision, ...]:
    return (Decision(action, reason, sentence, resumes=resumes, too_late=too_late),)

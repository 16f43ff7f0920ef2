"""Do-not-call list of a project: its file, as it is now, and who opted out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.contract.fields import personal
from reconciler.documents.project_files import ProjectFiles, Unreadable
from reconciler.errors import InputError
from reconciler.kinds.campaign_contacts import KEY, contacts_of, counted, lines
from reconciler.lint import privacy
from reconciler.load.number_cells import WHOLE
from reconciler.model import Finding, Location, Phase, Severity
from reconciler.sealing import SUFFIX, Sealing
from reconciler.settings import FILE
from reconciler.state.digests import WrongStateKey
from reconciler.state_key import StateKey
from reconciler.telephony.do_not_call import NOBODY, DoNotCall, Hashing, Listed, read_list

if TYPE_CHECKING:
    from reconciler.contract.account import Account
    from reconciler.model import Resource
    from reconciler.settings import Project
    from reconciler.state.ledger import Ledger

_LARGEST = 1 << 26
_MOST_NAMED = 5  # calls to people who must not be called; the others are counted


class UnreadableList(InputError):
    """The list cannot be read: then nobody may be rung."""


@dataclass(slots=True)
class DoNotCallFile:
    """The file that the project names."""

    project: Project
    _known: tuple[object, Listed] | None = field(default=None)
    _told: DoNotCall | None = field(default=None)

    def listed(self) -> Listed:
        """Who is on it; raises UnreadableList."""
        setting = self.project.settings.do_not_call
        if setting is None:
            return NOBODY
        path = self.project.root / setting.file
        try:
            found = path.stat()
        except OSError as error:
            raise UnreadableList(f"`{setting.file}` cannot be read: {error.strerror}", code="RC182") from None
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._known is None or self._known[0] != mark:
            self._known = (mark, read_list(self._text(setting.file)))
        return self._known[1]

    def _text(self, name: str) -> str:
        raw = ProjectFiles(self.project.root).read(self.project.root / name, largest=_LARGEST)
        if isinstance(raw, Unreadable):
            raise UnreadableList(f"`{name}` {raw.message}", code="RC182", hint=raw.hint)
        try:
            if name.endswith(SUFFIX):
                raw = Sealing(self.project.settings.secrets, self.project.root, os.environ).open(raw)
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise UnreadableList(f"`{name}` is not UTF-8", code="RC182", hint="save it as UTF-8") from None
        except InputError as error:
            raise UnreadableList(f"`{name}` {error.message}", code="RC182", hint=error.hint) from None

    @property
    def number_files(self) -> dict[str, frozenset[str]]:
        """The file of the list, each line of which is a number."""
        setting = self.project.settings.do_not_call
        return {setting.file: WHOLE} if setting else {}

    def findings(self) -> list[Finding]:
        """What is wrong with it."""
        setting = self.project.settings.do_not_call
        try:
            listed = self.listed()
        except UnreadableList as error:
            hint = error.hint or "check `do_not_call` in reconciler.yaml"
            return [Finding(Severity.ERROR, "RC182", error.message, hint, location=Location(FILE))]
        name = setting.file if setting else ""
        hint = "one number a line in E.164, or a hash of `reconciler calls dnc export`"
        wrong = [
            Finding(Severity.ERROR, "RC181", it.why, hint, location=Location(name, it.line)) for it in listed.wrong
        ]
        return [*wrong, *self._in_clear(name, len(listed.numbers))]

    def _in_clear(self, name: str, count: int) -> list[Finding]:
        """That its numbers stand in clear, where the project wants them sealed; hashes of numbers are none."""
        if self.project.settings.privacy.numbers != "sealed" or name.endswith(SUFFIX) or not count:
            return []
        told, hint = privacy.message(count), privacy.way_out(name)
        return [Finding(Severity.WARNING, privacy.CODE, told, hint, location=Location(name))]

    def now(self, ledger: Ledger) -> DoNotCall:
        """Who must not be called, as it is known at this moment."""
        return self._with(ledger, ledger.opted_out())

    def as_read(self, ledger: Ledger) -> DoNotCall:
        """As ``now``, but who opted out is told by what the ledger has read: for whoever refreshed it right before."""
        return self._with(ledger, ledger.known_opt_outs())

    def _with(self, ledger: Ledger, opted: frozenset[str]) -> DoNotCall:
        hashing = Hashing(ledger.organization, StateKey.of(os.environ))
        try:
            ledger.check_key()
            listed = self.listed()
        except (UnreadableList, WrongStateKey) as error:
            return self._once(DoNotCall(NOBODY, opted, hashing, error.message))
        wrong = f"line {listed.wrong[0].line} of it is no number" if listed.wrong else ""
        return self._once(DoNotCall(listed, opted, hashing, wrong))

    def _once(self, told: DoNotCall) -> DoNotCall:
        """The same one while it tells the same: what it found out of very many hashes it need not find out again."""
        last = self._told
        if last is not None and last.opted_out is told.opted_out and last == told:
            return last
        self._told = told
        return told


def warned(everybody: DoNotCall, account: Account) -> list[Finding]:
    """Which declared calls it stops that may still be placed, the first of them with their places."""
    if everybody.untold:
        message, hint = f"the do-not-call list cannot be read: {everybody.untold}", "until then nobody is rung"
        return [Finding(Severity.WARNING, "RC617", message, hint)]
    if everybody.is_empty:
        return []
    declared = [it for it in account.resources.values() if not it.manifest.absent]
    campaigns = [each for resource in declared if (each := _contacts(everybody, resource, account)) is not None]
    found = [
        (resource.address, resource.manifest.locate("spec", name))
        for resource in declared
        for name in personal(type(resource.spec))
        if not resource.declared.get("cancelled") and everybody.forbids(str(resource.declared.get(name)))
    ]
    over = _over(account) if found else frozenset()
    found = [(address, place) for address, place in found if (address.kind, address.name) not in over]
    if not found:
        return campaigns
    one, (address, place) = len(found) == 1, found[0]
    calls = "1 call is to a person" if one else f"{len(found):,} calls are to people"
    told = [f"{address.name} ({place.path}:{place.line})" for address, place in found[:_MOST_NAMED]]
    more = f" and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
    message = (
        f"{calls} who must not be called: dispatch does not place {'it' if one else 'them'}: {', '.join(told)}{more}"
    )
    hint = f"remove {'it' if one else 'them'}, or see `do_not_call` and `calls opt-out`"
    return [Finding(Severity.WARNING, "RC617", message, hint, address, place), *campaigns]


def _over(account: Account) -> frozenset[tuple[str, str]]:
    """Kind and id of all that is history."""
    listed = (item for items in account.observed.values() for item in items)
    return frozenset((it.kind, it.id) for it in listed if it.phase is Phase.SETTLED)


def _contacts(everybody: DoNotCall, resource: Resource, account: Account) -> Finding | None:
    """Which contacts of a campaign must not be called, while somebody of it may be: who is not loaded yet is left out.

    Who was left out of the load is told once, before it.
    """
    stopped = [it.line for it in contacts_of(resource) if everybody.forbids(it.number)]
    if not stopped:
        return None
    from reconciler.kinds.campaign_record import record  # noqa: PLC0415 - only for a campaign that rings such a person

    binding = account.bindings.get(resource.address)
    live = account.find(resource.address.kind, binding.id) if binding else None
    known = record(live) if live else None
    found = [line for line in stopped if known is None or line not in known.left_out]
    if not found or (live is not None and live.phase is Phase.SETTLED):
        return None
    where = resource.manifest.locate("spec", KEY)
    message, hint = f"{counted(len(found))} must not be called: {lines(found)}", "left out of the load"
    if live is not None and known is not None and known.is_loaded:
        message = f"{counted(len(found))} must not be called, and were loaded before that was known: {lines(found)}"
        hint = "the campaign is not started: declare the others as a campaign of a new name (`metadata.name`)"
        if live.phase is Phase.BUSY:
            hint = f"the platform calls them: reconciler campaigns pause {resource.address.name}"
    return Finding(Severity.WARNING, "RC617", message, hint, resource.address, where)

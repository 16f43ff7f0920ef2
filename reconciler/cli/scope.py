"""Scope of a run: which part of the project it looks at, and what its plan comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.cli.changed_since import changed_since
from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.left_out import list_of
from reconciler.model import Address
from reconciler.planning.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from reconciler.load.reader import Loaded
    from reconciler.model import Plan, Resource
    from reconciler.settings import Project

ERROR, PENDING, REFUSED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a run was asked to look at, as written on its line."""

    prune: bool
    selectors: tuple[str, ...]
    targets: tuple[str, ...]
    excluded: tuple[str, ...]
    again: tuple[str, ...]
    since: str | None
    skip_rows: bool

    def scope(self, loaded: Loaded, root: Path) -> Scope:
        """The same, understood; raises InputError for a selector, an address or a revision that is none."""
        again = addresses("--again", self.again)
        targets = addresses("--target", self.targets)
        return Scope(
            prune=self.prune,
            wanted=selection(
                self.selectors,
                targets,
                addresses("--exclude", self.excluded),
                changed_since(loaded, root, self.since) if self.since is not None else None,
            ),
            may_be_empty=self.since is not None,
            named=frozenset(it for it in targets | again if not KINDS[it.kind].table or it.name not in loaded.lists),
            again=again,
        )


def addresses(option: str, texts: Sequence[str]) -> frozenset[Address]:
    """The addresses that an option was given; raises InputError for what is none."""
    try:
        found = frozenset(Address.parse(text) for text in texts)
    except ValueError as error:
        raise InputError(str(error), code="RC124", hint=f"for example {option} Agent/front-desk") from None
    unknown = sorted({address.kind for address in found} - set(KINDS))
    if unknown:
        raise InputError(f"unknown kind `{unknown[0]}`", code="RC111", hint=f"one of {', '.join(KINDS)}")
    return found


def selection(
    selectors: Sequence[str],
    targets: frozenset[Address] = frozenset(),
    excluded: frozenset[Address] = frozenset(),
    changed: frozenset[Address] | None = None,
) -> Any:
    """A predicate for what narrows a run; None when everything is meant. Raises InputError."""
    pairs = [_label(text) for text in selectors]
    if not pairs and not targets and not excluded and changed is None:
        return None

    def accepts(address: Address, labels: Mapping[str, str]) -> bool:
        if (targets and not _among(address, targets)) or _among(address, excluded):
            return False
        if changed is not None and address not in changed:
            return False
        return all((labels.get(key) == value) is equal for key, value, equal in pairs)

    return accepts


def _among(address: Address, named: frozenset[Address]) -> bool:
    """Whether an address is named, or the list that it is a row of."""
    name = list_of(address)
    return address in named or bool(name and any(it.name == name and KINDS[it.kind].table for it in named))


def selected(selectors: Sequence[str], targets: Sequence[str]) -> Callable[[Resource], bool]:
    """Whether a resource is meant by selectors and targets; everything is, where there are none. Raises InputError."""
    accepts = selection(selectors, addresses("--target", targets))
    return lambda resource: accepts is None or bool(accepts(resource.address, resource.manifest.labels))


def _label(text: str) -> tuple[str, str, bool]:
    for sign, equal in (("!=", False), ("==", True), ("=", True)):
        key, found, value = text.partition(sign)
        if found and key and value:
            return key.strip(), value.strip(), equal
    raise InputError(f"`{text}` is not a selector", code="RC124", hint="for example -l team=scheduling")


def exit_code(plan: Plan, *, detailed: bool) -> int:
    """1 for an error, 3 for a refusal, 2 for pending changes where that was asked for, else 0."""
    unsafe = [finding for finding in plan.errors if finding.unsafe]
    if len(plan.errors) > len(unsafe):
        return ERROR
    if plan.refusals or unsafe:
        return REFUSED
    return PENDING if detailed and plan.pending else 0


def parts_read(project: Project, given: Iterable[Path]) -> tuple[str, ...]:
    """The paths that were read, when they are only a part of the project."""
    whole = (project.root, (project.root / project.settings.manifests).resolve())
    paths = [path.resolve() for path in given]
    return () if any(path in whole for path in paths) else tuple(project.shown(path) for path in paths)

"""Write-back: what was edited in the dashboard, carried into the files that declare it.

Nothing is written here: the answer is what each file should say, and what was left for a person and why. The
state is not touched either. Once a file says what is live there is no difference, whatever the last apply left,
so the next plan is clean; and a base moved before the edit is merged would make the drift look like a change of
the manifests to everybody who has not merged it. The next apply moves it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.adoption.drift import DELETED, DRAFT
from reconciler.adoption.live import Nameless, literal, live_value, mentions_variable
from reconciler.contract.equality import same
from reconciler.contract.fields import Policy, policies
from reconciler.contract.shapes import holds_secret
from reconciler.documents import editing
from reconciler.model import ChangedBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.contract.kind import Kind
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Address, Change, FieldDiff, Resource

_ANY = Policy()
_BY_HAND = {
    DELETED: "was deleted outside: remove the document, or apply to create it again",
    DRAFT: "has a draft: deploy or discard it in the dashboard",
}


@dataclass(frozen=True, slots=True)
class Left:
    """Drift that no file was changed for: the field ("" for the whole object), and why."""

    address: Address
    field: str
    why: str


@dataclass(slots=True)
class WriteBack:
    """What every touched file said and should say, by path, with the fields that were carried; and what was left."""

    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    fields: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    left: list[Left] = field(default_factory=list)


class _Left(Exception):
    """A field is left for a person; the message says why."""


def write_back(  # noqa: PLR0913 - what drifted, what it means, and how to read the files
    drift: Iterable[Change],
    *,
    kinds: Mapping[str, Kind],
    resolver: Resolver,
    resources: Mapping[str, Resource],
    read: Callable[[str], str],
    theirs: bool,
) -> WriteBack:
    """The files with the dashboard's values in them; ``read`` gives a file's text by its path in the project.

    A field that both sides changed is left for a person unless ``theirs``.
    """
    carrier = _Carrier(kinds, resolver, resources, read)
    for change in drift:
        if change.reason in _BY_HAND:
            carrier.result.left.append(Left(change.address, "", _BY_HAND[change.reason]))
            continue
        for diff in change.diffs:
            carrier.carry(change, diff, theirs=theirs)
    return carrier.result


class _Carrier:
    """Carries one field after another into the texts of the files."""

    def __init__(
        self,
        kinds: Mapping[str, Kind],
        resolver: Resolver,
        resources: Mapping[str, Resource],
        read: Callable[[str], str],
    ) -> None:
        self.result = WriteBack()
        self._kinds, self._resolver, self._read = kinds, resolver, read
        self._readers: dict[str, set[str]] = defaultdict(set)
        self._moved: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for resource in resources.values():
            for name, path in resource.files.items():
                self._readers[path].add(f"{resource.address} ({name})")

    def carry(self, change: Change, diff: FieldDiff, *, theirs: bool) -> None:
        """Put one field into its file, or say why not."""
        try:
            self._carry(change, diff, theirs=theirs)
        except (_Left, editing.Unwritable, Nameless) as error:
            self.result.left.append(Left(change.address, diff.path, str(error)))

    def _carry(self, change: Change, diff: FieldDiff, *, theirs: bool) -> None:
        if diff.changed_by is ChangedBy.BOTH and not theirs:
            raise _Left("was changed here and in the dashboard: settle it by hand, or add --theirs")
        resource, observed = change.resource, change.observed
        if resource is None or observed is None:
            raise _Left("is not there")
        kind = self._kinds[change.address.kind]
        policy = policies(kind.spec)[diff.path]
        if policy.hides(policy.live(observed.body)) or holds_secret(kind.spec, diff.path):
            raise _Left("is not told as it was written: change it by hand")
        value = live_value(kind, policy, observed.body, self._resolver)
        if (path := resource.files.get(diff.path)) is not None:
            self._into_text(change.address, diff.path, path, value)
        else:
            self._into_manifest(resource, policy, value)

    def _into_text(self, address: Address, name: str, path: str, value: Any) -> None:
        """A file of its own: whole, with its line ends and the blanks at its end as they were."""
        before = self._text(path)
        if others := sorted(self._readers[path] - {f"{address} ({name})"}):
            raise _Left(f"lies in `{path}`, which {others[0]} reads too")
        if mentions_variable(before):
            raise _Left(f"lies in `{path}`, which has a `${{…}}` in it: change the variable, or write the value out")
        if not isinstance(value, str):
            raise _Left(f"is empty now, and lies in `{path}`")
        body = before.rstrip()
        tail = before[len(body) :] if body else "\n"
        text = literal(value.replace("\r\n", "\n").strip())
        self._keep(path, (text.replace("\n", "\r\n") if "\r\n" in before else text) + tail, address, name)

    def _into_manifest(self, resource: Resource, policy: Policy, value: Any) -> None:
        address, location = resource.address, resource.manifest.location
        text = self._text(location.path)
        line = self._line(location.path, location.line)
        path = ("spec", policy.name)
        raw = editing.written(text, line, path)
        if mentions_variable(raw):
            raise _Left("has a `${…}` in it: change the variable, or write the value out")
        if policy.text and isinstance(value, str) and isinstance(raw, str) and raw.endswith("\n"):
            value = value.rstrip("\n") + "\n"
        wanted = _merged(raw, resource.declared[policy.name], value, unordered=policy.unordered)
        after = editing.put(text, line, path, wanted)
        self._moved[location.path].append((location.line, after.count("\n") - text.count("\n")))
        self._keep(location.path, after, address, policy.name)

    def _line(self, path: str, line: int) -> int:
        """Where the document starts now: earlier edits of documents above may have moved it."""
        return line + sum(lines for above, lines in self._moved[path] if above < line)

    def _text(self, path: str) -> str:
        if path not in self.result.after:
            self.result.before[path] = self.result.after[path] = self._read(path)
        return self.result.after[path]

    def _keep(self, path: str, text: str, address: Address, name: str) -> None:
        self.result.after[path] = text
        self.result.fields[path].append(f"{address} {name}")


def _merged(raw: Any, declared: Any, live: Any, *, unordered: bool) -> Any:
    """The live value in the author's words: whatever already means it stays as it is written."""
    if same(_ANY, declared, live):
        return raw
    if isinstance(raw, dict) and isinstance(declared, dict) and isinstance(live, dict) and set(raw) <= set(live):
        return {key: _merged(item, declared.get(key), live[key], unordered=unordered) for key, item in raw.items()}
    if isinstance(raw, list) and isinstance(declared, list | tuple) and isinstance(live, list):
        return _merged_list(raw, declared, _in_order(declared, live) if unordered else live, unordered=unordered)
    return literal(live)


def _merged_list(raw: list[Any], declared: Sequence[Any], live: list[Any], *, unordered: bool) -> list[Any]:
    """Each live item in the author's words where there is an item like it; by place where none was lost or gained."""
    if len(raw) == len(live):
        rows = zip(raw, declared, live, strict=True)
        return [_merged(old, meant, new, unordered=unordered) for old, meant, new in rows]
    return [
        next((old for old, meant in zip(raw, declared, strict=True) if same(_ANY, meant, new)), literal(new))
        for new in live
    ]


def _in_order(declared: Sequence[Any], live: list[Any]) -> list[Any]:
    """The live items in the order of the manifest, where their order means nothing; new ones last."""
    left, places = list(live), dict[int, Any]()
    for alike in (_equal, _akin):
        for place, meant in enumerate(declared):
            found = next((item for item in left if place not in places and alike(meant, item)), None)
            if found is not None:
                places[place] = found
                left.remove(found)
    return [places[place] for place in sorted(places)] + left


def _equal(meant: Any, item: Any) -> bool:
    return same(_ANY, meant, item)


def _akin(meant: Any, item: Any) -> bool:
    """Two versions of one thing: objects that agree in some value."""
    return isinstance(meant, dict) and isinstance(item, dict) and any(item.get(key) == meant[key] for key in meant)

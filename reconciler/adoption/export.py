"""Export: live objects as the manifests that would leave them exactly as they are.

Every setting that says something is written: null, "" and empty collections are left out, and nothing is
guessed about defaults. What a document says is checked against the live object before it is kept, so a plan
right after finds nothing to do; what cannot be said is left out and named.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reconciler.adoption.live import Borrowed, Nameless, kept_in_files, literal, live_value
from reconciler.contract.declared import declared_in
from reconciler.contract.diff import as_told
from reconciler.contract.envelope import API_VERSION
from reconciler.contract.fields import Spec, policies
from reconciler.contract.kind import FoundBy, ranks
from reconciler.contract.shapes import called, holds_secret, replaced
from reconciler.diagnostics.validation_words import plain
from reconciler.documents import reading
from reconciler.documents.writing import STEP, entry, inline
from reconciler.model import Address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.contract.fields import Policy
    from reconciler.contract.kind import Kind
    from reconciler.contract.resolver import Resolver
    from reconciler.contract.shapes import Place
    from reconciler.model import Observed

_ELSEWHERE = "{kind}/{name}.yaml"  # a kind that says nothing has a folder of its name, one file per object

_LONGEST_NAME = 63
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in range(10))}
)
_ROOM_FOR_SUFFIX = 5
_LARGEST_TEXT = 1 << 20  # what `load` reads of a prompt file
_TEXTS = "prompts"  # where `init` puts them too
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_BEFORE_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something live that no manifest says: the field ("" for the whole object), and why."""

    address: Address
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class Exported:
    """One live object as a document: its text, the file that holds it, and the texts kept beside it.

    ``declared`` is what `load` would make of the document's spec; paths are relative to the export's folder.
    """

    address: Address
    observed: Observed
    path: str
    text: str
    declared: Mapping[str, Any]
    files: Mapping[str, str]


class Export:
    """Turns live objects into documents; ``left_out`` grows with what could not be said.

    ``borrowed`` grows with the variables of the environment that stand for secrets, and what each is.
    """

    def __init__(
        self, kinds: Mapping[str, Kind], resolver: Resolver, *, schemas: str, texts: str = "", only_set: bool = False
    ) -> None:
        """Take what already has a name in ``resolver``; ``schemas`` leads from the folder to the schemas, or is "".

        ``texts`` leads to the project's folder of prompts; "" puts each beside its manifest. ``only_set``: what an
        object has uninvited is left out, as what says nothing is.
        """
        self.left_out: list[LeftOut] = []
        self.borrowed: dict[str, str] = {}
        self._kinds, self._resolver, self._schemas, self._only_set = kinds, resolver, schemas, only_set
        self._folder_of_texts = texts

    def export(self, found: Mapping[Address, Observed]) -> list[Exported]:
        """A document for each object, in the order of kinds and names."""
        places = ranks(self._kinds)
        ranked = sorted(found.items(), key=lambda pair: (places[pair[0].kind], pair[0]))
        made = (self._one(address, observed, self._kinds[address.kind]) for address, observed in ranked)
        return [one for one in made if one is not None]

    def _one(self, address: Address, observed: Observed, kind: Kind) -> Exported | None:
        values = dict(self._spoken(address, observed, kind))
        declared = self._said(address, observed, kind, values)
        if declared is None or (self._only_set and not values and kind.found_by is FoundBy.IDENTITY):
            return None
        path = (kind.file or _ELSEWHERE).format(name=address.name, kind=_hyphenated(kind.name))
        values = literal(_as_loaded(values, declared, kind))
        files = _texts(address, kind, values)
        written = {name: {"file": files[name][0]} if name in files else value for name, value in values.items()}
        document: dict[str, Any] = {
            "apiVersion": API_VERSION,
            "kind": kind.name,
            "metadata": {
                "name": address.name,
                **({"id": _id(observed.id)} if kind.found_by is FoundBy.BINDING else {}),
            },
            "spec": written,
        }
        text = _document(document, observed)
        if not _reads_as(text, document):
            self._leave(address, "", "has a value that YAML cannot spell")
            return None
        self._resolver.declare(address, declared)
        beside = {self._place_of(path, name): content for name, content in files.values()}
        return Exported(address, observed, path, text, declared, beside)

    def _place_of(self, manifest: str, text: str) -> str:
        """The file of a text that a manifest calls ``prompts/NAME.md``."""
        if not self._folder_of_texts:
            return posixpath.join(posixpath.dirname(manifest), text)
        return posixpath.join(self._folder_of_texts, posixpath.relpath(text, _TEXTS))

    def _spoken(self, address: Address, observed: Observed, kind: Kind) -> Iterator[tuple[str, Any]]:
        """Every setting that says something, in the order of the schema."""
        for name, live in self._settings_of(address, observed, kind):
            set_here = self._only_set and name in kind.uninvited
            value = _invited(live, kind.uninvited[name]) if set_here else live
            if value in _NOTHING:
                continue
            open_value = self._without_secrets(address, kind, name, value)
            if _encodable(open_value):
                yield name, open_value
            else:
                self._leave(address, name, "has a letter that no file can hold")

    def _settings_of(self, address: Address, observed: Observed, kind: Kind) -> Iterator[tuple[str, Any]]:
        """Every setting that the account tells; once, as a name where there is one, where two keys may say it."""
        silent, own, said = kind.says_nothing(observed.body), policies(kind.spec), set[str]()
        for name, policy in own.items():
            if policy.local or policy.secret or policy.hashed or name in silent or policy.read_as in said:
                continue
            if not policy.told(observed.body):
                if policy.unread is not None:
                    self._leave(address, name, "is not told by the platform: it stays as it is")
                continue
            try:
                value = live_value(kind, policy, observed.body, self._resolver)
            except Nameless as error:
                if not any(it.ref is None and it.read_as == policy.read_as for it in own.values()):
                    self._leave(address, name, str(error))
                continue
            said.add(policy.read_as)
            yield name, value

    def _without_secrets(self, address: Address, kind: Kind, field: str, value: Any) -> Any:
        """With a variable of the environment in place of each secret inside; ``borrowed`` lists them."""

        def lent(place: Place) -> Borrowed:
            what = called(value, place)
            name = _variable(f"{address.name}_{what}", self.borrowed)
            self.borrowed[name] = f"{address} {field}: {what}"
            return Borrowed(f"${{env:{name}}}")

        return replaced(kind.spec, field, value, lent) if holds_secret(kind.spec, field) else value

    def _said(self, address: Address, observed: Observed, kind: Kind, values: dict[str, Any]) -> dict[str, Any] | None:
        """What `load` will make of the values, once those that would not come out as live are gone; None for none."""
        spec = self._valid(address, kind, values)
        if spec is None:
            return None
        declared = declared_in(spec)
        own = policies(kind.spec)
        for name in [name for name, value in declared.items() if not self._as_live(own[name], value, observed)]:
            self._leave(address, name, "would not come out as it is live")
            del values[name], declared[name]
        return declared if self._valid(address, kind, values) else None

    def _valid(self, address: Address, kind: Kind, values: dict[str, Any]) -> Spec | None:
        """The spec, after dropping what it does not take; None when something it needs is missing."""
        while True:
            try:
                return kind.spec.model_validate(values)
            except ValidationError as error:
                wrong = {str(item["loc"][0]) if item["loc"] else "" for item in error.errors()}
                reasons = {str(item["loc"][0]) if item["loc"] else "": plain(item) for item in error.errors()}
            for name in sorted(wrong):
                self._leave(address, name, f"is live as this version cannot declare it: {reasons[name]}")
            if not wrong & set(values):
                self._leave(address, "", "cannot be declared without that")
                return None
            for name in wrong & set(values):
                del values[name]

    def _as_live(self, policy: Policy, value: Any, observed: Observed) -> bool:
        return as_told(policy, self._resolver.to_wire(policy, value), policy.live(observed.body))

    def _leave(self, address: Address, field: str, why: str) -> None:
        self.left_out.append(LeftOut(address, field, why))

    def files(self, exported: Iterable[Exported]) -> dict[str, str]:
        """Every file of the export by its path: manifests with their schema's line, and the texts beside them."""
        manifests: dict[str, list[str]] = defaultdict(list)
        texts: dict[str, str] = {}
        for one in exported:
            manifests[one.path].append(one.text)
            texts.update(one.files)
        return texts | {path: self._headed(path, parts) for path, parts in manifests.items()}

    def _headed(self, path: str, parts: list[str]) -> str:
        if not self._schemas:
            return "---\n".join(parts)
        way = "../" * path.count("/") + self._schemas
        return f"# yaml-language-server: $schema={way}/manifest.json\n" + "---\n".join(parts)


def names(
    kind: Kind, observed: Iterable[Observed], resolver: Resolver, taken: Iterable[str], skipped: frozenset[str]
) -> dict[Address, Observed]:
    """A name for each live object: the one it is bound to, else one made of its display name, with -2 for a second.

    ``taken`` names are of other things; ids in ``skipped`` are declared already.
    """
    used, named = set(taken), {}
    waiting = []
    for item in sorted(observed, key=lambda each: (len(each.id), each.id)):
        known = resolver.address(kind.name, item.id)
        if item.id in skipped:
            continue
        if known is None:
            waiting.append(item)
        else:
            used.add(known.name)
            named[known] = item
    for item in waiting:
        slug = _slug(item.name) or item.identity or item.id
        name = _free(_slug(f"{_hyphenated(kind.name)} {slug}") if _is_no_name(slug) else slug, used)
        used.add(name)
        named[Address(kind.name, name)] = item
    return named


def _invited(value: Any, uninvited: Any) -> Any:
    """What somebody set of a value: of a mapping the keys that say more than a fresh one; None for nothing."""
    if isinstance(value, Mapping) and isinstance(uninvited, Mapping):
        return {key: it for key, it in value.items() if it not in _NOTHING and uninvited.get(key) != it}
    return None if value == uninvited else value


def _variable(wanted: str, used: Iterable[str]) -> str:
    """The name of a variable of the environment that is not used yet."""
    name = re.sub(r"[^A-Z0-9]+", "_", wanted.upper()).strip("_")
    name = name if name[:1].isalpha() else f"SECRET_{name}"
    return next(each for each in chain([name], (f"{name}_{number}" for number in count(2))) if each not in used)


def _free(wanted: str, used: set[str]) -> str:
    number, name = 1, wanted
    while name in used:
        number += 1
        name = f"{wanted}-{number}"
    return name


def _slug(text: str) -> str:
    """Lower-case words and hyphens in plain letters, short enough to take a suffix; "" when there is no letter."""
    from anyascii import anyascii  # noqa: PLC0415 - only an export makes names

    words = re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower())
    return words.strip("-")[: _LONGEST_NAME - _ROOM_FOR_SUFFIX].strip("-")


def _is_no_name(slug: str) -> bool:
    """Whether it needs a word before it: no file is called so on Windows, or it is no more than a number."""
    return slug in _RESERVED or not slug.strip("+").strip("-0123456789")


def _hyphenated(kind: str) -> str:
    return _BEFORE_CAPITAL.sub("-", kind).lower()


def _id(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and str(int(text)) == text else text


def _as_loaded(values: Mapping[str, Any], declared: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """The values in the spelling that a load gives them (``09:00`` for ``09:00:00``); texts of files as they are."""
    kept = kept_in_files(kind.spec)

    def spelled(name: str, value: Any) -> Any:
        plain = isinstance(value, str) and not isinstance(value, Borrowed) and name not in kept
        return declared[name] if plain and isinstance(declared[name], str) else value

    return {name: spelled(name, value) for name, value in values.items()}


def _texts(address: Address, kind: Kind, values: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """The texts that get a file of their own, by field: path beside the manifest, and content."""
    found = {}
    for name in kept_in_files(kind.spec):
        text = values.get(name)
        if isinstance(text, str) and _fits_a_file(text):
            suffix = "" if name == "prompt" else f".{name}"
            found[name] = f"{_TEXTS}/{address.name}{suffix}.md", text if text.endswith("\n") else f"{text}\n"
    return found


def _fits_a_file(text: str) -> bool:
    return "\x00" not in text and not text.startswith("\ufeff") and len(text.encode()) < _LARGEST_TEXT


def _encodable(value: Any) -> bool:
    """Whether UTF-8 can hold it: JSON can carry half a letter, a file cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _document(document: Mapping[str, Any], observed: Observed) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in observed.name)
    title = " ".join(shown.split())
    comment = f"# {title}\n" if title and _slug(title) != document["metadata"]["name"] else ""
    head = f"apiVersion: {document['apiVersion']}\nkind: {document['kind']}\nmetadata: {inline(document['metadata'])}\n"
    spec = "".join(entry(name, value, STEP) for name, value in document["spec"].items())
    return f"{comment}{head}spec:{chr(10) + spec if spec else ' {}' + chr(10)}"


def _reads_as(text: str, document: Mapping[str, Any]) -> bool:
    parts = list(reading.read(text, ""))
    return len(parts) == 1 and isinstance(parts[0], reading.Document) and parts[0].value == document

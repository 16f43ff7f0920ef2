"""Files that a document names: their text in its place, or the digest of their bytes."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.contract.fields import FileContent, FileTable, FileText, Spec, attributes, policies
from reconciler.contract.shapes import Destination, FileNumber, Place, SealedData, SealedText, texts_in
from reconciler.diagnostics.suggestions import nearest
from reconciler.documents.grammar import merge_markers
from reconciler.documents.project_files import ProjectFiles, Unreadable, read_limited
from reconciler.documents.tables import NoTable, Table, read_table
from reconciler.documents.variables import Mistake, place
from reconciler.errors import InputError, Rejected
from reconciler.load.secrets import SHORTEST
from reconciler.model import Finding, Location, Severity
from reconciler.sealing import SUFFIX, Sealing
from reconciler.telephony.phone_numbers import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.documents.variables import Variables
    from reconciler.model import Manifest, Resource
    from reconciler.settings import Project

_LARGEST_TEXT = 1 << 20


class Contents:
    """Reads the files of one document.

    ``findings`` says why one was not read, ``named`` which files were, ``files`` where a field came from, ``raw`` has
    the bytes of those whose digest stands for them, ``tables`` their rows. A number that was not read is not
    declared.
    """

    def __init__(
        self, project: Project, files: ProjectFiles, variables: Variables, manifest: Manifest, written_in: Path
    ) -> None:
        self.findings: list[Finding] = []
        self.files: dict[str, str] = {}
        self.named: dict[str, str] = {}
        self.secrets: set[str] = set()
        self.lent: set[Place] = set()
        self.raw: dict[str, bytes] = {}
        self.tables: dict[str, Table] = {}
        self._project, self._project_files, self._variables = project, files, variables
        self._manifest, self._written_in = manifest, written_in
        self._sealing = Sealing(project.settings.secrets, project.root, variables.process)

    def fill(self, spec: Spec, declared: dict[str, Any], path: Place = ("spec",)) -> None:
        """Put the text of each ``{file: …}`` in its place, or what stands for its bytes until they are sent."""
        for key in [key for key, value in declared.items() if may_name_files(value)]:
            value = getattr(spec, attributes(type(spec))[key])
            if isinstance(value, SealedText | SealedData):
                self._unseal(declared, key, value, path)
            elif isinstance(value, Destination):
                self._aim(declared, key, value, path)
            elif isinstance(value, list | tuple):
                for index, (item, inner) in enumerate(zip(value, declared[key], strict=True)):
                    if isinstance(item, Spec):
                        self.fill(item, inner, (*path, key, index))
            elif isinstance(value, FileText):
                largest = policies(type(spec))[key].largest or _LARGEST_TEXT
                self._take(declared, key, value, path, largest)
            elif isinstance(value, Spec):
                self.fill(value, declared[key], (*path, key))

    def _take(self, declared: dict[str, Any], key: str, value: FileText, path: Place, largest: int) -> None:
        """Put what a file holds, or what stands for it, in its place; a number that is none is not declared."""
        where = self._manifest.locate(*path, key, "file")
        found = self._read(value.file, where, largest)
        if found is not None:
            self._put(declared, key, found, where, value)
        if isinstance(value, FileNumber) and isinstance(declared[key], dict):
            del declared[key]

    def _aim(self, declared: dict[str, Any], key: str, value: Destination, path: Place) -> None:
        """Say where in the project a secret would be written; a finding where git would keep it in clear."""
        where = self._manifest.locate(*path, key, "file")
        target = destination(value.file, self._written_in.parent, self._project_files.root)
        if outside := self._project_files.refused(target, content=False):
            self._complain("RC142", f"`{value.file}` {outside.message}", where, outside.hint)
        elif target.suffix == SUFFIX and not self._project.settings.secrets.recipients:
            hint = "write `secrets: {recipients: [age1…]}` in reconciler.yaml"
            self._complain("RC161", f"`{value.file}` would be sealed, and nothing says for whom", where, hint)
        elif target.suffix != SUFFIX and self._project_files.would_be_kept(target):
            hint = f"add `{self._project.shown(target)}` to .gitignore, or name a sealed file: {value.file}{SUFFIX}"
            self._complain("RC162", f"git would keep the secret in `{value.file}` in clear", where, hint)
        declared[key] = {"file": self._project.shown(target)}

    def _unseal(self, declared: dict[str, Any], key: str, value: FileText, path: Place) -> None:
        """Put what a sealed file holds in its place; what cannot be opened is a finding, and stays unsaid."""
        place = (*path, key)
        where = self._manifest.locate(*place, "file")
        if not value.file.endswith(SUFFIX):
            hint = f"seal it, and name the sealed one: reconciler seal {value.file}"
            self._complain("RC160", f"`{value.file}` holds a secret in clear", where, hint)
            return
        found = self._read(value.file, where, _LARGEST_TEXT)
        if found is None:
            return
        try:
            opened = self._opened(found[1], as_data=isinstance(value, SealedData))
        except InputError as error:
            self._unopened(value, error, where)
            return
        declared[key] = opened
        self.lent |= {each[1:] for each, _ in texts_in(opened, place)}
        self.secrets |= {text for _, text in texts_in(opened, place) if len(text) >= SHORTEST}

    def _unopened(self, value: FileText, error: InputError, where: Location) -> None:
        joint = " " if error.message.startswith("is ") else " cannot be opened: "
        self._complain("RC161", f"`{value.file}`{joint}{error.message}", where, error.hint)

    def _opened(self, sealed: bytes, *, as_data: bool) -> Any:
        """The text or the JSON object in a sealed file."""
        raw = self._sealing.open(sealed)
        try:
            if not as_data:
                return raw.decode("utf-8").rstrip("\r\n")
            found = json.loads(raw)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            what, hint = ("a JSON object", "seal a file such as {…}") if as_data else ("UTF-8 text", "seal a text")
            raise InputError(f"is not sealed over {what}", hint=hint)
        return found

    def _put(
        self, declared: dict[str, Any], key: str, found: tuple[Path, bytes], where: Location, written: FileText
    ) -> None:
        file, raw = found
        shown = self._project.shown(file)
        if is_sealed(written):
            try:
                raw = self._sealing.open(raw)
            except InputError as error:
                self._unopened(written, error, where)
                return
        self.named[key] = shown
        value = self._value(written, shown, raw, where)
        if value is not None:
            declared[key], self.files[key] = value, shown
        if isinstance(written, FileContent):
            self.raw[key] = raw
        if isinstance(written, FileTable):
            self._tabulate(key, written.file, shown, raw)

    def _value(self, written: FileText, shown: str, raw: bytes, where: Location) -> dict[str, Any] | str | None:
        """What stands in a field for a file's bytes; None, and a finding, for what cannot stand there."""
        if isinstance(written, FileContent):
            return digest_of(raw)
        if isinstance(written, FileNumber):
            return self._number(written.file, raw, where)
        return self._text(written.file, shown, raw, where)

    def _number(self, name: str, raw: bytes, where: Location) -> str | None:
        """The telephone number that is all of a file; a complaint about another names the file, and quotes nothing."""
        try:
            return normalise(raw.decode("utf-8-sig", "replace").strip())
        except ValueError as error:
            self._complain("RC114", f"what `{name}` holds: {error}", where, "a file of one number, and nothing else")
            return None

    def _tabulate(self, key: str, name: str, shown: str, raw: bytes) -> None:
        """The rows of a file, and a finding for what is no row."""
        try:
            table = read_table(raw, shown)
        except NoTable as error:
            self._complain("RC171", f"`{name}` {error}", Location(shown, error.line), error.hint)
            return
        self.tables[key] = table
        for line, why in table.broken:
            self._complain("RC171", why, table.locate(line), "as many cells as the header has, or an object a line")

    def _read(self, name: str, where: Location, largest: int) -> tuple[Path, bytes] | None:
        """The bytes of a file relative to the manifest, or to the project; None, and a finding, if it may not."""
        tried = [base / name for base in (self._written_in.parent, self._project_files.root)]
        content = self._first(tried, largest)
        if content is None:
            near = nearest(Path(name).name, [item.name for item in tried[0].parent.glob("*")])
            hint = near or "the path is relative to the manifest, or to the project"
            self._complain("RC141", f"there is no file `{name}`", where, hint)
            return None
        found, raw = content
        if isinstance(raw, Unreadable):
            code = "RC142" if raw.code == "RC142" else "RC141"
            self._complain(code, f"`{name}` {raw.message}", where, raw.hint)
            return None
        return found, raw

    def _text(self, name: str, shown: str, raw: bytes, where: Location) -> str | None:
        """The text of a file, variables filled in; None, and a finding that names it, for what is no text."""
        text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
        if "\x00" in text or "\ufffd" in text:
            self._complain("RC141", f"`{name}` is not UTF-8 text", where, "name a file of text, in UTF-8")
            return None
        if not text.strip():
            self._complain("RC141", f"`{name}` is empty: there is nothing to say", Location(shown), "write the text")
            return None
        for each in merge_markers(text, shown):
            self._complain(each.code, each.message, each.location, each.hint)
        mistakes: list[Mistake] = []
        said = self._variables.text(text, mistakes) if "${" in text else text
        for mistake in mistakes:
            where = place(text, shown, mistake.offset)
            self._complain(mistake.code, mistake.message, where, mistake.hint, mistake.severity)
        return said

    def _first(self, tried: Sequence[Path], largest: int) -> tuple[Path, bytes | Unreadable] | None:
        """The first of some paths that may be read, with its bytes; else why not; None where there is no such file."""
        refusals = [(path, self._project_files.refused(path)) for path in tried]
        for path, refused in refusals:
            if refused is None and os.path.lexists(path):
                return path, read_limited(path, largest=largest)
        for path, refused in refusals:
            if refused is not None and (os.path.lexists(path) or all(each for _, each in refusals)):
                return path, refused
        return None

    def _complain(
        self, code: str, message: str, where: Location, hint: str, severity: Severity = Severity.ERROR
    ) -> None:
        self.findings.append(Finding(severity, code, message, hint, self._manifest.address, where))


def destination(name: str, folder: Path, root: Path) -> Path:
    """Where a file that may not exist yet goes: where there is one, else where its folder is, else by the manifest."""
    places = [folder / name, root / name]
    there = [place for place in places if place.exists()] or [place for place in places if place.parent.is_dir()]
    return (there or places)[0]


def may_name_files(value: Any) -> bool:
    """Whether a declared value may be, or hold, the name of a file; cheap, for every field is asked."""
    if value.__class__ is dict:
        return True
    return value.__class__ in (list, tuple) and bool(value) and value[0].__class__ is dict


def digest_of(raw: bytes) -> dict[str, Any]:
    """What stands for bytes in a plan and in the comparison: not the name of their file, which may change."""
    return {"sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw)}


def is_sealed(written: Any) -> bool:
    """Whether a field names a file that has to be opened before anything is read, compared or sent of it.

    What stands for it is what was sealed, or its digest: sealed again, for others, it is the same.
    """
    return isinstance(written, FileTable | FileNumber) and written.file.endswith(SUFFIX)


class ProjectContents:
    """The bytes that documents name, read again when they are sent: a plan holds only their digests."""

    def __init__(self, project: Project, process: Mapping[str, str]) -> None:
        self._project, self._files = project, ProjectFiles(project.root)
        self._sealing = Sealing(project.settings.secrets, project.root, process)

    def __call__(self, resource: Resource, key: str) -> bytes:
        """The bytes of a field; Rejected when the file is not what was planned any more."""
        declared = resource.declared[key]
        if isinstance(declared, str):
            return declared.encode()
        name = resource.files[key]
        raw = self._read(resource, key)
        if isinstance(raw, Unreadable) or digest_of(raw) != declared:
            raise Rejected(f"`{name}` changed while we were applying", method="", path="", hint="apply again")
        return raw

    def _read(self, resource: Resource, key: str) -> bytes | Unreadable:
        """The file's bytes, opened where they are sealed; raises InputError where they cannot be."""
        path, size = self._project.root / resource.files[key], int(resource.declared[key]["size"])
        spec = resource.spec
        if not isinstance(spec, Spec) or not is_sealed(getattr(spec, attributes(type(spec))[key])):
            return self._files.read(path, largest=size)
        sealed = self._files.read(path, largest=policies(type(spec))[key].largest or _LARGEST_TEXT)
        return sealed if isinstance(sealed, Unreadable) else self._sealing.open(sealed)

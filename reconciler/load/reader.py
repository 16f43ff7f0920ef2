"""The reader of manifests: files become resources, every complaint at its line and none held back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from reconciler.contract.declared import declared_in
from reconciler.contract.envelope import API_VERSION, document_model
from reconciler.contract.fields import personal
from reconciler.contract.shapes import may_hold_secret
from reconciler.diagnostics.suggestions import listed, nearest
from reconciler.documents import reading
from reconciler.documents.grammar import merge_markers
from reconciler.documents.project_files import ProjectFiles, Unreadable
from reconciler.documents.variables import filled, sought
from reconciler.load.callees import in_a_file, number_files, personal_numbers, told_by_names
from reconciler.load.claims import claimed_twice
from reconciler.load.contents import Contents, may_name_files
from reconciler.load.cut_texts import cut_texts
from reconciler.load.discovery import LARGEST_MANIFEST, manifest_files, overlooked
from reconciler.load.lists import members, merged
from reconciler.load.named_documents import Brought, Declared, knowing
from reconciler.load.secrets import confidential, lent_places
from reconciler.load.validation import guide, remnant, worded, written
from reconciler.model import Address, Finding, Location, Manifest, Resource, Severity, Waiver
from reconciler.sealing import Sealing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pydantic import BaseModel

    from reconciler.contract.kind import Kind
    from reconciler.documents.variables import Variables
    from reconciler.settings import Project

_LARGEST_TEXT = 1 << 20
_MOST_FINDINGS = 1_000
_FIRST_LINE = "begin it with `apiVersion: reconciler/v1`, or move the file out of the manifests"
_SAVED_PLAN = "reconciler.plan/"  # in the place of ``kind``


@dataclass(slots=True)
class Loaded:
    """What the files declare: resources by address (as text), and everything there is to complain about.

    ``lists`` are the documents that stand for rows, by name; of those in ``incomplete`` not every row could be named.
    ``callees`` are the numbers (E.164) to be hidden, also those of documents that are not as they should be;
    ``number_files`` those with numbers in them, and in which columns.
    """

    resources: dict[str, Resource] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    lists: dict[str, Resource] = field(default_factory=dict)
    incomplete: set[str] = field(default_factory=set)
    documents: int = 0
    secrets: set[str] = field(default_factory=set)
    callees: set[str] = field(default_factory=set)
    number_files: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop everything."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]


def load(
    paths: Sequence[Path],
    project: Project,
    kinds: Mapping[str, Kind],
    *,
    now: datetime,
    process: Mapping[str, str] = MappingProxyType({}),
) -> Loaded:
    """Read every manifest below ``paths`` (the project's folder when empty); order does not matter.

    ``process`` is where ``${env:NAME}`` is looked up; what was taken from it is in ``Loaded.secrets``. Raises
    InputError when a path does not exist, or when nothing was named and the folder is missing.
    """
    variables = replace(project.variables, process=process)
    reader = _Reader(project, kinds, variables)
    for file in manifest_files(paths, project):
        reader.read(file)
    for file in overlooked(paths, project):
        reader.overlook(file)
    loaded = reader.loaded
    loaded.findings += project.remarks
    loaded.secrets |= variables.secrets
    known = {str(item.address): item for item in reader.remnants} | loaded.resources
    brought = Brought(loaded.resources)
    for key, resource in loaded.resources.items():
        if found := brought.by(resource):
            loaded.resources[key] = known[key] = knowing(resource, found)
    whole = [*loaded.resources.values(), *loaded.lists.values(), *reader.remnants]
    loaded.findings += told_by_names(whole, loaded.callees, loaded.lists)
    declared = Declared(known, reader.failed)
    for resource in whole:
        loaded.findings += declared.dangling(resource)
    by_kind: dict[str, list[Resource]] = {name: [] for name in kinds}
    for item in whole:
        by_kind[item.address.kind].append(item)
    for name, own in by_kind.items():
        if own:
            loaded.findings += claimed_twice(own)
            loaded.findings += kinds[name].check(own, known, now)
            loaded.findings += kinds[name].check_settings(own, project.settings, now)
    loaded.findings = merged((_named(finding) for finding in loaded.findings), loaded.lists)
    loaded.findings.sort(key=lambda finding: (finding.location or Location(""), finding.code))
    loaded.findings = _fewest(loaded.findings)
    return loaded


def _fewest(findings: list[Finding]) -> list[Finding]:
    """As many findings as anybody reads, errors first where there are more; what is left out is counted."""
    over = len(findings) - _MOST_FINDINGS
    if over <= 0:
        return findings
    kept = {
        id(each) for each in sorted(findings, key=lambda each: each.severity is not Severity.ERROR)[:_MOST_FINDINGS]
    }
    message = f"{over:,} more findings are not shown"
    more = Finding(Severity.ERROR, "RC107", message, "correct those that are shown, and look again")
    return [*(each for each in findings if id(each) in kept), more]


def _named(finding: Finding) -> Finding:
    """Without the address, where the document has no name it could be addressed by."""
    return finding if finding.address is None or finding.address.name else replace(finding, address=None)


class _Reader:
    """Collects resources and findings, file by file."""

    def __init__(self, project: Project, kinds: Mapping[str, Kind], variables: Variables) -> None:
        self.loaded = Loaded()
        self.failed: set[str] = set()
        self.remnants: list[Resource] = []
        self._unfilled: frozenset[tuple[str | int, ...]] = frozenset()
        self._lent: frozenset[tuple[str | int, ...]] = frozenset()
        self._variables = variables
        self._project = project
        self._kinds = kinds
        self._files = ProjectFiles(project.root)
        self._lines: list[str] = []
        self._raw: dict[str, bytes] = {}

    def read(self, file: Path) -> None:
        shown = self._project.shown(file)
        content = self._files.read(file, largest=LARGEST_MANIFEST)
        if isinstance(content, Unreadable):
            self._complain(content.code, f"the file {content.message}", Location(shown), content.hint)
            return
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self._complain("RC105", "the file is not UTF-8", Location(shown, line), "save it as UTF-8")
            return
        if conflicts := list(merge_markers(text, shown)):
            for each in conflicts:
                self._complain(each.code, each.message, each.location, each.hint)
            return
        refers = "${" in text
        self._lines = text.splitlines() if " #" in text else []
        for part in reading.read(text, shown):
            if isinstance(part, reading.Problem):
                self._complain(part.code, part.message, part.location, part.hint)
            else:
                self.loaded.documents += 1
                self._unfilled = frozenset()
                self._lent = frozenset(lent_places(part.value, self._kinds)) if refers else frozenset()
                self._document(self._filled(part, text) if refers else part, file)

    def overlook(self, file: Path) -> None:
        """Say that a file is not read, though it holds a manifest."""
        where = Location(self._project.shown(file))
        hint = f"name it `{file.stem}.yaml`: JSON is YAML"
        self._complain("RC108", "a manifest in a JSON file is not read", where, hint, severity=Severity.WARNING)

    def _filled(self, document: reading.Document, text: str) -> reading.Document:
        """With the values of variables in their places; what cannot be filled is a finding where it stands."""
        named = document.value.get("kind") if isinstance(document.value, dict) else None
        kind = self._kinds.get(named) if isinstance(named, str) else None
        hidden = partial(may_hold_secret, kind.spec) if kind else lambda _: False
        instead = partial(in_a_file, kind) if kind else lambda _: ""
        value, mistakes = filled(document.value, self._variables, hidden=hidden, instead=instead)
        for path, mistake in mistakes:
            where = sought(text, document.marks.locate(document.value, path), mistake.reference)
            address = _address(document.value) if kind else None
            self._complain(mistake.code, mistake.message, where, mistake.hint, address, mistake.severity)
        self._unfilled = frozenset(path for path, mistake in mistakes if mistake.severity is Severity.ERROR)
        return replace(document, value=value)

    def _document(self, document: reading.Document, file: Path) -> None:
        value, where = document.value, document.location
        if not isinstance(value, dict):
            self._complain("RC118", "a document is a mapping with `kind`, `metadata`, `spec`", where, _FIRST_LINE)
            return
        kind = self._kinds.get(value["kind"]) if isinstance(value.get("kind"), str) else None
        if kind is None:
            self._unknown_kind(document)
            return
        self.loaded.callees |= personal_numbers(value.get("spec"), kind)
        self.loaded.secrets |= confidential(value.get("spec"), kind)
        try:
            read: Any = document_model(type(kind)).model_validate(value)
        except ValidationError as error:
            self._invalid(document, error)
            left = self._resource(document, remnant(value, error, kind), kind, file)
            self.remnants += [left] if left is not None else []
            return
        if (resource := self._resource(document, read, kind, file)) is not None:
            if resource.declared and not _required(kind.spec) <= resource.declared.keys():  # a file of it was not read
                self.failed.add(str(resource.address))
                self.remnants.append(resource)
                return
            self.loaded.findings += cut_texts(resource, self._lines) if self._lines else ()
            if self._add(resource, self.loaded.lists if kind.table else self.loaded.resources) and kind.table:
                self._stand_for(resource, kind)

    def _resource(self, document: reading.Document, read: Any, kind: Kind, file: Path) -> Resource | None:
        metadata, spec = read.metadata, read.spec
        address = Address(kind.name, metadata.name)
        if spec is None and not read.absent:
            self._complain(
                "RC112", "`spec` is missing", document.location, "declare at least one setting", address
            )  # fmt: skip - one call
            return None
        manifest = Manifest(
            address,
            document.value,
            document.location,
            document.marks,
            labels=metadata.labels,
            protect=metadata.protect,
            was=metadata.was,
            absent=read.absent,
            waivers=tuple(Waiver(each.code, each.reason, each.until) for each in metadata.waivers),
            id=None if metadata.id is None else str(metadata.id),
        )  # fmt: skip - the envelope, row by row
        if spec is None:
            return Resource(manifest, kind.spec.model_construct(), {})
        declared = declared_in(spec)
        if not any(map(may_name_files, declared.values())):
            return Resource(manifest, spec, declared, lent=self._lent)
        contents = Contents(self._project, self._files, self._variables, manifest, file)
        contents.fill(spec, declared)
        self.loaded.findings += contents.findings
        self._raw = contents.raw
        self.loaded.callees |= personal_numbers(declared, kind) if contents.files else frozenset()
        self.loaded.secrets |= contents.secrets
        for path, columns in number_files(kind, declared, contents.named).items():
            self.loaded.number_files[path] = columns | self.loaded.number_files.get(path, frozenset())
        return Resource(
            manifest, spec, declared, contents.files, tables=contents.tables, lent=self._lent | contents.lent
        )

    def _stand_for(self, resource: Resource, kind: Kind) -> None:
        """What the rows of a table declare takes its place among the resources."""
        if resource.manifest.absent:
            return
        sealing = Sealing(self._project.settings.secrets, self._project.root, self._variables.process)
        found = members(resource, kind, self._raw, sealing)
        self.loaded.findings += found.findings
        if not found.known:
            self.loaded.incomplete.add(resource.address.name)
        for each in found.resources:
            self.loaded.resources[str(each.address)] = each
        personal_keys = personal(type(found.resources[0].spec)) if found.resources else ()
        self.loaded.callees.update(str(each.declared[key]) for each in found.resources for key in personal_keys)

    def _add(self, resource: Resource, among: dict[str, Resource]) -> bool:
        """Whether it is the first of its name."""
        key = resource.address.name if among is self.loaded.lists else str(resource.address)
        if (first := among.get(key)) is not None:
            self._complain(
                "RC117",
                f"`{resource.address}` is declared twice; first at {first.manifest.location}",
                resource.manifest.locate("metadata", "name"),
                "give one of the two another name",
                resource.address,
            )
            return False
        among[key] = resource
        return True

    def _unknown_kind(self, document: reading.Document) -> None:
        value = document.value
        if value.get("apiVersion", API_VERSION) != API_VERSION:
            where = document.marks.locate(value, ("apiVersion",))
            self._complain("RC115", f"`apiVersion` must be `{API_VERSION}`", where, f"write `{API_VERSION}`")
        where = document.marks.locate(value, ("kind",))
        if str(value.get("format")).startswith(_SAVED_PLAN):
            path = document.location.path
            hint = f"`reconciler apply --plan {path}` does it, `reconciler plan show {path}` prints it"
            self._complain("RC112", "this is a saved plan and no manifest", document.location, hint)
            return
        if "kind" not in value:
            self._complain("RC112", "`kind` is missing", document.location, f"one of {listed(self._kinds)}")
            return
        name = str(value["kind"])
        hint = nearest(name, self._kinds) or f"one of {listed(self._kinds)}"
        self._complain("RC111", f"unknown kind `{name[:60]}`", where, hint)

    def _invalid(self, document: reading.Document, error: ValidationError) -> None:
        seen: set[tuple[Any, ...]] = set()
        address = _address(document.value)
        self.failed.add(str(address))
        if address is not None and self._kinds[address.kind].table:
            self.loaded.incomplete.add(address.name)
        model = document_model(type(self._kinds[document.value["kind"]]))
        for item in error.errors():
            path = written(document.value, item["loc"], keep_last=item["type"] == "missing")
            if path in seen or path in self._unfilled:
                continue
            seen.add(path)
            code, message, hint = worded(item, path, model)
            by_key = item["type"] == "extra_forbidden"
            locate = document.marks.locate_key if by_key else document.marks.locate
            hint = hint or guide(path, model, document.value["kind"])
            self._complain(code, message, locate(document.value, path), hint, address)

    def _complain(  # noqa: PLR0913 - a finding has these parts
        self,
        code: str,
        message: str,
        where: Location,
        hint: str,
        address: Address | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.loaded.findings.append(Finding(severity, code, message, hint, address, where))


@cache
def _required(spec: type[BaseModel]) -> frozenset[str]:
    """The manifest keys that a spec must have."""
    return frozenset(info.alias or name for name, info in spec.model_fields.items() if info.is_required())


def _address(value: Any) -> Address | None:
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return Address(str(value["kind"]), name) if isinstance(name, str) else None

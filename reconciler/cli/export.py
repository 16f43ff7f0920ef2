"""`reconciler export`: the live account as manifests that leave it as it is."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.adoption.export import Export, Exported, names
from reconciler.cli.common_options import verb
from reconciler.cli.init_files import untouched_samples
from reconciler.cli.project_identity import default_name
from reconciler.cli.run_identity import commit
from reconciler.cli.session import Session
from reconciler.contract.account import Account, Look
from reconciler.contract.diff import exported as base_of
from reconciler.contract.fields import policies
from reconciler.contract.kind import befores, ranks
from reconciler.contract.resolver import Resolver
from reconciler.documents.files import replace_file
from reconciler.errors import InputError, StoreError
from reconciler.kinds import KINDS
from reconciler.load import reader
from reconciler.load.reader import Loaded
from reconciler.model import Address, Finding, Location, Observed, Severity, Target
from reconciler.planning import observe
from reconciler.planning.renames import renamed
from reconciler.schedule.clock import stamp
from reconciler.settings import FILE, PROJECT_NAME
from reconciler.state.bindings import Binding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.state.ledger import Ledger

_FORMAT = "reconciler.export/v1"
_SIDE_BY_SIDE = 8
_KINDS = [kind.name for kind in KINDS.values() if not kind.kept_in_state]  # what is armed from here is declared already


@dataclass(slots=True)
class _Found:
    """What there is, under which name it will be declared, what is declared already, and which samples give way."""

    fresh: dict[Address, Observed]
    declared: int
    resolver: Resolver
    samples: tuple[Path, ...]


@verb("export", paths=False)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only this kind.")
@click.option("--only-set", is_flag=True,
              help="Leave out what a fresh object has anyway, such as a switch that is off.")  # fmt: skip
@click.option("--no-bind", is_flag=True, help="Leave the state alone; the first apply binds the agents.")
def command(options: Options, folder: Path | None, kinds: tuple[str, ...], only_set: bool, no_bind: bool) -> int:
    """Write the live account as manifests into FOLDER (the project's manifests); plan is clean right after.

    Prompts become files of their own, agents are bound by metadata.id, references are names. What is declared
    already is left out, and no file is written over: when one is in the way, none is written (exit 1). The
    account is only read. In the state, the ids are bound and protected from --prune until a document says
    `protect: false`, so that nobody deletes what is not merged yet. The samples that `init` wrote give way where
    nobody touched or applied them.
    """
    with Session(options, read_only=True) as session:
        place = _place(session, folder)
        api, target = session.connect()
        found = _found(session, place, api, target, session.ledger(target, optional=True), kinds or tuple(_KINDS))
        way = "../" * len(place.relative_to(session.project.root).parts) + "schemas"
        there = (session.project.root / "schemas" / "manifest.json").is_file()
        texts = _folder_of_texts(session, place)
        export = Export(KINDS, found.resolver, schemas=way if there else "", texts=texts, only_set=only_set)
        exported = export.export(found.fresh)
        files = {Path(os.path.normpath(place / path)): text for path, text in export.files(exported).items()}
        files |= _project_file(session, target)
        _nothing_in_the_way(session, files, [*found.samples])
        write = partial(_write, files, found.samples)
        bound = 0 if no_bind else _bind_and_write(options, target, place, exported, found.resolver, write)
        if no_bind:
            write()
        _say(session, files, export, exported, found, bound)
    return 0


def _folder_of_texts(session: Session, place: Path) -> str:
    """The way from the folder of the manifests to that of the project's prompts; "" from any other folder."""
    root = session.project.root.resolve()
    own = (root / session.project.settings.manifests).resolve()
    return Path(os.path.relpath(root / "prompts", own)).as_posix() if place == own else ""


def _project_file(session: Session, target: Target) -> dict[Path, str]:
    """The least that a project needs, where there is none: whose account it is, and what it is called."""
    file = session.project.root / FILE
    if file.exists():
        return {}
    name = default_name(session.project.root)
    account = "" if session.options.emulator else f"organization: {target.organization_id}\n"
    return {file: (account + (f"project: {name}\n" if PROJECT_NAME.fullmatch(name) else "")) or "# A project.\n"}


def _place(session: Session, folder: Path | None) -> Path:
    """Where the files go; raises InputError for a place outside the project: its prompts could not be read."""
    root = session.project.root.resolve()
    folder = folder if folder is not None else session.project.root / session.project.settings.manifests
    place = folder.resolve()
    if not place.is_relative_to(root):
        raise InputError(
            f"`{os.path.relpath(folder)}` lies outside the project {root}",
            code="RC142",
            hint="name a folder inside, or run the command where the project shall be",
        )
    return place


def _found(session: Session, place: Path, api: Api, target: Target, ledger: Ledger, kinds: tuple[str, ...]) -> _Found:
    """Read the lists, and give each object that no manifest declares a name."""
    samples = _giving_way(session, ledger, kinds)
    loaded = Loaded() if samples else _declared_there(session, place)
    observed = _lists(kinds, Look(api, ledger, loaded.resources, Resolver({}), every=True))
    bindings = renamed(ledger.bindings(), (resource.manifest for resource in loaded.resources.values())).bindings
    settings = session.project.settings
    account = Account(target.organization_id, session.clock.now(), settings, observed, loaded.resources, bindings)
    matches = [match for match in observe.resolved(KINDS, account)[0] if match.resource and match.observed]
    declared = {match.address: match.observed.id for match in matches if match.observed}
    known = Resolver({address: binding.id for address, binding in bindings.items() if binding.id} | declared)
    fresh: dict[Address, Observed] = {}
    for name in kinds:
        taken = [Address.parse(text).name for text in loaded.resources if text.startswith(f"{name}/")]
        taken += [address.name for address in bindings if address.kind == name]
        skipped = frozenset(id_ for address, id_ in declared.items() if address.kind == name)
        fresh |= names(KINDS[name], observed[name], known, taken, skipped)
    fresh = _in_full(fresh, Look(api, ledger, loaded.resources, known, observed))
    resolver = Resolver(declared | {address: item.id for address, item in fresh.items()}, loaded.resources)
    return _Found(fresh, len(declared), resolver, samples)


def _giving_way(session: Session, ledger: Ledger, kinds: Iterable[str]) -> tuple[Path, ...]:
    """The samples that `init` wrote, where nobody touched them and none was applied: they would be two more agents."""
    found = untouched_samples(session.project.root.resolve(), kinds)
    return () if ledger.unread or ledger.bindings() else tuple(found)


def _in_full(found: Mapping[Address, Observed], look: Look) -> dict[Address, Observed]:
    """What will be written, with what no list tells, a few requests side by side."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to load

    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as pool:
        whole = pool.map(lambda address: KINDS[address.kind].in_full(found[address], look), found)
        return dict(zip(found, whole, strict=True))


def _lists(kinds: Iterable[str], look: Look) -> dict[str, tuple[Observed, ...]]:
    """The lists of some kinds and of all that they name; what lives below others after those."""
    wanted = {*kinds, *(other for name in kinds for other in befores(KINDS[name]))}
    places, observed = ranks(KINDS), dict[str, tuple[Observed, ...]]()
    for name in sorted(wanted & set(_KINDS), key=lambda name: places[name]):
        observed[name] = tuple(KINDS[name].observe(replace(look, observed=observed)))
    return observed


def _declared_there(session: Session, place: Path) -> Loaded:
    """What the manifests declare that a plan would read together with the export."""
    manifests = (session.project.root / session.project.settings.manifests).resolve()
    folder = manifests if place.is_relative_to(manifests) else place
    if not folder.is_dir():
        return Loaded()
    loaded = reader.load([folder], session.project, KINDS, now=session.clock.now(), process=os.environ)
    for secret in loaded.secrets:
        session.output.hide_secret(secret)
    if loaded.errors:
        raise InputError("the manifests have errors", findings=loaded.findings)
    return loaded


def _nothing_in_the_way(session: Session, files: Mapping[Path, str], removed: Collection[Path]) -> None:
    """Refuse to write over a file that says something else and is not removed; all of them are named."""
    shown = session.project.shown
    findings = [
        Finding(
            Severity.ERROR,
            "RC125",
            f"`{shown(path)}` exists and says something else: nothing was written",
            "move it away, or name another folder: reconciler export FOLDER",
            location=Location(shown(path)),
        )
        for path, text in files.items()
        if path.exists() and path not in removed and not _says(path, text)
    ]
    if findings:
        raise InputError(f"{len(findings)} files are in the way", findings=findings)


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _bind_and_write(
    options: Options,
    target: Target,
    place: Path,
    exported: Iterable[Exported],
    resolver: Resolver,
    write: Callable[[], None],
) -> int | None:
    """Bind, then write: a run killed between the two finds its names again. None where the state cannot be written.

    The state is opened by a session of its own that has no way to the account.
    """
    with Session(options, read_only=False) as session:
        try:
            ledger = session.ledger(target)
        except StoreError as error:
            session.output.talk(f"ids are not bound in the state: {error.message}; the first apply binds them")
            ledger = None
        with session.lease(ledger, "apply") if ledger else nullcontext():
            fresh = _bindings(session, ledger, place, exported, resolver) if ledger else []
            if ledger and fresh:
                ledger.bind_all(fresh)
            write()
        return len(fresh) if ledger else None


def _bindings(
    session: Session, ledger: Ledger, place: Path, exported: Iterable[Exported], resolver: Resolver
) -> list[Binding]:
    """What a first apply would remember, for what is not remembered yet."""
    now, version, found = stamp(session.clock.now()), commit(session.project), []
    for one in exported:
        old = ledger.binding(one.address)
        if old is not None and old.id == one.observed.id and old.fields:
            continue
        body = one.observed.body
        found.append(
            Binding(
                one.address,
                id=one.observed.id,
                display=one.observed.name,
                fields=base_of(one.declared, body, policies(KINDS[one.address.kind].spec), resolver),
                protect=True,
                kept_protected=True,  # by the export, not by a document: one without `protect` lifts nothing
                applied_at=now,
                commit=version,
                path=session.project.shown(place / one.path),
            )
        )
    return found


def _write(files: Mapping[Path, str], removed: Iterable[Path]) -> None:
    for path in removed:
        path.unlink()
    for path, text in files.items():
        if not path.exists():
            replace_file(path, text)


def _say(
    session: Session,
    files: Mapping[Path, str],
    export: Export,
    exported: Sequence[Exported],
    found: _Found,
    bound: int | None,
) -> None:
    output, shown = session.output, sorted(session.project.shown(path) for path in files)
    removed = sorted(session.project.shown(path) for path in found.samples if path not in files)
    left = [{"address": str(one.address), "path": one.field, "why": one.why} for one in export.left_out]
    if output.form == "json":
        document: dict[str, Any] = {"format": _FORMAT, "files": shown, "exported": [str(it.address) for it in exported]}
        document |= {"declared_already": found.declared, "bound": bound or 0, "left_out": left}
        output.json({**document, "secrets": sorted(export.borrowed), "removed": removed})
        return
    for path in shown:
        output.data(f"- `{path}`" if output.form == "markdown" else path)
    for path in removed:
        output.talk(f"removed {path}: a sample of `init` that nobody had touched")
    for one in left:
        name = f" `{one['path']}`" if one["path"] else ""
        output.talk(f"left out: {one['address']}{name} {one['why']}")
    for name, what in sorted(export.borrowed.items()):
        output.talk(f"set {name} to the secret of {what}")
    if found.declared:
        output.talk(f"{found.declared} declared already")
    from reconciler.render.words import counted  # noqa: PLC0415 - slow to load

    counts = ((len(shown), "file"), (len(exported), "object"), (bound or 0, "id"))
    output.talk(f"{', '.join(counted(count, noun) for count, noun in counts)} bound in the state")
    output.talk(f"next: {session.options.command('plan')}")

"""Settings of a project: ``reconciler.yaml``, the one place for limits and the account."""

from __future__ import annotations

import os
import re
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from reconciler.diagnostics.suggestions import listed, nearest
from reconciler.diagnostics.validation_words import plain, spelt
from reconciler.documents import reading
from reconciler.documents.comments import GLUED, cut_text
from reconciler.documents.grammar import merge_markers
from reconciler.documents.project_files import ProjectFiles, Unreadable, path_text, read_limited, real
from reconciler.documents.variables import Variables
from reconciler.errors import InputError
from reconciler.gates import Gates
from reconciler.model import Finding, Location, Severity
from reconciler.notify.settings import Notify
from reconciler.privacy import Privacy
from reconciler.schedule import clock
from reconciler.schedule.calling_hours import CallingHours
from reconciler.sealing import Secrets
from reconciler.telephony.do_not_call import DoNotCallSetting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

FILE = "reconciler.yaml"
_LARGEST = 1 << 20


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


def _organization(written: Any) -> Any:
    if isinstance(written, bool) or not (written is None or _ID.fullmatch(f"{written}")):
        raise ValueError("is not an organisation's id, such as 42: `reconciler doctor` says which the key opens")
    return written


def _state(url: str) -> str:
    """Never repeats the setting, which may hold a password."""
    scheme, _, rest = url.partition(":")
    if not (scheme in SCHEMES and rest):
        raise ValueError("does not name a store")
    if scheme == "sqlite":
        path_text(rest)
    return url


_ID = re.compile(r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]+")
SCHEMES = ("sqlite", "git", "postgresql", "postgres", "s3", "az", "gs")
Organization = Annotated[int | str | None, BeforeValidator(_organization)]
Folder = Annotated[str, AfterValidator(path_text)]
PROJECT_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./ -]*")
ProjectName = Annotated[
    str, StringConstraints(pattern=f"^{PROJECT_NAME.pattern}$", max_length=200), Field(examples=["acme/phones"])
]
State = Annotated[str, AfterValidator(_state)]


class Limits(_Closed):
    """What one run may do at most; a lifted limit is a reviewed change of this file."""

    calls_per_run: int = Field(default=10, ge=0, description="Calls one dispatch may place.")
    calls_per_callee_per_day: int = Field(
        default=1, ge=0, description="Calls to one person on one day of theirs, over all declared calls."
    )
    calls_per_second: float | None = Field(
        default=None, gt=0, description="Calls begun in a second at most, evenly; else as `--parallelism` allows."
    )
    deletions: int = Field(default=10, ge=0, description="Deletions in one apply.")
    deletions_percent: int = Field(default=25, ge=0, le=100, description="Share of the bound resources deleted.")
    cancellations: int = Field(default=10, ge=0, description="Armed calls cancelled in one apply.")
    cancellations_percent: int = Field(default=25, ge=0, le=100, description="Share of them, from 4 armed calls on.")
    contacts_per_campaign: int = Field(default=5_000, ge=0, description="Contacts of one campaign.")
    auto_reload_monthly_cents: int | None = Field(
        default=None, ge=0, description="The most that auto-reload may be set to charge in a month, in cents."
    )


def _period(text: str) -> str:
    if clock.parse_duration(text) <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return text


class Dispatch(_Closed):
    """How dispatch is run, as far as a plan and a service have to know."""

    every: Annotated[str, AfterValidator(_period)] = Field(
        default="15m", description="How often the timer starts a dispatch; a plan foresees how many calls it can place."
    )


def _scalar(value: Any) -> Any:
    if isinstance(value, str | int | float | bool):
        return value
    raise ValueError("a variable is a text, a number, true or false")


_SCALAR = WithJsonSchema({"type": ["string", "number", "boolean"]})  # a union would complain once per member
Variable = Annotated[Any, AfterValidator(_scalar), _SCALAR]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
Values = dict[VariableName, Variable]


class CentsPerMinute(_Closed):
    """What a begun minute costs on each engine tier, in US cents; the vendor's price list of September 2026."""

    spark: float = Field(default=2, ge=0, description="Products whose name starts with spark.")
    bolt: float = Field(default=5, ge=0, description="Products whose name starts with bolt.")
    storm: float = Field(default=9, ge=0, description="Products whose name starts with storm.")


class Rates(_Closed):
    """What plan assumes when it says what calls cost at most; the bill is the vendor's."""

    read: date = Field(default=date(2026, 9, 30), description="The day the rates were read from the price list.")
    cents_per_minute: CentsPerMinute = Field(
        default_factory=CentsPerMinute, description="What a begun minute costs on each engine tier, in US cents."
    )
    unlimited_call_minutes: int = Field(default=10, gt=0, description="Minutes assumed of a call without a limit.")


class Environment(_Closed):
    """What ``--env NAME`` changes."""

    organization: Organization = Field(default=None, description="Organisation id this environment is pinned to.")
    manifests: Folder | None = Field(default=None, description="Folder of the manifests.")
    state: State | None = Field(default=None, description="Where the state is kept.")
    api_url: str | None = Field(default=None, description="Base URL of the API.")
    variables: Values = Field(default={}, description="Values of ${var.NAME} here; they win over those of the project.")


class Settings(_Closed):
    """The project file; everything in it has a default."""

    organization: Organization = Field(
        default=None, description="Organisation id that the key must belong to; apply refuses any other."
    )
    project: ProjectName | None = Field(
        default=None,
        description="Name under which the state keeps what is declared here; the repository and the folder in it when "
        "left out.",
    )
    manifests: Folder = Field(default="manifests/", description="Folder of the manifests.")
    state: State = Field(
        default="sqlite:.reconciler/state.db",
        description="sqlite:PATH, git:BRANCH, postgresql://… or s3://…",
    )
    api_url: str | None = Field(default=None, description="Base URL of the API.")
    clock: Literal["strict", "lenient"] | None = Field(
        default=None,
        description="Whether dispatch refuses where no answer tells the time to check this machine's clock by: strict "
        "in CI, lenient elsewhere.",
    )
    limits: Limits = Field(default_factory=Limits, description="What one run may do at most.")
    gates: Gates = Field(default_factory=Gates, description="What has to be shown before a deploy.")
    calling_hours: CallingHours = Field(default_factory=CallingHours, description="When a person may be rung there.")
    do_not_call: DoNotCallSetting | None = Field(default=None, description="Whom nobody calls.")
    privacy: Privacy = Field(default_factory=Privacy, description="What is kept out of the repository.")
    dispatch: Dispatch = Field(default_factory=Dispatch, description="How often calls are placed.")
    notify: Notify = Field(default_factory=Notify, description="Who hears of what goes wrong, once each.")
    variables: Values = Field(default={}, description="Values of ${var.NAME} in manifests and prompt files.")
    rates: Rates = Field(default_factory=Rates, description="What plan assumes a minute to cost.")
    secrets: Secrets = Field(default_factory=Secrets, description="For whom secrets are sealed, and who opens them.")
    environments: dict[str, Environment] = Field(default_factory=dict, description="What --env NAME changes, by name.")
    default_environment: str | None = Field(default=None, description="The environment meant where none is named.")


@dataclass(frozen=True, slots=True)
class Project:
    """A project: where it is, and what its file says, with the chosen environment applied ("" for none)."""

    root: Path
    settings: Settings
    environment: str = ""
    remarks: tuple[Finding, ...] = ()  # what may not be as it was meant in the file

    @property
    def undecided(self) -> bool:
        """Whether the project declares environments and none was chosen: its account and state are not known."""
        return bool(self.settings.environments) and not self.environment

    @property
    def variables(self) -> Variables:
        """What references in manifests may name, and which other environment sets what this one does not."""
        others = self.settings.environments
        elsewhere = {name: other for other in sorted(others, reverse=True) for name in others[other].variables}
        return Variables(self.settings.variables, elsewhere)

    def with_variables(self, values: Mapping[str, str]) -> Project:
        """The same project with these values of ``${var.NAME}`` over its own."""
        merged = {**self.settings.variables, **values}
        return replace(self, settings=self.settings.model_copy(update={"variables": merged}))

    def shown(self, path: Path) -> str:
        """A path as messages show it: relative to the project where it lies inside."""
        for each in (real(path), path.absolute()):
            if each.is_relative_to(self.root):
                return each.relative_to(self.root).as_posix()
        return str(path)


class Misconfigured(InputError):
    """The project file is not as it should be; ``project`` has what can be read of it, to look further, not to act."""

    def __init__(self, problems: list[Finding], project: Project) -> None:
        super().__init__(f"{FILE} is not as it should be", code="RC122", findings=problems)
        self.project = project


def find_project(start: Path, environment: str | None = None) -> Project:
    """The project that ``start`` lies in: the nearest folder upwards with ``reconciler.yaml``.

    Without such a file ``start`` itself is the root and settings have their defaults; ``environment`` None means the
    file's default. Raises Misconfigured with all that is wrong, InputError for an unknown or empty environment.
    """
    start = start.resolve()
    folder = start if start.is_dir() else start.parent
    root = next((place for place in (folder, *folder.parents) if os.path.lexists(place / FILE)), None)
    settings, findings = (Settings.model_validate({}), []) if root is None else _read(root / FILE)
    if root is not None and any(it.severity is Severity.ERROR for it in findings):
        raise Misconfigured(findings, Project(root, settings, environment or ""))
    chosen = settings.default_environment if environment is None else environment
    return Project(root or folder, _in_environment(settings, chosen), chosen or "", tuple(findings))


def _in_environment(settings: Settings, name: str | None) -> Settings:
    if name is None:
        return settings
    if name not in settings.environments:
        known = f"declared environments: {listed(sorted(settings.environments)) or 'none'}"
        hint = nearest(name, settings.environments) or known
        wrong = f"no environment `{name}` in {FILE}" if name else "`--env` names no environment: it is empty"
        raise InputError(wrong, code="RC122", hint=hint)
    chosen = settings.environments[name].model_dump(exclude_none=True)
    chosen["variables"] = {**settings.variables, **settings.environments[name].variables}
    return settings.model_copy(update=chosen)


def _read(path: Path) -> tuple[Settings, list[Finding]]:
    """The settings, as far as they can be understood, and all that is wrong with the file."""
    text = _text(path)
    parts: list[reading.Problem | reading.Document] = [*merge_markers(text, FILE)]
    parts = parts or list(reading.read(text, FILE))
    problems = [
        _finding(part.code, part.message, part.location, part.hint)
        for part in parts
        if isinstance(part, reading.Problem)
    ]  # fmt: skip - one thought
    found = [part for part in parts if isinstance(part, reading.Document)]
    if len(found) > 1:
        problems.append(_finding("RC122", f"{FILE} holds one document", found[1].location, "remove the `---`"))
    if not found:
        return Settings.model_validate({}), problems
    settings, complaints = _validated(found[0])
    outside = list(_outside(found[0], settings, path.parent))
    if outside:  # what can be read of the project goes on being checked, but not there
        settings = settings.model_copy(update={"manifests": Settings.model_fields["manifests"].default})
    cut = _cut_variables(found[0], settings, text.splitlines())
    return settings, [*problems, *complaints, *outside, *_default_environment(settings, found[0]), *cut]


def _cut_variables(document: reading.Document, settings: Settings, lines: Sequence[str]) -> Iterator[Finding]:
    """A warning at each comment that follows a value of ``${var.NAME}``."""
    sections: dict[tuple[str, ...], Values] = {(): settings.variables}
    sections |= {("environments", name): each.variables for name, each in settings.environments.items()}
    for path, values in sections.items():
        for name, value in values.items():
            start = document.marks.locate(document.value, (*path, "variables", name))
            if cut := cut_text(name, value, start, lines, GLUED):
                yield cut


def _default_environment(settings: Settings, document: reading.Document) -> list[Finding]:
    """A complaint about a default that is no environment of the file."""
    name, known = settings.default_environment, settings.environments
    if name is None or name in known:
        return []
    hint = nearest(name, known) or f"declared environments: {listed(sorted(known)) or 'none'}"
    where = document.marks.locate_key(document.value, ("default_environment",))
    return [_finding("RC122", f"`default_environment` names no environment: `{name}`", where, hint)]


def _text(path: Path) -> str:
    """The text of the project file; raises InputError when it cannot be read, or may not be."""
    files = ProjectFiles(path.parent)
    content = files.refused(path, content=False) or read_limited(path, largest=_LARGEST)
    if isinstance(content, Unreadable):
        code = "RC142" if content.code == "RC142" else "RC122"
        raise InputError(f"{FILE} {content.message}", code=code, hint=content.hint)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{FILE} cannot be read: it is not UTF-8", code="RC122", hint="save it as UTF-8") from None


def _outside(document: reading.Document, settings: Settings, root: Path) -> Iterator[Finding]:
    """Folders of manifests and files of state that lie outside the project: nothing there is opened."""
    files = ProjectFiles(root)
    sections: list[tuple[tuple[str, ...], Settings | Environment]] = [((), settings)]
    sections += [(("environments", name), each) for name, each in settings.environments.items()]
    for path, section in sections:
        if section.manifests and (refused := files.refused(root / section.manifests, content=False)):
            yield _refused(document, (*path, "manifests"), refused)
        scheme, _, place = (section.state or "").partition(":")
        if scheme == "sqlite" and (refused := files.refused(root / place, content=False)):
            yield _refused(document, (*path, "state"), refused)


def _refused(document: reading.Document, path: tuple[str, ...], refused: Unreadable) -> Finding:
    where = document.marks.locate(document.value, path)
    hint = f"{refused.hint}; or name it on the command line: --state" if path[-1] == "state" else refused.hint
    return _finding(refused.code, f"{spelt(path)} {refused.message}", where, hint)


def _validated(document: reading.Document) -> tuple[Settings, list[Finding]]:
    """The settings without those that are refused, and a complaint for each of these."""
    value = deepcopy(document.value)
    problems: list[Finding] = []
    while True:
        try:
            return Settings.model_validate(value), problems
        except ValidationError as error:
            refused = error.errors()
        problems += [_complaint(document, item) for item in refused]
        for item in refused:
            value = _without(value, item["loc"])


def _without(value: Any, path: Sequence[str | int]) -> Any:
    """A setting taken out; the whole that has it, where it cannot be found there (then it is all refused)."""
    node = value
    for part in path[:-1]:
        node = node.get(part) if isinstance(node, dict) else None
    if path and isinstance(node, dict) and path[-1] in node:
        del node[path[-1]]
        return value
    return _without(value, path[:-1]) if path else {}


# The sections of the file by their keys, to find what was meant by an unknown one.
_SECTIONS: dict[str | int, type[BaseModel]] = {
    "limits": Limits,
    "calling_hours": CallingHours,
    "do_not_call": DoNotCallSetting,
    "dispatch": Dispatch,
    "rates": Rates,
    "cents_per_minute": CentsPerMinute,
    "environments": Environment,
    "secrets": Secrets,
    "privacy": Privacy,
}


def _complaint(document: reading.Document, item: Any) -> Finding:
    path = tuple(item["loc"])
    where = document.marks.locate_key(document.value, path)
    inside = [str(part) for part in path if part in _SECTIONS]
    guide = f"reconciler explain {'.'.join(['project', *inside])}"
    if item["type"] == "extra_forbidden":
        section = _SECTIONS[inside[-1]] if inside else Settings
        meant = nearest(str(path[-1]), section.model_fields)
        return _finding("RC122", f"unknown setting {spelt(path)}", where, f"{meant} {guide}".lstrip())
    if path[-1:] == ("state",) and item["type"] == "value_error":
        return _finding("RC130", f"{spelt(path)} {plain(item)}", where, _STORES)
    joint = "" if (said := plain(item)).startswith(("must ", "is ")) else ":"
    return _finding("RC122", f"{spelt(path) or FILE}{joint} {said}", where, guide)


_STORES = (
    "use `sqlite:PATH`, `git:BRANCH` (or `git:BRANCH@REMOTE`), `postgresql://USER@HOST/DATABASE` "
    "or `s3://BUCKET/PREFIX` (or `az://`, `gs://`)"
)


def _finding(code: str, message: str, location: Location, hint: str) -> Finding:
    return Finding(Severity.ERROR, code, message, hint, location=location)

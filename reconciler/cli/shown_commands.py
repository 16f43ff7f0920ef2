"""Commands as they are shown: complete with this run's flags, quoted for a shell.

Whoever writes a hint writes the plain command (``reconciler calls release NAME``): what the run was told on its
command line (which environment, account, state, part of the project) is added here, where hints leave. So a command
that somebody copies acts on what the message was about. Hints inside a plan stay plain: a saved plan is the same
for everybody.
"""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_T = TypeVar("_T")

_PROJECT = ("environment", "variables")
_ACCOUNT = ("api_url", "api_key_file", "profile", "state", "emulator")
_PART = ("selectors", "targets", "excluded", "since")  # each of these leaves something out
_TARGET = "--target"
_SCOPE = ("prune", *_PART, "again")


class Takes(NamedTuple):
    """What a command takes of the run that shows it, and how many names of its own it begins with."""

    paths: bool = False
    account: bool = True
    scope: bool = False
    names: int = 0
    project: bool = True


# Every command; a test holds it against the commands themselves.
TAKES: Mapping[str, Takes] = {
    "validate": Takes(paths=True, account=False),
    "plan": Takes(paths=True, scope=True),
    "apply": Takes(paths=True, scope=True),
    "dispatch": Takes(paths=True),
    "serve": Takes(paths=True),
    "test": Takes(paths=True, scope=True),
    "test generate": Takes(names=1),
    "test from-call": Takes(names=1),
    "test run": Takes(paths=True, scope=True),
    "calls": Takes(paths=True),
    "calls show": Takes(paths=True),
    "calls report": Takes(paths=True),
    "calls adopt-history": Takes(paths=True),
    "calls opt-out": Takes(names=1),
    "calls dnc": Takes(),
    "calls dnc export": Takes(),
    "campaigns": Takes(names=1),
    "campaigns show": Takes(names=1),
    "campaigns pause": Takes(names=1),
    "campaigns resume": Takes(names=1),
    "campaigns cancel": Takes(names=1),
    "calls hold": Takes(names=1),
    "calls release": Takes(names=1),
    "calls cancel": Takes(names=1),
    "calls resolve": Takes(names=1),
    "state": Takes(),
    "state show": Takes(),
    "state locks": Takes(),
    "state unlock": Takes(),
    "state export": Takes(),
    "state import": Takes(names=1),
    "state rekey": Takes(),
    "state forget": Takes(names=1),
    "state secret": Takes(names=1),
    "webhooks": Takes(),
    "webhooks test": Takes(names=1),
    "webhooks deliveries": Takes(names=1),
    "state move": Takes(names=2),
    "doctor": Takes(paths=True),
    "export": Takes(names=1),
    "drift": Takes(paths=True),
    "emulator": Takes(paths=True),
    "fmt": Takes(paths=True, account=False),
    "schema": Takes(paths=True, account=False),
    "seal": Takes(account=False, names=1),
    "explain": Takes(account=False, names=1),
    "init": Takes(account=False, names=1, project=False),
    "completion": Takes(account=False, names=1, project=False),
}
_ITS_OWN: Mapping[str, tuple[str, ...]] = {"apply": ("skip_refused", "parallelism"), "dispatch": ("lookahead",)}

_GROUPS = "|".join(sorted({verb.partition(" ")[0] for verb in TAKES if " " in verb}))
_COMMAND = re.compile(rf"(?<![^ (`])reconciler (?P<verb>(?:(?:{_GROUPS}) )?[a-z]+(?:-[a-z]+)*)(?![^ `;,:.)])")
_NAME = re.compile(r" [^ `-][^ `]*(?<![;,:.)])")
# An option with its value, something quoted, or a word with the look of an argument: never the prose that follows.
_ARGUMENT = re.compile(
    r"""\ (?:-{1,2}[A-Za-z][^ `]*(?<![;,:.)])(?:\ (?![-(>|])[^ `]+(?<![;,:.)]))?|'[^']*'
        |(?![>|])(?=[^ `]*[A-Z0-9/._<-])[^ (`]+(?<![;,:.)]))""",
    re.VERBOSE,
)
_TOLD = frozenset(
    {
        "changes",
        "detail",
        "findings",
        "fix",
        "hint",
        "message",
        "next",
        "note",
        "notes",
        "plan",
        "results",
        "row",
        "tries",
        "undeclared",
    }
)


@dataclass(frozen=True, slots=True)
class ShownCommands:
    """The commands of one run: ``given`` are the words of each option on its line, by parameter name.

    ``root`` is the project's folder, when it is known.
    """

    verb: str
    paths: tuple[Path, ...]
    given: Mapping[str, tuple[str, ...]]
    root: Path | None = None

    def command(self, verb: str, *more: str) -> str:
        """A command line for the same project, account and selection."""
        paths, flags = self._paths(verb, more), self._flags(verb, more)
        return self._elsewhere(verb) + shlex.join(["reconciler", *verb.split(), *paths, *more, *flags])

    def completed(self, told: _T) -> _T:
        """Whatever is told (a text, a finding, a plan, a report, a row), its commands complete; the rest as it is."""
        if isinstance(told, str):
            return self._text(told)  # type: ignore[return-value]  # a text for a text
        if isinstance(told, tuple | list):
            if not told:
                return told  # as the notes of most changes
            parts = [self.completed(part) for part in told]
            same = all(new is old for new, old in zip(parts, told, strict=True))
            return told if same else type(told)(parts)
        if not is_dataclass(told) or isinstance(told, type):
            return told
        changes = {name: self.completed(getattr(told, name)) for name in _shown_fields(type(told))}
        changed = {name: new for name, new in changes.items() if new is not getattr(told, name)}
        return replace(told, **changed) if changed else told

    def _text(self, text: str) -> str:
        if "reconciler " not in text:
            return text
        parts, end = [], 0
        for found in _COMMAND.finditer(text):
            stop = _stop(text, found)
            parts += [text[end : found.start()], self._complete(text[found.start() : stop], found["verb"])]
            end = stop
        return "".join([*parts, text[end:]]) if parts else text

    def _complete(self, command: str, verb: str) -> str:
        """A command as it was written, with what is missing of this run's flags."""
        verb = _known(verb)
        if not verb:
            return command
        there = command.split()[1:]
        missing = [*self._paths(verb, there), *self._flags(verb, there)]
        return self._elsewhere(verb) + " ".join([command, *([shlex.join(missing)] if missing else [])])

    def _paths(self, verb: str, there: Sequence[str]) -> list[str]:
        """The paths of this run, for a command that takes some and names none of them; a misspelt one helps nobody."""
        takes = TAKES[_known(verb)].paths
        paths = self._whole if _TARGET in there else self.paths
        return [str(path) for path in paths if takes and str(path) not in there and path.exists()]

    @property
    def _whole(self) -> tuple[Path, ...]:
        """The project's folder in place of the paths in it; nothing where this is inside of it already."""
        if self.root is None or not self.paths:
            return self.paths
        return () if Path.cwd().is_relative_to(self.root) else (Path(os.path.relpath(self.root)),)

    def _flags(self, verb: str, there: Sequence[str]) -> list[str]:
        takes = TAKES[_known(verb)]
        wanted = [
            *(_PROJECT if takes.project else ()),
            *(_ACCOUNT if takes.account else ()),
            *(_SCOPE if takes.scope else ()),
            *(_ITS_OWN.get(verb, ()) if verb == self.verb else ()),
        ]
        if _TARGET in there:  # what a command names itself must not be left out by what this run looked at
            wanted = [name for name in wanted if name not in _PART]
        flags = [words for name in wanted if (words := self._given(verb, name)) and words[0] not in there]
        return [word for words in flags for word in words]

    def _given(self, verb: str, name: str) -> tuple[str, ...]:
        """The words of an option; a file that was meant from here is found from the project's folder too."""
        words = self.given.get(name, ())
        if name == "api_key_file" and self._elsewhere(verb):
            return tuple(word if word.startswith("--") else str(Path(word).absolute()) for word in words)
        return words

    def _elsewhere(self, verb: str) -> str:
        """``cd FOLDER && `` before a command that takes no paths, where they said which project is meant."""
        takes = TAKES.get(_known(verb), Takes())
        root = self.root
        if root is None or not self.paths or takes.paths or not takes.project or Path.cwd().is_relative_to(root):
            return ""
        return f"cd {shlex.quote(os.path.relpath(root))} && "


def is_path(path: Path) -> bool:
    """Whether it is a path rather than a name. A name may have a dot in it, so only what ends as a manifest is one."""
    return path.exists() or path.is_absolute() or path.suffix.lower() in (".yaml", ".yml")


def _known(verb: str) -> str:
    """The longest beginning of ``verb`` that is a command, "" when none is."""
    return verb if verb in TAKES else verb.partition(" ")[0] if verb.partition(" ")[0] in TAKES else ""


def _stop(text: str, found: re.Match[str]) -> int:
    """Where a command ends: at the closing backtick, or where what follows has no look of an argument."""
    end = found.end("verb")
    if text[: found.start()].count("`") % 2 and (tick := text.find("`", end)) > 0:
        redirect = text.find(" > ", end, tick)
        return redirect if redirect > 0 else tick
    verb = _known(found["verb"])
    if verb != found["verb"]:
        end = found.start("verb") + len(verb)
    for _ in range(TAKES[verb].names if verb else 0):
        end = name.end() if (name := _NAME.match(text, end)) else end
    while word := _ARGUMENT.match(text, end):
        end = word.end()
    return end


@cache
def _shown_fields(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a dataclass that hold what is told."""
    return tuple(field.name for field in fields(kind) if field.name in _TOLD)

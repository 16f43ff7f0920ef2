"""What was asked of a command, as given on its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from reconciler.cli.output import Output
from reconciler.cli.shown_commands import ShownCommands

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

Command = Callable[..., int]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of every command, as given; None where a setting or a default decides.

    ``account`` says whether the command reaches for an account or its state.
    ``verb`` is the command itself. ``given`` holds the words of each option that was written on the command line,
    by parameter name.
    """

    verb: str = ""
    paths: tuple[Path, ...] = ()
    format: str = "text"
    api_url: str | None = None
    api_key_file: Path | None = None
    profile: str | None = None
    emulator: bool = False
    state: str | None = None
    account: bool = False
    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None
    color: bool = False
    show_numbers: bool = False
    debug: bool = False
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    output: Output = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """One writer per run, so that what is hidden once is hidden everywhere, error messages included."""
        output = Output(form=self.format, color=self.color, show_numbers=self.show_numbers, debug=self.debug)
        object.__setattr__(self, "output", output)

    @property
    def commands(self) -> ShownCommands:
        """The one maker of the commands that this run shows."""
        return ShownCommands(self.verb, self.paths, self.given, self.output.root)

    def reading(self, paths: tuple[Path, ...]) -> Options:
        """The same run, with other paths to read."""
        told = replace(self, paths=paths)
        object.__setattr__(told, "output", self.output)  # what is hidden once is hidden everywhere
        return told

    def command(self, verb: str, *more: str) -> str:
        """A command line for the same project, account and selection, to be copied by a reader."""
        return self.commands.command(verb, *more)

    def completed(self, told: _T) -> _T:
        """Whatever is told, its commands complete with this run's flags."""
        return self.commands.completed(told)

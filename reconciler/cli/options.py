"""What was asked of a command, as given on its line."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

Command = Callable[..., int]


_ANYWHERE = ("environment", "api_url", "api_key_file", "state", "emulator")
_SELECTION = ("prune", "selectors", "targets", "again")


@dataclass(frozen=True, slots=True)
class Options:
    """The options of every command, as given; None where a setting or a default decides.

    ``account`` says whether the command reaches for an account or its state.
    ``given`` holds the words of each option that was written on the command line, by parameter name.
    """

    paths: tuple[Path, ...] = ()
    format: str = "text"
    api_url: str | None = None
    api_key_file: Path | None = None
    emulator: bool = False
    state: str | None = None
    account: bool = False
    environment: str | None = None
    now: datetime | None = None
    color: bool = False
    show_numbers: bool = False
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    output: Output = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """One way out per run, so that what is hidden once is hidden everywhere, error messages included."""
        output = Output(form=self.format, color=self.color, show_numbers=self.show_numbers)
        object.__setattr__(self, "output", output)

    def command(self, verb: str, *more: str) -> str:
        """A command line for the same project, account and selection, to be copied by a reader."""
        names = _ANYWHERE + (_SELECTION if verb in ("plan", "apply") else ())
        same = [word for name in names for word in self.given.get(name, ())]
        return shlex.join(["reconciler", *verb.split(), *(str(path) for path in self.paths), *more, *same])

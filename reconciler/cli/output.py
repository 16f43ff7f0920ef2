"""The only way out: stdout is data, stderr is talk, and neither leaks."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_NARROWEST, _WIDEST = 60, 200
_DIGITS = re.compile(r"(?:\+|%2B)?([0-9]{7,15})(?![0-9])")
_COMMAND = re.compile(r"^\s*:(?=:)|#(?=#\[)", re.MULTILINE)
_SPELT = re.compile(r"\+?\(?[0-9](?:[ ().\u00a0-]{0,3}[0-9]){6,14}(?![0-9])")
_NOT_DIGITS = re.compile(r"[^0-9]")
_NATIONAL = 10  # digits of a North American number without its country code


def _inert(text: str) -> str:
    """A text in which GitHub's runner finds nothing to obey: a prompt may contain `::add-mask::`."""
    return _COMMAND.sub("\\g<0>\u200b", text) if os.environ.get("GITHUB_ACTIONS") else text


class Output:
    """Where a command says things; hides callees' numbers and the key in everything it says (promise P8).

    Renderers mask what they know to be personal; this is the second fence, for a number that turns up in
    a prompt, a name or the vendor's words.
    """

    def __init__(self, *, form: str, color: bool, show_numbers: bool) -> None:
        self.form, self.color, self.show_numbers = form, color, show_numbers
        self.root: Path | None = None
        self.answered = False
        self._callees: dict[str, str] = {}
        self._secrets: set[str] = set()

    @property
    def width(self) -> int:
        """Columns of the terminal, within reason; 80 where there is none."""
        import shutil  # noqa: PLC0415 - brings every format of archives with it

        return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((80, 24)).columns))

    def hide_numbers(self, callees: Iterable[str]) -> None:
        """Mask these numbers (E.164) from now on, however they are written, unless they are to be shown."""
        for number in callees:
            self._callees[number.removeprefix("+")] = phone_numbers.mask(number)
            if number.startswith("+1"):
                self._callees[number[-_NATIONAL:]] = phone_numbers.mask(number)

    def hide_secret(self, secret: str) -> None:
        """Never let this text out."""
        self._secrets.add(secret)

    def clean(self, text: str, *, masked: bool = False) -> str:
        """A text as it may leave; ``masked`` hides callees' numbers even where --show-numbers shows them."""
        for secret in self._secrets:
            text = text.replace(secret, "(key)")
        hidden = self._callees and (masked or not self.show_numbers)
        return _SPELT.sub(self._masked_spelt, _DIGITS.sub(self._masked, text)) if hidden else text

    def _masked_spelt(self, found: re.Match[str]) -> str:
        return self._callees.get(_NOT_DIGITS.sub("", found[0]), found[0])

    def _masked(self, found: re.Match[str]) -> str:
        return self._callees.get(found[1], found[0])

    def data(self, text: str) -> None:
        """Print a result to stdout."""
        self.answered = True
        click.echo(_inert(self.clean(text)).rstrip("\n"), color=self.color)

    def talk(self, text: str) -> None:
        """Say something to a person on stderr."""
        click.echo(_inert(self.clean(text)).rstrip("\n"), err=True)

    def instruct(self, command: str) -> None:
        """Say something to the CI's runner, which reads stderr as well as stdout; numbers are masked."""
        click.echo(self.clean(command, masked=True), err=True)

    def json(self, value: Any) -> None:
        """Print a JSON document to stdout; there is one per run, so that it can be parsed."""
        self.answered = True
        from reconciler.render import json  # noqa: PLC0415 - only where JSON was asked for

        click.echo(self.clean(json.dumps(value)).rstrip("\n"))

    def source(self, path: str) -> list[str] | None:
        """The lines of a project's file, for the caret below a complaint; None where it cannot be shown."""
        if self.root is None or not (self.root / path).is_file():
            return None
        try:
            return (self.root / path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return None

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

"""The one writer of a run: stdout is data, stderr is talk, and neither leaks."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.closed_output import ClosedOutput
from reconciler.documents.project_files import ProjectFiles, Unreadable
from reconciler.load.number_cells import cover_numbers, cover_values
from reconciler.redaction import Redactor, hide_credentials, hide_secret_lines, hide_secrets, mask_in
from reconciler.sealing import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from reconciler.model import Finding

_NARROWEST, _WIDEST = 60, 110
_COMMAND = re.compile(r"^\s*:(?=:)|#(?=#(?:vso)?\[)", re.MULTILINE | re.IGNORECASE)
_INSTRUCTION = re.compile(r"(?P<head>##vso\[[^]]*\]|::.*?::)(?P<message>.*)", re.DOTALL)
_TESTCASE = re.compile(r"(<testcase [^>]*>)")
# What a program reads to find a thing again: masked, it would name nothing.
_HANDLES = frozenset({"address", "name", "path", "uri", "occurrence"})
_LARGEST_SOURCE = 1 << 25


def _inert(text: str) -> str:
    """A text in which no runner finds anything to obey: a prompt may contain `::add-mask::` or `##vso[…]`."""
    obeyed = os.environ.get("GITHUB_ACTIONS") or os.environ.get("TF_BUILD")
    return _COMMAND.sub("\\g<0>\u200b", text) if obeyed else text


class Output:
    """Where a command says things; hides callees' numbers and the key in everything it says (promise P8).

    Renderers mask what they know to be personal; this is the second fence, for a number that turns up in
    a prompt, a name or the vendor's words.
    """

    def __init__(self, *, form: str, color: bool, show_numbers: bool, debug: bool = False) -> None:
        self.form, self.color, self.show_numbers = form, color, show_numbers
        self.debug, self._begun = debug, time.monotonic()
        self.root: Path | None = None
        self.answered = False
        self.log: Callable[[str], None] | None = None  # where talk goes in a service
        self._redactor = Redactor()
        self._sources: dict[str, list[str] | None] = {}
        self._number_files: dict[str, frozenset[str]] = {}
        self._files: ProjectFiles | None = None

    @property
    def width(self) -> int:
        """Columns of the terminal, within reason; 80 where there is none."""
        import shutil  # noqa: PLC0415 - brings every format of archives with it

        return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((80, 24)).columns))

    def hide_numbers(self, callees: Iterable[str]) -> None:
        """Mask these numbers (E.164) from now on, however they are written, unless they are to be shown."""
        self._redactor.hide_numbers(callees)

    def hide_cells(self, files: Mapping[str, frozenset[str]]) -> None:
        """Cover the numbers in lines that are shown of these files, by their columns, unless they are to be shown."""
        self._number_files |= files

    def hide_secret(self, secret: str) -> None:
        """Never let this text out."""
        self._redactor.hide_secret(secret)

    def clean(self, text: str, *, masked: bool = False) -> str:
        """A text as it may leave; ``masked`` hides callees' numbers even where --show-numbers shows them."""
        text = self._redactor.without_secrets(text)
        return self._redactor.without_numbers(text) if masked or not self.show_numbers else text

    def redacted(self, findings: Iterable[Finding]) -> list[Finding]:
        """Findings without any secret in their words, before they are cut, wrapped and escaped."""
        return [replace(it, message=self._secretless(it.message), hint=self._secretless(it.hint)) for it in findings]

    def _secretless(self, text: str) -> str:
        return hide_credentials(hide_secrets(self._redactor.without_secrets(text)))

    def document(self, value: Any) -> str:
        """A JSON document as it may leave: addresses and paths stay as they are, so that programs find them."""
        from reconciler.render import json  # noqa: PLC0415 - only where JSON was asked for

        if self._redactor.knows_numbers and not self.show_numbers:
            value = self._masked(value)
        text = self._redactor.without_secrets(json.dumps(value))
        return text.replace("##", "#\\u0023") if os.environ.get("TF_BUILD") else text  # its runner obeys `##vso[…]`

    def _masked(self, value: Any, key: str = "") -> Any:
        if isinstance(value, str):
            return value if key in _HANDLES else self._redactor.without_numbers(value)
        if isinstance(value, dict):
            return {name: self._masked(inner, str(name)) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._masked(inner, key) for inner in value]
        return value

    def data(self, text: str) -> None:
        """Print a result to stdout."""
        self.answered = True
        click.echo(_inert(self.clean(text)).rstrip("\n"), color=self.color)

    def talk(self, text: str) -> None:
        """Say something to a person on stderr."""
        if self.log is not None:
            self.log(text)
            return
        click.echo(_inert(self.clean(text)).rstrip("\n"), err=True)

    def trace(self, what: str) -> None:
        """Say what the run does and when, where that was asked for; numbers are masked even with --show-numbers."""
        if self.debug:
            told = mask_in(self.clean(hide_secrets(what), masked=True))
            click.echo(_inert(f"debug {time.monotonic() - self._begun:7.3f} s  {told}"), err=True)

    def instruct(self, command: str) -> None:
        """Say something to the CI's runner, which reads stderr as well as stdout.

        Numbers are masked in what it says, not in the file and the address it names.
        """
        if found := _INSTRUCTION.fullmatch(command):
            head, message = self._redactor.without_secrets(found["head"]), self.clean(found["message"], masked=True)
            click.echo(f"{head}{message}", err=True)

    def json(self, value: Any) -> None:
        """Print a JSON document to stdout; there is one per run, so that it can be parsed."""
        self.answered = True
        click.echo(self.document(value).rstrip("\n"))

    def tests(self, junit: str) -> None:
        """Print JUnit's XML to stdout: masked, but for the names and files of the tests."""
        self.answered = True
        parts = _TESTCASE.split(junit)
        parts[::2] = map(self.clean, parts[::2])
        click.echo(_inert(self._redactor.without_secrets("".join(parts))).rstrip("\n"), color=self.color)

    def source(self, path: str) -> list[str] | None:
        """The lines of a project's file, for the caret below a complaint; None where it may not be shown.

        What looks like a secret is hidden in them, and each file is read once, however many complaints it has.
        """
        if path not in self._sources:
            self._sources[path] = self._lines(path)
        return self._sources[path]

    def _lines(self, path: str) -> list[str] | None:
        if self.root is None or path.endswith(SUFFIX):
            return None  # the lines of a sealed file are not those that a complaint counts
        if self._files is None or self._files.root != self.root:
            self._files = ProjectFiles(self.root)
        content = self._files.read(self.root / path, largest=_LARGEST_SOURCE)
        if isinstance(content, Unreadable):
            return None
        text = self._redactor.without_secrets(self._covered(path, content.decode("utf-8", "replace")))
        return hide_secret_lines(text).splitlines()

    def _covered(self, path: str, text: str) -> str:
        if self.show_numbers:
            return text
        if (columns := self._number_files.get(path)) is not None:
            return cover_numbers(text, path, columns)
        return cover_values(text) if path.lower().endswith((".yaml", ".yml")) else text

    @property
    def is_closed(self) -> bool:
        """Whether no answer can reach anybody: the process was started without a stdout."""
        return isinstance(sys.stdout, ClosedOutput)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

"""Values of an environment in place of ``${var.NAME}``, before a manifest is understood.

A value that is one reference takes the variable's type; inside longer text it is spelled as YAML would. What is
put in is not looked at again, so there is no recursion. Of dollar signs before ``{`` each pair is one of the text:
``$${`` is the text ``${``, and ``$$${var.NAME}`` a dollar sign before a value.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reconciler.diagnostics.suggestions import closest, nearest
from reconciler.model import Location, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Value = str | int | float | bool
_REFERENCE = re.compile(r"(\$*)\$\{([^}\n]*)(\}?)")
_KIND_AND_NAME = re.compile(r"(var\.|env:)([A-Za-z_][A-Za-z0-9_-]*)")
# What a resource is called and what it is are the same in every environment; a waiver is about this very text.
NEVER = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "was"), ("metadata", "waivers"))


@dataclass(frozen=True, slots=True)
class Mistake:
    """A reference that cannot be followed, or not as it seems: the code, the words, and where in the text it stands."""

    code: str
    message: str
    hint: str
    reference: str
    offset: int
    severity: Severity = Severity.ERROR


@dataclass(slots=True)
class Variables:
    """The values that references may name; ``elsewhere`` says which environment sets a name that this one does not.

    ``secrets`` collects what was taken from ``process``, the process's environment, so that it can be hidden.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    process: Mapping[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def fill(self, text: str, mistakes: list[Mistake], *, secret: bool = False, instead: str = "") -> Value:
        """The text with its references followed; those that cannot be are left, and added to ``mistakes``.

        ``secret`` says that the text is the value of a field that is never shown, where ``${env:NAME}`` may stand;
        ``instead`` is what to write where it may not, when that is not a variable.
        """
        whole = _REFERENCE.search(text)
        if whole and not whole[1] and whole[0] == text.strip() and "${" not in whole[2]:
            found = self._value(whole, mistakes, secret=secret, instead=instead)
            return text if found is None else found

        def spelled(reference: re.Match[str]) -> str:
            dollars, single = divmod(len(reference[1]) + 1, 2)
            rest = reference[0][len(reference[1]) + 1 :]
            if not single:
                self._escaped(reference, mistakes)
                return "$" * dollars + rest
            value = self._value(reference, mistakes, secret=secret, instead=instead)
            return "$" * dollars + (f"${rest}" if value is None else _spelled(value))

        return _REFERENCE.sub(spelled, text)

    def text(self, text: str, mistakes: list[Mistake]) -> str:
        """As ``fill``, of a text that stays one: the file of a prompt."""
        value = self.fill(text, mistakes)
        return value if isinstance(value, str) else text.replace(text.strip(), _spelled(value))

    def _escaped(self, reference: re.Match[str], mistakes: list[Mistake]) -> None:
        """A dollar sign was meant where what is escaped is the name of a variable that there is."""
        known = _KIND_AND_NAME.fullmatch(reference[2].strip()) if reference[3] else None
        if known is None or known[1] != "var." or known[2] not in self.values:
            return
        text = f"${{{reference[2]}}}"
        words = f"`${text}` is the text `{text}`, not the value of `{known[2]}`"
        hint = (
            f"write `$$${{var.{known[2]}}}` for a dollar sign and the value, `${{var.{known[2]}}}` for the value alone"
        )
        mistakes.append(Mistake("RC155", words, hint, reference[0], reference.start(), Severity.WARNING))

    def _value(self, reference: re.Match[str], mistakes: list[Mistake], *, secret: bool, instead: str) -> Value | None:
        known = _KIND_AND_NAME.fullmatch(reference[2].strip()) if reference[3] else None
        if known is None:
            mistakes.append(_malformed(reference, self.values))
        elif known[1] == "env:":
            return self._from_process(known[2], reference, mistakes, secret=secret, instead=instead)
        elif known[2] in self.values:
            return self.values[known[2]]
        else:
            words = f"nothing sets the variable `{known[2]}`"
            mistakes.append(Mistake("RC151", words, self._hint(known[2]), reference[0], reference.start()))
        return None

    def _from_process(
        self, name: str, reference: re.Match[str], mistakes: list[Mistake], *, secret: bool, instead: str
    ) -> str | None:
        if not secret:
            words = (
                f"`{reference[0]}` may only stand in a secret field, and this one is shown in plans and kept in state"
            )
            hint = f"what is no secret goes below `variables` in reconciler.yaml: ${{var.{name.lower()}}}"
            mistakes.append(Mistake("RC153", words, instead or hint, reference[0], reference.start()))
            return None
        value = self.process.get(name)
        if not value:
            words = f"the environment variable `{name}` is not set"
            hint = nearest(name, self.process) or f"set it before you run: export {name}=…"
            mistakes.append(Mistake("RC151", words, hint, reference[0], reference.start()))
            return None
        self.secrets.add(value)
        return value

    def _hint(self, name: str) -> str:
        if name in self.elsewhere:
            return f"the environment `{self.elsewhere[name]}` sets it: add --env {self.elsewhere[name]}"
        return nearest(name, self.values) or f"set `{name}` below `variables` in reconciler.yaml"


def filled(
    document: Any,
    variables: Variables,
    *,
    hidden: Callable[[Sequence[str | int]], bool] = lambda _: False,
    instead: Callable[[Sequence[str | int]], str] = lambda _: "",
) -> tuple[Any, list[tuple[tuple[str | int, ...], Mistake]]]:
    """A document with every reference in its values followed, and the mistakes with their paths.

    ``hidden`` says which places below ``spec`` are never shown, and ``instead`` what to write there for a reference to
    the process where they are shown. The shape stays, so marks find the same places.
    """
    mistakes: list[tuple[tuple[str | int, ...], Mistake]] = []

    def walk(node: Any, path: tuple[str | int, ...]) -> Any:
        if path in NEVER:
            return node
        if isinstance(node, str):
            if "${" not in node:
                return node
            found: list[Mistake] = []
            inner = path[1:] if path[:1] == ("spec",) else ()
            value = variables.fill(
                node, found, secret=bool(inner) and hidden(inner), instead=instead(inner) if inner else ""
            )  # fmt: skip - one place
            mistakes.extend((path, mistake) for mistake in found)
            return value
        if isinstance(node, dict):
            return {key: walk(inner, (*path, key)) for key, inner in node.items()}
        if isinstance(node, list):
            return [walk(inner, (*path, index)) for index, inner in enumerate(node)]
        return node

    return walk(document, ()), mistakes


@lru_cache(maxsize=2)
def _line_starts(text: str) -> Sequence[int]:
    """Where each line of a text begins, found once for all mistakes in it."""
    return [0, *(found.end() for found in re.finditer("\n", text))]


def place(text: str, path: str, offset: int) -> Location:
    """Where an offset into a file's text is."""
    starts = _line_starts(text)
    line = bisect_right(starts, offset)
    return Location(path, line, offset - starts[line - 1] + 1)


def sought(text: str, value: Location, reference: str) -> Location:
    """Where a reference stands in the text of a file: the first of its spelling from where its value begins."""
    offset = _line_starts(text)[value.line - 1] + value.column - 1
    found = re.compile(r"(?<!\$)" + re.escape(reference)).search(text, offset)
    return place(text, value.path, found.start()) if found else value


def _malformed(reference: re.Match[str], known: Mapping[str, Value]) -> Mistake:
    inside = reference[2].strip()
    name = re.split(r"[.:]", inside)[-1]
    near = name if name in known else closest(name, known)
    meant = f"did you mean `${{var.{near}}}`? " if near else ""
    hint = f"{meant}`${{var.NAME}}` takes a variable; for the text itself write `$${{`"
    what = "is not closed" if not reference[3] else "is not a reference"
    return Mistake("RC152", f"`{reference[0][:60]}` {what}", hint, reference[0], reference.start())


def _spelled(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""What each code means in full, with an example that provokes it: pages of text beside it.

A page is Markdown: a section per code with a paragraph, the files of the example (a fence whose second word is the
path, ``manifests/example.yaml`` where there is none), the commands (a ``console`` fence, `reconciler validate` where
there is none), and a quotation of what is said. ``…`` in the quotation stands for what differs from run to run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST = "manifests/example.yaml"
_SECTION = re.compile(r"^## (RC\d{3})\n", re.MULTILINE)
_FENCE = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means: text, the example's files by path, its commands, and what is said."""

    code: str
    text: str
    files: Mapping[str, str]
    commands: tuple[str, ...]
    says: str


@cache
def explanations() -> Mapping[str, Explanation]:
    """Every explanation by its code, in the order of the codes."""
    pages = sorted((Path(__file__).parent / "pages").glob("*.md"))
    found = [_read(code, body) for page in pages for code, body in _sections(page.read_text(encoding="utf-8"))]
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}


def _sections(page: str) -> list[tuple[str, str]]:
    _, *parts = _SECTION.split(page)
    return list(zip(parts[::2], parts[1::2], strict=True))


def _read(code: str, body: str) -> Explanation:
    fences = _FENCE.findall(body)
    files = {path or MANIFEST: text for language, path, text in fences if language != "console"}
    typed = [line for language, _, text in fences if language == "console" for line in text.splitlines()]
    rest = _FENCE.sub("", body).strip().splitlines()
    quoted = [line.removeprefix(">").strip() for line in rest if line.startswith(">")]
    told = " ".join(line.strip() for line in rest if not line.startswith(">"))
    commands = tuple(line.removeprefix("$ ") for line in typed) or ("reconciler validate",)
    return Explanation(code, " ".join(told.split()), files, commands, " ".join(quoted))

"""Markdown for Bitbucket, which shows HTML as it is written: the same text without any."""

from __future__ import annotations

import re
from html import unescape

_FENCE = re.compile(r"(?P<marks>`{3,})[A-Za-z]*")
_SUMMARY = re.compile(r"<details><summary>(?P<told>.*)</summary>")
_CODE = re.compile(r"<code>(?P<told>.*?)</code>")
_BACKSLASHED = re.compile(r"\\([\\`*\[\]|~$_#])")
_MARKED = {"<del>": "~~", "</del>": "~~", "<ins>": "**", "</ins>": "**", "</details>": "", "<br>": " "}


def without_html(markdown: str) -> str:
    """The text with folds opened, each below its heading; what stands in a fence is left as it is."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif found := _FENCE.fullmatch(line):
            fence = found["marks"]
        else:
            line = _plain(line)  # noqa: PLW2901 - the line that is told
        lines.append(line)
    return "\n".join(lines)


def _plain(line: str) -> str:
    line = _CODE.sub(_literal, _SUMMARY.sub(r"**\g<told>**", line))
    for written, marked in _MARKED.items():
        line = line.replace(written, marked)
    return unescape(line)


def _literal(found: re.Match[str]) -> str:
    """A code span: nothing is escaped in one, and its marks are longer than any in it."""
    told = _BACKSLASHED.sub(r"\1", found["told"])
    return f"`` {told} ``" if "`" in told else f"`{told}`"

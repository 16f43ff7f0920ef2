"""Routes: a method, a path pattern and the handler behind them, found by the shape of the path.

In a pattern ``{int}`` stands for a number, ``{uuid}`` for a lower-case UUID, ``{word}`` for any segment; what
they matched are the handler's arguments, numbers as numbers. Slashes matter, a trailing one included.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.emulator.exchange import Exchange, Reply, Request

    Handler = Callable[[Exchange], Reply]

INTEGER, UUID, WORD = "{int}", "{uuid}", "{word}"
_HEX = "[0-9a-f]"
PLACEHOLDERS = {
    INTEGER: r"(?P<i{}>[0-9]{{1,18}})",
    UUID: rf"(?P<u{{}}>{_HEX}{{{{8}}}}(?:-{_HEX}{{{{4}}}}){{{{3}}}}-{_HEX}{{{{12}}}})",
    WORD: r"(?P<w{}>[^/]+)",
}


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a method and a path; ``array`` and ``form`` say which bodies it takes besides an object."""

    method: str
    path: str
    handler: Handler
    array: str = ""
    form: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression."""
        segments = (
            PLACEHOLDERS[segment].format(position) if segment in PLACEHOLDERS else re.escape(segment)
            for position, segment in enumerate(self.path.split("/"))
        )
        return re.compile("/".join(segments))


class Router:
    """All routes; those of one length and family are tried in their order, so a word goes before a ``{word}``.

    The expressions of a family are made when it is first asked for: a run asks for a few of them.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._families: dict[tuple[int, str], list[Route]] = defaultdict(list)
        self._patterns: dict[tuple[int, str], list[tuple[Route, re.Pattern[str]]]] = {}
        for route in routes:
            self._families[_family(route.path)].append(route)

    def find(self, request: Request) -> tuple[Route, tuple[Any, ...]]:
        """The route and the ids in the path; Refusal 404 for no such path, 405 for no such method."""
        method = "GET" if request.method == "HEAD" else request.method
        known = False
        for route, pattern in self._of_family(_family(request.path)):
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if route.method == method:
                return route, tuple(int(text) if name[0] == "i" else text for name, text in match.groupdict().items())
            known = True
        if known:
            raise refused(405, f'Method "{request.method}" not allowed.')
        raise refused(404, "Not found.")

    def _of_family(self, family: tuple[int, str]) -> Sequence[tuple[Route, re.Pattern[str]]]:
        if family not in self._families:
            return ()
        if family not in self._patterns:
            self._patterns[family] = [(route, route.pattern) for route in self._families[family]]
        return self._patterns[family]


def _family(path: str) -> tuple[int, str]:
    """How many segments, and the one after the version: no pattern has a placeholder there."""
    segments = path.split("/", 3)
    return path.count("/"), segments[2] if len(segments) > 2 else ""  # noqa: PLR2004 - "", "v1", the family

"""Whole lists from endpoints that answer in several shapes.

Contract 1.4: some lists are bare arrays, some sit in an object, some come in pages by offset or by cursor,
and the sources disagree on which; so every shape is accepted everywhere. A list that cannot be read to its
end is Unintelligible: half a list would make live objects look deleted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.api.identifiers import identifier
from reconciler.errors import Unintelligible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KEYS = ("results", "voices", "payment_methods", "connections", "examples", "runs", "calls")
_TOTALS = ("total", "count", "total_count", "totalCount", "total_items", "total_results", "total_records")
_MOST_PAGES = 2_000
_NO_WAY = "there is more (`{}`), and the contract has no way to ask for it"

Parameters = dict[str, str | int]


def read_items(
    fetch: Callable[[Parameters], Any],
    *,
    path: str,
    params: Mapping[str, str | int],
    key: str | None,
    headers: Callable[[], Mapping[str, str]] = dict,
) -> list[dict[str, Any]]:
    """Every object of the list, in the server's order, each once; ``fetch`` gets one page's decoded body.

    ``headers`` are those of the page that came last: they too may say that there is another.
    """
    reading = _Reading(path, key)
    asked: Parameters = dict(params)
    for _ in range(_MOST_PAGES):
        following = reading.take(fetch(asked), asked)
        if following is None:
            if sign := _header_of_more(headers(), len(reading.items)):
                raise reading.unintelligible(_NO_WAY.format(sign))
            return reading.items
        asked = following
    raise reading.unintelligible(f"the list did not end after {_MOST_PAGES} pages")


@dataclass(slots=True)
class _Reading:
    """A list as far as it has been read."""

    path: str
    key: str | None
    items: list[dict[str, Any]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def take(self, body: Any, asked: Parameters) -> Parameters | None:
        """Add one page; the parameters of the next one, or None after the last."""
        page = self._page(body)
        following = self._following(body, asked, len(page)) if isinstance(body, dict) else None
        if following is None and isinstance(body, dict) and (sign := _sign_of_more(body, len(self.items) + len(page))):
            raise self.unintelligible(_NO_WAY.format(sign))
        paged = following is not None or bool(self.seen)
        fresh = self._unseen(page) if paged else page
        if page and not fresh and (following is not None or page[0] == self.items[0]):
            raise self.unintelligible("the list repeats itself instead of going on")
        self.items += fresh
        return following

    def unintelligible(self, reason: str) -> Unintelligible:
        """The error for a list that is not in the contract."""
        return Unintelligible(
            f"GET {self.path}: {reason}",
            method="GET",
            path=self.path,
            hint="check `--api-url`; `reconciler doctor` shows what answers there",
        )

    def _page(self, body: Any) -> list[dict[str, Any]]:
        found = body if isinstance(body, list) else self._enveloped(body)
        if found is None or not all(isinstance(item, dict) for item in found):
            raise self.unintelligible("the answer is neither a list of objects nor an object that holds one")
        for item in found:
            if "id" in item:
                identifier(item["id"], path=self.path)
        return found

    def _enveloped(self, body: Any) -> list[Any] | None:
        """The list inside an object: under the given key, else a usual one, else the only list there."""
        if not isinstance(body, dict):
            return None
        named = [body.get(name) for name in (self.key, *_KEYS) if name is not None]
        lists = [value for value in body.values() if isinstance(value, list)]
        usual = next((value for value in named if isinstance(value, list)), None)
        return usual if usual is not None else lists[0] if len(lists) == 1 else None

    def _unseen(self, page: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The objects of a page that no earlier page had: rows shift between pages while calls come in."""
        fresh = []
        for item in page:
            identity = _identity(item)
            if identity not in self.seen:
                self.seen.add(identity)
                fresh.append(item)
        return fresh

    def _following(self, body: dict[str, Any], asked: Parameters, length: int) -> Parameters | None:
        if "has_more" in body or "next_cursor" in body:
            return self._after_cursor(body, asked)
        return self._after_offset(body, asked, length)

    def _after_cursor(self, body: dict[str, Any], asked: Parameters) -> Parameters | None:
        cursor = body.get("next_cursor")
        if not body.get("has_more", bool(cursor)):
            return None
        if not isinstance(cursor, (str, int)) or cursor == "" or cursor == asked.get("cursor"):
            raise self.unintelligible("there is more, but no new cursor to ask for it")
        return {**asked, "cursor": cursor}

    def _after_offset(self, body: dict[str, Any], asked: Parameters, length: int) -> Parameters | None:
        """The next offset: after the rows that came, since a server may cap a limit it repeats."""
        total = next((body[name] for name in _TOTALS if _whole(body.get(name))), 0)
        offset, start = body.get("offset"), int(asked.get("offset", 0))
        if _whole(offset) and offset != start:
            raise self.unintelligible(f"asked from {start}, the list answers from {offset}")
        if start + length >= total:
            return None
        if length:
            return {**asked, "offset": start + length}
        if start + (body["limit"] if _whole(body.get("limit")) else 0) >= total:
            return None
        raise self.unintelligible(f"the list ends after {start} of {total}")


_MORE = re.compile(
    r"next|(has|is)?_?(next|more)(_?(page|url|uri|href|link|cursor|token|offset).*)?|truncated", re.IGNORECASE
)
_PAGES = ("total_pages", "page_count", "num_pages", "last_page", "pages")
_ABOUT_PAGES = re.compile(r"_?(meta(data)?|pag(e|es|ing|er|ination)(_?info)?|links?)", re.IGNORECASE)
_DEEPEST = 3


def _sign_of_more(body: Mapping[str, Any], held: int, depth: int = 0) -> str:
    """The key by which an answer says that its list goes on behind the ``held`` objects that came; "" for none."""
    for key, value in body.items():
        if key == "next_cursor" and body.get("has_more") is False:
            continue
        if isinstance(value, dict) and depth < _DEEPEST:
            larger = _ABOUT_PAGES.fullmatch(key) and next((it for it in _TOTALS if _above(value.get(it), held)), "")
            if inside := larger or _sign_of_more(value, held, depth + 1):
                return f"{key}.{inside}"
        if value and not isinstance(value, list) and _MORE.fullmatch(key):
            return key
        if key in _PAGES and _whole(value) and value > _page_number(body):
            return key
    return ""


def _page_number(body: Mapping[str, Any]) -> int:
    return next((body[name] for name in ("page", "current_page", "page_number") if _whole(body.get(name))), 1)


# What servers say of a list beside its body: another page, or how many objects there are altogether.
_NEXT_LINK = re.compile(r"""rel\s*=\s*["']?[^"',;]*\bnext\b""", re.IGNORECASE)
_NEXT_HEADERS = ("x-next-page", "x-next-cursor", "x-next-page-token")
_TOTAL_HEADERS = ("x-total-count", "x-total", "content-range")
_LAST_NUMBER = re.compile(r"(?:^|/)\s*(\d{1,18})\s*$")


def _header_of_more(headers: Mapping[str, str], held: int) -> str:
    """The header by which the last page says that its list goes on; "" where none does."""
    if _NEXT_LINK.search(headers.get("link", "")):
        return "Link"
    named = [name for name in _NEXT_HEADERS if headers.get(name, "").strip()]
    totals = {name: _LAST_NUMBER.search(headers.get(name, "")) for name in _TOTAL_HEADERS}
    larger = [name for name, found in totals.items() if found and int(found[1]) > held]
    return next(iter([*named, *larger]), "")


def _above(value: Any, held: int) -> bool:
    return _whole(value) and value > held


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _identity(item: dict[str, Any]) -> str:
    """What tells one object from another: its id where it has one, else all of it."""
    given = item.get("id", item.get("call_id"))
    return json.dumps(item if given is None else given, sort_keys=True)

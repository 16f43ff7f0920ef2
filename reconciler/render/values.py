"""Values as a reader may see them, in one line.

Secrets are never shown; a personal value shows no telephone number unless numbers were asked for, and
never the digest our records keep in its place: a number is found again from its digest in minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reconciler.contract.equality import covers
from reconciler.contract.fields import policies
from reconciler.model import Sort, dollars
from reconciler.redaction import mask_in
from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import Change, FieldDiff

SECRET = "(secret)"  # noqa: S105 - what is shown in place of one
HIDDEN = "(hidden)"
UNKNOWN = "unknown"  # what the account does not tell and nobody remembers
_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{16}([0-9a-f]{48})?")
_PLAIN = re.compile(r"[^\s\"'`\[\]{}].*[^\s\"'`]|[^\s\"'`\[\]{}]")
_FULL_MINUTE = re.compile(r"\A(\d\d:\d\d):00\Z")  # one side of a difference may be spelt with its seconds
_LONG = 60
_NAMING = ("name", "label", "title", "key")  # what a list's objects are called by, first found


def visible(change: Change, diff: FieldDiff, *, show_numbers: bool) -> tuple[Any, Any]:
    """Both sides of a difference as JSON values, with what must not be seen taken out.

    In a change of what calls a person any number inside a value (a variable, an inline prompt) may be that
    person's, whatever the field is called; a field that is itself a number says whether it is personal.
    """
    before, after = _file(plain(diff.before)), _file(plain(diff.after))
    if diff.unremembered and before is None and not is_long(after):
        before = UNKNOWN
    if diff.secret:
        return None if before is None else SECRET, None if after is None else SECRET
    calls = change.means(Sort.RINGS_A_PERSON) or _calls_somebody(change)
    if diff.personal or (calls and any(isinstance(side, dict | list) for side in (before, after))):
        return _discreet(before, show_numbers=show_numbers), _discreet(after, show_numbers=show_numbers)
    return before, after


def _calls_somebody(change: Change) -> bool:
    """Whether it is of a call, also one that rings nobody now: what is remembered of its callee is a digest."""
    return change.resource is not None and any(it.hashed for it in policies(type(change.resource.spec)).values())


def _file(value: Any) -> Any:
    """What stands for the bytes of a file, in words."""
    if not isinstance(value, dict) or value.keys() != {"sha256", "size"}:
        return value
    return f"file of {value['size']:,} bytes, sha256 {str(value['sha256'])[:8]}"


def plain(value: Any) -> Any:
    """A value as JSON knows it; what JSON has no form for becomes its text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)  # noqa: PLR0124 - NaN
    if isinstance(value, BaseModel):
        return plain(value.model_dump(by_alias=True, exclude_unset=True))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else str(value)


def _discreet(value: Any, *, show_numbers: bool) -> Any:
    if isinstance(value, str):
        if _DIGEST.fullmatch(value):
            return HIDDEN
        return value if show_numbers else mask_in(value)
    if isinstance(value, list):
        return [_discreet(item, show_numbers=show_numbers) for item in value]
    if isinstance(value, dict):
        return {
            _discreet(key, show_numbers=show_numbers): _discreet(item, show_numbers=show_numbers)
            for key, item in value.items()
        }
    return value


def is_long(value: Any) -> bool:
    """Whether a text deserves lines of its own: several lines, or more than fits beside its name."""
    return isinstance(value, str) and ("\n" in value.strip() or len(value) > _LONG)


def line(value: Any, name: str = "") -> str:
    """A JSON value in one clean line; ``name`` is its field, and cents are written as dollars."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return dollars(value) if isinstance(value, int) and name.endswith("_cents") else str(value)
    if isinstance(value, str):
        return _quoted(clean(_FULL_MINUTE.sub(r"\1", value)))
    if isinstance(value, list):
        return f"[{', '.join(line(item) for item in value)}]" if value else "[]"
    return f"{{{', '.join(f'{clean(str(key))}: {line(item)}' for key, item in value.items())}}}"


def _quoted(text: str) -> str:
    """As it is where it cannot be misread, in quotes where it could (empty, spaces at the ends, `none`)."""
    return text if _PLAIN.fullmatch(text) and text not in {"none", "true", "false"} else f'"{text}"'


@dataclass(frozen=True, slots=True)
class Part:
    """One place inside a value that differs: its dotted path there ("" for the value itself), and both sides.

    ``sign`` is ``+`` or ``-`` for an item that a list gained or lost, else "".
    """

    path: str
    before: Any
    after: Any
    sign: str = ""


def differences(before: Any, after: Any) -> list[Part]:
    """Where two JSON values differ; never empty.

    Keys that only the live side has are the vendor's and are left out: only what was declared is compared.
    Items of lists are paired with the one most like them.
    """
    return list(_differences("", before, after)) or [Part("", before, after)]


def _differences(path: str, before: Any, after: Any) -> Iterator[Part]:
    dot = f"{path}." if path else ""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, wanted in after.items():
            if key not in before or not covers(wanted, before[key]):
                yield from _differences(f"{dot}{key}", before.get(key), wanted)
    elif isinstance(before, list) and isinstance(after, list):
        gone, come = _unpaired(before, after)
        for index, wanted in come:
            if (alike := _most_alike(wanted, gone)) is None:
                yield Part(path, None, wanted, "+")
            else:
                yield from _differences(f"{dot}{_called(wanted, index)}", gone.pop(alike), wanted)
        yield from (Part(path, item, None, "-") for item in gone)
    elif not covers(after, before):
        yield Part(path, before, after)


def _called(item: Any, index: int) -> str:
    """An item of a list by its own name, as its author thinks of it; by its place where it has none."""
    names = (item.get(key) for key in _NAMING) if isinstance(item, dict) else ()
    return next((name for name in names if isinstance(name, str) and name), str(index))


def _unpaired(before: list[Any], after: list[Any]) -> tuple[list[Any], list[tuple[int, Any]]]:
    """What is left of two lists once each wanted item took the first live item that has all of it."""
    gone, come = list(before), []
    for index, wanted in enumerate(after):
        found = next((place for place, item in enumerate(gone) if covers(wanted, item)), None)
        if found is None:
            come.append((index, wanted))
        else:
            del gone[found]
    return gone, come


def _most_alike(wanted: Any, items: list[Any]) -> int | None:
    """The place of the item that agrees in the most keys; None when none agrees in any."""
    if not isinstance(wanted, dict):
        return None
    agreeing = [
        sum(item.get(key) == value for key, value in wanted.items()) if isinstance(item, dict) else 0 for item in items
    ]
    most = max(agreeing, default=0)
    return agreeing.index(most) if most else None

"""Paths of keys in the state branch, from which the key can be read back.

``900001/binding/Agent/front-desk`` lies at ``900001/binding/Agent/7c/front-desk.json``. The two letters
spread a folder of many calls over 256 small ones: git writes a folder anew for each change inside it. Folders
never contain a dot and files always end in ``.json``, so ``a`` and ``a/b`` can both be keys.
"""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import quote, unquote

SUFFIX = ".json"
EMPTY = "%"  # a part of no letters; a percent sign in a key is written %25, so this is free


def path_of(key: str) -> str:
    """Where the key's file lies; ASCII, valid on every file system, different for different keys."""
    *folders, name = (_part(part) for part in key.split("/"))
    shard = sha256(key.encode()).hexdigest()[:2]
    return "/".join([*folders, shard, name + SUFFIX])


def key_of(path: str) -> str | None:
    """The key whose file this is; None for a file that is not an entry."""
    parts = path.removesuffix(SUFFIX).split("/")
    if not path.endswith(SUFFIX) or len(parts) == 1:
        return None
    *folders, _, name = parts
    return "/".join("" if part == EMPTY else unquote(part) for part in [*folders, name])


def _part(text: str) -> str:
    # `quote` leaves dots and tildes alone; encoded, no part can be `..`, `.git` or Windows' `git~1`.
    return quote(text, safe="").replace(".", "%2E").replace("~", "%7E") or EMPTY

"""Request bodies: JSON, or a multipart form where the vendor takes a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is uploaded."""

    name: str
    data: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Form:
    """A body with files in it: ``fields`` are texts."""

    fields: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)


def encoded(body: Any) -> tuple[bytes | None, dict[str, str]]:
    """The bytes of a body and the headers that belong to them; nothing for None."""
    if body is None:
        return None, {}
    if not isinstance(body, Form):
        return json.dumps(body, allow_nan=False).encode(), {"Content-Type": "application/json"}
    import httpx  # noqa: PLC0415 - slow to load, and a kind needs the nouns alone

    files = {name: (it.name, it.data, it.media_type) for name, it in body.files.items()}
    request = httpx.Request("POST", "https://form.invalid", data=dict(body.fields), files=files)
    return request.read(), {"Content-Type": request.headers["Content-Type"]}

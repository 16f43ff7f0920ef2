"""Request bodies as fields: JSON objects, multipart forms, and JSON arrays where a path takes them.

Written out rather than taken from a framework: one delimiter to split at, and the standard library reads
the headers; everything beyond that would be imported for a page.
"""

from __future__ import annotations

import json
from email.parser import HeaderParser
from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import JSON_TYPE, Upload, encode, refused

if TYPE_CHECKING:
    from email.message import Message

    from reconciler.emulator.exchange import Request

FORM_TYPE = "multipart/form-data"


def decoded(request: Request, *, array: str = "", form: bool = False) -> dict[str, Any]:
    """The fields of a request, none when it has no body; Refusal 400 or 415 for what the path does not take.

    ``array`` is the field that a bare JSON array stands for, ``form`` allows multipart.
    """
    if not request.body.strip():
        return {}
    header = request.header("Content-Type")
    media = header.partition(";")[0].strip().lower()
    if form and media == FORM_TYPE:
        return multipart(header, request.body)
    if media != JSON_TYPE:
        raise refused(415, f'Unsupported media type "{media}" in request.')
    try:
        body = json.loads(request.body)
        # Half a surrogate pair is JSON, and no text: it could not be stored.
        encode(body).encode()
    except ValueError as error:
        raise refused(400, f"JSON parse error - {error}") from error
    if array and isinstance(body, list):
        return {array: body}
    if not isinstance(body, dict):
        raise refused(400, f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    return body


def multipart(content_type: str, body: bytes) -> dict[str, Any]:
    """The parts of a form by name: text as text, files as ``Upload``; a name ending in ``[]`` is a list.

    Refusal 400 when it is no form.
    """
    boundary = _headers(f"Content-Type: {content_type}").get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        raise refused(400, "Multipart form parse error - Invalid boundary in multipart: None")
    found: dict[str, Any] = {}
    for part in _parts(body, boundary.encode()):
        head, separator, data = part.partition(b"\r\n\r\n")
        if not separator:
            raise refused(400, "Multipart form parse error - a part has no headers")
        name, value = _part(_headers(head.decode(errors="replace").lstrip("\r\n")), data)
        if name.endswith("[]"):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    """What lies between the delimiters, byte for byte; the last one must be closed."""
    chunks = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not chunks[-1].startswith(b"--"):
        raise refused(400, "Multipart form parse error - the form is cut off")
    return chunks[1:-1]


def _part(headers: Message, data: bytes) -> tuple[str, Any]:
    name = str(headers.get_param("name", "", "content-disposition"))
    filename = headers.get_filename()
    if filename is None:
        return name, data.decode(errors="replace")
    return name, Upload(filename, headers.get_content_type(), data)


def _headers(text: str) -> Message:
    return HeaderParser().parsestr(text)

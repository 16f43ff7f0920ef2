"""Multipart forms as clients really send them, and what is no form."""

from __future__ import annotations

import random

import httpx
import pytest

from reconciler.emulator.exchange import Refusal, Request, Upload
from reconciler.emulator.forms import decoded, multipart


def sent(**parts: object) -> Request:
    request = httpx.Request("POST", "http://emulator/x", **parts)  # type: ignore[arg-type]
    return Request("POST", "/x", headers=dict(request.headers), body=request.read())


def test_files_arrive_byte_for_byte_with_their_names() -> None:
    data = random.Random(7).randbytes(20_000) + b"\r\n--not the boundary\r\n\r\n"  # noqa: S311 - any bytes will do
    request = sent(files={"file": ("häus.pdf", data, "application/pdf")}, data={"name": "Grüße"})
    found = decoded(request, form=True)
    assert found == {"name": "Grüße", "file": Upload("häus.pdf", "application/pdf", data)}


def test_a_repeated_part_is_a_list() -> None:
    request = sent(files=[("files[]", ("a.txt", b"a", "text/plain")), ("files[]", ("b.txt", b"", "text/plain"))])
    uploads = decoded(request, form=True)["files[]"]
    assert [(upload.filename, upload.data) for upload in uploads] == [("a.txt", b"a"), ("b.txt", b"")]


def test_a_form_is_refused_where_no_form_is_taken() -> None:
    with pytest.raises(Refusal) as refusal:
        decoded(sent(files={"file": b"x"}))
    assert refusal.value.status == 415


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'),
        ("multipart/form-data; boundary=x", b"--x\r\nno blank line\r\n--x--\r\n"),
    ],
)
def test_a_broken_form_is_a_400(content_type: str, body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        multipart(content_type, body)
    assert refusal.value.status == 400


def test_an_array_stands_for_the_field_a_path_gives_it() -> None:
    request = Request("POST", "/x", headers={"content-type": "application/json"}, body=b'[{"phone": "+14155550100"}]')
    assert decoded(request, array="contacts") == {"contacts": [{"phone": "+14155550100"}]}

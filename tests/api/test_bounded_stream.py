"""Streams to the platform: a request is sent at once and whole, and what a server said before it hung up is read."""

from __future__ import annotations

import httpcore
import pytest

from reconciler.api.bounded_stream import BoundedStream

HEAD, BODY, LONG = b"POST /v1/call HTTP/1.1\r\n\r\n", b'{"to_number": "+14155550199"}', b"x" * 20_000


class Wire(httpcore.NetworkStream):
    """What was sent, packet by packet; a ``broken`` one takes nothing more."""

    def __init__(self, *, broken: type[Exception] | None = None) -> None:
        self.sent: list[tuple[bytes, float | None]] = []
        self.broken = broken

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self.broken is not None:
            raise self.broken
        self.sent.append((buffer, timeout))

    def get_extra_info(self, info: str) -> None:
        del info

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del max_bytes, timeout
        return b"HTTP/1.1 201 Created"


def test_a_short_request_is_one_packet_sent_before_its_answer_is_read() -> None:
    wire = Wire()
    stream = BoundedStream(wire, 60)
    stream.write(HEAD, 30)
    stream.write(BODY, 30)
    assert wire.sent == []
    assert stream.read(100) == b"HTTP/1.1 201 Created"
    assert stream.read(100) == b"HTTP/1.1 201 Created"
    assert wire.sent == [(HEAD + BODY, 30)]


def test_a_long_request_is_not_kept_until_it_is_whole() -> None:
    wire = Wire()
    stream = BoundedStream(wire, 60)
    stream.write(HEAD, 30)
    stream.write(LONG, 30)
    stream.write(BODY, 30)
    assert wire.sent == [(HEAD + LONG, 30)]
    stream.read(100)
    assert wire.sent == [(HEAD + LONG, 30), (BODY, 30)]


def test_the_answer_of_a_server_that_took_no_more_is_read_all_the_same() -> None:
    stream = BoundedStream(Wire(broken=httpcore.WriteError), 60)
    stream.write(HEAD)
    assert stream.read(100) == b"HTTP/1.1 201 Created"


def test_a_server_that_takes_nothing_for_too_long_is_a_timeout() -> None:
    stream = BoundedStream(Wire(broken=httpcore.WriteTimeout), 60)
    stream.write(HEAD)
    with pytest.raises(httpcore.WriteTimeout):
        stream.read(100)


def test_a_connection_whose_request_was_answered_before_it_was_sent_is_not_used_again() -> None:
    """A surplus answer was in the packet of the one before; what waits must not go out with a later request."""
    wire = Wire()
    stream = BoundedStream(wire, 60)
    stream.write(HEAD)
    assert stream.get_extra_info("is_readable") is True
    stream.read(100)
    assert stream.get_extra_info("is_readable") is None

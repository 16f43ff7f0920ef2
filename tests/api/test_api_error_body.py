"""Show how the vendor's words are read, and what never comes out of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api.error_body import Censor, read_error_body

KEY = "sk_live_hunter2hunter2"
CENSOR = Censor(KEY)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"detail": "Agent not found."}, "Agent not found."),
        (
            {"detail": "No card.", "code": "payment_method_required", "retryable": False},
            "No card. (payment_method_required)",
        ),
        ({"name": ["This field may not be blank."]}, "name: This field may not be blank."),
        (
            {"name": ["Too long.", "Too odd."], "voice": "Unknown."},
            "name: Too long. Too odd.; voice: Unknown.",
        ),
        ({"non_field_errors": ["Pick one."]}, "Pick one."),
        ({"config": {"prompt": ["Required."]}}, "config.prompt: Required."),
        ({"steps": [{}, {"to": ["Unknown agent."]}]}, "steps.1.to: Unknown agent."),
        ({"error": "domain_not_allowed", "message": "Not here."}, "Not here. (domain_not_allowed)"),
        ({"error": "slow_down", "error_description": "Wait."}, "Wait. (slow_down)"),
        ({"error": "teapot"}, "teapot"),
        (["One.", "Two."], "One.; Two."),
        ("Just text.", "Just text."),
        ({}, ""),
        ([], ""),
        (None, ""),
        (17, ""),
        ({"detail": None, "ok": True}, ""),
    ],
)
def test_each_shape_of_error_becomes_one_line(body: Any, detail: str) -> None:
    assert read_error_body(json.dumps(body).encode(), CENSOR).detail == detail


def test_complaints_by_field_keep_their_names() -> None:
    body = {"name": ["Too long."], "config": {"voice": ["Unknown.", "Odd."]}}
    words = read_error_body(json.dumps(body).encode(), CENSOR)
    assert words.fields == {"name": ("Too long.",), "config.voice": ("Unknown.", "Odd.")}
    assert words.body == body


def test_a_coded_refusal_keeps_its_body_for_whoever_decides() -> None:
    body = {"detail": "Cannot dial.", "code": "number_not_eligible", "retryable": False}
    words = read_error_body(json.dumps(body).encode(), CENSOR)
    assert words.body == body
    assert words.fields == {}


def test_fields_beside_a_sentence_are_kept() -> None:
    body = {"detail": "Invalid.", "errors": {"name": ["Too long."]}, "status": 400}
    assert read_error_body(json.dumps(body).encode(), CENSOR).fields == {"errors.name": ("Too long.",)}


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", ""),
        (b"upstream connect error\r\n", "upstream connect error"),
        (b"<html><head><title>502 Bad\nGateway</title></head></html>", "an HTML page titled 502 Bad Gateway"),
        (b"\n<!doctype html><p>no title", "an HTML page"),
        (b"\xff\xfe\x00", "��"),
        (b"[" * 100_000, "[" * 399 + "…"),
        (b'{"detail": NaN}', '{"detail": NaN}'),
    ],
)
def test_what_is_no_json_is_still_said(content: bytes, detail: str) -> None:
    assert read_error_body(content, CENSOR).detail == detail


def test_a_line_has_no_control_characters_and_an_end() -> None:
    detail = read_error_body(json.dumps({"detail": "a\x1b[31m\r\n\u202eb\u0000" + "x" * 999}).encode(), CENSOR).detail
    assert detail.startswith("a [31m b x")
    assert len(detail) == 400
    assert detail.isprintable()


def test_a_flood_of_complaints_is_cut() -> None:
    body = {f"field_{number}": ["No."] * 100 for number in range(1000)}
    words = read_error_body(json.dumps(body).encode(), CENSOR)
    assert len(words.fields) == 20
    assert len(words.fields["field_0"]) == 20
    assert len(words.detail) == 400


@pytest.mark.parametrize(
    "text",
    [
        f"invalid key {KEY}",
        f"Bearer {KEY}",
        f"before{KEY}after",
        "your key sk_live_abc*** was revoked",
        "pk_test_12345678 is not accepted",
        "got bearer eyJhbGciOi.J9xyz.abc123 instead",
    ],
)
def test_a_credential_never_comes_out(text: str) -> None:
    body = {"detail": text, "echo": {text: [text]}}
    words = read_error_body(json.dumps(body).encode(), CENSOR)
    said = f"{words.detail} {words.fields} {words.body}"
    assert "[hidden]" in words.detail
    assert not any(secret in said for secret in ("hunter2", "sk_live_abc", "pk_test_1", "eyJ"))


@pytest.mark.parametrize("text", ["token is invalid", "Bearer authentication required", "see sk_live_ keys"])
def test_talk_about_credentials_is_left_alone(text: str) -> None:
    assert CENSOR.line(text) == text


@pytest.mark.parametrize(
    "number",
    ["+14155550199", "+1 415 555 0199", "+1 (415) 555-01-99", "%2B14155550199", "+1.415.555.0199"],
)
def test_a_telephone_number_shows_only_its_end(number: str) -> None:
    assert CENSOR.line(f"cannot dial {number}, sorry") == "cannot dial +1•••••••0199, sorry"


def test_a_number_without_its_plus_is_masked_in_the_vendors_words() -> None:
    assert CENSOR.words("cannot dial 14155550199.") == "cannot dial 1•••••••0199."


@pytest.mark.parametrize("text", ["2026-12-01T15:00:00+00:00", "agent 123456789", "1,234 of 5,678", "v1.2.3"])
def test_what_is_no_telephone_number_is_left_alone(text: str) -> None:
    assert CENSOR.words(text) == text


def test_a_censor_does_not_print_its_secret() -> None:
    assert KEY not in repr(CENSOR)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    assert len(read_error_body(content, CENSOR).detail) <= 400


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.just(KEY),
    lambda children: st.lists(children) | st.dictionaries(st.text() | st.just(KEY), children),
    max_leaves=20,
)


@given(JSON)
def test_no_json_makes_it_fail_or_lets_the_key_out(body: Any) -> None:
    words = read_error_body(json.dumps(body).encode(), CENSOR)
    assert words.detail.isprintable()
    assert KEY not in f"{words.detail} {words.fields} {words.body}"

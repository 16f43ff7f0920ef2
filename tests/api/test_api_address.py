"""Show which addresses may have the key, and which paths may be asked."""

from __future__ import annotations

import pytest

from reconciler.api import DEFAULT_BASE_URL, base_url, segment
from reconciler.api.address import check_path
from reconciler.errors import InputError


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://api.thunderphone.com", "https://api.thunderphone.com"),
        ("https://API.ThunderPhone.com/", "https://api.thunderphone.com"),
        ("https://api.thunderphone.com/v1", "https://api.thunderphone.com"),
        ("https://api.thunderphone.com/v1/", "https://api.thunderphone.com"),
        ("  https://api.thunderphone.com\n", "https://api.thunderphone.com"),
        ("https://gateway.example/thunder/v1", "https://gateway.example/thunder"),
        ("https://gateway.example:8443", "https://gateway.example:8443"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:9/v1", "http://[::1]:9"),
    ],
)
def test_an_address_is_accepted_without_its_slash_and_version(written: str, meant: str) -> None:
    assert base_url(written) == meant


def test_the_default_address_is_acceptable_as_it_stands() -> None:
    assert base_url(DEFAULT_BASE_URL) == DEFAULT_BASE_URL == "https://api.thunderphone.com"


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "is empty"),
        ("api.thunderphone.com", "must start with https://"),
        ("ftp://api.thunderphone.com", "must start with https://"),
        ("file:///etc/passwd", "must start with https://"),
        ("http://api.thunderphone.com", "http is for loopback only"),
        ("http://10.0.0.1", "http is for loopback only"),
        ("http://0.0.0.0:80", "http is for loopback only"),
        ("http://localhost.example.com", "http is for loopback only"),
        ("http://127.0.0.1.example.com", "http is for loopback only"),
        ("http://127.0.0.1@example.com", "user name or password"),
        ("https://me:hunter2@api.thunderphone.com", "user name or password"),
        ("https://api.thunderphone.com?key=hunter2", "query"),
        ("https://api.thunderphone.com#hunter2", "fragment"),
        ("https://", "no host"),
        ("https:///v1", "no host"),
        ("https://host:port", "cannot be read"),
        ("https://host:99999", "cannot be read"),
        ("https://host:0", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://api.thunder phone.com", "blanks"),
        ("https://api.thunderphone.com\r\nX: y", "blanks"),
        ("https://api.thunderphone.com\\@example.com", "blanks"),
        ("https://api.thundérphone.com", "outside ASCII"),
        ("https://app.thunderphone.com", "is the dashboard"),
        ("sk_live_hunter2", "must start with https://"),
    ],
)
def test_a_bad_address_is_explained_and_never_repeated(written: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        base_url(written)
    assert complaint in caught.value.message
    assert caught.value.code == "RC120"
    assert "--api-url https://api.thunderphone.com" in caught.value.hint
    assert "hunter2" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("identifier", "written"),
    [
        (12, "12"),
        ("0f9a-uuid", "0f9a-uuid"),
        ("a/b", "a%2Fb"),
        ("../whoami", "..%2Fwhoami"),
        ("a?b#c", "a%3Fb%23c"),
        ("é", "%C3%A9"),
        ("a%2Fb", "a%252Fb"),
    ],
)
def test_an_id_stays_one_segment(identifier: str | int, written: str) -> None:
    assert segment(identifier) == written


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_an_id_that_would_climb_is_the_authors_mistake(identifier: str) -> None:
    with pytest.raises(InputError, match="cannot be an id"):
        segment(identifier)


@pytest.mark.parametrize("path", ["/v1/agents", "/v1/agents/3/deploy", "/v1/orgs/", "/v1/agents/a%2Fb"])
def test_a_path_of_the_vendor_passes(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "v1/agents",
        "/agents",
        "/v1/../admin",
        "/v1/agents/..",
        "/v1/./agents",
        "/v1//agents",
        "/v1/agents?limit=1",
        "/v1/agents#x",
        "/v1/a b",
        "/v1/a\\b",
        "/v1/a\r\nb",
        "//evil.example/v1",
        "@evil.example/v1",
    ],
)
def test_a_path_that_a_url_would_rewrite_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        check_path(path)

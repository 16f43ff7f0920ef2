from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thunderphone.webhooks import compute_signature, verify_signature

from reconciler.serve.signatures import V1, V2, Signed, is_authentic

BODY = b'{"data":{},"event_id":"e","type":"telephony.complete"}'
NOW = 1_800_000_000
SECRET = "whsec_one"
OLD = "whsec_before"


def digest(at: int = NOW, secret: str = SECRET, path: str = "/webhooks") -> str:
    return compute_signature(secret, timestamp=at, method="POST", path=path, body=BODY)


def ours(header: str, *, secrets: tuple[str, ...] = (SECRET,), path: str = "/webhooks", now: float = NOW) -> bool:
    keys = [it.encode() for it in secrets]
    return is_authentic({V2: header}, Signed("POST", path.encode(), BODY), keys, now=now)


@pytest.mark.parametrize(
    ("header", "authentic"),
    [
        (f"t={NOW},v1={digest()}", True),
        (f" t = {NOW} , v1 = {digest().upper()} ", True),
        (f"v9=x,t={NOW},nothing,v1=00,v1={digest()}", True),
        (f"t={NOW - 300},v1={digest(NOW - 300)}", True),
        (f"t={NOW + 300},v1={digest(NOW + 300)}", True),
        (f"t={NOW - 301},v1={digest(NOW - 301)}", False),
        (f"t={NOW + 301},v1={digest(NOW + 301)}", False),
        (f"t={NOW},t={NOW},v1={digest()}", False),
        (f"t=+{NOW},v1={digest()}", False),
        (f"t=٣{NOW},v1={digest()}", False),
        (f"t=000000{NOW},v1={digest()}", False),
        (f"t={NOW}", False),
        (f"v1={digest()}", False),
        (f"t={NOW},v1=", False),
        (f"t={NOW},v1={digest(secret='another')}", False),
        (f"t={NOW},v1={digest(path='/elsewhere')}", False),
        ("", False),
    ],
)
def test_a_header_counts_as_the_platforms_own_library_says(header: str, *, authentic: bool) -> None:
    theirs = verify_signature(header, secret=SECRET, method="POST", path="/webhooks", body=BODY, now=NOW)
    assert (ours(header), theirs) == (authentic, authentic)


@given(
    st.lists(
        st.sampled_from([f"t={NOW}", f"t={NOW - 400}", f"v1={digest()}", "v1=é", "v1", "=", " ", "t=", "v2=a"]),
        max_size=5,
    ).map(",".join)
)
def test_no_header_is_judged_otherwise_than_by_the_platforms_own_library(header: str) -> None:
    assert ours(header) is verify_signature(header, secret=SECRET, method="POST", path="/webhooks", body=BODY, now=NOW)


def test_while_a_secret_is_rotated_either_counts() -> None:
    assert ours(f"t={NOW},v1={digest(secret=OLD)}", secrets=(SECRET, OLD))


def test_the_query_is_signed_too() -> None:
    header = f"t={NOW},v1={digest(path='/webhooks?tenant=7')}"
    assert ours(header, path="/webhooks?tenant=7")
    assert not ours(header, path="/webhooks?tenant=8")


def test_without_a_secret_nothing_is_authentic() -> None:
    assert not ours(f"t={NOW},v1={digest(secret='')}", secrets=())


def test_a_signature_of_version_1_counts_only_where_it_is_accepted_and_alone() -> None:
    old = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    signed, keys = Signed("POST", b"/webhooks", BODY), [SECRET.encode()]
    assert not is_authentic({V1: old}, signed, keys, now=NOW)
    assert is_authentic({V1: old}, signed, keys, now=NOW, accept_v1=True)
    assert not is_authentic({V1: old, V2: "t=1,v1=00"}, signed, keys, now=NOW, accept_v1=True)

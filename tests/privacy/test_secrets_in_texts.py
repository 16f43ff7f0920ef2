"""What looks like a key or a password is found wherever it stands in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.redaction import secrets_in

SECRETS = (
    *(
        "sk_live_abcdefghijkl",
        "whsec_abcdefgh1234",
        "AKIAABCDEFGHIJKLMNOP",
        f"ghp_{'a' * 30}",
        f"github_pat_{'a' * 20}",
    ),
    *(f"AIza{'b' * 35}", f"eyJ{'c' * 10}.{'c' * 10}.ccccc", f"sk-{'d' * 20}", f"glpat-{'e' * 20}", f"xoxb-{'f' * 10}"),
    *("-----BEGIN PRIVATE KEY-----", f"AGE-SECRET-KEY-1{'G' * 20}", "password: abcdefghijk1", "Token is a/b+c=d-e_f1"),
    *("api key = caf\u00e9caf\u00e91abc",),
)
AROUND = st.text(st.sampled_from("ab1 \n.,:é-"), max_size=30)


@given(AROUND, AROUND)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_whatever_stands_around_it(secret: str, before: str, after: str) -> None:
    """From its first sign on; what follows may belong to it."""
    text = f"{before} {secret} {after}"
    assert any(found.start() == len(before) + 1 for found in secrets_in(text)), text


@pytest.mark.parametrize("text", ["Ask for the password.", "a-b-c-d-e-f-g-h", "unquestionably", "key: short1", ""])
def test_words_alone_are_no_secret(text: str) -> None:
    """Nor is a name without a value."""
    assert not [*secrets_in(text)]

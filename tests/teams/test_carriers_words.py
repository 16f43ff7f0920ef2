"""Why a carrier's proof failed is said in the carrier's own words."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.phone_number import _evidence


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {"verification_evidence": {"evidence": {"outbound": "SIP 403 from the trunk"}}},
            "outbound: SIP 403 from the trunk",
        ),
        (
            {"verification_evidence": {"evidence": {"inbound": "no ring", "outbound": "busy"}}},
            "inbound: no ring; outbound: busy",
        ),
        ({"verification_evidence": {"evidence": "not routed"}}, "not routed"),
        ({"verification_evidence": {"evidence": {"probes": 3}}}, ""),
        ({"verification_evidence": None}, ""),
        (None, ""),
    ],
)
def test_the_evidence_of_a_proof_is_told_in_the_words_it_holds(answer: Any, words: str) -> None:
    assert _evidence(answer) == words

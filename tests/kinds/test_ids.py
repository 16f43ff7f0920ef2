"""Show that no kind takes for an id what can be none."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.errors import Unintelligible
from reconciler.kinds import KINDS
from reconciler.kinds.rest import RestKind

PLAIN = sorted(name for name in KINDS if isinstance(KINDS[name], RestKind))


@pytest.mark.parametrize("id_", [None, True, {}, [], 1.5, float("inf"), "", "\ud800"])
@pytest.mark.parametrize("name", PLAIN)
def test_an_id_that_is_no_text_and_no_whole_number_is_not_taken(name: str, id_: Any) -> None:
    kind = KINDS[name]
    assert isinstance(kind, RestKind)
    with pytest.raises(Unintelligible, match="no text and no whole number"):
        kind.seen({kind.id_field: id_})


@pytest.mark.parametrize("name", PLAIN)
def test_an_object_without_an_id_is_not_taken(name: str) -> None:
    kind = KINDS[name]
    assert isinstance(kind, RestKind)
    with pytest.raises(Unintelligible, match="no text and no whole number"):
        kind.seen({})

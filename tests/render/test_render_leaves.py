"""Differing leaves of nested settings, beside what a general comparison of the same values names."""

from __future__ import annotations

from typing import Any

from deepdiff import DeepDiff

from reconciler.render.values import Part, differences

FIELDS: list[dict[str, Any]] = [{"name": f"f{number}", "type": "string", "required": True} for number in range(8)]
LIVE = [{**field, "id": number, "created_at": "2026-01-01T00:00:00Z"} for number, field in enumerate(FIELDS)]


def general(before: Any, after: Any, *, ignore_order: bool = False) -> int:
    """How many differences a comparison finds that knows neither the vendor's keys nor spellings."""
    return sum(len(found) for found in DeepDiff(before, after, view="tree", ignore_order=ignore_order).values())


def test_one_leaf_is_named_by_its_path_among_keys_that_the_platform_added() -> None:
    wanted = [{**field, "required": False} if field["name"] == "f3" else field for field in FIELDS]
    assert differences(LIVE, wanted) == [Part("f3.required", before=True, after=False)]
    assert general(LIVE, wanted) == 17
    assert general(LIVE, wanted, ignore_order=True) == 8


def test_an_item_that_is_put_first_is_one_difference_and_not_one_for_each_behind_it() -> None:
    wanted = [{"name": "new", "type": "string", "required": True}, *FIELDS]
    assert differences(LIVE, wanted) == [Part("", None, wanted[0], "+")]
    assert general(LIVE, wanted) > len(LIVE)


def test_another_spelling_beside_a_change_is_no_difference() -> None:
    before = {"mon": {"open": "09:00:00", "close": "17:00:00"}, "zone": "UTC"}
    wanted = {"mon": {"open": "09:00", "close": "18:00"}}
    assert differences(before, wanted) == [Part("mon.close", "17:00:00", "18:00")]
    assert general(before, wanted) == 3

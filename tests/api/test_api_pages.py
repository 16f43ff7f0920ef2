"""Show that a list is read whole, in whatever shape it comes (contract 1.4)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.api.pages import Parameters, read_items
from reconciler.errors import Unintelligible

ROWS: list[dict[str, Any]] = [{"id": number} for number in range(120)]


class Pages:
    """Answers each fetch with the next body, and notes what was asked."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies = list(bodies)
        self.asked: list[Parameters] = []

    def __call__(self, asked: Parameters) -> Any:
        self.asked.append(dict(asked))
        return self.bodies.pop(0)


def read(fetch: Any, *, key: str | None = None, **params: str | int) -> list[dict[str, Any]]:
    return read_items(fetch, path="/v1/calls", params=params, key=key)


def by_offset(asked: Parameters, *, rows: list[dict[str, Any]], usual: int = 50) -> dict[str, Any]:
    offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", usual))
    return {"results": rows[offset : offset + limit], "total": len(rows), "limit": limit, "offset": offset}


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (ROWS[:2], None),
        (ROWS[:2], "voices"),
        ({"results": ROWS[:2]}, None),
        ({"results": ROWS[:2], "count": 2}, None),
        ({"results": ROWS[:2], "total": 2, "limit": 50, "offset": 0}, None),
        ({"results": ROWS[:2], "has_more": False, "limit": 50, "next_cursor": None}, None),
        ({"voices": ROWS[:2], "languages": [{"code": "en"}]}, "voices"),
        ({"voices": ROWS[:2], "languages": [{"code": "en"}]}, None),
        ({"payment_methods": ROWS[:2]}, None),
        ({"connections": ROWS[:2], "providers": [], "agents": [], "configured": True}, "connections"),
        ({"odd_name": ROWS[:2], "note": "hello"}, None),
        ({"results": ROWS[:2]}, "voices"),
    ],
)
def test_a_list_is_found_in_any_envelope(body: Any, key: str | None) -> None:
    assert read(Pages(body), key=key) == ROWS[:2]


@pytest.mark.parametrize("body", [[], {"results": []}, {"results": [], "total": 0, "limit": 50, "offset": 0}])
def test_an_empty_list_is_empty(body: Any) -> None:
    assert read(Pages(body)) == []


@pytest.mark.parametrize("body", [None, 3, "text", {}, {"a": [], "b": []}, {"id": 1}, [1, 2], {"results": [None]}])
def test_what_is_no_list_of_objects_is_said_so(body: Any) -> None:
    with pytest.raises(Unintelligible, match="neither a list of objects"):
        read(Pages(body))


def test_pages_by_offset_are_read_to_the_end() -> None:
    assert read(lambda asked: by_offset(asked, rows=ROWS)) == ROWS


def test_the_filters_go_along_to_every_page() -> None:
    asked = []

    def fetch(parameters: Parameters) -> Any:
        asked.append(dict(parameters))
        return by_offset(parameters, rows=ROWS)

    assert read(fetch, status="failed", limit=100) == ROWS
    assert asked == [{"status": "failed", "limit": 100}, {"status": "failed", "limit": 100, "offset": 100}]


def test_reading_can_begin_in_the_middle() -> None:
    assert read(lambda asked: by_offset(asked, rows=ROWS), offset=90) == ROWS[90:]


def test_a_server_that_caps_the_limit_it_repeats_loses_no_row() -> None:
    def fetch(asked: Parameters) -> Any:
        return by_offset({**asked, "limit": 30}, rows=ROWS) | {"limit": 1000}

    assert read(fetch, limit=1000) == ROWS


def test_a_row_pushed_to_the_next_page_by_a_new_one_is_listed_once() -> None:
    later = [{"id": "new"}, *ROWS]
    pages = Pages(
        by_offset({}, rows=ROWS),
        by_offset({"offset": 50}, rows=later),
        by_offset({"offset": 100}, rows=later),
    )
    assert read(pages) == ROWS


def test_rows_without_an_id_are_told_apart_by_their_content() -> None:
    rows = [{"name": str(number // 2), "place": number} for number in range(4)]
    assert read(lambda asked: by_offset(asked, rows=rows, usual=2)) == rows


def test_a_list_that_shrinks_meanwhile_ends_where_it_ends() -> None:
    pages = Pages(by_offset({}, rows=ROWS[:51]), {"results": [], "total": 50, "limit": 50, "offset": 50})
    assert read(pages) == ROWS[:50]


def test_an_empty_last_page_within_the_limit_is_the_end() -> None:
    first = {"results": ROWS[:50], "total": 60, "limit": 50, "offset": 0}
    assert read(Pages(first, {"results": [], "total": 60, "limit": 50, "offset": 50})) == ROWS[:50]


def test_a_total_that_counts_a_hidden_row_is_no_reason_to_stop() -> None:
    visible = [row for row in ROWS if row["id"] != 10]

    def fetch(asked: Parameters) -> Any:
        page = by_offset(asked, rows=ROWS)
        return page | {"results": [row for row in page["results"] if row["id"] != 10]}

    assert read(fetch) == visible
    assert read(fetch, limit=120) == visible


def test_a_count_larger_than_the_list_is_followed() -> None:
    def fetch(asked: Parameters) -> Any:
        offset = int(asked.get("offset", 0))
        return {"results": ROWS[offset : offset + 50], "count": 120}

    assert read(fetch) == ROWS


@pytest.mark.parametrize("total", [80, 120])
def test_a_server_that_repeats_its_first_page_is_caught(total: int) -> None:
    with pytest.raises(Unintelligible, match="repeats itself"):
        read(lambda _: {"results": ROWS[:50], "total": total})


def test_a_server_that_ignores_the_offset_and_says_so_is_caught() -> None:
    with pytest.raises(Unintelligible, match="asked from 50, the list answers from 0"):
        read(lambda _: by_offset({}, rows=ROWS))


def test_a_list_that_stops_short_of_its_total_is_caught() -> None:
    with pytest.raises(Unintelligible, match="ends after 50 of 120"):
        read(Pages(by_offset({}, rows=ROWS), {"results": [], "total": 120, "limit": 50, "offset": 50}))


def test_a_list_that_never_ends_is_left() -> None:
    def fetch(asked: Parameters) -> Any:
        offset = int(asked.get("offset", 0))
        return {"results": [{"id": offset}], "total": offset + 2, "limit": 1, "offset": offset}

    with pytest.raises(Unintelligible, match="did not end after 2000 pages"):
        read(fetch)


def test_pages_by_cursor_are_read_to_the_end() -> None:
    pages = Pages(
        {"results": ROWS[:50], "has_more": True, "limit": 50, "next_cursor": "a"},
        {"results": ROWS[50:100], "has_more": True, "limit": 50, "next_cursor": "b"},
        {"results": ROWS[100:], "has_more": False, "limit": 50, "next_cursor": None},
    )
    assert read(pages, limit=50) == ROWS
    assert pages.asked == [{"limit": 50}, {"limit": 50, "cursor": "a"}, {"limit": 50, "cursor": "b"}]


@pytest.mark.parametrize("cursor", [None, "", ["a"]])
def test_more_without_a_cursor_is_caught(cursor: Any) -> None:
    with pytest.raises(Unintelligible, match="no new cursor"):
        read(Pages({"results": ROWS[:50], "has_more": True, "next_cursor": cursor}))


def test_a_cursor_that_stands_still_is_caught() -> None:
    with pytest.raises(Unintelligible, match="no new cursor"):
        read(lambda asked: {"results": [{"id": len(asked)}], "has_more": True, "next_cursor": "a"})


def test_cursors_that_go_round_are_caught() -> None:
    turns = {"": "a", "a": "b", "b": "a"}

    def fetch(asked: Parameters) -> Any:
        cursor = str(asked.get("cursor", ""))
        return {"results": [{"id": f"row-{cursor}"}], "has_more": True, "next_cursor": turns[cursor]}

    with pytest.raises(Unintelligible, match="repeats itself"):
        read(fetch)


@given(size=st.integers(0, 60), usual=st.integers(1, 20), start=st.integers(0, 70))
def test_every_page_size_gives_the_same_list(size: int, usual: int, start: int) -> None:
    rows = ROWS[:size]
    assert read(lambda asked: by_offset(asked, rows=rows, usual=usual), offset=start) == rows[start:]


@pytest.mark.parametrize(
    "more",
    [
        {"next": "https://api.example/v1/agents?page=2"},
        {"next_page": 2},
        {"nextPageToken": "x"},
        {"links": {"next": "/v1/agents?page=2"}},
        {"meta": {"has_more": True}},
        {"has_next": True},
        {"hasMore": True},
        {"page": 1, "total_pages": 3},
        {"pagination": {"page": 2, "pages": 3}},
        {"meta": {"total": 5}},
        {"pagination": {"total_count": 3}},
    ],
    ids=str,
)
def test_any_sign_of_more_that_cannot_be_followed_is_no_whole_list(more: dict[str, Any]) -> None:
    with pytest.raises(Unintelligible, match="there is more"):
        read(Pages({"results": ROWS[:2], **more}))


@pytest.mark.parametrize(
    "last",
    [
        {"next": None, "previous": "/v1/agents"},
        {"links": {"next": None, "self": "/v1/agents"}},
        {"meta": {"has_more": False, "next_cursor": "x"}},
        {"page": 3, "total_pages": 3},
        {"has_next": False, "next_page": ""},
        {"total_count": 2},
        {"meta": {"total": 2}},
        {"summary": {"total": 5}},
    ],
    ids=str,
)
def test_a_list_that_says_it_ended_is_whole(last: dict[str, Any]) -> None:
    assert read(Pages({"results": ROWS[:2], **last})) == ROWS[:2]


@pytest.mark.parametrize(
    "headers",
    [
        {"link": '</v1/agents?page=2>; rel="next"'},
        {"x-total-count": "5"},
        {"x-next-page": "2"},
        {"content-range": "agents 0-1/5"},
    ],
    ids=str,
)
def test_a_header_that_says_there_is_more_is_no_whole_list(headers: dict[str, str]) -> None:
    with pytest.raises(Unintelligible, match="there is more"):
        read_items(Pages(ROWS[:2]), path="/v1/agents", params={}, key=None, headers=lambda: headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"link": '</v1/agents?page=1>; rel="prev"'},
        {"x-total-count": "2"},
        {"x-next-page": ""},
        {"content-range": "agents 0-1/2"},
        {"content-range": "agents 0-1/*"},
        {"x-total": "many"},
    ],
    ids=str,
)
def test_a_header_that_says_no_more_than_came_leaves_the_list_whole(headers: dict[str, str]) -> None:
    found = read_items(Pages(ROWS[:2]), path="/v1/agents", params={}, key=None, headers=lambda: headers)
    assert found == ROWS[:2]


def test_a_total_under_another_name_is_read_to_the_end_or_refused() -> None:
    with pytest.raises(Unintelligible, match="repeats itself"):
        read(Pages(*[{"results": ROWS[:2], "total_count": 5}] * 2))


@pytest.mark.parametrize("id_", [True, None, {}, [], "", "  ", -3, 1.5, float("inf"), "\ud800"], ids=repr)
def test_an_id_that_is_no_text_and_no_whole_number_is_caught(id_: Any) -> None:
    with pytest.raises(Unintelligible, match="no text and no whole number"):
        read(Pages([{"id": id_}]))

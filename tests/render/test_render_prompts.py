from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plans_to_render import NEW_PROMPT, OLD_PROMPT

from reconciler.render.prompts import growth, passages, respaced, size


def told(before: str, after: str) -> list[tuple[str, int, str]]:
    return [(it.heading, it.line, " ".join(word.text for word in it.words)) for it in passages(before, after)]


def test_each_passage_stands_under_its_heading_with_its_line() -> None:
    assert told(OLD_PROMPT, NEW_PROMPT) == [
        ("## Opening hours", 7, "We are open from [9 → 8] to 17 on weekdays …"),
        (
            "## Booking",
            11,
            "Ask for the [name → full name, politely,] and the date of birth. [+Never promise a time.]",
        ),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb", "a\nb\nc", [("", 3, "[+c]")]),
        ("a\nb c\nd", "a\nd", [("", 2, "[-b c]")]),
        ("a", "a b", [("", 1, "a [+b]")]),
        ("a\n\n\nb", "a\nb", []),
        ("\r\none\r\n", "one", []),
        ("# Title\none", "# Title\ntwo", [("# Title", 2, "[one → two]")]),
        ("# Old", "# New", [("# New", 1, "# [Old → New]")]),
        ("one", "\n\n\ntwo", [("", 4, "[one → two]")]),
        ("", "x y", [("", 1, "[+x y]")]),
        ("x", "", [("", 1, "[-x]")]),
        ("same", "same", []),
        ("a b\nc", "a\nb c", []),
        (
            "## Hours\nFrom 9 to 5.\n\n## Booking\nAsk the name.",
            "## Opening hours\nFrom 8 to 5.\n\nNot on Sundays.\n\n## Booking it\nAsk for the name.",
            [
                ("## Opening hours", 1, "## [Hours → Opening hours]"),
                ("## Opening hours", 2, "From [9 → 8] to 5."),
                ("## Opening hours", 4, "[+Not on Sundays.]"),
                ("## Booking it", 6, "## Booking [+it]"),
                ("## Booking it", 7, "Ask [+for] the name."),
            ],
        ),
        (
            "- Greet warmly.\n- Ask for Dr. Ng.\n- Bye.",
            "- Greet.\n- Ask for Dr. Ng.\n3. Offer a call back.\n- Bye now.",
            [
                ("", 1, "- [Greet warmly. → Greet.]"),
                ("", 3, "[+3. Offer a call back.]"),
                ("", 4, "- [Bye. → Bye now.]"),
            ],
        ),
        ("## One\na b", "## Two\n\nc\n\na b", [("## Two", 1, "## [One → Two]"), ("## Two", 3, "[+c]")]),
    ],
)
def test_what_was_reworded_is_marked(before: str, after: str, expected: list[tuple[str, int, str]]) -> None:
    assert told(before, after) == expected


def test_white_space_is_made_visible_where_it_changed() -> None:
    def shown(before: str, after: str) -> list[tuple[int, str]]:
        return [(it.line, " ".join(word.text for word in it.words)) for it in respaced(before, after)]

    assert shown("one\ntwo three\n", "one\ntwo  three\n") == [(2, "two [+·]three")]
    assert shown("one\ttwo", "one\u00a0two") == [(1, "one[⇥ → ⍽]two")]
    assert shown("one \ntwo\r\n", "one\ntwo\n") == [(1, "one[-·]"), (2, "two[-␍]")]
    assert shown("one", "one\n") == [(1, "one[+↵]")]
    assert shown("a\u2009b", "a b") == [(1, "a[<U+2009> → ·]b")]


def test_long_unchanged_stretches_are_folded() -> None:
    words = " ".join(f"w{number}" for number in range(30))
    assert told(f"a {words} z", f"b {words} y") == [
        ("", 1, "[a → b] w0 w1 w2 w3 … w26 w27 w28 w29 [z → y]"),
    ]


def test_the_size_is_counted_in_lines_and_words() -> None:
    assert size("one two\nthree\n") == "2 lines, 3 words"
    assert size("one") == "1 line, 1 word"


def test_the_change_in_length_is_signed() -> None:
    assert growth("a", "a b") == "+1 word"
    assert growth("a b c", "a") == "-2 words"
    assert growth("a", "b") == "same length"


def test_a_rewritten_prompt_of_thousands_of_words_is_shown_quickly() -> None:
    before = "\n".join(" ".join(f"a{row}{word}" for word in range(20)) for row in range(500))
    after = "\n".join(" ".join(f"b{row}{word}" for word in range(20)) for row in range(500))
    started = time.thread_time()
    assert len(list(passages(before, after))) == 1
    assert time.thread_time() - started < 30


@given(st.lists(st.sampled_from(["a", "b", "c", "# h", ""])), st.lists(st.sampled_from(["a", "b", "d", "# h", ""])))
def test_other_words_are_always_shown_at_a_line_of_the_new_text(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    found = list(passages(before, after))
    if before.split() != after.split():
        assert found
    assert all(1 <= it.line <= max(len(new), 1) for it in found)

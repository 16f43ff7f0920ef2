"""Show that a newcomer can ask what a code or a field means, and is led to the nearest one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main
from reconciler.cli.field_notes import NOTES
from reconciler.cli.field_reference import find, names
from reconciler.diagnostics.codes import CODES
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    Explain = Callable[..., tuple[int, str, str]]


@pytest.fixture
def explain(capsys: pytest.CaptureFixture[str]) -> Explain:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["explain", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_code_is_told_with_its_meaning_an_example_and_the_way_out(explain: Explain) -> None:
    assert explain("RC705") == (
        0,
        """\
RC705  a thinking level that the tier decides

On the Storm tiers the vendor derives the thinking level from the product.
Declaring both invites a difference at every plan. Choose the tier by `product`
alone.

manifests/example.yaml:
    apiVersion: reconciler/v1
    kind: Agent
    metadata: {name: front-desk}
    spec: {product: storm-base, thinking_level: extra}

    $ reconciler validate
    `thinking_level` is decided by `product: storm-base`: the vendor may answer
    another than this

Fix: Remove it; choose the tier by `product`.
""",
        "",
    )


def test_a_code_may_be_written_in_small_letters(explain: Explain) -> None:
    assert explain("rc210") == explain("RC210")


def test_a_field_is_told_with_type_default_choices_and_an_example(explain: Explain) -> None:
    assert explain("Agent.outbound_speak_order") == (
        0,
        """\
Agent.outbound_speak_order

Who talks first when we call; declare it, its default is disputed. The vendor's
pages contradict each other about the default, so declare it for every agent
that calls out: it is then sent, and compared, explicitly.

type: one of the allowed values or null
default: none: left as it is on the account when it is not declared
allowed: agent_first, caller_first

    spec:
      outbound_speak_order: agent_first
""",
        "",
    )


def test_a_field_inside_a_field_is_found(explain: Explain) -> None:
    code, out, _ = explain("ScheduledCall.attempts.on")
    assert code == 0
    assert "allowed: not_answered, busy, voicemail, failed" in out
    assert "    spec:\n      attempts:\n        on: [not_answered]\n" in out


def test_spec_may_be_in_the_path_as_in_a_manifest(explain: Explain) -> None:
    assert explain("Agent.spec.voice") == explain("Agent.voice")


def test_a_kind_lists_its_fields(explain: Explain) -> None:
    _, out, _ = explain("AutoReload")
    for field in ("enabled", "minimum_cents", "amount_cents", "monthly_limit_cents"):
        assert f"  {field} " in out


def test_a_reference_says_what_it_names_and_how_it_is_sent(explain: Explain) -> None:
    assert "the name of an Agent, sent as `inbound_agent_id`" in explain("PhoneNumber.inbound_agent")[1]


def test_without_a_subject_everything_is_listed(explain: Explain) -> None:
    code, out, _ = explain()
    assert code == 0
    assert all(f"{each}  " in out for each in CODES)
    assert all(kind in out for kind in KINDS)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("Agent.vioce", "Agent.voice"), ("Agnet", "Agent"), ("RC-210", "RC210"), ("ScheduledCall.attemps", "attempts")],
)
def test_a_misspelt_subject_is_led_to_the_nearest(explain: Explain, asked: str, meant: str) -> None:
    code, out, err = explain(asked)
    assert (code, out) == (1, "")
    assert "RC124" in err
    assert meant in err


def test_json_has_the_same_for_machines(explain: Explain) -> None:
    told = json.loads(explain("RC110", "--format", "json")[1])
    assert told["format"] == "reconciler.explain/v1"
    assert told["example"]["says"] == "unknown key `voic`"
    assert json.loads(explain("Agent.voice", "--format", "json")[1])["path"] == "Agent.voice"


def test_every_field_has_something_to_say() -> None:
    for name in names():
        entry = find(name)
        assert entry is not None
        assert entry.text, name
        assert entry.type or "." not in name, name


def test_every_note_is_about_a_field_that_exists() -> None:
    assert [name for name in NOTES if find(name) is None] == []


def test_a_kind_may_be_written_in_small_letters(explain: Explain) -> None:
    assert explain("agent") == explain("Agent")
    assert explain("agent.voice") == explain("Agent.voice")


def test_a_range_is_told_and_kept_by_the_example(explain: Explain) -> None:
    _, said, _ = explain("ScheduledCall.attempts.max")
    assert "range: 1 to 10" in said
    assert "max: 2" in said


@pytest.mark.parametrize("code", ["RC210", "RC211", "RC213", "RC300", "RC620"])
def test_an_example_that_needs_an_account_in_trouble_says_so(explain: Explain, code: str) -> None:
    _, said, _ = explain(code)
    assert "The example needs" in " ".join(said.split())


def test_a_call_says_what_it_needs(explain: Explain) -> None:
    said = explain("ScheduledCall")[1]
    assert "one of `at` and `schedule`" in " ".join(said.split())
    assert "required: to_number\n" in said


@pytest.mark.parametrize("subject", ["project.limits", "Agent", "ScheduledCall"])
def test_what_is_explained_fits_eighty_columns(explain: Explain, subject: str) -> None:
    assert max(map(len, explain(subject)[1].splitlines())) <= 80

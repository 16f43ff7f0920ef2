"""Show what lint warns of and, as much, what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import lint
from reconciler.contract.account import Account
from reconciler.kinds import KINDS
from reconciler.load.reader import load
from reconciler.model import Observed, Resource, Severity
from reconciler.settings import Settings, find_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    Linted = Callable[..., list[tuple[str, str]]]

NOW = datetime(2030, 1, 14, 12, tzinfo=UTC)
GOOD = "This is Harbor Dental, calling about your visit."


def agent(spec: str, name: str = "desk", metadata: str = "") -> str:
    return f"apiVersion: reconciler/v1\nkind: Agent\nmetadata: {{name: {name}{metadata}}}\nspec: {{{spec}}}\n"


def number(spec: str, name: str = "line") -> str:
    head = f"apiVersion: reconciler/v1\nkind: PhoneNumber\nmetadata: {{name: {name}}}\n"
    return head + f'spec: {{number: "+15551230001", {spec}}}\n'


def call(spec: str, name: str = "jane", at: str = "at: 2030-01-15T15:00:00Z") -> str:
    head = f"apiVersion: reconciler/v1\nkind: ScheduledCall\nmetadata: {{name: {name}}}\n"
    to = "" if "to_number" in spec else 'to_number: "+14155550199", '
    return head + f'spec: {{from_number: "+15551230001", {to}{at}, {spec}}}\n'


def config(more: str = "", prompt: str = GOOD) -> str:
    return f'config: {{prompt: "{prompt}", max_call_duration_seconds: 60{more}}}'


AT_ANY_TIME = Settings.model_validate(
    {"calling_hours": {"start": "00:00", "end": "24:00"}, "limits": {"calls_per_callee_per_day": 99}}
)
OUTBOUND = number("outbound_agent: desk")


@pytest.fixture
def resources(tmp_path: Path) -> Callable[..., Mapping[str, Resource]]:
    def read(*documents: str, prompt: str = "") -> Mapping[str, Resource]:
        (tmp_path / "manifests").mkdir(exist_ok=True)
        (tmp_path / "manifests" / "a.yaml").write_text("---\n".join(documents), encoding="utf-8")
        (tmp_path / "desk.md").write_text(prompt, encoding="utf-8")
        loaded = load([], find_project(tmp_path), KINDS, now=NOW)
        assert loaded.errors == []
        return loaded.resources

    return read


@pytest.fixture
def linted(resources: Callable[..., Mapping[str, Resource]]) -> Linted:
    """The code and place of each finding, place without the file's name."""

    def run(*documents: str, prompt: str = "", settings: Settings = AT_ANY_TIME) -> list[tuple[str, str]]:
        settled = lint.offline(resources(*documents, prompt=prompt), NOW, settings)
        return sorted((it.code, str(it.location).removeprefix("manifests/a.yaml:")) for it in settled.findings)

    return run


def test_every_rule_has_a_code_of_its_own_and_one_check() -> None:
    assert len({rule.code for rule in lint.RULES}) == len(lint.RULES)
    for rule in lint.RULES:
        assert [rule.offline, rule.spoken, rule.timed, rule.agreed, rule.online].count(None) == 4, rule.code
        assert rule.severity is not Severity.ERROR, "what cannot work is for a kind to say"


def test_a_variable_that_nothing_says_is_named_at_its_line(linted: Linted) -> None:
    said = config(prompt=GOOD + " Is this {{name}}?")
    assert [code for code, _ in linted(call(said + ", variables: {name: Jane, nmae: J}"))] == ["RC701"]
    assert linted(call(said + ", variables: {name: Jane}")) == []


def test_a_variable_is_said_anywhere_the_agent_speaks_or_transfers(linted: Linted) -> None:
    settings = f'prompt: "{GOOD}", max_call_duration_seconds: 60, voicemail_message: "Call {{{{desk}}}} back."'
    transfer = ', transfer_destinations: [{name: desk, number: "{{line}}"}]'
    given = call("agent: desk, variables: {desk: one, line: '+14155550100'}")
    assert linted(agent(settings + transfer), given) == []


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        (GOOD, False),
        ("You call on behalf of Lakeside Clinic to confirm one appointment.", False),
        ("You are the automated dispatcher of a depot and tell a driver one thing.", False),
        ("Be friendly and brief.", True),
        ("This is Harbor Dental.", True),
        ("Confirm the visit.", True),
    ],
)
def test_an_outbound_prompt_says_who_calls_and_why(linted: Linted, prompt: str, *, found: bool) -> None:
    assert linted(call(config(prompt=prompt))) == ([("RC702", "4:107")] if found else [])


def test_an_agent_that_only_answers_need_not_say_why_it_calls(linted: Linted) -> None:
    assert linted(agent("prompt: Be friendly."), number("inbound_agent: desk")) == []


def test_words_of_another_language_are_not_judged(linted: Linted) -> None:
    spanish = 'prompt: "Sea amable.", primary_language: es, max_call_duration_seconds: 60'
    assert linted(agent(spanish), OUTBOUND) == []


def test_a_voicemail_message_needs_its_text(linted: Linted) -> None:
    assert linted(agent("voicemail_action: message")) == [("RC703", "4:26")]
    assert linted(agent("voicemail_action: message, voicemail_message: Hello.")) == []
    assert linted(agent("voicemail_action: hangup")) == []
    assert linted(call(config(", voicemail_action: message")))[0][0] == "RC703"


def test_a_storm_tier_decides_the_thinking_level(linted: Linted) -> None:
    assert linted(agent("product: storm-base, thinking_level: extra")) == [("RC705", "4:45")]
    assert linted(agent("product: bolt, thinking_level: extra")) == []
    assert linted(agent("product: storm-base")) == []


@pytest.mark.parametrize(
    "secret",
    [
        "sk_live_0123456789abcdef",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a1" * 18,
        "sk-" + "Ab1-" * 6,
        "glpat-" + "x" * 20,
        "xoxb-" + "1234567890",
        "AIza" + "B" * 35,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----",
        "the password is hunter2hunter2",
        "api key: 9f8e7d6c5b4a",
    ],
)
def test_a_secret_is_found_at_its_line_and_can_be_hidden(
    resources: Callable[..., Mapping[str, Resource]], secret: str
) -> None:
    found = resources(agent("prompt: {file: desk.md}"), prompt=f"You answer.\nNote: {secret}.\n")
    settled = lint.offline(found, NOW, AT_ANY_TIME)
    (finding,) = settled.findings
    assert finding.code == "RC706"
    assert str(finding.location).startswith("desk.md:2:")
    assert secret not in finding.message
    assert any(each in secret for each in settled.secrets)


@pytest.mark.parametrize(
    "text",
    ["Ask for the password of their account.", "Your secret is safe with us.", "Use the token that they were sent."],
)
def test_talk_of_secrets_is_no_secret(linted: Linted, text: str) -> None:
    assert linted(agent("prompt: {file: desk.md}"), prompt=text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Doctor Lee is at +1 415 555 0177.", True),
        ("Doctor Lee is at (415) 555-0177.", True),
        ("Doctor Lee is at lee.private@example.com.", True),
        ("Write to support@example.com.", False),
        ("Call 1-800-555-0100.", False),
        ("Our number is (555) 123-0001.", False),
        ("The code has 10 digits, 2030-01-14, 1234567890123.", False),
    ],
)
def test_data_of_persons_is_found_and_that_of_offices_let_pass(linted: Linted, text: str, *, found: bool) -> None:
    said = linted(agent("prompt: {file: desk.md}"), number("label: ours"), prompt=text)
    assert [code for code, _ in said] == (["RC707"] if found else [])


def test_two_calls_to_one_person_at_one_time_are_named_at_the_second(linted: Linted) -> None:
    twin = call(config(), "june", "at: 2030-01-15T10:05:00, timezone: America/New_York")
    assert linted(call(config()), twin) == [("RC709", "9:68")]
    assert linted(call(config()), call(config(), "june", "at: 2030-01-15T15:30:00Z")) == []
    assert linted(call(config()), call('to_number: "+14155550142", ' + config(), "june")) == []


def test_a_recurring_call_collides_with_a_single_one_once(linted: Linted) -> None:
    daily = call(config(), "daily", 'schedule: {cron: "0 15 * * *", timezone: UTC}')
    assert [code for code, _ in linted(call(config()), daily)] == ["RC709"]
    weekly = call(config(), "weekly", 'schedule: {cron: "0 9 * * 1", timezone: UTC}')
    assert linted(call(config()), weekly) == []


def test_an_outbound_agent_needs_a_longest_duration(linted: Linted) -> None:
    assert [code for code, _ in linted(agent(f'prompt: "{GOOD}"'), OUTBOUND)] == ["RC710"]
    assert linted(agent(f'prompt: "{GOOD}", max_call_duration_seconds: 60'), OUTBOUND) == []
    assert linted(agent(f'prompt: "{GOOD}"')) == []


def account(resources: Mapping[str, Resource], **given: Any) -> Account:
    return Account(
        organization="1",
        now=NOW,
        settings=Settings(),
        observed=given.get("observed", {}),
        resources=resources,
        facts={"voices": given.get("voices"), "voice_policy": given.get("policy")},
    )


def online(account: Account) -> list[tuple[str, str]]:
    return [(it.code, it.hint) for it in lint.online(account).findings]


def test_a_voice_that_is_not_listed_is_led_to_the_nearest(
    resources: Callable[..., Mapping[str, Resource]],
) -> None:
    found = resources(agent("voice: olivai"))
    listed = {"voices": [{"id": "olivia", "shape": "free"}, {"voice_name": "our-clone"}]}
    assert online(account(found, voices=listed)) == [("RC704", "did you mean `olivia`?")]
    assert online(account(resources(agent("voice: our-clone")), voices=listed)) == []


@pytest.mark.parametrize(
    ("policy", "severity"),
    [
        ({"used": 0}, "error"),
        ({"used": 2}, "warning"),
        ({"used": False}, "warning"),
        ({}, "warning"),
        (None, "warning"),
    ],
)
def test_the_list_proves_that_there_is_no_such_voice_only_where_the_account_has_no_clones(
    resources: Callable[..., Mapping[str, Resource]], policy: object, severity: str
) -> None:
    found = account(resources(agent("voice: olivai")), voices={"voices": [{"id": "olivia"}]}, policy=policy)
    assert [str(it.severity) for it in lint.online(found).findings] == [severity]


def test_a_voice_is_not_judged_without_a_list_or_when_a_live_agent_has_it(
    resources: Callable[..., Mapping[str, Resource]],
) -> None:
    found = resources(agent("voice: old-clone"))
    assert online(account(found)) == []
    live = Observed("Agent", "1", {"voice": "old-clone"})
    assert online(account(found, voices={"voices": [{"id": "olivia"}]}, observed={"Agent": (live,)})) == []


def test_a_number_that_cannot_dial_has_no_use_for_an_outbound_agent(
    resources: Callable[..., Mapping[str, Resource]],
) -> None:
    live = Observed("PhoneNumber", "1", {"number": "+15551230001", "source": "demo"}, identity="+15551230001")
    observed = {"PhoneNumber": (live,)}
    found = resources(agent("voice: olivia"), OUTBOUND)
    assert [code for code, _ in online(account(found, observed=observed))] == ["RC708"]
    proving = resources(agent("voice: olivia"), number("outbound_agent: desk, verify: true"))
    assert online(account(proving, observed=observed)) == []


@pytest.mark.parametrize(
    ("when", "late", "found"),
    [
        ("2030-01-15T18:00:00Z", "10m", []),  # 10:00 in San Francisco
        ("2030-01-15T15:00:00Z", "10m", [("RC711", "4:68")]),  # 07:00 there
        ("2030-01-15T15:55:00Z", "10m", []),  # they open within its window
        ("2030-01-16T04:59:00Z", "10m", []),  # 20:59
        ("2030-01-16T05:00:00Z", "2h", [("RC711", "4:68")]),  # 21:00
    ],
)
def test_a_call_whose_whole_window_is_at_night_is_warned_of_at_its_time(
    linted: Linted, when: str, late: str, found: list[tuple[str, str]]
) -> None:
    assert linted(call(config() + f", late: {late}", at=f"at: {when}"), settings=Settings()) == found


def test_a_recurring_call_at_night_is_warned_of_once(linted: Linted) -> None:
    nightly = 'schedule: {cron: "0 3 * * *", timezone: America/Los_Angeles}'
    assert [code for code, _ in linted(call(config(), at=nightly), settings=Settings())] == ["RC711"]


def test_more_calls_to_one_person_on_one_day_than_allowed_are_warned_of(linted: Linted) -> None:
    first, second, third = (
        call(config(), name=f"jane-{hour}", at=f"at: 2030-01-15T{hour}:00:00Z") for hour in (17, 19, 21)
    )
    two = Settings.model_validate({"limits": {"calls_per_callee_per_day": 2}})
    assert [code for code, _ in linted(first, second, third, settings=Settings())] == ["RC712", "RC712"]
    assert [place.split(":")[0] for _, place in linted(third, second, first, settings=two)] == ["4"]
    assert linted(first, second, settings=two) == []
    tomorrow = call(config(), name="jane-18", at="at: 2030-01-16T18:00:00Z")
    assert linted(first, tomorrow, settings=Settings()) == []


def test_a_call_that_recurs_too_often_for_one_person_is_warned_of_once(linted: Linted) -> None:
    hourly = 'schedule: {cron: "0 10-14 * * *", timezone: America/Los_Angeles}'
    assert [code for code, _ in linted(call(config(), at=hourly), settings=Settings())] == ["RC712"]

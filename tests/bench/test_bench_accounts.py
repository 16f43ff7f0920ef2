"""What can be wrong in the bench itself: that the two sides are not the same agents, or floors that do not look."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from bench import accounts, calls, peers, rows
from bench.floors.compose import documents
from bench.floors.rows import rows as read_rows
from bench.platform import Platform
from bench.wire import Desk
from reconciler.kinds import KINDS
from reconciler.load.reader import load
from reconciler.settings import find_project

if TYPE_CHECKING:
    from pathlib import Path


def listed(platform: Platform) -> list[accounts.JSON]:
    found: list[accounts.JSON] = json.loads(platform.answer("GET", "/v1/agents", None)[1])
    return found


def test_the_manifests_declare_just_what_the_platform_answers(tmp_path: Path) -> None:
    accounts.write_project(tmp_path, 250)
    declared = [agent.spec.model_dump() for agent, _ in documents(tmp_path / "manifests")]
    live = listed(Platform(250, edited_percent=0))
    assert [{name: item[name] for name in declared[0]} for item in live] == declared


def test_one_agent_in_a_hundred_was_edited(tmp_path: Path) -> None:
    live, edited = listed(Platform(300, edited_percent=0)), listed(Platform(300, edited_percent=1))
    differing = [one["name"] for one, other in zip(live, edited, strict=True) if one != other]
    assert differing == ["agent-000100", "agent-000200", "agent-000300"]


def test_a_prompt_has_two_kilobytes() -> None:
    assert all(1_900 <= len(accounts.prompt(number)) <= 2_100 for number in (1, 100_000))


def test_the_floor_knows_the_line_of_each_value(tmp_path: Path) -> None:
    accounts.write_project(tmp_path, 2)
    written = (tmp_path / "manifests" / "agents-000001.yaml").read_text(encoding="utf-8").splitlines()
    (_, first), (_, second) = documents(tmp_path / "manifests")
    assert written[first["spec", "voice"]] == written[second["spec", "voice"]] == "  voice: olivia"
    assert first["spec", "voice"] < second["spec", "voice"]


def test_the_floor_refuses_what_no_agent_has(tmp_path: Path) -> None:
    (tmp_path / "agents.yaml").write_text(accounts.document(1).replace("voice:", "voise:"), encoding="utf-8")
    with pytest.raises(ValueError, match="voise"):
        list(documents(tmp_path))


def test_a_peer_is_given_the_same_text() -> None:
    record = yaml.safe_load(peers.record(7))[accounts.name(7)]
    assert record == {"type": "TXT", "value": accounts.prompt(7).strip()}


def test_an_update_is_a_draft_until_it_is_deployed() -> None:
    platform = Platform(1, edited_percent=0)
    _, staged = platform.answer("PATCH", "/v1/agents/7001", {"prompt": "other"})
    draft = json.loads(staged)
    assert (draft["prompt"], draft["draft_prompt"], draft["has_draft"]) == (accounts.prompt(1), "other", True)
    stale = platform.answer("POST", "/v1/agents/7001/deploy", {"if_updated_at": accounts.CREATED})
    assert stale[0] == 409
    platform.answer("POST", "/v1/agents/7001/deploy", {"if_updated_at": draft["updated_at"]})
    (live,) = listed(platform)
    assert (live["prompt"], live["draft_prompt"], live["has_draft"]) == ("other", None, False)


def test_a_created_agent_is_in_the_next_list() -> None:
    platform = Platform(1, edited_percent=0)
    status, made = platform.answer("POST", "/v1/agents", {"name": "new", "prompt": "p", "voice": "olivia"})
    assert status == 201
    assert [item["id"] for item in listed(platform)] == [7001, json.loads(made)["id"]]


def test_a_key_rings_once() -> None:
    platform = Platform(0, edited_percent=0)
    call = {"from_number": "+15551230001", "to_number": "+14152000001", "idempotency_key": "k"}
    first, second = (platform.answer("POST", "/v1/call", call) for _ in range(2))
    assert (first[0], second[0]) == (201, 200)
    assert json.loads(first[1])["call_id"] == json.loads(second[1])["call_id"]


def test_calls_are_listed_in_pages_newest_first() -> None:
    platform = Platform(0, edited_percent=0)
    for number in range(3):
        platform.answer("POST", "/v1/call", {"from_number": "+15551230001", "to_number": f"+1415200000{number}"})
    page = json.loads(platform.answer("GET", "/v1/calls?status=in_progress&limit=2&offset=1", None)[1])
    assert [call["to_number"][-1] for call in page["results"]] == ["1", "0"]
    assert page["total"] == 3


def test_requests_are_counted_by_what_they_ask_for() -> None:
    platform = Platform(0, edited_percent=0)
    assert platform.kind("POST", "/v1/agents/7001/deploy") == "POST /v1/agents/ID/deploy"


def test_counting_begins_anew_when_it_is_told_to() -> None:
    desk = Desk(Platform(1, edited_percent=0))
    desk.reply("GET", "/v1/agents", b"")
    desk.reply("GET", "/v1/agents/7001", b"")
    told, waits = desk.reply("POST", "/bench", b'{"latency": 0.05}')
    assert json.loads(told.partition(b"\r\n\r\n")[2]) == {"GET /v1/agents": 1, "GET /v1/agents/ID": 1}
    assert waits == 0.0
    response, waits = desk.reply("GET", "/v1/agents?page=1", b"")
    assert (response[:15], waits) == (b"HTTP/1.1 200 OK", 0.05)
    assert desk.counts == {"GET /v1/agents": 1}


def test_nothing_is_wrong_with_what_is_declared(tmp_path: Path) -> None:
    at = datetime(2030, 12, 1, 15, tzinfo=UTC)
    accounts.write_project(tmp_path / "agents", 120)
    calls.write_project(tmp_path / "calls", 120, at=at)
    for folder in ("agents", "calls"):
        loaded = load((), find_project(tmp_path / folder), KINDS, now=at - timedelta(days=1))
        assert loaded.findings == []
        assert len(loaded.resources) == 120


def test_what_was_recorded_is_found_again(tmp_path: Path) -> None:
    calls.record(tmp_path, 3)
    assert [(attempt.name, attempt.state, attempt.call_id) for attempt in calls.recorded(tmp_path)] == [
        ("call-000001", "placed", "1"),
        ("call-000002", "placed", "2"),
        ("call-000003", "placed", "3"),
    ]


def test_a_list_to_measure_with_is_read_whole_by_the_floor_and_valid_without_a_remark(tmp_path: Path) -> None:
    root = rows.write_project(tmp_path / "project", 50)
    read = read_rows(root / "manifests" / "rows.csv")
    assert [row.id for row in read] == [str(number) for number in range(50)]
    assert len({row.phone for row in read}) == 50
    loaded = load([], find_project(root), KINDS, now=datetime(2030, 11, 29, tzinfo=UTC))
    assert (loaded.findings, sum("reminders/" in key for key in loaded.resources)) == ([], 50)

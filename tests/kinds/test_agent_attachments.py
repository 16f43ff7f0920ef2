"""What hangs on an agent is written as ids in one of two spellings, and read back as objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from kinds.conftest import KilledRuns, Send

IN_PART, REFUSED = 4, 3
pytestmark = pytest.mark.parametrize("kind", ["Agent"])


def agent(*instructions: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "reconciler/v1",
        "kind": "Agent",
        "metadata": {"name": "specimen"},
        "spec": {"prompt": "Hello.", "voice": "olivia", "reusable_instructions": list(instructions), **spec},
    }


def deaf_to(*keys: str) -> Callable[[httpx.Request, Send], httpx.Response]:
    """A platform that takes no notice of some keys of an agent."""

    def through(request: httpx.Request, send: Send) -> httpx.Response:
        if request.method in ("POST", "PATCH") and (asked := json.loads(request.content or "{}")):
            content = json.dumps({key: value for key, value in asked.items() if key not in keys}).encode()
            request.stream = httpx.ByteStream(content)
            del request._content
            request.headers["Content-Length"] = str(len(content))
            request.read()
        return send()

    return through


def writes(bench: KilledRuns) -> list[tuple[str, list[str]]]:
    """The verb and the attachment keys of each write to an agent."""
    return [
        (it.url.path.rpartition("/")[2] if it.method == "POST" else it.method, [key for key in body if "_ids" in key])
        for it in bench.sent
        if it.url.path.startswith("/v1/agents") and isinstance(body := json.loads(it.content or "{}"), dict)
    ]


def live(bench: KilledRuns) -> dict[str, Any]:
    found: dict[str, Any] = bench.ask("GET", f"/v1/agents/{bench.id()}")
    return found


def attached(bench: KilledRuns) -> list[str]:
    return sorted(it["name"] for it in live(bench)["reusable_instructions"])


def test_a_create_attaches_at_once_and_an_update_through_the_draft(bench: KilledRuns) -> None:
    bench.declare(agent("manners"))
    bench.applied()
    assert writes(bench) == [("agents", ["reusable_instruction_ids"])]
    bench.sent.clear()
    bench.declare(agent("manners", "closing"))
    bench.applied()
    assert writes(bench) == [("PATCH", ["draft_reusable_instruction_ids"]), ("deploy", [])]
    bench.clean()
    assert attached(bench) == ["closing", "manners"]


def test_a_create_that_does_not_attach_is_followed_by_a_draft(bench: KilledRuns) -> None:
    bench.declare(agent("manners"))
    with bench.requests(deaf_to("reusable_instruction_ids")):
        said = bench.folder.run("apply", "--yes")
    assert said.code == 0, said.text
    assert [verb for verb, _ in writes(bench)] == ["agents", "PATCH", "deploy"]
    bench.clean()


def test_a_draft_that_does_not_take_the_declared_spelling_gets_the_plain_one(bench: KilledRuns) -> None:
    bench.declare(agent("manners"))
    bench.applied()
    bench.declare(agent("manners", "closing", voice="john"))
    bench.sent.clear()
    with bench.requests(deaf_to("draft_reusable_instruction_ids")):
        said = bench.folder.run("apply", "--yes")
    assert said.code == 0, said.text
    assert [verb for verb, _ in writes(bench)] == ["PATCH", "PATCH", "deploy"]
    bench.clean()


def test_callers_stay_as_they_were_where_neither_spelling_is_taken(bench: KilledRuns) -> None:
    bench.declare(agent("manners"))
    bench.applied()
    bench.declare(agent("closing", voice="john"))
    with bench.requests(deaf_to("draft_reusable_instruction_ids", "reusable_instruction_ids")):
        said = bench.folder.run("apply", "--yes")
    assert said.code == IN_PART
    assert "`reusable_instructions` did not come out as declared" in " ".join(said.text.split())
    found = live(bench)
    assert (found["voice"], found["has_draft"], attached(bench)) == ("olivia", False, ["manners"])


def test_a_new_agent_that_nothing_can_be_attached_to_is_bound_and_reported(bench: KilledRuns) -> None:
    bench.declare(agent("manners"))
    with bench.requests(deaf_to("draft_reusable_instruction_ids", "reusable_instruction_ids")):
        said = bench.folder.run("apply", "--yes")
    assert said.code == IN_PART
    assert "`reusable_instructions` did not come out as declared" in " ".join(said.text.split())
    assert bench.actions() == ["update: reusable_instructions"]
    bench.applied()
    bench.clean()


def test_what_a_colleague_waits_to_attach_is_somebody_elses_draft(bench: KilledRuns) -> None:
    bench.declare(agent("manners"))
    bench.applied()
    closing = next(it["id"] for it in bench.ask("GET", "/v1/reusable-instructions") if it["name"] == "closing")
    bench.ask("PATCH", f"/v1/agents/{bench.id()}", {"draft_reusable_instruction_ids": [closing]})
    bench.declare(agent("manners", voice="john"))
    plan = bench.folder.run("plan", "--format", "json")
    change = next(it for it in json.loads(plan.out)["changes"] if it["kind"] == "Agent")
    assert (plan.code, change["action"], change["reason"]) == (REFUSED, "refuse", "foreign_draft")


def test_a_set_in_another_order_is_the_same(bench: KilledRuns) -> None:
    bench.declare(agent("manners", "closing"))
    bench.applied()
    bench.declare(agent("closing", "manners"))
    bench.clean()


def test_everything_is_taken_away_by_an_empty_set(bench: KilledRuns) -> None:
    bench.declare(agent("manners"))
    bench.applied()
    bench.declare(agent())
    assert bench.actions() == ["update: reusable_instructions"]
    bench.applied()
    bench.clean()
    assert attached(bench) == []


def instruction(name: str, **envelope: Any) -> dict[str, Any]:
    head = {"apiVersion": "reconciler/v1", "kind": "ReusableInstruction", "metadata": {"name": name}}
    return {**head, "spec": {"content": "Say so."}, **envelope}


def refusals(bench: KilledRuns, *options: str) -> list[tuple[str, str, str]]:
    changes = json.loads(bench.folder.run("plan", "--format", "json", *options).out)["changes"]
    return [(it["address"], it["reason"], it["sentence"]) for it in changes if it["action"] == "refuse"]


def test_what_hangs_on_an_agent_is_taken_off_before_it_is_deleted(bench: KilledRuns) -> None:
    bench.declare(agent("manners", "extra"), instruction("extra"))
    bench.applied()
    bench.declare(agent("manners"), instruction("extra", absent=True))
    assert refusals(bench) == []
    bench.sent.clear()
    bench.applied()
    assert [it.method for it in bench.sent] == ["PATCH", "POST", "DELETE"]
    bench.clean()


def test_what_hangs_on_an_agent_that_says_nothing_of_it_is_not_deleted(bench: KilledRuns) -> None:
    bench.declare(agent("manners", "extra"), instruction("extra"))
    bench.applied()
    silent = agent()
    del silent["spec"]["reusable_instructions"]
    sentence = "declared absent, but Agent/specimen uses it"
    bench.declare(silent, instruction("extra", absent=True))
    assert refusals(bench) == [("ReusableInstruction/extra", "in_use", sentence)]
    assert bench.apply().code == REFUSED
    assert attached(bench) == ["extra", "manners"]


def test_what_hangs_on_a_strangers_agent_is_not_pruned(bench: KilledRuns) -> None:
    bench.declare(instruction("extra"))
    bench.applied()
    extra = next(it["id"] for it in bench.ask("GET", "/v1/reusable-instructions") if it["name"] == "extra")
    made = bench.ask(
        "POST",
        "/v1/agents",
        {"name": "Theirs", "prompt": "Hi.", "voice": "olivia", "reusable_instruction_ids": [extra]},
    )  # fmt: skip - one request
    bench.declare()
    sentence = f"is not declared any more, but Agent id {made['id']} (Theirs) uses it"
    assert refusals(bench, "--prune") == [("ReusableInstruction/extra", "in_use", sentence)]


def test_an_agent_and_what_hangs_on_it_are_deleted_together(bench: KilledRuns) -> None:
    bench.declare(agent("manners", "extra"), instruction("extra"))
    bench.applied()
    (bench.folder.root / "reconciler.yaml").write_text("limits: {deletions_percent: 100}\n", encoding="utf-8")
    bench.declare({**agent("manners"), "absent": True}, instruction("extra", absent=True))
    assert refusals(bench) == []
    bench.applied()
    assert bench.ask("GET", "/v1/agents") == []

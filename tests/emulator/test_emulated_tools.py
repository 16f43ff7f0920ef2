"""Tools, servers, knowledge and instructions as their states unfold, and how agents carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator import Platform

BOOK = {"display_name": "Book", "spec": {"type": "function", "function": {"name": "book"}}}


def attach(http: httpx.Client, agent: int, **ids: Any) -> dict[str, Any]:
    http.patch(f"/v1/agents/{agent}", json=ids).raise_for_status()
    return dict(http.post(f"/v1/agents/{agent}/deploy").json())


def write(http: httpx.Client, **body: Any) -> dict[str, Any]:
    made = http.post("/v1/knowledge/documents", json={"name": "hours", "content": "Nine.", **body})
    return dict(made.json()["documents"][0])


def read(http: httpx.Client, key: str) -> dict[str, Any]:
    return dict(http.get(f"/v1/knowledge/documents/{key}").json())


def test_a_document_is_pending_then_processed_then_ready(http: httpx.Client, platform: Platform) -> None:
    key = write(http)["id"]
    seen = [read(http, key)["status"]]
    for _ in range(3):
        platform.advance(1)
        seen.append(read(http, key)["status"])
    assert seen == ["pending", "processing", "ready", "ready"]
    assert read(http, key)["chunk_count"] == 1


def test_a_document_that_cannot_be_indexed_says_why_and_may_be_tried_again(
    http: httpx.Client, platform: Platform
) -> None:
    key = write(http, name="this fails")["id"]
    platform.advance(10)
    assert (read(http, key)["status"], read(http, key)["error"]) == ("failed", "The document could not be parsed.")
    http.patch(f"/v1/knowledge/documents/{key}", json={"name": "this does not"})
    assert http.post(f"/v1/knowledge/documents/{key}/retry").json()["status"] == "pending"
    platform.advance(10)
    assert read(http, key)["status"] == "ready"


def test_how_long_indexing_takes_is_for_the_controls_to_say(http: httpx.Client, platform: Platform) -> None:
    platform.change(indexing_seconds=600)
    key = write(http)["id"]
    platform.advance(301)
    assert read(http, key)["status"] == "processing"


def test_a_document_is_attached_only_once_it_is_ready(http: httpx.Client, platform: Platform, agent: int) -> None:
    key = write(http)["id"]
    early = http.patch(f"/v1/agents/{agent}", json={"draft_knowledge_document_ids": [key]})
    assert (early.status_code, early.json()) == (
        400,
        {"draft_knowledge_document_ids": ['Document "hours" is not ready.']},
    )
    platform.advance(10)
    assert attach(http, agent, draft_knowledge_document_ids=[key])["knowledge_documents"][0]["status"] == "ready"


def test_the_flat_list_has_no_document_of_a_base_but_reads_it_alone(http: httpx.Client) -> None:
    base = http.post("/v1/knowledge-bases", json={"name": "Hours"}).json()["id"]
    made = http.post(f"/v1/knowledge-bases/{base}/documents", json={"name": "a", "content": "b"}).json()
    assert http.get("/v1/knowledge/documents").json() == []
    assert read(http, made["id"])["content"] == "b"
    other = http.post("/v1/knowledge-bases", json={"name": "Other"}).json()["id"]
    assert http.delete(f"/v1/knowledge-bases/{other}/documents/{made['id']}").status_code == 404
    assert http.get(f"/v1/knowledge-bases/{base}/documents/{made['id']}").status_code == 405


@pytest.mark.parametrize("missing", ["name", "content"])
def test_a_document_needs_a_name_and_a_content(http: httpx.Client, missing: str) -> None:
    body = {"name": "a", "content": "b"}
    del body[missing]
    refused = http.post("/v1/knowledge/documents", json=body)
    assert (refused.status_code, refused.json()) == (400, {missing: ["This field is required."]})


def test_an_empty_file_is_refused_and_a_batch_makes_one_document_each(http: httpx.Client) -> None:
    refused = http.post("/v1/knowledge/documents", files={"file": ("a.txt", b"")})
    assert (refused.status_code, list(refused.json())) == (400, ["file"])
    files = [("files[]", (name, b"text")) for name in ("a.txt", "b.txt")]
    made = http.post("/v1/knowledge/documents", files=files).json()
    assert [each["name"] for each in made["documents"]] == ["a.txt", "b.txt"]


def test_an_edited_instruction_is_live_at_once_for_every_agent_that_has_it(http: httpx.Client, agent: int) -> None:
    key = http.post("/v1/reusable-instructions", json={"name": "Kind", "content": "Be kind."}).json()["id"]
    attach(http, agent, reusable_instruction_ids=[key])
    http.patch(f"/v1/reusable-instructions/{key}", json={"content": "Be brief."})
    attached = http.get(f"/v1/agents/{agent}").json()["reusable_instructions"]
    assert [(each["content"], "agent_count" in each) for each in attached] == [("Be brief.", False)]
    assert http.get("/v1/reusable-instructions").json()[0]["agent_count"] == 1
    http.delete(f"/v1/reusable-instructions/{key}")
    assert http.get(f"/v1/agents/{agent}").json()["reusable_instructions"] == []


def test_tools_of_one_name_are_a_warning_on_the_agent_until_one_is_renamed(http: httpx.Client, agent: int) -> None:
    keys = [http.post("/v1/integrations", json=BOOK | {"display_name": name}).json()["id"] for name in ("A", "B")]
    warned = attach(http, agent, integration_ids=keys)["tool_collision_warnings"]
    assert warned == [{"tool_name": "book", "sources": ["A", "B"]}]
    http.patch(f"/v1/integrations/{keys[0]}", json={"spec": {"type": "function", "function": {"name": "cancel"}}})
    assert http.get(f"/v1/agents/{agent}").json()["tool_collision_warnings"] == []


def test_an_echoed_mask_is_stored_as_it_came(http: httpx.Client, platform: Platform) -> None:
    made = http.post("/v1/integrations", json=BOOK | {"headers": [{"key": "K", "value": "sesame"}]}).json()
    http.patch(f"/v1/integrations/{made['id']}", json={"headers": made["headers"]})
    assert platform.objects("integrations")[0]["headers"] == [{"key": "K", "value": "********"}]


def test_a_header_of_a_server_keeps_its_value_when_only_its_key_is_sent(http: httpx.Client, platform: Platform) -> None:
    body = {"url": "https://mcp.example.com", "headers": [{"key": "K", "value": "sesame"}]}
    path = f"/v1/mcp-servers/{http.post('/v1/mcp-servers', json=body).json()['id']}"
    http.patch(path, json={"headers": [{"key": "K"}, {"key": "New", "value": "x"}]})
    assert platform.objects("mcp_servers")[0]["headers"] == [
        {"key": "K", "value": "sesame"},
        {"key": "New", "value": "x"},
    ]


def test_tools_arrive_later_where_synchronising_takes_time(http: httpx.Client, platform: Platform) -> None:
    platform.change(tool_sync_seconds=20)
    path = f"/v1/mcp-servers/{http.post('/v1/mcp-servers', json={'url': 'https://mcp.example.com'}).json()['id']}"
    assert http.post(f"{path}/sync-tools").json()["last_tools_sync_at"] is None
    platform.advance(21)
    assert [each["name"] for each in http.get(path).json()["cached_tools"]] == ["mcp_example_com_lookup"]


@pytest.mark.parametrize("spec", [{"type": "query"}, {"type": "function"}, "book", {}])
def test_a_spec_that_is_no_function_tool_is_a_400(http: httpx.Client, spec: object) -> None:
    refused = http.post("/v1/integrations", json=BOOK | {"spec": spec})
    assert (refused.status_code, list(refused.json())) == (400, ["spec"])


def test_ids_that_are_not_here_are_named_under_the_spelling_that_was_used(http: httpx.Client, agent: int) -> None:
    refused = http.patch(f"/v1/agents/{agent}", json={"draft_integration_ids": ["nope"], "mcp_server_ids": 5})
    assert set(refused.json()) <= {"draft_integration_ids", "mcp_server_ids"}
    assert refused.status_code == 400

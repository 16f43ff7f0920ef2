"""The vendor's SDK on tools, servers, knowledge and instructions, and on what hangs on an agent."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from thunderphone.generated.api.agents import agents_deploy, agents_partial_update
from thunderphone.generated.api.integrations import (
    integrations_create,
    integrations_delete,
    integrations_list,
    integrations_partial_update,
    integrations_retrieve,
    integrations_test_request_create,
    integrations_versions_list,
)
from thunderphone.generated.api.knowledge import (
    knowledge_documents_create,
    knowledge_documents_delete,
    knowledge_documents_import_url,
    knowledge_documents_list,
    knowledge_documents_original_list,
    knowledge_documents_partial_update,
    knowledge_documents_refresh,
    knowledge_documents_replace,
    knowledge_documents_retrieve,
    knowledge_documents_retry,
    knowledge_search_create,
)
from thunderphone.generated.api.knowledge_bases import (
    knowledge_bases_create,
    knowledge_bases_delete,
    knowledge_bases_documents,
    knowledge_bases_documents_delete,
    knowledge_bases_documents_list,
    knowledge_bases_documents_partial_update,
    knowledge_bases_documents_retry,
    knowledge_bases_list,
    knowledge_bases_partial_update,
    knowledge_bases_retrieve,
    knowledge_bases_search,
)
from thunderphone.generated.api.mcp_servers import (
    mcp_servers_create,
    mcp_servers_delete,
    mcp_servers_list,
    mcp_servers_partial_update,
    mcp_servers_retrieve,
    mcp_servers_sync_tools,
)
from thunderphone.generated.api.reusable_instructions import (
    reusable_instructions_create,
    reusable_instructions_delete,
    reusable_instructions_list,
    reusable_instructions_partial_update,
    reusable_instructions_retrieve,
)
from thunderphone.generated.models.deploy_agent_request import DeployAgentRequest
from thunderphone.generated.models.document_batch_upload_request import DocumentBatchUploadRequest
from thunderphone.generated.models.document_text_request import DocumentTextRequest
from thunderphone.generated.models.document_upload_request import DocumentUploadRequest
from thunderphone.generated.models.integration_create_update_request import IntegrationCreateUpdateRequest
from thunderphone.generated.models.integration_header_request import IntegrationHeaderRequest
from thunderphone.generated.models.integration_test_request_request import IntegrationTestRequestRequest
from thunderphone.generated.models.knowledge_base_request import KnowledgeBaseRequest
from thunderphone.generated.models.knowledge_bases_documents_retry_body import KnowledgeBasesDocumentsRetryBody
from thunderphone.generated.models.knowledge_documents_refresh_body import KnowledgeDocumentsRefreshBody
from thunderphone.generated.models.knowledge_documents_retry_body import KnowledgeDocumentsRetryBody
from thunderphone.generated.models.knowledge_search_request import KnowledgeSearchRequest
from thunderphone.generated.models.mcp_server_create_update_request import MCPServerCreateUpdateRequest
from thunderphone.generated.models.mcp_server_header_write_request import MCPServerHeaderWriteRequest
from thunderphone.generated.models.mcp_servers_sync_tools_body import McpServersSyncToolsBody
from thunderphone.generated.models.patched_agent_integration_request import PatchedAgentIntegrationRequest
from thunderphone.generated.models.patched_agent_write_request import PatchedAgentWriteRequest
from thunderphone.generated.models.patched_document_text_request import PatchedDocumentTextRequest
from thunderphone.generated.models.patched_document_upload_request import PatchedDocumentUploadRequest
from thunderphone.generated.models.patched_knowledge_base_request import PatchedKnowledgeBaseRequest
from thunderphone.generated.models.patched_mcp_server_create_update_request import (
    PatchedMCPServerCreateUpdateRequest,
)
from thunderphone.generated.models.patched_reusable_instruction_request import PatchedReusableInstructionRequest
from thunderphone.generated.models.reusable_instruction_request import ReusableInstructionRequest
from thunderphone.generated.models.url_document_request import UrlDocumentRequest
from thunderphone.generated.types import File

from emulator.sdk import done, front_desk, parsed

if TYPE_CHECKING:
    from thunderphone import ThunderPhone

    from reconciler.emulator import Platform

SPEC = {"type": "function", "function": {"name": "book", "parameters": {"type": "object"}}}


def tool(sdk: ThunderPhone, name: str = "Book") -> Any:
    body = IntegrationCreateUpdateRequest(
        display_name=name, spec=SPEC, headers=[IntegrationHeaderRequest(key="Authorization", value="Bearer sesame")]
    )
    return parsed(integrations_create, sdk, body=body)


def upload(name: str, data: bytes) -> File:
    return File(payload=io.BytesIO(data), file_name=name, mime_type="text/plain")


def test_an_integration_lives_and_never_tells_its_header(sdk: ThunderPhone, live: Platform) -> None:
    made = tool(sdk)
    assert (made.endpoint_method.value, made.validation_status.value, made.endpoint_url) == ("POST", "untested", "")
    assert made.headers[0].value == "********"
    assert live.objects("integrations")[0]["headers"] == [{"key": "Authorization", "value": "Bearer sesame"}]
    body = PatchedAgentIntegrationRequest(display_name="Book a table")
    body["endpoint_url"] = "https://tools.example.com/book"
    patched = parsed(integrations_partial_update, sdk, str(made.id), body=body)
    assert (patched.id, patched["endpoint_url"]) == (str(made.id), "https://tools.example.com/book")
    assert parsed(integrations_retrieve, sdk, str(made.id)).display_name == "Book a table"
    assert [each.id for each in parsed(integrations_list, sdk)] == [made.id]
    assert parsed(integrations_versions_list, sdk, made.id).count == 1
    done(integrations_delete, sdk, str(made.id))


@pytest.mark.parametrize(("host", "ok"), [("tools.example.com", True), ("tools.invalid", False)])
def test_a_tool_is_tried_without_being_called(
    sdk: ThunderPhone,
    host: str,
    ok: bool,  # noqa: FBT001 - a column of the table
) -> None:
    tried = parsed(integrations_test_request_create, sdk, body=IntegrationTestRequestRequest(url=f"https://{host}/x"))
    assert tried.ok is ok


def test_an_mcp_server_gets_its_tools_when_asked(sdk: ThunderPhone) -> None:
    body = MCPServerCreateUpdateRequest(
        display_name="Bookings",
        url="https://mcp.example.com/",
        headers=[MCPServerHeaderWriteRequest(key="X-Key", value="sesame")],
    )
    made = parsed(mcp_servers_create, sdk, body=body)
    assert (made.cached_tools, made.last_tools_sync_at, made.enabled) == ([], None, True)
    synced = parsed(mcp_servers_sync_tools, sdk, made.id, body=McpServersSyncToolsBody())
    assert ([each["name"] for each in synced.cached_tools], synced.last_sync_error) == (["bookings_lookup"], "")
    moved = PatchedMCPServerCreateUpdateRequest(
        url="https://mcp.invalid/", headers=[MCPServerHeaderWriteRequest(key="X-Key")]
    )
    assert parsed(mcp_servers_partial_update, sdk, made.id, body=moved).cached_tools == []
    assert parsed(mcp_servers_sync_tools, sdk, made.id, body=McpServersSyncToolsBody()).last_sync_error
    assert parsed(mcp_servers_retrieve, sdk, made.id).url == "https://mcp.invalid/"
    assert len(parsed(mcp_servers_list, sdk)) == 1
    done(mcp_servers_delete, sdk, made.id)


def test_a_base_and_its_documents_live_and_die_together(sdk: ThunderPhone, live: Platform) -> None:
    base = parsed(knowledge_bases_create, sdk, body=KnowledgeBaseRequest(name="Hours"))
    text = parsed(
        knowledge_bases_documents, sdk, base.id, body=DocumentTextRequest(name="hours", content="Open at nine.")
    )
    file = parsed(knowledge_bases_documents, sdk, base.id, body=DocumentUploadRequest(file=upload("a.txt", b"Hello.")))
    assert (text.status.value, text.source_type.value) == ("pending", "text")
    assert (file.original_filename, file.source_type.value, file.byte_count) == ("a.txt", "file", 6)
    live.advance(10)
    listed = parsed(knowledge_bases_documents_list, sdk, base.id)
    assert [each.status.value for each in listed] == ["ready", "ready"]
    body = PatchedDocumentTextRequest(content="Open at ten.")
    assert parsed(knowledge_bases_documents_partial_update, sdk, base.id, text.id, body=body).status.value == "pending"
    more = PatchedDocumentUploadRequest(file=upload("b.txt", b"More."))
    parsed(knowledge_bases_documents_partial_update, sdk, base.id, file.id, body=more)
    parsed(knowledge_bases_documents_retry, sdk, base.id, text.id, body=KnowledgeBasesDocumentsRetryBody())
    live.advance(10)
    found = parsed(knowledge_bases_search, sdk, base.id, body=KnowledgeSearchRequest(query="ten"))
    assert found.results[0]["document_name"] == "hours"
    assert parsed(knowledge_documents_retrieve, sdk, text.id).content == "Open at ten."
    assert parsed(knowledge_bases_retrieve, sdk, base.id).document_count == 2
    parsed(knowledge_bases_partial_update, sdk, base.id, body=PatchedKnowledgeBaseRequest(name="Opening hours"))
    done(knowledge_bases_documents_delete, sdk, base.id, file.id)
    assert [each.document_count for each in parsed(knowledge_bases_list, sdk)] == [1]
    done(knowledge_bases_delete, sdk, base.id)
    assert live.objects("knowledge_documents") == []


def test_flat_documents_come_in_every_form(sdk: ThunderPhone, live: Platform) -> None:
    text = parsed(knowledge_documents_create, sdk, body=DocumentTextRequest(name="hours", content="Open at nine."))
    assert [each.name for each in text.documents] == ["hours"]
    body = DocumentBatchUploadRequest(file=upload("c.txt", b"C"))
    (made,) = parsed(knowledge_documents_create, sdk, body=body).documents
    assert made.name == "c.txt"
    fetched = parsed(knowledge_documents_import_url, sdk, body=UrlDocumentRequest(url="https://example.com/faq"))
    assert (fetched.document.source_origin.value, fetched.document.status.value) == ("url", "pending")
    live.advance(10)
    parsed(knowledge_documents_refresh, sdk, fetched.document.id, body=KnowledgeDocumentsRefreshBody())
    parsed(knowledge_documents_retry, sdk, made.id, body=KnowledgeDocumentsRetryBody())
    replaced = parsed(
        knowledge_documents_replace, sdk, made.id, body=DocumentUploadRequest(file=upload("d.txt", b"D!"))
    )
    assert (replaced.document.id, replaced.document.original_filename) == (made.id, "d.txt")
    assert knowledge_documents_original_list.sync_detailed(made.id, client=sdk.client).content == b"D!"
    parsed(knowledge_documents_partial_update, sdk, made.id, body=PatchedDocumentTextRequest(name="d"))
    detail = parsed(knowledge_documents_retrieve, sdk, made.id)
    assert (detail.has_original, detail.original_size_bytes, detail.content) == (True, 2, "D!")
    live.advance(10)
    assert parsed(knowledge_search_create, sdk, body=KnowledgeSearchRequest(query="nine")).results
    assert len(parsed(knowledge_documents_list, sdk)) == 3
    done(knowledge_documents_delete, sdk, made.id)


def test_an_instruction_lives(sdk: ThunderPhone) -> None:
    made = parsed(reusable_instructions_create, sdk, body=ReusableInstructionRequest(name="Kind", content="Be kind."))
    parsed(
        reusable_instructions_partial_update, sdk, made.id, body=PatchedReusableInstructionRequest(content="Be brief.")
    )
    assert parsed(reusable_instructions_retrieve, sdk, made.id).content == "Be brief."
    assert [each.agent_count for each in parsed(reusable_instructions_list, sdk)] == [0]
    done(reusable_instructions_delete, sdk, made.id)


def test_everything_is_attached_by_draft_and_read_live(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk)
    tools = [tool(sdk, name).id for name in ("Book", "Book again")]
    server = parsed(
        mcp_servers_create, sdk, body=MCPServerCreateUpdateRequest(display_name="M", url="https://m.example.com")
    )
    base = parsed(knowledge_bases_create, sdk, body=KnowledgeBaseRequest(name="Hours"))
    (paper,) = parsed(
        knowledge_documents_create, sdk, body=DocumentTextRequest(name="hours", content="Nine.")
    ).documents
    words = parsed(reusable_instructions_create, sdk, body=ReusableInstructionRequest(name="Kind", content="Be kind."))
    live.advance(10)
    body = PatchedAgentWriteRequest(
        draft_integration_ids=[str(each) for each in tools],
        draft_mcp_server_ids=[str(server.id)],
        draft_knowledge_base_ids=[str(base.id)],
        draft_knowledge_document_ids=[str(paper.id)],
        draft_reusable_instruction_ids=[str(words.id)],
    )
    staged = parsed(agents_partial_update, sdk, agent.id, body=body)
    assert (staged.draft_mcp_server_ids, staged.mcp_servers, staged.has_draft) == ([str(server.id)], [], True)
    deployed = parsed(agents_deploy, sdk, agent.id, body=DeployAgentRequest())
    assert [each["id"] for each in deployed.integrations] == [str(each) for each in tools]
    assert [each.name for each in deployed.knowledge_bases] == ["Hours"]
    assert [each.status.value for each in deployed.knowledge_documents] == ["ready"]
    assert [each.content for each in deployed.reusable_instructions] == ["Be kind."]
    assert deployed.tool_collision_warnings[0]["tool_name"] == "book"
    assert parsed(reusable_instructions_retrieve, sdk, words.id).agent_count == 1

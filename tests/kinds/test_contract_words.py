"""Each word of the contract of kinds, on an account of plain resources: what it does before any vendor's oddity."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from kinds.plain_account import Tool, again
from reconciler.contract.fields import IMMUTABLE, PARENT, UNREAD, Means, Ref, Spec, Unread
from reconciler.contract.kind import FoundBy
from reconciler.kinds.rest import RestKind
from reconciler.model import Address, Observed, Phase
from reconciler.planning.scope import Scope
from reconciler.state.ledger import Ledger
from reconciler.store import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class HookSpec(Spec):
    """Something with a secret that is shown once."""

    label: str | None = None
    url: str | None = None
    status: Annotated[str | None, Means("failing", "active")] = None


class Hook(RestKind):
    """Shows a secret once."""

    name = "Hook"
    spec = HookSpec
    path = "/v1/hooks"
    label = "label"
    known_by = (("url",), ("label",))
    outputs = ("once_secret",)


class TagSpec(Spec):
    """What a number is called."""

    number: str
    name: str | None = None


class Tag(RestKind):
    """One for each number."""

    name = "Tag"
    spec = TagSpec
    path = "/v1/tags"
    known_by = (("number",),)
    found_by = FoundBy.IDENTITY


class HeaderRow(Spec):
    """A header."""

    key: str
    value: str


class ToolSpec(Spec):
    """Something with a value that the account does not tell."""

    name: str | None = None
    password: Annotated[str | None, UNREAD] = None
    headers: Annotated[tuple[HeaderRow, ...] | None, Unread(readable=("key",))] = None


class ToolKind(RestKind):
    """Has what cannot be read again."""

    name = "Tool"
    spec = ToolSpec
    path = "/v1/tools"


class DeskSpec(Spec):
    """Something that names a set of others."""

    name: str | None = None
    tools: Annotated[tuple[str, ...] | None, Ref("Tool", "tool_ids", many=True, read="attached")] = None
    papers: Annotated[tuple[str, ...] | None, Ref("Paper", "paper_ids", many=True)] = None
    number: Annotated[str | None, Ref("Tool", "tool_name", sends="name")] = None


class Desk(RestKind):
    """Names tools and papers."""

    name = "Desk"
    spec = DeskSpec
    path = "/v1/desks"


class NoteSpec(Spec):
    """Something below a desk."""

    desk: Annotated[str, PARENT, Ref("Desk", "desk_id")]
    title: str | None = None
    text: str | None = None


class Note(RestKind):
    """Lives below a desk."""

    name = "Note"
    spec = NoteSpec
    path = "/v1/desks/{parent}/notes"
    label = "title"


class PaperSpec(Spec):
    """Something that cannot be changed."""

    name: str | None = None
    body: Annotated[str | None, IMMUTABLE] = None


class Paper(RestKind):
    """Is made anew when it must change, and takes its time."""

    name = "Paper"
    spec = PaperSpec
    path = "/v1/papers"
    replaceable = True
    patience = timedelta(seconds=60)

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        it = super().seen(body, below)
        assert it is not None
        moving = body.get("status") == "processing"
        return Observed(
            it.kind,
            it.id,
            it.body,
            name=it.name,
            phase=Phase.MOVING if moving else Phase.STEADY,
            failure="it cannot be read" if body.get("status") == "failed" else "",
        )


class FrozenSpec(Spec):
    """Something that cannot be changed at all."""

    name: str | None = None
    provider: Annotated[str | None, IMMUTABLE] = None


class Frozen(RestKind):
    """Is never made anew."""

    name = "Frozen"
    spec = FrozenSpec
    path = "/v1/frozen"


KINDS = {kind.name: kind for kind in (Hook(), ToolKind(), Desk(), Note(), Paper(), Frozen(), Tag())}


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    return Tool(tmp_path, KINDS)


def document(kind: str, name: str, spec: str) -> str:
    return f"apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"


def documents(*texts: str) -> str:
    return "---\n".join(texts)


BOOK, CANCEL = document("Tool", "book", "name: Book"), document("Tool", "cancel", "name: Cancel")


def test_a_set_of_references_is_sent_as_ids_and_compared_as_a_set(tool: Tool) -> None:
    tool.account.shown = lambda path, body: (
        {**body, "attached": [{"id": id_} for id_ in reversed(body.get("tool_ids", []))]} if "desk" in path else body
    )
    tool.declare(documents(document("Desk", "front", "tools: [cancel, book]"), BOOK, CANCEL))
    assert tool.apply() == ["create Tool/book done", "create Tool/cancel done", "create Desk/front done"]
    assert tool.live("/v1/desks")[0]["tool_ids"] == [1, 2]
    assert tool.plan() == []
    tool.declare(documents(document("Desk", "front", "tools: [book, cancel]"), BOOK, CANCEL))
    assert tool.plan() == []
    tool.declare(documents(document("Desk", "front", "tools: [book]"), BOOK, CANCEL))
    assert tool.apply() == ["update Desk/front done"]
    assert tool.live("/v1/desks")[0]["tool_ids"] == [1]


def test_a_reference_may_send_a_field_of_what_it_names(tool: Tool) -> None:
    tool.declare(documents(document("Desk", "front", "number: book"), BOOK))
    tool.apply()
    assert tool.live("/v1/desks")[0]["tool_name"] == "Book"
    assert tool.plan() == []


def test_what_lives_below_another_is_made_in_the_same_apply_and_listed_below_its_parent_alone(tool: Tool) -> None:
    text = documents(
        document("Note", "hello", "desk: front, title: Hello, text: Hi."), document("Desk", "front", "name: Front")
    )
    tool.declare(text)
    assert tool.apply() == ["create Desk/front done", "create Note/hello done"]
    assert tool.live("/v1/desks/1/notes") == [{"id": 2, "title": "Hello", "text": "Hi."}]
    tool.account.requests.clear()
    assert tool.plan() == []
    assert [path for _, path, _ in tool.account.requests] == ["/v1/desks", "/v1/desks/1/notes"]
    tool.declare(text.replace("Hi.", "Good day."))
    assert tool.apply() == ["update Note/hello done"]
    assert tool.account.writes == [("PATCH", "/v1/desks/1/notes/2")]


def test_a_child_of_the_same_title_below_another_parent_is_another_object(tool: Tool) -> None:
    desks = documents(document("Desk", "front", "name: Front"), document("Desk", "back", "name: Back"))
    notes = documents(
        document("Note", "one", "desk: front, title: Hello"), document("Note", "two", "desk: back, title: Hello")
    )
    tool.declare(documents(desks, notes))
    tool.apply()
    assert tool.plan() == []
    assert (len(tool.live("/v1/desks/1/notes")), len(tool.live("/v1/desks/2/notes"))) == (1, 1)


def test_what_the_account_does_not_tell_is_sent_once_and_again_when_it_changes(tool: Tool) -> None:
    tool.account.shown = lambda path, body: {name: value for name, value in body.items() if name != "password"}
    tool.declare(document("Tool", "book", "name: Book, password: one"))
    tool.apply()
    assert tool.plan() == []
    tool.declare(document("Tool", "book", "name: Book, password: two"))
    assert tool.apply() == ["update Tool/book done"]
    assert tool.account.requests[1][2] == {"password": "two"}
    assert tool.plan() == []


def test_an_adopted_object_gets_what_cannot_be_read_once(tool: Tool) -> None:
    tool.account.objects["/v1/tools"] = {"77": {"id": 77, "name": "Book", "password": "******"}}
    tool.declare(document("Tool", "book", "name: Book, password: one"))
    assert tool.apply() == ["adopt Tool/book done", "update Tool/book done"]
    assert tool.plan() == []


def test_keys_that_are_told_are_compared_and_values_by_what_was_sent(tool: Tool) -> None:
    tool.account.shown = lambda path, body: {
        **body,
        "headers": [{"key": row["key"], "value": "•••"} for row in body.get("headers", [])],
    }
    tool.declare(document("Tool", "book", "name: Book, headers: [{key: A, value: one}]"))
    tool.apply()
    assert tool.plan() == []
    tool.account.objects["/v1/tools"]["1"]["headers"] = [{"key": "B", "value": "one"}]
    assert tool.plan() == ["update Tool/book"]


def test_what_cannot_be_changed_is_refused_with_the_way_out(tool: Tool) -> None:
    tool.declare(document("Frozen", "carrier", "provider: one"))
    tool.apply()
    tool.declare(document("Frozen", "carrier", "provider: two"))
    plan, _ = tool.run(write=False)
    (change,) = plan.refusals
    assert change.sentence == "`provider` cannot be changed once it is there"
    assert "under a new name" in change.notes[0]


def test_a_replacement_is_made_then_references_are_switched_and_the_old_one_goes(tool: Tool) -> None:
    desk = document("Desk", "front", "papers: [prices]")
    tool.declare(documents(document("Paper", "prices", "body: one"), desk))
    tool.apply()
    tool.declare(documents(document("Paper", "prices", "body: two"), desk))
    assert tool.plan() == ["replace Paper/prices", "update Desk/front", "delete Paper/prices"]
    assert tool.apply() == ["replace Paper/prices done", "update Desk/front done", "delete Paper/prices done"]
    assert tool.account.writes == [("POST", "/v1/papers"), ("PATCH", "/v1/desks/2"), ("DELETE", "/v1/papers/1")]
    assert tool.live("/v1/desks")[0]["paper_ids"] == [3]
    assert tool.plan() == []


class Killed(BaseException):
    """The end of a process."""


@pytest.mark.parametrize("cut", range(3))
@pytest.mark.parametrize("acted", [True, False])
def test_a_replacement_that_was_killed_is_finished_without_a_second_one(tool: Tool, cut: int, acted: bool) -> None:  # noqa: FBT001
    desk = document("Desk", "front", "papers: [prices]")
    tool.declare(documents(document("Paper", "prices", "body: one"), desk))
    tool.apply()
    tool.declare(documents(document("Paper", "prices", "body: two"), desk))
    real, written = tool.account.handle_request, iter(range(10))

    def handle(request: Any) -> Any:
        struck = request.method != "GET" and next(written) == cut
        if struck and not acted:
            raise Killed
        answer = real(request)
        if struck:
            raise Killed
        return answer

    tool.account.handle_request = handle  # type: ignore[method-assign]
    with pytest.raises(Killed):
        tool.apply()
    tool.account.handle_request = real  # type: ignore[method-assign]
    tool.apply()
    assert tool.plan() == []
    assert [it["body"] for it in tool.live("/v1/papers")] == ["two"]
    assert tool.live("/v1/desks")[0]["paper_ids"] == [it["id"] for it in tool.live("/v1/papers")]


def test_what_moves_is_waited_for_and_then_done(tool: Tool) -> None:
    tool.account.born = lambda path, body: {"status": "processing"}

    def ready() -> None:
        if tool.clock.slept > 5:
            tool.account.objects["/v1/papers"]["1"]["status"] = "ready"

    tool.clock.woken = ready
    tool.declare(document("Paper", "prices", "body: one"))
    assert tool.apply() == ["create Paper/prices done"]
    assert 5 < tool.clock.slept < 20


def test_what_moves_too_long_is_pending_and_holds_up_what_names_it_until_it_has_arrived(tool: Tool) -> None:
    tool.account.born = lambda path, body: {"status": "processing"} if "papers" in path else {}
    tool.declare(documents(document("Paper", "prices", "body: one"), document("Desk", "front", "papers: [prices]")))
    assert tool.apply() == ["create Paper/prices pending", "create Desk/front skipped"]
    assert tool.apply() == ["create Desk/front skipped"]
    tool.account.objects["/v1/papers"]["1"]["status"] = "ready"
    assert tool.apply() == ["create Desk/front done"]
    assert tool.plan() == []


def test_what_comes_to_nothing_is_a_failure_in_the_vendors_words(tool: Tool) -> None:
    tool.account.born = lambda path, body: {"status": "failed"}
    tool.declare(document("Paper", "prices", "body: one"))
    _, report = tool.run(write=True)
    assert report is not None
    assert [(it.outcome.value, it.detail) for it in report.results] == [("failed", "it cannot be read")]


def test_a_word_of_the_live_side_may_mean_what_is_declared(tool: Tool) -> None:
    tool.declare(document("Hook", "calls", 'url: "https://a.example", status: active'))
    tool.apply()
    tool.account.objects["/v1/hooks"]["1"]["status"] = "failing"
    assert tool.plan() == []
    tool.account.objects["/v1/hooks"]["1"]["status"] = "disabled"
    assert tool.plan() == ["update Hook/calls"]


SECRET = "whsec_abcdef"
HOOK = document("Hook", "calls", 'url: "https://a.example"')


def test_a_secret_is_delivered_before_the_create_counts_as_done_and_remembered_nowhere(tool: Tool) -> None:
    tool.account.born = lambda path, body: {"once_secret": SECRET}
    tool.declare(HOOK)
    assert tool.apply() == ["create Hook/calls done"]
    assert tool.delivered == {"Hook/calls": {"once_secret": SECRET}}
    assert tool.plan() == []
    assert SECRET.encode() not in (tool.folder / "state.db").read_bytes()


def test_a_secret_that_was_lost_with_the_answer_is_created_anew_only_on_request(tool: Tool) -> None:
    tool.account.born = lambda path, body: {"once_secret": SECRET}
    tool.account.broken = lambda request: request.method == "POST"
    tool.declare(HOOK)
    assert tool.apply() == ["create Hook/calls unknown"]
    tool.account.broken = lambda request: False
    plan, _ = tool.run(write=False)
    (change,) = plan.refusals
    assert change.notes[0].endswith("reconciler apply --again Hook/calls")
    consent = again(Address("Hook", "calls"))
    assert tool.apply(consent) == ["replace Hook/calls done", "delete Hook/calls done"]
    assert [it["id"] for it in tool.live("/v1/hooks")] == [2]
    assert tool.delivered == {"Hook/calls": {"once_secret": SECRET}}
    assert tool.plan() == []


def test_an_object_is_known_by_its_surest_key_first(tool: Tool) -> None:
    tool.account.objects["/v1/hooks"] = {
        "8": {"id": 8, "label": "calls", "url": "https://other.example"},
        "9": {"id": 9, "label": "old", "url": "https://a.example"},
    }
    tool.declare(HOOK)
    plan, _ = tool.run(write=False)
    assert [(it.verb, it.id) for it in plan.changes] == [("adopt", "9")]


def test_a_key_is_compared_as_values_are_and_not_by_its_spelling(tool: Tool) -> None:
    tool.account.objects["/v1/hooks"] = {"9": {"id": 9, "label": "old", "url": "HTTPS://A.example:443/ "}}
    tool.declare(HOOK)
    plan, _ = tool.run(write=False)
    assert [(it.verb, it.id) for it in plan.changes] == [("adopt", "9")]


TAG = document("Tag", "jane", 'number: "7"')


@pytest.mark.parametrize(("made", "path"), [(BOOK, "/v1/tools"), (TAG, "/v1/tags")])
def test_a_lost_answer_to_a_create_is_settled_by_looking_for_every_kind(tool: Tool, made: str, path: str) -> None:
    tool.account.broken = lambda request: request.method == "POST"
    tool.declare(made)
    (said,) = tool.apply()
    assert said.endswith(" done")
    assert len(tool.live(path)) == 1


def test_what_is_known_by_its_identity_is_removed_with_its_document_and_not_with_its_name(tool: Tool) -> None:
    pruning = Scope(prune=True)
    tool.declare(documents(TAG, BOOK))
    tool.apply()
    tool.declare(documents(TAG.replace("jane", "joan"), BOOK))
    assert tool.plan(pruning) == []
    tool.declare(BOOK)
    assert (tool.plan(), tool.plan(pruning)) == ([], ["delete Tag/jane"])
    assert tool.apply(pruning) == ["delete Tag/jane done"]
    assert tool.live("/v1/tags") == []


def test_the_state_of_a_child_remembers_its_parent(tool: Tool) -> None:
    tool.declare(documents(document("Note", "hello", "desk: front"), document("Desk", "front", "name: Front")))
    tool.apply()
    with open_store("sqlite:state.db", root=tool.folder, read_only=True) as store:
        assert Ledger(store, "42").bindings()[Address("Note", "hello")].parent == "1"

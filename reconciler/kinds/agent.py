"""Agents: what callers hear changes only when a draft is deployed.

The vendor's oddity (contract, 2.2.2): ``POST`` creates and deploys; every later write stages a draft that
no call uses until ``deploy`` ships *everything* staged, a colleague's edits included. So a draft that is
not ours is never deployed and never discarded, and names are drafted too and are not unique.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.api import segment
from reconciler.api.identifiers import identifier
from reconciler.contract.account import Account, Context, Fact, Look
from reconciler.contract.fields import policies
from reconciler.contract.kind import Kind, Objection
from reconciler.errors import AmbiguousWrite, ApiError, Rejected, Unintelligible
from reconciler.kinds import agent_draft
from reconciler.kinds.agent_spec import UNINVITED, AgentSpec
from reconciler.kinds.agent_validation import objection
from reconciler.kinds.rest import declared, live
from reconciler.model import Action, Change, Consequence, Finding, Observed, Resource, Severity, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.contract.resolver import Resolver
    from reconciler.state.bindings import Binding

_PATH = "/v1/agents"
_NUMBERS = "/v1/phone-numbers"
_ROUTES = ("inbound_agent_id", "outbound_agent_id")
_CONFLICT = (409, 412)

_POLICIES = policies(AgentSpec)


class Agent(Kind):
    """An AI phone agent: its prompt, voice and manners on the phone."""

    name = "Agent"
    spec = AgentSpec
    staged = True
    file = "agents/{name}.yaml"
    uninvited = UNINVITED
    watched = ("updated_at", "has_draft")
    facts: ClassVar[tuple[Fact, ...]] = (
        Fact("voices", "/v1/voices", optional=True),
        Fact("voice_policy", "/v1/voices/policy", optional=True),
    )

    needed: ClassVar[tuple[str, ...]] = ("prompt", "voice")

    def observe(self, look: Look) -> Iterator[Observed]:
        """The whole list: the vendor has no lookup by name (contract 1.4)."""
        return map(_observed, look.api.items(_PATH))

    def display(self, resource: Resource) -> str:
        """The vendor's name for it: the declared one, or the name it has here."""
        return str(resource.declared.get("name") or resource.address.name)

    def initial(self, resource: Resource) -> Mapping[str, Any]:
        """What was declared, and a display name: an undeclared one is given once and left alone after."""
        return {"name": self.display(resource), **resource.declared}

    def create(self, change: Change, context: Context) -> Observed:
        """One POST, which also deploys."""
        body = _body(self.initial(declared(change)), context.resolver)
        return _observed(_posted({agent_draft.plain(wire): value for wire, value in body.items()}, context))

    def complete(self, change: Change, made: Observed, context: Context) -> Observed:
        """What the create did not attach is drafted and deployed."""
        left = agent_draft.not_attached(made.body, _body(self.initial(declared(change)), context.resolver))
        return self._attached(made, left, context) if left else made

    def _attached(self, made: Observed, left: Mapping[str, Any], context: Context) -> Observed:
        """The new agent with the rest attached; where that cannot be, as it is: it is bound, and read back after."""
        try:
            draft = _staged(made, left, context)
            if not agent_draft.not_waiting(draft.body, left):
                return self.deploy(draft, context)
            self.discard(draft, context)
        except (Rejected, AmbiguousWrite):
            return made
        return made

    def stage(self, change: Change, context: Context) -> Observed:
        """PATCH just the fields that differ, on the condition that nobody wrote since we read.

        A draft found here is our own (decide refuses any other): it is taken over when it says just what
        is wanted, and otherwise thrown away first, since deploying ships all of it.
        """
        before = live(change)
        wanted = self.expected(declared(change))
        fields = {diff.path: wanted[diff.path] for diff in change.diffs}
        body = _body(fields, context.resolver)
        if before.has_draft:
            if fields and agent_draft.holds(before.body, body):
                return before
            self.discard(before, context)
            before = self.read(before.id, context)
        if not fields:
            return before
        try:
            return _staged(before, body, context)
        except AmbiguousWrite:
            after = self.read(before.id, context)
            if not agent_draft.holds(after.body, body):
                raise
            return after

    def staged_values(self, draft: Observed, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of each field with a twin: what waits there, or what is live where nothing does."""
        return agent_draft.told(draft.body, wanted)

    def deploy(self, draft: Observed, context: Context) -> Observed:
        """Make the draft live if it is still the one we staged, and read the agent back."""
        if not draft.has_draft:
            return draft
        path = f"{_path(draft.id)}/deploy"
        try:
            context.api.post(path, {"if_updated_at": draft.body["updated_at"]})
        except Rejected as error:
            raise _moved(error) from None
        except AmbiguousWrite:
            after = self.read(draft.id, context)
            if after.has_draft:
                raise
            return after
        return self.read(draft.id, context)

    def objection(self, change: Change, draft: Observed, context: Context) -> Objection | None:
        """What the validation examples say of a draft, as strictly as the project or the agent wants it."""
        strictness = _strictness(change, context)
        if strictness == "off" or not draft.has_draft:
            return None
        try:
            words = objection(draft.id, context)
        except ApiError as error:
            words = f"its validation examples could not be run: {error.message}"
        return Objection(words, strictness == "required", _VALIDATE) if words else None

    def discard(self, draft: Observed, context: Context) -> None:
        """Throw the draft away if it is still ours."""
        if not draft.has_draft:
            return
        path = f"{_path(draft.id)}/discard-draft"
        try:
            context.api.post(path, {"if_updated_at": draft.body["updated_at"]})
        except Rejected as error:
            raise _moved(error) from None

    def delete(self, change: Change, context: Context) -> None:
        """DELETE, after its numbers were detached; gone already is done."""
        self._detach(live(change), context)
        try:
            context.api.delete(_path(live(change).id))
        except Rejected as error:
            if error.status != 404:  # noqa: PLR2004 - not found
                raise
        except AmbiguousWrite:
            if any(item.id == change.id for item in self.observe(context.look)):
                raise

    def _detach(self, agent: Observed, context: Context) -> None:
        """Point no number at an agent that is about to go: callers would reach nothing (contract 3.3)."""
        for number in context.api.items(_NUMBERS):
            body = {name: None for name in _ROUTES if str(number.get(name)) == agent.id}
            if body:
                context.api.patch(f"{_NUMBERS}/{segment(str(number['id']))}", body)

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """One agent, as it is now."""
        return _observed(context.api.get(_path(id_)))

    def drafted(self, observed: Observed) -> Mapping[str, Any]:
        """The values of the twins that say something else than what is live."""
        return agent_draft.drafted(observed.body)

    def is_our_draft(self, observed: Observed, binding: Binding | None, wanted: Mapping[str, Any]) -> bool:
        """Whether every drafted value is one that we recorded before staging it, or one wanted now."""
        intended = binding.intent.fields if binding and binding.intent else {}
        return agent_draft.is_ours(observed.body, intended, wanted)

    def says_nothing(self, body: Mapping[str, Any]) -> frozenset[str]:
        """On Storm tiers the vendor sets the thinking level from the product."""
        return frozenset({"thinking_level"} if str(body.get("product")).startswith("storm") else ())

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterator[Finding]:
        """A create needs a prompt and a voice; tools of one name are told as the platform tells them."""
        del account, resolver
        yield from _collisions(change)
        if change.action is not Action.CREATE or change.resource is None:
            return
        if missing := [name for name in self.needed if not change.resource.declared.get(name)]:
            yield Finding(
                Severity.ERROR,
                "RC230",
                f"cannot be created: {' and '.join(f'`{name}`' for name in missing)} not declared",
                "the vendor needs both; or bind an existing agent with metadata.id",
                change.address,
                change.location,
            )

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """Offline: a display name is the only thing that tells agents apart after a lost answer."""
        first: dict[str, Resource] = {}
        for resource in own:
            if resource.manifest.absent or resource.manifest.id:
                continue
            display = self.display(resource)
            twin = first.setdefault(display, resource)
            if twin is not resource:
                yield Finding(
                    Severity.ERROR,
                    "RC148",
                    f"the display name `{display}` is also that of `{twin.address}`",
                    "give it a `spec.name` of its own: the vendor's only handle on an agent is its name",
                    resource.address,
                    resource.manifest.locate("spec", "name"),
                )

    def summary(self, change: Change, account: Account) -> str:
        """Which numbers a deletion takes the agent from, as far as they were read."""
        if change.action is not Action.DELETE:
            return ""
        numbers = [
            item.identity
            for item in account.of("PhoneNumber")
            if change.id in {str(item.body.get(name)) for name in _ROUTES}
        ]
        return f"{change.sentence}; taken from {', '.join(sorted(numbers))} first" if numbers else ""

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """A deleted agent cannot be brought back."""
        del account
        return (Consequence(Sort.CANNOT_BE_UNDONE),) if change.action is Action.DELETE else ()


def _collisions(change: Change) -> Iterator[Finding]:
    """What the platform says of tools that hang on the live agent under one name (contract 2.2.4)."""
    resource, found = change.resource, change.observed.body.get("tool_collision_warnings") if change.observed else ()
    if not found or resource is None or resource.manifest.absent:
        return
    rows = found if isinstance(found, list) else [found]
    names = [str(row.get("tool_name") or row.get("name") or "?") if isinstance(row, dict) else str(row) for row in rows]
    yield Finding(
        Severity.WARNING,
        "RC233",
        f"several of its tools have one name: {', '.join(f'`{name}`' for name in dict.fromkeys(names))}",
        "the model cannot tell them apart: give each a name of its own, or take one off",
        change.address,
        resource.manifest.locate("spec", "integrations"),
    )


def _observed(body: Any) -> Observed:
    if not isinstance(body, dict) or "id" not in body or "updated_at" not in body:
        raise Unintelligible("an agent without `id` and `updated_at`", method="", path=_PATH)
    return Observed(
        kind=Agent.name,
        id=identifier(body["id"], path=_PATH),
        body=body,
        name=str(body.get("name", "")),
        has_draft=bool(body.get("has_draft")),
    )


def _staged(before: Observed, body: Mapping[str, Any], context: Context) -> Observed:
    """The agent with a draft of just this; what is not attached by its declared spelling is, by the plain one."""
    try:
        draft = _patched(before, body, context)
    except Rejected as error:
        if not agent_draft.refuses_attachments(error.body, body):
            raise
        return _spelled_plainly(before, body, context, error)
    left, unseen = agent_draft.not_waiting(draft.body, body), agent_draft.emptied_unseen(draft.body, body)
    if left:
        return _patched(draft, {**left, **unseen}, context)
    return _emptied(draft, unseen, context) if unseen else draft


def _spelled_plainly(before: Observed, body: Mapping[str, Any], context: Context, first: Rejected) -> Observed:
    """A draft by the plain spelling; where that is refused as well, the spelling was not what was wrong."""
    try:
        return _patched(before, {agent_draft.plain(wire): value for wire, value in body.items()}, context)
    except Rejected:
        raise first from None


def _emptied(draft: Observed, unseen: Mapping[str, Any], context: Context) -> Observed:
    """With the plain spelling of what is to be taken off too: a draft does not show which of the two was taken."""
    try:
        return _patched(draft, unseen, context)
    except Rejected as error:
        if not agent_draft.refuses_attachments(error.body, unseen):
            raise
        return draft


def _posted(body: Mapping[str, Any], context: Context) -> Any:
    """The answer to a create; without attachments where their plain spelling is refused: they are drafted then."""
    try:
        return context.api.post(_PATH, body)
    except Rejected as error:
        if not agent_draft.refuses_attachments(error.body, body):
            raise
        return context.api.post(_PATH, agent_draft.without_attachments(body))


def _patched(before: Observed, body: Mapping[str, Any], context: Context) -> Observed:
    """One PATCH, on the condition that nobody wrote since we read."""
    try:
        return _observed(context.api.patch(_path(before.id), {**body, "if_updated_at": before.body["updated_at"]}))
    except Rejected as error:
        raise _moved(error) from None


def _body(fields: Mapping[str, Any], resolver: Resolver) -> dict[str, Any]:
    return {_POLICIES[name].wire: resolver.to_wire(_POLICIES[name], value) for name, value in fields.items()}


def _moved(error: Rejected) -> Rejected:
    """A conflict on ``if_updated_at`` (409; 412 tolerated, contract Q1) said in our words."""
    if error.status not in _CONFLICT:
        return error
    return Rejected(
        "changed while we were applying",
        method=error.method,
        path=error.path,
        status=error.status,
        detail=error.detail,
        hint="nothing was overwritten; run plan again to see the change",
    )  # fmt: skip - one line of facts


def _path(id_: str) -> str:
    return f"{_PATH}/{segment(id_)}"


_VALIDATE = "look at the examples in the dashboard, then change the prompt, or the examples, and apply again"


def _strictness(change: Change, context: Context) -> str:
    """How the gate of validation is set: the agent's own word, else the project's."""
    metadata = change.resource.manifest.document.get("metadata") if change.resource is not None else None
    own = metadata.get("gates") if isinstance(metadata, dict) else None
    said = own.get("validation") if isinstance(own, dict) else None
    return str(said or context.account.settings.gates.validation)

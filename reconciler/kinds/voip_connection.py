"""VoIP connections: a carrier of one's own, made of evidence that it works in both directions.

The vendor's oddities (contract-next 4): a connection is created from the evidence of a test with the same credentials,
201 of a test does not mean that it passed, and credentials are never told again. A test may be billed, so one that
failed or whose end is not known waits for ``--again``. Numbers are imported and never bought or released.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from reconciler.contract.fields import E164, IMMUTABLE, LOCAL, SECRET, UNORDERED, UNREAD, Spec
from reconciler.contract.kind import DueAction, changed
from reconciler.contract.shapes import SealedData
from reconciler.errors import Declined, Rejected
from reconciler.kinds.rest import RestKind, declared, live
from reconciler.model import Action, Consequence, Observed, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.api import Api
    from reconciler.contract.account import Account, Context, Look
    from reconciler.model import Change, Resource

IMPORT = "import-numbers"
_TEST = "/v1/voip-connections/test"
_NUMBERS = "/v1/phone-numbers"
_TESTED = frozenset({"credentials", "sip_config"})
_DIRECTIONS = ("inbound", "outbound")

Settings = Annotated[SealedData | dict[str, Any], Field(union_mode="left_to_right")]


class VoipConnectionSpec(Spec):
    """The carrier, how to get in there, and which of its numbers are used here."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    provider: Annotated[Literal["twilio", "telnyx", "signalwire", "vonage", "manual"] | None, IMMUTABLE] = Field(
        default=None, description="The carrier; it cannot be changed."
    )
    credentials: Annotated[Settings | None, SECRET, UNREAD] = Field(
        default=None, description="What opens the carrier's account, each value ${env:NAME}; or {file: PATH.json.age}."
    )
    sip_config: Annotated[Settings | None, SECRET, UNREAD] = Field(
        default=None, description="Settings of the trunk, such as {domain: …}; or {file: PATH.json.age}."
    )
    numbers: Annotated[tuple[E164, ...] | None, UNORDERED, LOCAL] = Field(
        default=None, description="Numbers of the carrier to import; none is ever bought or released."
    )


class VoipConnection(RestKind):
    """A carrier of your own, tested before it is created, and the numbers that are imported from it."""

    name = "VoipConnection"
    spec = VoipConnectionSpec
    path = "/v1/voip-connections"
    needed = ("provider",)
    listed_only = True
    tried_once = True

    def observe(self, look: Look) -> Iterator[Observed]:
        """The list, each with the numbers that are on the account: none of those has to be imported."""
        own = list(super().observe(look))
        numbers = _on_account(look.api) if own else []
        for item in own:
            yield replace(item, body={**item.body, "numbers": numbers})

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """Without whatever the platform tells of its credentials."""
        return super().seen({name: value for name, value in body.items() if name not in _TESTED}, below)

    def create(self, change: Change, context: Context) -> Observed:
        """Test, and create from the evidence with the same credentials."""
        wanted = dict(self.initial(declared(change)))
        evidence = self._tested(
            change, {name: wanted[name] for name in ("provider", *_TESTED) if name in wanted}, context
        )
        body = {**self.body(wanted, context.resolver), "verification_evidence_id": evidence}
        return self._one(context.api.post(self.path, body), "")

    def update(self, change: Change, context: Context) -> Observed:
        """PATCH what differs, with new evidence where what was tested differs."""
        wanted, seen = self.expected(declared(change)), live(change)
        fields = {diff.path: wanted[diff.path] for diff in change.diffs}
        body = self.body(fields, context.resolver)
        if changed(change.diffs) & _TESTED:
            known = {"provider": seen.body.get("provider"), "connection_id": int(seen.id)}
            given = {name: wanted[name] for name in _TESTED if name in wanted}
            body["verification_evidence_id"] = self._tested(change, {**known, **given}, context)
        context.api.patch(self.item(seen.id), body)
        return self.read(seen.id, context)

    def _tested(self, change: Change, asked: Mapping[str, Any], context: Context) -> str:
        """The id of evidence that it works; raises Declined, in the carrier's words, for a test that failed."""
        answer = context.api.post(_TEST, asked)
        evidence = answer["verification_evidence"]
        failed = [name for name in _DIRECTIONS if evidence.get(f"{name}_status") != "pass"]
        if failed:
            raise Declined(
                f"the carrier's test failed {' and '.join(failed)}",
                method="POST",
                path=_TEST,
                detail=_words(evidence.get("evidence")),
                hint=f"fix the carrier's settings, then: reconciler apply --again {change.address}",
            )
        return str(evidence["id"])

    def due_actions(self, resource: Resource, observed: Observed) -> Iterator[DueAction]:
        """The import of the declared numbers that are not here yet."""
        if missing := sorted(_numbers(resource) - set(observed.body.get("numbers", ()))):
            count = f"{len(missing)} {'number' if len(missing) == 1 else 'numbers'}"
            yield DueAction(IMPORT, "not_imported", f"{count} of the carrier not imported yet", once=False)

    def due_once_made(self, resource: Resource) -> Iterator[DueAction]:
        """The import of its numbers, once it is there."""
        if _numbers(resource):
            yield DueAction(IMPORT, "not_imported", "its numbers are imported from the carrier", once=False)

    def act(self, change: Change, context: Context) -> Observed:
        """Import what is still missing."""
        id_ = change.id or context.resolver.id(change.address)
        now = next((item for item in self.observe(context.look) if item.id == id_), None)
        if now is None:
            raise LookupError(str(change.address))
        return self._imported(now, _numbers(declared(change)) - set(now.body["numbers"]), context)

    def _imported(self, connection: Observed, numbers: set[str], context: Context) -> Observed:
        """With these numbers imported; raises Rejected, naming what is offered, where one is not."""
        if not numbers:
            return connection
        place = self.item(connection.id)
        offered = {
            str(it.get("number") or it.get("phone_number")) for it in context.api.get(f"{place}/available-numbers")
        }
        if missing := sorted(numbers - offered):
            listed = ", ".join(sorted(offered)) or "none"
            raise Rejected(
                f"the carrier does not offer {', '.join(missing)}",
                method="GET",
                path=f"{place}/available-numbers",
                hint=f"it offers {listed}",
            )
        context.api.post(f"{place}/import-numbers", {"numbers": sorted(numbers)})
        return connection

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """A test may be billed by the carrier."""
        tests = change.action is Action.CREATE or bool(changed(change.diffs) & _TESTED)
        if tests and change.action.writes_fields:
            yield Consequence(Sort.SPENDS_MONEY, occasion="billed carrier test")


def _numbers(resource: Resource) -> set[str]:
    return set(resource.declared.get("numbers") or ())


def _on_account(api: Api) -> list[str]:
    return [str(number["number"]) for number in api.items(_NUMBERS)]


def _words(told: Any) -> str:
    """The carrier's own words on a test, in one line."""
    if isinstance(told, dict):
        return "; ".join(str(value) for value in told.values() if isinstance(value, str) and value)
    return str(told or "")

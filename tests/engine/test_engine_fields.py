"""Show when two values are the same, and that policy is found wherever it is written."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from reconciler.contract.equality import digest, same
from reconciler.contract.fields import (
    E164,
    PERSONAL,
    TEXT,
    UNORDERED,
    Policy,
    Prose,
    Ref,
    Spec,
    Wire,
    policies,
    wire_id,
)
from reconciler.contract.resolver import UNRESOLVED, Resolver
from reconciler.kinds import KINDS
from reconciler.model import Address

PLAIN = Policy()


@pytest.mark.parametrize(
    ("policy", "desired", "live", "equal"),
    [
        (PLAIN, "a", "a", True),
        (PLAIN, "a", " a", True),
        (PLAIN, "a b", "a  b", False),
        (PLAIN, "", None, True),
        (PLAIN, (), None, True),
        (PLAIN, {}, None, True),
        (PLAIN, {"a": 1}, None, False),
        (PLAIN, 0, None, False),
        (PLAIN, False, None, False),
        (PLAIN, {"description": "Books a table.\n"}, {"description": "Books a table."}, True),
        (PLAIN, "https://CRM.example.com/Events", "https://crm.example.com/Events", True),
        (PLAIN, "https://crm.example.com/Events", "https://crm.example.com/events", False),
        (PLAIN, "HTTPS://crm.example.com:443", "https://crm.example.com/", True),
        (PLAIN, "https://crm.example.com:8443", "https://crm.example.com", False),
        (PLAIN, "http://Jane@localhost:80/a?b=C", "http://Jane@localhost/a?b=C", True),
        (PLAIN, "https://crm.example.com/a/", "https://crm.example.com/a", False),
        (PLAIN, ["https://A.example"], ["https://a.example"], True),
        (PLAIN, 1, 1.0, True),
        (PLAIN, True, 1, False),
        (PLAIN, False, 0, False),
        (PLAIN, 0, False, False),
        (PLAIN, None, "", False),
        (PLAIN, "09:00", "09:00:00", True),
        (PLAIN, "09:00", "09:00:30", False),
        (PLAIN, "2026-12-01T13:00:00Z", "2026-12-01T14:00:00+01:00", True),
        (PLAIN, "2026-12-01T13:00:00Z", "2026-12-01T13:00:01Z", False),
        (PLAIN, "2026-99-01T13:00:00Z", "2026-99-01T13:00:00+00:00", False),
        (PLAIN, {"a": 1}, {"a": 1, "added": 2}, True),
        (PLAIN, {"a": 1, "b": 2}, {"a": 1}, False),
        (PLAIN, {"a": None}, {}, False),
        (PLAIN, [1, 2], [2, 1], False),
        (PLAIN, [1], [1, 1], False),
        (PLAIN, (1, 2), [1, 2], True),
        (PLAIN, UNRESOLVED, None, False),
        (Policy(unordered=True), (1, 2), [2, 1], True),
        (Policy(unordered=True), (1, 1), [1, 2], False),
        (Policy(unordered=True), ({"a": 1},), [{"a": 1, "platform_ok": True}], True),
        (Policy(text=True), "a\r\nb\n", "a\nb", True),
        (Policy(text=True), "a b", "a  b", False),
        (Policy(text=True), "", None, True),
        (Policy(text=True), None, "", False),
        (Policy(hashed=True), "+14155550142", digest("+14155550142"), True),
        (Policy(hashed=True), "+14155550142", digest("+14155550143"), False),
    ],
)
def test_values_are_compared_and_not_spellings(policy: Policy, desired: Any, live: Any, *, equal: bool) -> None:
    assert same(policy, desired, live) is equal


class _Example(Spec):
    plain: str | None = None
    prose: Prose | None = None
    bare: Prose = ""
    many: Annotated[tuple[str, ...] | None, UNORDERED] = None
    person: Annotated[E164, PERSONAL] | None = None
    agent: Annotated[str | None, Ref("Agent", wire="agent_id")] = None
    agents: Annotated[tuple[str, ...] | None, Ref("Agent", wire="agent_ids", many=True)] = None
    cents: Annotated[int | None, Wire("auto_cents")] = None
    both: Annotated[str, TEXT] | None = None


def test_policy_is_found_on_the_field_and_inside_its_union() -> None:
    found = policies(_Example)
    assert not found["plain"].text
    assert found["prose"].text
    assert found["bare"].text
    assert found["both"].text
    assert found["many"].unordered
    assert found["person"].personal
    assert (found["agent"].wire, found["cents"].wire) == ("agent_id", "auto_cents")


def test_every_prompt_of_every_kind_ignores_white_space_at_its_ends() -> None:
    agent = policies(KINDS["Agent"].spec)
    assert agent["prompt"].text
    assert agent["acknowledgement_prompt"].text
    assert agent["voicemail_message"].text


def test_a_callees_number_is_personal_and_hashed() -> None:
    callee = policies(KINDS["ScheduledCall"].spec)["to_number"]
    assert callee.personal
    assert callee.hashed


def test_a_name_becomes_an_id_and_back() -> None:
    resolver = Resolver({Address("Agent", "desk"): "7"})
    policy = policies(_Example)["agent"]
    assert resolver.to_wire(policy, "desk") == 7
    assert resolver.to_wire(policy, "other") is UNRESOLVED
    assert resolver.to_wire(policy, None) is None
    assert resolver.to_name(policy, 7) == "desk"
    assert resolver.to_name(policy, 9) == "id 9"
    resolver.bind(Address("Agent", "other"), "0b-uuid")
    assert resolver.to_wire(policy, "other") == "0b-uuid"


@pytest.mark.parametrize("told", [7, "7", {"id": "7"}, {"id": 7}])
def test_an_id_is_the_same_as_a_number_and_as_a_text(told: Any) -> None:
    resolver = Resolver({Address("Agent", "desk"): "7"})
    one, many = policies(_Example)["agent"], policies(_Example)["agents"]
    if not isinstance(told, dict):
        assert same(one, resolver.to_wire(one, "desk"), one.live({"agent_id": told}))
    assert same(many, resolver.to_wire(many, ["desk"]), many.live({"agent_ids": [told]}))


@pytest.mark.parametrize(("written", "sent"), [("7", 7), ("0b1e", "0b1e"), ("٣", "٣"), ("²", "²")])
def test_only_ascii_integers_travel_as_numbers(written: str, sent: object) -> None:
    assert wire_id(written) == sent


class Dropped(Spec):
    callee: Annotated[E164, PERSONAL] = "+14155550199"
    reply: Prose | None = None


def test_a_flag_counts_even_where_the_model_library_has_dropped_it_from_the_field() -> None:
    for info in Dropped.model_fields.values():
        info.metadata = []
        info.annotation = str
    found = policies(Dropped)
    assert found["callee"].personal
    assert found["reply"].text

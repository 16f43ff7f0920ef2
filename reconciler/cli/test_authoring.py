"""`reconciler test generate` and `test from-call`: scenarios that the platform writes, as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import verb
from reconciler.cli.session import Session
from reconciler.diagnostics.suggestions import nearest, offer
from reconciler.errors import InputError
from reconciler.model import Address
from reconciler.testing import authoring

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from reconciler.cli.options import Options
    from reconciler.load.reader import Loaded
    from reconciler.planning.survey import Connection

_FORMAT = "reconciler.test-scenarios/v1"
_FORMATS = ("text", "json")
_AGENT, _SCENARIO = "Agent", "TestScenario"


@verb("generate", paths=False, formats=_FORMATS)
@click.argument("agent", metavar="Agent/NAME")
@click.option("--count", type=click.IntRange(1, 50), default=6, show_default=True, help="How many scenarios.")
def generate(options: Options, agent: str, count: int) -> int:
    """Have the platform write scenarios for an agent, and write them down as documents.

    Each time it is asked it writes new ones, so it is no part of plan or apply.
    """
    name = _agent_named(agent)
    with Session(options, read_only=False) as session:
        loaded, connection = session.checked(), session.connected()
        id_ = _bound(session, loaded, connection, Address(_AGENT, name))
        _write(session, loaded, {name: authoring.generated(connection.api, id_, count)})
    return 0


def _agent_named(text: str) -> str:
    """The name in ``Agent/NAME``, or one alone; raises InputError for anything of another kind."""
    kind, _, name = text.rpartition("/")
    if kind not in ("", _AGENT):
        hint = "for example: reconciler test generate Agent/front-desk"
        raise InputError(f"scenarios are written for an Agent, and `{text}` is none", code="RC124", hint=hint)
    return name


def _bound(session: Session, loaded: Loaded, connection: Connection, agent: Address) -> str:
    """The id of an agent; InputError where it is not declared, with the nearest name, or not applied yet."""
    binding = connection.ledger.binding(agent)
    if binding is not None and binding.id:
        return binding.id
    if str(agent) not in loaded.resources:
        known = [text for text in loaded.resources if text.startswith(f"{_AGENT}/")]
        hint = nearest(str(agent), known) or offer(known)
        raise InputError(f"no manifest declares {agent}", code="RC124", hint=hint)
    hint = session.options.command("apply")
    raise InputError(f"{agent} is not bound to an agent of the account", code="RC633", hint=f"apply first: {hint}")


@verb("from-call", paths=False, formats=_FORMATS)
@click.argument("call_id", metavar="CALL_ID")
def from_call(options: Options, call_id: str) -> int:
    """Make a scenario of a real call, and write it down as a document."""
    with Session(options, read_only=False) as session:
        loaded, connection = session.checked(), session.connected()
        body = authoring.promoted(connection.api, call_id)
        _write(session, loaded, {_agent_of(connection, str(body.get("agent_id"))): [body]})
    return 0


def _agent_of(connection: Connection, agent_id: str) -> str:
    bound = connection.ledger.bindings().items()
    found = next((it.name for it, binding in bound if it.kind == _AGENT and binding.id == agent_id), None)
    if found is None:
        hint = "declare it with `metadata.id`, apply, and ask again: the scenario is not made twice"
        raise InputError(f"no declared agent is agent {agent_id}, which took the call", code="RC633", hint=hint)
    return found


def _write(session: Session, loaded: Loaded, made: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Write a document for each scenario that no document is bound to, over no file."""
    declared = [it for it in loaded.resources.values() if it.address.kind == _SCENARIO]
    taken, bound = {it.address.name for it in declared}, {it.manifest.id for it in declared}
    folder = session.project.root / session.project.settings.manifests / "test-scenarios"
    written = []
    for agent, bodies in made.items():
        for body in (it for it in bodies if str(it.get("id")) not in bound):
            name = authoring.name_of(body, taken)
            taken.add(name)
            folder.mkdir(parents=True, exist_ok=True)
            file = folder / f"{name}.yaml"
            with file.open("x", encoding="utf-8") as stream:
                stream.write(authoring.document(body, name, agent))
            written.append({"address": f"{_SCENARIO}/{name}", "path": session.project.shown(file), "id": body["id"]})
    if session.options.format == "json":
        session.output.json({"format": _FORMAT, "scenarios": written})
        return
    for it in written:
        session.output.data(f"{it['path']}  {it['address']}")
    if written:
        session.output.talk("review them, then: " + session.options.command("apply"))
    else:
        session.output.talk("nothing was written: a document is bound to it already")

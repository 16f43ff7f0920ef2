from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from laws.project import Folder, document, project
from reconciler.emulator import EMULATED_KEY, EmulatorTransport, Platform
from reconciler.schedule.clock import FixedClock, parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Co", "Cn")), min_size=1, max_size=40
).filter(lambda text: bool(text.strip()) and "{" not in text)
_OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "product": st.sampled_from(("spark", "bolt")),
    "outbound_speak_order": st.sampled_from(("agent_first", "caller_first")),
    "primary_language": st.sampled_from(("en", "de", "fr")),
}
_SPECS = st.fixed_dictionaries({"prompt": _WORDS, "voice": st.just("olivia")}, optional=_OPTIONAL)
_AGENTS = st.lists(_SPECS, min_size=1, max_size=3)


def _declare(folder: Folder, specs: Sequence[Mapping[str, Any]]) -> None:
    documents = [document("Agent", f"agent-{number}", spec) for number, spec in enumerate(specs)]
    folder.write({"agents.yaml": "---\n".join(documents)})


def _on_the_platform(folder: Folder) -> list[dict[str, Any]]:
    """The agents as anybody sees them through the API."""
    import httpx  # noqa: PLC0415 - only here

    with Platform(folder.root / ".reconciler" / "emulator.db", FixedClock(parse_instant("2026-12-01T12:00:00Z"))) as it:
        headers = {"Authorization": f"Bearer {EMULATED_KEY}"}
        with httpx.Client(base_url="http://it", headers=headers, transport=EmulatorTransport(it)) as client:
            listed = client.get("/v1/agents").json()
            found: list[dict[str, Any]] = listed if isinstance(listed, list) else listed["results"]
            return [client.get(f"/v1/agents/{agent['id']}").json() for agent in found]


@settings(max_examples=15)
@given(specs=_AGENTS)
def test_what_was_applied_needs_nothing_more(specs: list[Mapping[str, Any]]) -> None:
    with project() as folder:
        _declare(folder, specs)
        first = folder.run("apply", "--yes")
        assert first.code == 0, first.text
        second = folder.run("apply", "--yes")
        assert (second.code, second.written) == (0, [])
        assert not any(folder.plan()["summary"][action] for action in ("create", "update", "delete", "refuse"))


@settings(max_examples=12)
@given(before=_SPECS, after=_SPECS)
def test_what_the_author_did_not_write_survives_any_apply(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    with project() as folder:
        _declare(folder, [before])
        assert folder.run("apply", "--yes").code == 0
        was = {agent["name"]: agent for agent in _on_the_platform(folder)}
        _declare(folder, [after])
        said = folder.run("apply", "--yes")
        assert said.code == 0, said.text
        for agent in _on_the_platform(folder):
            old = was[agent["name"]]
            declared = {*after, "updated_at", "deployed_at", "version", "release", "revision"}
            changed = {key for key in agent if key not in declared and agent[key] != old.get(key)}
            # Raising the release is what deploying does; everything else undeclared stays as it was.
            assert {key for key in changed if not key.endswith(("_at", "_version", "release"))} == set(), changed


@settings(max_examples=10)
@given(specs=_AGENTS)
def test_state_holds_digests_of_what_was_declared_and_not_the_words(specs: list[Mapping[str, Any]]) -> None:
    marked = [{**spec, "prompt": f"{spec['prompt']} zq-marker-qz"} for spec in specs]
    with project() as folder:
        _declare(folder, marked)
        assert folder.run("apply", "--yes").code == 0
        with sqlite3.connect(folder.root / ".reconciler" / "state.db") as state:
            values = json.dumps(state.execute("SELECT key, value FROM entries").fetchall())
        state.close()
    assert "zq-marker-qz" not in values

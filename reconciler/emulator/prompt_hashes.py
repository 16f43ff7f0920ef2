"""Hashes of prompts: what tells one revision of an agent from the next (contract-next 2.2)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from reconciler.emulator import agents

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene


def live_hash(scene: Scene, agent_id: int) -> str:
    """Of the deployed prompt; empty when the agent is gone."""
    if not agents.exists(scene.database, agent_id):
        return ""
    body, _ = agents.load(scene.database, agent_id)
    return hash_of(body["prompt"])


def draft_hash(scene: Scene, agent_id: int) -> str:
    """Of the prompt that a deploy would ship."""
    body, draft = agents.load(scene.database, agent_id)
    return hash_of(str(draft.get("prompt", body["prompt"])))


def hash_of(prompt: str) -> str:
    """SHA-256 in lower-case hexadecimal over the UTF-8 text."""
    return hashlib.sha256(prompt.encode()).hexdigest()

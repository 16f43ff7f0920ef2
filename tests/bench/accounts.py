"""Make the same N agents twice: as manifests, and as the vendor would answer them.

Everything is a function of the agent's number, so that nothing has to be kept: the bench's own process must
stay small, since a child's peak memory counts what its parent held when it was started.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON = dict[str, Any]
ORGANIZATION = 42
NUMBER = "+15551230001"
PER_FILE = 100
FIRST_ID = 7001
SETTINGS = {"voice": "olivia", "product": "spark", "outbound_speak_order": "agent_first"}
CREATED = "2026-10-01T09:00:00.000000+00:00"
_PROJECT = f"organization: {ORGANIZATION}\n"
_LINE = "Speak slowly and kindly, repeat the time and the place, and ask whether anything is unclear to them"


def prompt(number: int, edited: str = "") -> str:
    """2 KB of prompt, no two alike."""
    lines = [f"You are agent {number} of the front desk{edited}."]
    lines += [f"{step:02}. {_LINE} ({number}-{step})." for step in range(1, 18)]
    return "\n".join(lines) + "\n"


def name(number: int) -> str:
    """What the manifest calls it; the display name is the same, so that apply adopts it."""
    return f"agent-{number:06}"


def document(number: int) -> str:
    """One agent as a YAML document."""
    settings = "".join(f"  {key}: {value}\n" for key, value in SETTINGS.items())
    text = prompt(number).replace("\n", "\n    ").rstrip(" ")
    return (
        "---\napiVersion: reconciler/v1\nkind: Agent\n"
        f"metadata:\n  name: {name(number)}\nspec:\n  name: {name(number)}\n{settings}  prompt: |\n    {text}"
    )


def agent(number: int, *, edited: str = "") -> JSON:
    """One agent as the platform answers it."""
    text = prompt(number, edited)
    return {
        "id": FIRST_ID + number - 1,
        "name": name(number),
        "prompt": text,
        **SETTINGS,
        "primary_language": "en",
        "inbound_speak_order": "agent_first",
        "timezone": "UTC",
        "integrations": [],
        "has_draft": False,
        "draft_updated_at": None,
        "created_at": CREATED,
        "updated_at": CREATED,
        "draft_name": None,
        "draft_prompt": None,
        "draft_voice": None,
        "draft_product": None,
    }  # fmt: skip - the settings that this platform knows


def account(count: int, *, edited_percent: int = 0) -> Iterator[JSON]:
    """The live agents, evenly ``edited_percent`` of them with another prompt than was declared."""
    for number in range(1, count + 1):
        edited = bool(edited_percent) and number % (100 // edited_percent) == 0
        yield agent(number, edited=", edited" if edited else "")


def write_project(root: Path, count: int, *, more: str = "") -> Path:
    """A project that declares the agents, a hundred documents a file; ``more`` is added to its project file."""
    manifests = root / "manifests"
    manifests.mkdir(parents=True, exist_ok=True)
    (root / "reconciler.yaml").write_text(_PROJECT + more, encoding="utf-8")
    for first in range(1, count + 1, PER_FILE):
        numbers = range(first, min(first + PER_FILE, count + 1))
        with (manifests / f"agents-{first:06}.yaml").open("w", encoding="utf-8") as file:
            file.writelines(document(number) for number in numbers)
    return root

"""Values that a shell completes: environments, addresses, calls, codes; never an error.

Read from the files of the project that the shell stands in. What cannot be read completes to nothing: a tab is no
place for a complaint.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

    Values = Callable[[], Iterable[tuple[str, str]]]
    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completer(values: Values) -> Completer:
    """A callback for click, from values with their descriptions."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        del ctx, param
        try:
            found = sorted(values())
        except Exception:  # noqa: BLE001 - half-written files are the rule while somebody types
            return []
        return [CompletionItem(value, help=told or None) for value, told in found if value.startswith(incomplete)]

    return complete


def _environments() -> Iterable[tuple[str, str]]:
    from reconciler.settings import find_project  # noqa: PLC0415 - pydantic is slow to load

    found = find_project(Path.cwd()).settings.environments
    return [(name, f"organisation {it.organization}" if it.organization else "") for name, it in found.items()]


def _resources() -> Iterable[tuple[str, str, str]]:
    """Kind, name and file of every document of the project."""
    from reconciler.documents import reading  # noqa: PLC0415 - YAML is slow to load
    from reconciler.settings import find_project  # noqa: PLC0415 - pydantic is slow to load

    project = find_project(Path.cwd())
    folder = project.root / project.settings.manifests
    for file in sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in (".yaml", ".yml") and path.is_file()
    ):
        for part in reading.read(file.read_text(encoding="utf-8"), file.name):
            value = part.value if isinstance(part, reading.Document) else None
            metadata = value.get("metadata") if isinstance(value, dict) else None
            if isinstance(value, dict) and isinstance(metadata, dict):
                yield str(value.get("kind")), str(metadata.get("name")), file.name


def _addresses() -> Iterable[tuple[str, str]]:
    return [(f"{kind}/{name}", file) for kind, name, file in _resources()]


def _calls() -> Iterable[tuple[str, str]]:
    return [(name, file) for kind, name, file in _resources() if kind in ("ScheduledCall", "CallList")]


def _subjects() -> Iterable[tuple[str, str]]:
    """What can be explained: codes with their meaning, kinds, the project file."""
    from reconciler.diagnostics.codes import CODES  # noqa: PLC0415 - only to complete
    from reconciler.kinds import KINDS  # noqa: PLC0415 - pydantic is slow to load

    return [*((code, it.title) for code, it in CODES.items()), *((name, "") for name in KINDS), ("project", "")]


def _profiles() -> Iterable[tuple[str, str]]:
    from reconciler.api.profile import stored_profiles  # noqa: PLC0415 - only to complete

    return [(name, "") for name in stored_profiles(os.environ)]


def _schemas() -> Iterable[tuple[str, str]]:
    from reconciler.kinds import KINDS  # noqa: PLC0415 - pydantic is slow to load

    return [(name, "") for name in (*KINDS, "manifest", "project", "plan")]


environments, addresses, calls = _completer(_environments), _completer(_addresses), _completer(_calls)
subjects, schemas, profiles = _completer(_subjects), _completer(_schemas), _completer(_profiles)

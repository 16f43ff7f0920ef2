"""Two valid specs of every kind, and what they name: a file for each kind in ``specs/``.

``first`` and ``second`` declare the same fields, with other values wherever a field can be changed. ``beside``
are documents that they name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "specs"


@dataclass(frozen=True)
class Specimen:
    """What the suite knows of a kind."""

    kind: str
    first: dict[str, Any]
    second: dict[str, Any]
    beside: list[dict[str, Any]] = field(default_factory=list)

    def document(self, spec: dict[str, Any] | None = None, name: str = "specimen", **envelope: Any) -> dict[str, Any]:
        """The document of a spec; ``envelope`` goes beside it, ``metadata`` into its metadata."""
        metadata = {"name": name, **envelope.pop("metadata", {})}
        return {
            "apiVersion": "reconciler/v1",
            "kind": self.kind,
            "metadata": metadata,
            "spec": self.first if spec is None else spec,
            **envelope,
        }

    def text(self, *documents: dict[str, Any]) -> str:
        """Documents, and those they name, as a manifest."""
        return yaml.safe_dump_all([*self.beside, *documents], sort_keys=False)

    def fields(self) -> list[str]:
        """The fields whose value is another in the second spec."""
        return [name for name in self.first if self.first[name] != self.second[name]]


def specimen(kind: str) -> Specimen:
    """The specimen of a kind; FileNotFoundError says which file a new kind lacks."""
    file = _FOLDER / f"{re.sub(r'(?<=[a-z])(?=[A-Z])', '-', kind).lower()}.yaml"
    return Specimen(kind, **yaml.safe_load(file.read_text("utf-8")))


def have_specimens() -> list[str]:
    """The kinds that have a file."""
    return sorted("".join(part.capitalize() for part in file.stem.split("-")) for file in _FOLDER.glob("*.yaml"))

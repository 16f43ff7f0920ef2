"""Build hook: metadata that depends on where the repository is published.

A relative link in the long description leads nowhere on the package index. With the repository's address in
RECONCILER_REPOSITORY_URL (the release workflow sets it) links become absolute and project URLs are added; without it
a link is only its text, and no address is invented.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\]]*\])+)\]\((?!https?://|mailto:)([^)\s]+)\)")
_COMMENT = re.compile(r"^<!--.*?-->\n", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


class PublishedMetadata(MetadataHookInterface):
    """The long description and the project URLs."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add what pyproject.toml declares as dynamic."""
        address = os.environ.get("RECONCILER_REPOSITORY_URL", "").rstrip("/")
        version = os.environ.get("RECONCILER_REPOSITORY_REF", "HEAD")
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": long_description(readme, address, version)}
        metadata["urls"] = urls(address, version)


def long_description(readme: str, address: str, version: str = "HEAD") -> str:
    """The README with links that work outside the repository; code blocks stay as they are."""

    def link(found: re.Match[str]) -> str:
        text, target = found.groups()
        if not address:
            return text
        return f"[{text}]({address}{'' if target.startswith('#') else f'/blob/{version}/'}{target})"

    parts = _FENCE.split(readme)
    return "".join(part if part.startswith("```") else _LINK.sub(link, _COMMENT.sub("", part)) for part in parts)


def urls(address: str, version: str = "HEAD") -> dict[str, str]:
    """The project's addresses; none where the repository has none."""
    if not address:
        return {}
    return {
        "Homepage": address,
        "Documentation": f"{address}/blob/{version}/docs/README.md",
        "Changelog": f"{address}/blob/{version}/CHANGELOG.md",
        "Issues": f"{address}/issues",
        "Source": address,
    }

from __future__ import annotations

from acceptance.conftest import platform, project

__all__ = ["platform", "project"]

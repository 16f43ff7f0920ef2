from __future__ import annotations

from adoption.conftest import having

__all__ = ["having"]

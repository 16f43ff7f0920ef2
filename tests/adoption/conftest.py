from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adoption.account import Account, open_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def having(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Account]]:
    """An account with this scenario, and an empty project."""
    for name in ("THUNDERPHONE_API_KEY", "THUNDERPHONE_API_BASE_URL", "RECONCILER_STATE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    opened: list[Account] = []

    def make(**scenario: Any) -> Account:
        opened.append(open_account(tmp_path, capsys, **scenario))
        return opened[-1]

    yield make
    for account in opened:
        account.platform.close()

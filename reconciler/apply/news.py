"""News of a run while it goes on: what is begun, what is written and not final yet, what is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from reconciler.model import Address, Change, Result

News: TypeAlias = "Change | Written | Result"


@dataclass(frozen=True, slots=True)
class Written:
    """A change whose write was answered and that is not final: a create to be read back, a draft to be deployed."""

    address: Address
    verb: str

"""Lists of calls: each row of a table is a scheduled call, with every promise of one.

The list itself is no object: it stands for its rows, which are calls named ``LIST/KEY``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.kind import FoundBy, Kind, Members
from reconciler.kinds.call_list_rows import rows_of
from reconciler.kinds.call_list_spec import CallListSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.contract.account import Look
    from reconciler.documents.tables import Table
    from reconciler.model import Observed, Resource


class CallList(Kind):
    """Scheduled calls from a table, one a row; the name and the key of a row mean one call, permanently."""

    name = "CallList"
    spec = CallListSpec
    found_by = FoundBy.NAME
    kept_in_state = True
    stands_alone = True
    after = ("ScheduledCall",)
    table = "rows"

    def observe(self, look: Look) -> Iterable[Observed]:
        """Nothing: its rows are observed as the calls they are."""
        del look
        return ()

    def number_columns(self, declared: Mapping[str, Any]) -> frozenset[str]:
        """Those that say whom to call, or from which number."""
        written = [declared.get(name) for name in ("to_number", "from_number")]
        return frozenset(str(it["column"]) for it in written if isinstance(it, dict) and "column" in it)

    def members(self, resource: Resource, table: Table) -> Members:
        """The calls that its rows declare."""
        return rows_of(resource, table)

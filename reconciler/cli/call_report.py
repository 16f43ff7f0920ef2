"""`reconciler calls report`: what came of the calls of a period, in sums."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler import render
from reconciler.calls.campaign_starts import PATH
from reconciler.calls.follow import follow, rows
from reconciler.calls.reports import damaged
from reconciler.cli import completed_values
from reconciler.cli.call_filters import CallFilter, in_period, names_in, unknown_name
from reconciler.cli.common_options import FORMATS, verb
from reconciler.cli.session import Session
from reconciler.schedule.call_sums import CampaignCounts
from reconciler.schedule.call_sums import report as report_of
from reconciler.state.campaign_records import StartState, records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.schedule.call_sums import CallReport
    from reconciler.state.ledger import Ledger


@verb("report", formats=(*FORMATS, "csv", "html"), complete=completed_values.calls)
@in_period
def report(options: Options, wanted: CallFilter) -> int:
    """Sum calls up: placed, answered, refused, missed, minutes and cost, by agent, by list and by day.

    In place of paths: names of calls, of lists of calls (LIST), or of rows of one (LIST/KEY); else all calls count.
    What is told is what the state remembers, whatever the manifests say by now; of calls that were placed a moment
    ago the platform is asked how they ended.
    """
    names = names_in(options.paths)
    options = options.reading(tuple(path for path in options.paths if path.as_posix() not in names))
    with Session(options, read_only=True) as session:
        api, target = session.connect()
        ledger = session.ledger(target)
        now = session.clock.now()
        attempts = follow(api, ledger.attempts(), ledger.digests)
        found = [*damaged(ledger), *rows(ledger.armed(), attempts, {}, now=now, everything=ledger.held_all(now))]
        if (unknown := unknown_name(found, names, ledger)) is not None:
            raise unknown
        chosen = replace(wanted, names=names).chosen(found, {}, now=now)
        asked = (wanted.since or wanted.on or "", wanted.until or wanted.on or "")
        _show(session, report_of(target, chosen, now=now, period=asked, campaigns=_started(api, ledger)))
    return 0


def _started(api: Api, ledger: Ledger) -> list[CampaignCounts]:
    """The campaigns that the platform calls for by itself, or called for, as it counts them."""
    found = sorted((it.name, it.campaign) for it in records(ledger) if it.start is StartState.STARTED)
    bodies = {str(body.get("public_id")): body for body in api.items(PATH)} if found else {}
    return [_counts(name, bodies.get(id_, {})) for name, id_ in found]


def _counts(name: str, body: Mapping[str, Any]) -> CampaignCounts:
    told = (body.get(f"{word}_count") for word in ("total", "completed", "failed", "in_progress"))
    return CampaignCounts(name, str(body.get("status") or "gone"), *(it if isinstance(it, int) else 0 for it in told))


def _show(session: Session, told: CallReport) -> None:
    output = session.output
    match output.form:
        case "json":
            output.json(render.call_sums.document(told))
        case "markdown":
            output.data(render.call_sums.markdown(told))
        case "csv":
            output.data(render.call_sums.table_of(told))
        case "html":
            output.data(render.html_call_sums.report(told))
        case _:
            output.data(render.call_sums.text(told, width=output.width, color=output.color))

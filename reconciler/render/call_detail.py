"""One call as text and JSON: what was declared, each try, who held it, and what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.render.call_tables import below
from reconciler.render.terminal import Paint, clean, columns, pad, wrap
from reconciler.schedule.clock import spoken_local, zone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reconciler.schedule.call_detail import CallDetail, ToldHold, Transcript, Try
    from reconciler.schedule.call_report import CallRow

_GAP = 2
_SECOND, _MINUTE = 1_000, 60
_UTC = zone("UTC")


def text(call: CallDetail, *, now: datetime, width: int = 80, color: bool = False, transcript_command: str = "") -> str:
    """For a terminal: a fact a line, then each try, what is to come, and the transcripts where they were asked for."""
    paint = Paint(color=color)
    lines = [paint(clean(call.name), "bold"), *_pairs(list(_facts(call, now)), width, paint)]
    for it in call.tries:
        lines += ["", paint(_title(it, now), "bold"), *_pairs(list(_tried(it)), width, paint)]
        lines += [f"  {line}" for words in below(it.row) for line in wrap(clean(words), width - _GAP)]
    for row in call.next:
        lines += ["", paint(f"{clean(row.state)}: {_when(row, now)}", "bold")]
        lines += [f"  {line}" for words in below(row) for line in wrap(clean(words), width - _GAP)]
    for transcript in call.transcripts or ():
        lines += ["", *_spoken(transcript, width, paint)]
    if call.transcripts is None and any(it.row.call_id for it in call.tries):
        lines += ["", "What was said, and the recording:", f"  {clean(transcript_command)}"]
    return "\n".join(lines) + "\n"


def _title(it: Try, now: datetime) -> str:
    """``try 2, Wed 2 Dec 11:55 New York (16:55 UTC): completed``; the state alone of what was never tried."""
    row = it.row
    occurrence = f" of {clean(row.occurrence)}" if row.occurrence != row.name else ""
    rang = f", {spoken(row.placed_at, row.zone, now)}" if row.placed_at else ""
    tried = f"try {row.attempt}" if it.claimed_at or rang else "not tried"
    return f"{tried}{occurrence}{rang}: {clean(row.state)}"


def _when(row: CallRow, now: datetime) -> str:
    return spoken(row.when, row.zone, now) if row.when else "no time"


def spoken(at: datetime, name: str, now: datetime) -> str:
    """``Tue 1 Dec 10:00 Los Angeles (18:00 UTC)``."""
    local = spoken_local(at, zone(name or "UTC"), now=now)
    return local if (name or "UTC") == "UTC" else f"{local} ({at.astimezone(_UTC):%H:%M} UTC)"


def _facts(call: CallDetail, now: datetime) -> Iterator[tuple[str, str]]:
    if call.recurs:
        yield "recurs", f"{call.recurs}, by the clock of {call.zone or 'UTC'}"
    elif call.opens is not None:
        until = f", until {call.closes.astimezone(zone(call.zone or 'UTC')):%H:%M}" if call.closes else ""
        yield "due", f"{spoken(call.opens, call.zone, now)}{until}"
    yield from ((label, clean(value)) for label, value in _words(call) if value)
    if call.most > 1:
        after = int(call.gap.total_seconds() // _MINUTE)
        yield "tries", f"at most {call.most}, the next {after} min after one that was {', '.join(call.retry_on)}"
    if call.armed_at is not None:
        yield "armed", spoken(call.armed_at, call.zone, now)
    yield from (("held", _held(hold, call.zone, now)) for hold in call.holds)


def _words(call: CallDetail) -> tuple[tuple[str, str], ...]:
    return ("to", call.to), ("from", call.caller), ("agent", call.agent), ("declared", call.place)


def _held(hold: ToldHold, place: str, now: datetime) -> str:
    since = f" since {spoken(hold.since, place, now)}" if hold.since else ""
    until = f" until {spoken(hold.until, place, now)}" if hold.until else ""
    by = f" by {clean(hold.by)}" if hold.by else ""
    return f"{clean(hold.over)}{since}{until}{by}: {clean(hold.why)}"


def _tried(it: Try) -> Iterator[tuple[str, str]]:
    zone_name = it.row.zone
    if it.claimed_at is not None:
        by = f" by {clean(it.owner)}" if it.owner else ""
        yield "taken", f"{_to_the_second(it.claimed_at, zone_name)}{by}"
    if it.sent_at is not None:
        yield "sent", _to_the_second(it.sent_at, zone_name)
    if it.row.placed_at is not None:
        yield "rang", _to_the_second(it.row.placed_at, zone_name)
    if it.ended_at is not None:
        yield "ended", _to_the_second(it.ended_at, zone_name)


def _to_the_second(at: datetime, zone_name: str) -> str:
    return f"{at.astimezone(zone(zone_name or 'UTC')):%H:%M:%S}"


def _pairs(facts: list[tuple[str, str]], width: int, paint: Paint) -> Iterator[str]:
    """A label and its value on a line; a long value goes on below itself."""
    room = max((columns(label) for label, _ in facts), default=0) + _GAP
    for label, value in facts:
        first, *rest = wrap(value, width - room - _GAP) or [""]
        yield f"  {paint(pad(label, room), 'dim')}{first}".rstrip()
        yield from (" " * (room + _GAP) + line for line in rest)


def _spoken(it: Transcript, width: int, paint: Paint) -> Iterator[str]:
    yield paint(f"call {clean(it.call_id)}", "bold")
    yield f"  recording {clean(it.recording)} (it expires)" if it.recording else "  no recording"
    if it.detail:
        yield f"  {clean(it.detail)}"
    for turn in it.turns:
        at = f"{_minutes(turn.start_ms)}  " if turn.start_ms is not None else ""
        first, *rest = wrap(f"{at}{clean(turn.role)}: {clean(turn.text)}", width - _GAP) or [""]
        yield f"  {first}"
        yield from (f"      {line}" for line in rest)


def _minutes(milliseconds: int) -> str:
    seconds = milliseconds // _SECOND
    return f"{seconds // _MINUTE}:{seconds % _MINUTE:02}"


def document(call: CallDetail) -> dict[str, Any]:
    """What is known of the call, to go beside its rows; ``transcripts`` is null where they were not asked for."""
    return {
        "name": call.name,
        "zone": call.zone or None,
        "agent": call.agent or None,
        "from": call.caller or None,
        "to": call.to,
        "declared_at": call.place or None,
        "opens": _iso(call.opens),
        "closes": _iso(call.closes),
        "recurs": call.recurs or None,
        "tries_at_most": call.most,
        "armed_at": _iso(call.armed_at),
        "holds": [
            {
                "over": hold.over,
                "why": hold.why,
                "by": hold.by or None,
                "since": _iso(hold.since),
                "until": _iso(hold.until),
            }
            for hold in call.holds
        ],
        "tries": [_try(it) for it in call.tries],
        "transcripts": None if call.transcripts is None else [_transcript(it) for it in call.transcripts],
    }  # fmt: skip - one table


def _try(it: Try) -> dict[str, Any]:
    return {
        "occurrence": it.row.occurrence,
        "attempt": it.row.attempt,
        "state": it.row.state,
        "owner": it.owner or None,
        "claimed_at": _iso(it.claimed_at),
        "sent_at": _iso(it.sent_at),
        "placed_at": _iso(it.row.placed_at),
        "ended_at": _iso(it.ended_at),
    }


def _transcript(it: Transcript) -> dict[str, Any]:
    return {
        "call_id": it.call_id,
        "recording": it.recording or None,
        "detail": it.detail,
        "turns": [{"role": turn.role, "text": turn.text, "start_ms": turn.start_ms} for turn in it.turns],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None

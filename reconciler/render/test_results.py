"""Results of tests as text, JSON, JUnit and Markdown: a row for each scenario, and one verdict."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from reconciler.model import dollars
from reconciler.redaction import mask_in
from reconciler.render import markup
from reconciler.render.terminal import Paint, clean, columns, pad
from reconciler.render.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.testing.batch import ScenarioResult
    from reconciler.testing.run import AgentResult

FORMAT = "reconciler.test/v1"
_GREEN = "passed"
_GRADED = ("failed", "error")
_STYLES = {"passed": "green", "failed": "red", "error": "red", "unknown": "yellow", "running": "yellow"}
_WORDS = {"other_revision": "no verdict"}


def text(results: Sequence[AgentResult], *, color: bool = False) -> str:
    """A table of the scenarios of each agent, then what it comes to."""
    paint, lines = Paint(color=color), []
    for result in results:
        lines += [*_head(result), *_rows(result.scenarios, paint), *_foot(result), ""]
    return "\n".join([*lines, summary(results)])


def _head(result: AgentResult) -> list[str]:
    batch = result.batch
    told = f"  batch {clean(batch.id)}, {clean(batch.channel)}, about {dollars(batch.cents)}" if batch else ""
    return [f"Agent/{clean(result.name)}{told}{', taken up again' if result.resumed else ''}"]


def _rows(scenarios: Sequence[ScenarioResult], paint: Paint) -> list[str]:
    names = [clean(it.address.partition("/")[2] or it.address or "?") for it in scenarios]
    width = max(map(columns, names), default=0)
    rows = []
    for name, it in zip(names, scenarios, strict=True):
        word = pad(it.verdict.value, 8)
        call = f"  call {clean(it.call_id)}" if it.call_id else ""
        detail = f"  {clean(mask_in(it.detail))}" if it.detail else ""
        rows.append(f"  {paint(word, _STYLES.get(it.verdict.value, 'dim'))} {pad(name, width)}{call}{detail}".rstrip())
    return rows


def _foot(result: AgentResult) -> list[str]:
    said, rows = [], [it for it in result.scenarios if it.verdict.value != _GREEN]
    if result.verdict.value != _GREEN and (result.detail or not rows):  # else the rows say it all
        said.append(f"  {_word(result)}" + (f": {clean(mask_in(result.detail))}" if result.detail else ""))
    return [*said, *([f"    hint: {clean(result.hint)}"] if result.hint else [])]


def _word(result: AgentResult) -> str:
    return _WORDS.get(result.verdict.value, result.verdict.value)


def summary(results: Sequence[AgentResult]) -> str:
    """One line: how many of what."""
    rows = [it for result in results for it in result.scenarios]
    told = Counter(it.verdict.value for it in rows)
    counts = ", ".join(f"{count} {word}" for word, count in told.items())
    verdict = "green" if results and all(it.verdict.value == _GREEN for it in results) else "not green"
    return f"{counted(len(rows), 'scenario')} of {counted(len(results), 'agent')}: {counts or 'nothing ran'}; {verdict}"


def document(results: Sequence[AgentResult], verdict: str) -> dict[str, Any]:
    """The results for machines."""
    return {"format": FORMAT, "verdict": verdict, "agents": [_agent(result) for result in results]}


def _agent(result: AgentResult) -> dict[str, Any]:
    batch = result.batch
    return {
        "address": f"Agent/{result.name}",
        "verdict": result.verdict.value,
        "detail": mask_in(result.detail),
        "hint": result.hint,
        "resumed": result.resumed,
        "batch_id": _number(batch.id) if batch else None,
        "channel": batch.channel if batch else None,
        "status": batch.status if batch else None,
        "total": batch.total if batch else 0,
        "completed": batch.completed if batch else 0,
        "failed": batch.failed if batch else 0,
        "pass_count": batch.pass_count if batch else 0,
        "fail_count": batch.fail_count if batch else 0,
        "estimated_cost_cents": batch.cents if batch else None,
        "agent_prompt_hash": batch.prompt_hash if batch else None,
        "error_message": mask_in(batch.error) if batch else "",
        "scenarios": [_scenario(it) for it in result.scenarios],
    }


def _scenario(it: ScenarioResult) -> dict[str, Any]:
    return {
        "address": it.address,
        "name": it.address.partition("/")[2] or it.address,
        "title": it.title,
        "verdict": it.verdict.value,
        "detail": mask_in(it.detail),
        "call_id": _number(it.call_id) if it.call_id else None,
    }


def _number(id_: str) -> int | str:
    return int(id_) if id_.isascii() and id_.isdecimal() else id_


def junit(results: Sequence[AgentResult]) -> str:
    """A suite for each agent: a graded failure is a ``failure``, all else that is not green an ``error``."""
    root = ET.Element("testsuites", {"name": "reconciler"})
    totals = [0, 0, 0]
    for result in results:
        suite = ET.SubElement(root, "testsuite", {"name": clean(f"Agent/{result.name}")})
        kinds = [_case(suite, result, it) for it in result.scenarios]
        if result.verdict.value != _GREEN and not any(kinds):
            kinds.append(_whole(suite, result))
        counts = [len(kinds), kinds.count("failure"), kinds.count("error")]
        suite.attrib |= _counts(counts) | {"skipped": "0"}
        totals = [one + other for one, other in zip(totals, counts, strict=True)]
    root.attrib |= _counts(totals)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _counts(counts: Sequence[int]) -> dict[str, str]:
    return dict(zip(("tests", "failures", "errors"), map(str, counts), strict=True))


def _case(suite: ET.Element, result: AgentResult, it: ScenarioResult) -> str:
    name = clean(it.address.partition("/")[2] or it.address or it.title or "?")
    case = ET.SubElement(suite, "testcase", {"classname": clean(f"Agent.{result.name}"), "name": name})
    if it.verdict.value == _GREEN:
        return ""
    kind = "failure" if it.verdict.value == "failed" else "error"
    graded = it.verdict.value in _GRADED and it.verdict is not result.verdict  # whatever became of the rest
    said = clean(_said(it, (not graded and result.detail) or it.verdict.value))
    ET.SubElement(case, kind, {"message": said, "type": it.verdict.value}).text = said
    return kind


def _said(it: ScenarioResult, otherwise: str = "") -> str:
    """What the platform says of a scenario, and the call to listen to."""
    call = f"call {it.call_id}" if it.call_id else ""
    return mask_in("; ".join(part for part in (it.detail or otherwise, call) if part))


def _whole(suite: ET.Element, result: AgentResult) -> str:
    """What is wrong with the batch, where each of its scenarios is fine."""
    case = ET.SubElement(suite, "testcase", {"classname": clean(f"Agent.{result.name}"), "name": "batch"})
    said = clean(mask_in(result.detail or result.verdict.value))
    ET.SubElement(case, "error", {"message": said, "type": result.verdict.value}).text = said
    return "error"


def markdown(results: Sequence[AgentResult]) -> str:
    """The results for a pull request."""
    parts = [f"**{markup.escape(summary(results))}**"]
    for result in results:
        told = f": {markup.escape(mask_in(result.detail))}" if result.detail else ""
        parts.append(f"#### Agent/{markup.escape(result.name)}: {_word(result)}{told}")
        rows = [
            markup.row([it.verdict.value, markup.escape(it.address or it.title), markup.escape(_said(it))])
            for it in result.scenarios
        ]
        if rows:
            parts.append(markup.table(("result", "scenario", "what the platform says"), rows))
    return "\n\n".join(parts) + "\n"

"""The page's one style sheet: light and dark, narrow and wide, screen and paper.

Colour never stands alone: every coloured thing also has a word or a sign. ``element`` writes it unescaped,
so it holds neither ``<`` nor ``&``.
"""

from __future__ import annotations

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --sunk: #f0f2f5; --line: #dde1e7; --ink: #161b22; --quiet: #59636e;
  --link: #0a55c4; --focus: #0a55c4;
  --added: #116329; --added-soft: #dff5e5; --added-word: #a9e5b9;
  --removed: #a40e26; --removed-soft: #fdebeb; --removed-word: #fbc0c0;
  --changed: #7d4e00; --changed-soft: #fdf1d8;
  --named: #0b5c8a; --named-soft: #e0f0fa;
  --grave: #a40e26; --grave-soft: #fde4e4;
  --night: #c9d0da; --day: #fff6d6; --day-line: #d7b54a;
  --shade: 0 1px 2px rgb(22 27 34 / .06), 0 4px 16px rgb(22 27 34 / .05);
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1218; --card: #171d26; --sunk: #10151d; --line: #2c3542; --ink: #e7ebf0; --quiet: #9aa5b3;
    --link: #7db4ff; --focus: #7db4ff;
    --added: #67d787; --added-soft: #14301f; --added-word: #1f5c35;
    --removed: #ff938a; --removed-soft: #38191b; --removed-word: #76292d;
    --changed: #eeb955; --changed-soft: #33270f;
    --named: #77c4f2; --named-soft: #11293a;
    --grave: #ff938a; --grave-soft: #40191c;
    --night: #2a3340; --day: #5b5126; --day-line: #b79a3e;
    --shade: none;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; padding: 0 1.25rem 3rem; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
body > header, main, body > footer { max-width: 70rem; margin-inline: auto; }
main:focus { outline: none; }
a { color: var(--link); text-underline-offset: .18em; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
code { font: .875em/1.5 var(--mono); overflow-wrap: anywhere; }
h1 { margin: 0; font-size: clamp(1.75rem, 4vw, 2.5rem); line-height: 1.15; letter-spacing: -.02em; }
h2 { margin: 0 0 .75rem; font-size: 1.25rem; letter-spacing: -.01em; }
h3 { margin: 0; font-size: 1rem; }
h3 code { font-size: .95rem; font-weight: 650; }
p { margin: 0; }
ul { margin: 0; padding: 0; list-style: none; }
.quiet, .place, small { color: var(--quiet); font-size: .875rem; }
.place { font-family: var(--mono); font-size: .8125rem; overflow-wrap: anywhere; }
.unseen {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
.skip {
  position: absolute; left: 1rem; top: -4rem; z-index: 1; padding: .5rem 1rem; background: var(--card);
}
.skip:focus { top: 1rem; }

body > header { padding: 2.5rem 0 1.5rem; }
.eyebrow { color: var(--quiet); font: 600 .8125rem/1.5 var(--mono); letter-spacing: .02em; }
.verdict {
  margin-top: 1.25rem; padding: .75rem 1rem; border-left: 4px solid; border-radius: 8px; font-weight: 600;
}
.verdict.clean { color: var(--added); background: var(--added-soft); }
.verdict.waiting { color: var(--named); background: var(--named-soft); }
.verdict.stopped { color: var(--grave); background: var(--grave-soft); }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1rem; }
.counts li {
  padding: .2rem .75rem; border: 1px solid var(--line); border-radius: 99px; background: var(--card); font-size: .9rem;
}
.weighty-line { margin-top: 1rem; color: var(--changed); font-weight: 600; }
nav { margin-top: 1.25rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .9375rem; }
section { margin-top: 2.5rem; }

.badge {
  display: inline-block; padding: .05rem .5rem; border: 1px solid currentColor; border-radius: 6px;
  font-size: .75rem; font-weight: 650; line-height: 1.5; white-space: nowrap;
}
.create, .arm, .completed, .placed { --tone: var(--added); --soft: var(--added-soft); }
.update, .reschedule, .verify, .claimed { --tone: var(--changed); --soft: var(--changed-soft); }
.delete, .cancel { --tone: var(--removed); --soft: var(--removed-soft); }
.adopt, .armed { --tone: var(--named); --soft: var(--named-soft); }
.keep, .cancelled, .declared, .note, .manifest { --tone: var(--quiet); --soft: var(--sunk); }
.refuse, .error, .unknown, .expired, .refused, .failed, .both {
  --tone: var(--grave); --soft: var(--grave-soft);
}
.warning, .weighty, .dashboard { --tone: var(--changed); --soft: var(--changed-soft); }
.badge { color: var(--tone, var(--quiet)); background: var(--soft, var(--sunk)); }
.glyph { color: var(--tone, var(--quiet)); font: 700 1rem/1.5 var(--mono); }

.glance, .findings, .tiles, .fold, .remarks {
  background: var(--card); border: 1px solid var(--line); box-shadow: var(--shade);
}
.glance, .findings, .fold { border-radius: 12px; }
.glance li, .findings li { padding: .85rem 1.1rem; border-top: 1px solid var(--line); }
.glance li:first-child, .findings li:first-child { border-top: 0; }
.glance li { display: flex; gap: .85rem; }
.glance .badge { margin-left: .35rem; }
.hint { margin-top: .25rem; }

.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1px; margin: 0; overflow: hidden;
  border-radius: 12px 12px 0 0;
}
.tile { padding: 1rem 1.1rem; background: var(--card); outline: 1px solid var(--line); }
.tile dt { color: var(--quiet); font-size: .875rem; }
.tile dd {
  margin: .1rem 0 0; font-size: 1.5rem; font-weight: 650; line-height: 1.25;
  font-variant-numeric: tabular-nums;
}
.tile dd small { display: block; font-weight: 400; }
.tile.alarming dd, .remarks .alarming { color: var(--grave); }
.remarks .alarming { font-weight: 600; }
.remarks {
  padding: .75rem 1.1rem; border-top: 0; border-radius: 0 0 12px 12px; color: var(--quiet);
  font-size: .9rem;
}

.card {
  margin-top: .85rem; border: 1px solid var(--line); border-left: 4px solid var(--tone);
  border-radius: 12px; background: var(--card); box-shadow: var(--shade);
}
.card > summary {
  position: relative; display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .6rem;
  padding: .75rem 2.75rem .75rem 1.1rem; cursor: pointer; list-style: none;
}
.card > summary::-webkit-details-marker { display: none; }
.card > summary::after {
  content: "+"; position: absolute; top: .75rem; right: 1.1rem; color: var(--quiet); font-family: var(--mono);
}
.card[open] > summary::after { content: "\\2212"; }
.card > summary .place { margin-left: auto; }
.card:target { outline: 3px solid var(--focus); outline-offset: 2px; }
.body { padding: 0 1.1rem 1.1rem; }
.body > * + * { margin-top: .85rem; }
.card .note { color: var(--quiet); }
details > summary { cursor: pointer; }
.fold > summary { padding: .75rem 1.1rem; }
.kept { padding: 0 1.1rem 1rem; }
.kept li { padding: .2rem 0; }

.scrolls { overflow-x: auto; border-radius: 8px; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .45rem .75rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-top: 0; color: var(--quiet); font-size: .8125rem; font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; }
.fields, .agenda, .calls { background: var(--sunk); }
.fields td { font-family: var(--mono); font-size: .8125rem; overflow-wrap: anywhere; }
.fields thead th:first-child { width: 30%; }
.fields thead th:nth-child(4) { width: 10rem; }
.agenda th, .agenda td { white-space: nowrap; font-variant-numeric: tabular-nums; }
.agenda code { overflow-wrap: normal; }
.agenda th { font-weight: 600; }
.agenda .badge { display: block; width: fit-content; margin-top: .25rem; }
.agenda th, .agenda td { vertical-align: middle; }
.agenda .day th { padding-top: .6rem; background: var(--sunk); color: var(--quiet); font-size: .8125rem; }
.agenda td .quiet { display: block; }
.calls td p { font-size: .875rem; }
.calls, .agenda { background: var(--card); }
del {
  background: var(--removed-soft); color: var(--removed); text-decoration: line-through;
  text-decoration-thickness: 1px;
}
ins { background: var(--added-soft); color: var(--added); text-decoration: none; }
.fields del, .fields ins { padding: .05rem .3rem; border-radius: 4px; }

.text-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .6rem; }
.text-head .place { margin-left: auto; }
.texts, .text {
  margin-top: .4rem; overflow: hidden; border: 1px solid var(--line); border-radius: 8px; background: var(--card);
  font: .8125rem/1.6 var(--mono);
}
.pair { display: grid; grid-template-columns: 1fr 1fr; }
.cell, .line { display: flex; min-width: 0; }
.cell + .cell { border-left: 1px solid var(--line); }
.cell.empty { background: var(--sunk); }
.cell.gone { background: var(--removed-soft); }
.cell.come { background: var(--added-soft); }
.number {
  flex: none; width: 2.75rem; padding-right: .75rem; color: var(--quiet); text-align: right;
  user-select: none;
}
.words { min-width: 0; padding-right: .75rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.words.heading { font-weight: 700; }
.words del {
  background: var(--removed-word); color: var(--ink); border-radius: 3px;
  text-decoration-color: var(--removed);
}
.words ins { background: var(--added-word); color: var(--ink); border-radius: 3px; }
.texts summary {
  padding: .15rem .75rem; background: var(--sunk); color: var(--quiet); border-block: 1px solid var(--line);
}
.read > summary { margin-top: .25rem; color: var(--link); }

.sheet {
  table-layout: fixed; border: 1px solid var(--line); border-radius: 12px; border-collapse: separate;
  border-spacing: 0; background: var(--card); overflow: hidden;
}
.sheet th { padding: .5rem .6rem; }
.sheet td { height: 4rem; padding: .4rem .6rem; border-left: 1px solid var(--line); }
.sheet td:first-child { border-left: 0; }
.sheet time { display: block; color: var(--quiet); font-size: .8125rem; font-variant-numeric: tabular-nums; }
.sheet .past { background: var(--sunk); }
.sheet .today time {
  color: var(--ink); font-weight: 700; text-decoration: underline; text-decoration-thickness: 2px;
}
.sheet .busy { background: var(--named-soft); }
.sheet .busy a { font-size: .875rem; font-weight: 650; color: var(--named); }
#calendar .sheet + p { margin: .75rem 0; }
#calendar .scrolls { border: 1px solid var(--line); border-radius: 12px; }
.strip { display: block; overflow: visible; margin: .15rem 0 0 -6px; }
.strip .night { fill: var(--night); }
.strip .awake { fill: var(--day); stroke: var(--day-line); stroke-width: 1; }
.strip line { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 2 3; }
.strip circle { fill: var(--named); stroke: var(--card); stroke-width: 2; }
.strip.asleep circle { fill: var(--grave); }

.picture {
  padding: 1rem; border: 1px solid var(--line); border-radius: 12px; background: var(--card);
  margin-bottom: .85rem;
}
.picture svg { display: block; margin-inline: auto; }
.picture text { fill: var(--ink); font: 13px var(--mono); }
.picture .column { fill: var(--quiet); font: 600 13px system-ui, sans-serif; }
.picture .box { fill: var(--sunk); stroke: var(--line); }
.picture .sign { fill: var(--tone); }
.picture .edge { fill: none; stroke: var(--line); stroke-width: 2; }
.picture .edge.pending { stroke: var(--quiet); stroke-width: 1.5; }
.picture a:hover .box, .picture a:focus-visible .box { stroke: var(--focus); stroke-width: 2; }
body > footer { margin-top: 3rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
body > footer code {
  padding: .15rem .45rem; border-radius: 6px; background: var(--card); border: 1px solid var(--line);
}

@media (max-width: 44rem) {
  body { padding-inline: .85rem; }
  .pair { grid-template-columns: 1fr; }
  .pair .again, .pair .empty { display: none; }
  .cell + .cell { border-left: 0; }
  .number { width: 2.1rem; padding-right: .5rem; }
  .sheet td { height: 3.4rem; padding: .3rem; }
  .sheet th { padding: .3rem; }
  .sheet .busy a { font-size: .75rem; }
  .card > summary .place, .text-head .place { margin-left: 0; width: 100%; }
  th, td { padding: .45rem .5rem; }
  .fields td, .fields th code { overflow-wrap: break-word; }
  .fields thead th { width: auto !important; white-space: normal; }
  .stacks, .stacks tbody, .stacks tr, .stacks th, .stacks td { display: block; width: 100%; white-space: normal; }
  .stacks thead { display: none; }
  .stacks tr { padding: .5rem 0; border-top: 1px solid var(--line); }
  .stacks tr.day { padding: 0; }
  .stacks tr:not(.day) th, .stacks td { padding: .1rem .85rem; border-top: 0; }
}
.switches { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: end; }
.switches form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
.switches label { display: grid; gap: .25rem; color: var(--quiet); font-size: .875rem; }
.switches input {
  min-width: 0; width: 14rem; max-width: 100%; padding: .45rem .6rem; border: 1px solid var(--quiet);
  border-radius: 6px; background: var(--card); color: var(--ink); font: inherit;
}
.switches button {
  padding: .5rem 1rem; border: 1px solid var(--quiet); border-radius: 6px; background: var(--card); color: var(--ink);
  font: inherit; font-weight: 600; cursor: pointer;
}
.switches button.grave { border-color: var(--grave); color: var(--grave); }

@media print {
  body { background: none; font-size: 11pt; }
  nav, .skip { display: none; }
  details::details-content { content-visibility: visible; height: auto; }
  .card, .tile, .glance li, tr, .pair { break-inside: avoid; }
  .scrolls { overflow: visible; }
  .card { box-shadow: none; }
  * { print-color-adjust: exact; }
}
"""

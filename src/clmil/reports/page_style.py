"""The style sheet of every page, and the colours of its figures."""

PALETTE = ("#0a7abf", "#d55e00", "#009070", "#b8609c", "#8a7a00", "#7d7d7d")
"""Colours that people with any colour vision tell apart, for lines and bars.

After Okabe and Ito (2008), shifted until each has a contrast of at least 3 with the
light and with the dark background of a page.
"""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #f3f5f7;
  --line: #d3d9df; --muted: #59636e; --accent: #0b64a0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14171b; --soft: #1f242a;
  --line: #3a424b; --muted: #a3adb8; --accent: #6db7ec; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
header, nav, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 1.5rem 0 .75rem; }
h2 { font-size: 1.25rem; margin: 0 0 .5rem; padding-top: 1.5rem; }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .25rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--paper); }
.skip:focus { left: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem;
  margin: 0 0 1rem; }
.facts > div { background: var(--soft); border-radius: .4rem; padding: .5rem .75rem; }
.facts dt { color: var(--muted); font-size: .8rem; }
.facts dd { margin: 0; font-weight: 600; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0;
  padding: .75rem 0; border-block: 1px solid var(--line); }
section + section { border-top: 1px solid var(--line); margin-top: 1.5rem; }
.lead, caption, figcaption { color: var(--muted); }
.lead { margin-top: 0; max-width: 46rem; }
.scroll { overflow-x: auto; margin: .75rem 0 1rem; }
.tall { max-height: 30rem; overflow-y: auto; border-bottom: 2px solid var(--line); }
.tall thead th { position: sticky; top: 0; background: var(--paper); }
table { border-collapse: collapse; font-size: .9rem; }
caption { text-align: left; padding: 0 0 .4rem; font-size: .9rem; position: sticky; left: 0;
  max-width: calc(100vw - 2rem); }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0;
  border-bottom: 1px solid var(--line); min-width: 4rem; overflow-wrap: break-word; }
thead th { white-space: nowrap; border-bottom-width: 2px; }
tbody th { font-weight: 500; min-width: 7rem; white-space: pre-wrap; }
td.long { min-width: 16rem; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; overflow-wrap: normal;
  font-variant-numeric: tabular-nums; }
figure { margin: 1rem 0; }
figure svg { display: block; width: 100%; height: auto; min-width: min(100%, 30rem); }
@media (max-width: 40rem) { figure svg { min-width: 38rem; } tbody th { min-width: 4.5rem; }
  thead th, thead th.number { white-space: normal; } }
figcaption { font-size: .9rem; }
.passage { white-space: pre-wrap; max-width: 46rem; margin: .25rem 0 .5rem; line-height: 1.9; }
mark { color: inherit; padding: .1em .15em; border-radius: .2em; text-decoration: underline 2px; }
.pro { --tone: #0a7abf; } .contra { --tone: #d55e00; text-decoration-style: dashed; }
.pro, .contra { text-decoration-color: var(--tone); text-underline-offset: .2em;
  background: color-mix(in srgb, var(--tone) var(--share), transparent); }
summary { cursor: pointer; color: var(--accent); }
footer { color: var(--muted); font-size: .85rem; padding-top: 2rem; padding-bottom: 2rem; }
@media print { nav, .skip { display: none; } section { break-inside: avoid-page; }
  .tall { max-height: none; } }
"""

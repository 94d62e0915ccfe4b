import { chartStyle } from './charts/chart-style.ts';
import { Markup } from './markup.ts';

/** The style sheet of a report's page. Every color has a light and a dark variant with sufficient contrast. */
export const pageStyle = new Markup(`
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #fff; --ink: #1b2330; --ink-2: #5a6474; --line: #dfe3e8; --axis: #98a1ae;
  --blue: #2c6bd1; --green: #1f8a5b; --orange: #d97a14; --red: #c93a35; --grey: #8a94a3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b212a; --ink: #e8ecf2; --ink-2: #a3adbb; --line: #313a47; --axis: #5f6b7a;
    --blue: #6ea4f7; --green: #4cc38a; --orange: #f0a04b; --red: #f0726b; --grey: #8a94a3;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.015em; }
h2 { margin: 0 0 .9rem; font-size: 1.1rem; }
h3 { margin: 1.4rem 0 .5rem; font-size: .95rem; font-weight: 600; color: var(--ink-2); }
p { margin: 0; }
a { color: var(--blue); }
.kicker { color: var(--blue); font-weight: 600; font-size: .85rem; letter-spacing: .04em; text-transform: uppercase; }
.note { color: var(--ink-2); font-size: .85rem; }
.empty { color: var(--ink-2); }
header .note { margin-top: .35rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .9rem; margin: 1.5rem 0 .9rem; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: .7rem; }
.tile { padding: .9rem 1rem; }
.tile dt { color: var(--ink-2); font-size: .85rem; }
.tile dd { margin: 0; font-size: 1.55rem; font-weight: 650; line-height: 1.35; font-variant-numeric: tabular-nums; }
.tile dd.note { font-size: .8rem; font-weight: 400; }
section { margin-top: .9rem; padding: 1.2rem 1.25rem 1.35rem; break-inside: avoid; }
.beside { display: grid; grid-template-columns: minmax(0, 29rem) minmax(0, 1fr); gap: 1rem 2.25rem; align-items: start; }
.beside .note { margin-top: .6rem; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: -.3rem 0 .7rem; padding: 0; list-style: none; color: var(--ink-2); font-size: .85rem; }
.legend svg { width: .7rem; height: .7rem; margin-right: .4rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .875rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: .24rem 0 .24rem .9rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; white-space: nowrap; }
th:first-child { padding-left: 0; text-align: left; }
thead th { color: var(--ink-2); font-weight: 600; border-bottom-color: var(--axis); }
tbody th { font-weight: 400; }
tbody tr:last-child > * { border-bottom: 0; }
td:has(code) { white-space: normal; }
table:has(code) :is(th, td):nth-child(2) { text-align: left; }
code { font: .8rem/1.4 ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; overflow-wrap: anywhere; }
${chartStyle}
@media (max-width: 46rem) {
  main { padding: 1.25rem .75rem 2rem; }
  h1 { font-size: 1.5rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .6rem; }
  .tile { padding: .7rem .8rem; }
  .tile dd { font-size: 1.25rem; }
  section { padding: 1rem .85rem 1.1rem; }
  .beside { grid-template-columns: minmax(0, 1fr); }
  table { font-size: .8rem; }
  th, td { padding-left: .4rem; }
  .tile:last-child:nth-child(odd) { grid-column: span 2; }
}
@media print { body { background: none; } main { max-width: none; padding: 0; } }
`);

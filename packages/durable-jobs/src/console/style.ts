import { Markup } from '../html/markup.ts';

/** The style sheet of the home page. Every color has a light and a dark variant with sufficient contrast. */
export const homeStyle = new Markup(`
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #fff; --ink: #1b2330; --ink-2: #5a6474; --line: #dfe3e8; --axis: #98a1ae; --link: #1f5fbf;
  --good: #14683f; --good-bg: #dcf3e6; --bad: #a3231f; --bad-bg: #fde4e2; --busy: #1b4f9c; --busy-bg: #e1ecfb;
  --warn: #8a4a00; --warn-bg: #fcebd3; --idle: #4b5563; --idle-bg: #e8ebef;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b212a; --ink: #e8ecf2; --ink-2: #a3adbb; --line: #313a47; --axis: #5f6b7a; --link: #8ab6fa;
    --good: #7fd9ac; --good-bg: #17382a; --bad: #ff9d97; --bad-bg: #46201f; --busy: #a3c7fb; --busy-bg: #1d3456;
    --warn: #f6bd77; --warn-bg: #432f17; --idle: #bac3cf; --idle-bg: #2c343f;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1.25rem 1.25rem 3rem; background: var(--page); color: var(--ink); font: .95rem/1.45 system-ui, 'Segoe UI', Roboto, sans-serif; }
a { color: var(--link); text-underline-offset: .15em; text-decoration-color: color-mix(in srgb, currentColor 40%, transparent); }
a:hover { text-decoration-color: currentColor; }
:is(a, button, main, .scroll):focus-visible { outline: .15rem solid var(--link); outline-offset: .1rem; border-radius: .2rem; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin-bottom: 1rem; }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -.015em; }
h2 { margin: 0 0 .6rem; font-size: 1.05rem; }
p { margin: 0; }
nav { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1.1rem; margin-left: auto; }
form { margin: 0; }
.note { color: var(--ink-2); font-size: .84rem; }
.empty, .zero { color: var(--ink-2); }
#notice { position: sticky; top: .5rem; z-index: 1; margin-bottom: 1rem; padding: .6rem .9rem; border-radius: .5rem; background: var(--busy-bg); color: var(--busy); font-weight: 600; }
#notice.bad { background: var(--bad-bg); color: var(--bad); }
main { display: grid; grid-template-columns: minmax(0, 9fr) minmax(0, 11fr); gap: .9rem; align-items: start; }
.column { display: grid; grid-template-columns: minmax(0, 1fr); gap: .9rem; }
section { min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; padding: 1rem 1.1rem 1.1rem; }
#health { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem 1.2rem; padding-block: .8rem; }
#health h2 { margin: 0; }
#health .content { display: contents; }
.verdict { font-weight: 650; }
.verdict.good { color: var(--good); } .verdict.bad { color: var(--bad); } .verdict.warn { color: var(--warn); }
ul { margin: 0; padding: 0; list-style: none; }
.checks { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; }
.badge { display: inline-block; padding: .02rem .5rem .06rem; border-radius: 1rem; font-size: .8rem; font-weight: 600; white-space: nowrap; }
.badge.good { background: var(--good-bg); color: var(--good); } .badge.bad { background: var(--bad-bg); color: var(--bad); }
.badge.busy { background: var(--busy-bg); color: var(--busy); } .badge.warn { background: var(--warn-bg); color: var(--warn); }
.badge.idle { background: var(--idle-bg); color: var(--idle); }
.away { padding: .5rem .7rem; border-radius: .4rem; background: var(--warn-bg); color: var(--warn); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem 0 .3rem .8rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
th:first-child { padding-left: 0; }
thead th { color: var(--ink-2); font-size: .84rem; font-weight: 600; border-bottom-color: var(--axis); white-space: nowrap; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; padding-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
time { white-space: nowrap; }
td a.bad { color: var(--bad); font-weight: 650; } td a.busy { color: var(--busy); font-weight: 650; }
#jobs tbody tr:last-child > * { border-top: 1px solid var(--axis); padding-top: .4rem; font-weight: 650; }
#jobs .note { margin-top: .6rem; }
.row { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .7rem; }
.row a, .plain li { overflow-wrap: anywhere; }
.failures li + li, .bulk li + li { margin-top: .7rem; padding-top: .7rem; border-top: 1px solid var(--line); }
.failures li > p + p { margin-top: .15rem; overflow-wrap: anywhere; }
progress { display: block; width: 100%; height: .5rem; margin: .4rem 0; appearance: none; border: 0; border-radius: 1rem; overflow: hidden; background: var(--idle-bg); }
progress::-webkit-progress-bar { background: var(--idle-bg); }
progress::-webkit-progress-value { background: var(--link); }
progress::-moz-progress-bar { background: var(--link); }
.buttons { text-align: right; white-space: nowrap; }
#jobs :is(th, td) { padding-block: .2rem; }
#jobs .number { padding-left: .55rem; }
#jobs thead th { font-size: .78rem; }
table .row { white-space: normal; }
button { font: inherit; color: var(--link); background: none; cursor: pointer; }
button.link { padding: 0; border: 0; text-decoration: underline; text-underline-offset: .15em; }
.act { padding: .1rem .55rem; border: 1px solid var(--line); border-radius: .4rem; font-size: .84rem; }
.act:hover { border-color: currentColor; }
.act:disabled { opacity: .55; cursor: progress; }
.old main { opacity: .6; }
@media (max-width: 72rem) { main { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 40rem) {
  body { padding: .8rem .7rem 2rem; font-size: .93rem; }
  nav { margin-left: 0; width: 100%; }
  section { padding: .85rem .8rem .9rem; }
  main, .column { gap: .65rem; }
  th, td { padding-left: .5rem; }
  #jobs thead .number { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; vertical-align: bottom; padding: .3rem 0 0; }
  #jobs .number { padding-left: .35rem; }
  .cards, .cards tbody { display: block; }
  .cards thead { display: none; }
  .cards tr { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1rem; padding: .55rem 0; border-bottom: 1px solid var(--line); }
  .cards tr:first-child { padding-top: 0; }
  .cards tr:last-child { border-bottom: 0; padding-bottom: 0; }
  .cards :is(th, td) { padding: 0; border: 0; text-align: left; }
  .cards th { width: 100%; font-weight: 600; }
  .cards td:not(.buttons)::before { content: attr(data-column) ' '; color: var(--ink-2); font-size: .84rem; }
  .cards .buttons { width: 100%; }
  /* As tall as a finger needs them. */
  nav a, nav button, .act { padding-block: .35rem; }
  .act { padding-inline: .8rem; margin-right: .3rem; }
}
@media (prefers-reduced-motion: no-preference) { .old main { transition: opacity .3s; } }
`);

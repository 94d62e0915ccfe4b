import { chartStyle } from './charts/chart-style.ts';
import { Markup } from './markup.ts';

/** The style sheet of the console. Every color has a light and a dark variant with sufficient contrast. */
export const consoleStyle = new Markup(`
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #fff; --ink: #1b2330; --ink-2: #5a6474; --line: #dfe3e8; --axis: #98a1ae; --link: #1f5fbf;
  --good: #14683f; --good-bg: #dcf3e6; --bad: #a3231f; --bad-bg: #fde4e2; --busy: #1b4f9c; --busy-bg: #e1ecfb;
  --warn: #8a4a00; --warn-bg: #fcebd3; --idle: #4b5563; --idle-bg: #e8ebef; --main: #1f5fbf; --main-bad: #a3231f;
  --blue: #2c6bd1; --green: #1f8a5b; --orange: #d97a14; --red: #c93a35; --grey: #8a94a3;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161c; --card: #1b212a; --ink: #e8ecf2; --ink-2: #a3adbb; --line: #313a47; --axis: #5f6b7a; --link: #8ab6fa;
    --good: #7fd9ac; --good-bg: #17382a; --bad: #ff9d97; --bad-bg: #46201f; --busy: #a3c7fb; --busy-bg: #1d3456;
    --warn: #f6bd77; --warn-bg: #432f17; --idle: #bac3cf; --idle-bg: #2c343f; --main: #2c62b8; --main-bad: #b03430;
    --blue: #6ea4f7; --green: #4cc38a; --orange: #f0a04b; --red: #f0726b; --grey: #8a94a3;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: .95rem/1.45 system-ui, 'Segoe UI', Roboto, sans-serif; }
a { color: var(--link); text-underline-offset: .15em; text-decoration-color: color-mix(in srgb, currentColor 40%, transparent); }
a:hover { text-decoration-color: currentColor; }
:is(a, button, input, select, summary, main, .scroll):focus-visible { outline: .15rem solid var(--link); outline-offset: .1rem; border-radius: .2rem; }
main:focus-visible { outline: 0; }
.skip { position: absolute; left: -99rem; z-index: 3; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -.015em; overflow-wrap: anywhere; }
h2 { margin: 0 0 .6rem; font-size: 1.05rem; }
h3 { margin: .9rem 0 .4rem; font-size: .95rem; }
p { margin: 0; }
form { margin: 0; }
ul { margin: 0; padding: 0; list-style: none; }
code, pre { font: .82rem/1.45 ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { margin: 0; max-height: 24rem; overflow: auto; padding: .6rem .7rem; border-radius: .4rem; background: var(--page); }
pre code { overflow-wrap: normal; }
.note { color: var(--ink-2); font-size: .84rem; }
.empty, .zero { color: var(--ink-2); }

.top { position: sticky; top: 0; z-index: 2; display: flex; align-items: center; gap: .6rem 1rem; padding: .5rem 1.25rem; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { font-weight: 700; color: var(--ink); text-decoration: none; white-space: nowrap; }
.find { flex: 1; max-width: 26rem; margin-left: auto; }
.find input { width: 100%; }
input:not([type=checkbox], [type=radio]), select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--axis); border-radius: .4rem; padding: .3rem .55rem; min-width: 0; max-width: 100%; }
.menu { display: none; }
#menu { position: fixed; inset: 2.9rem auto 0 0; width: 13.5rem; height: auto; display: block; margin: 0; padding: .9rem 1rem 2rem 1.25rem; border: 0; border-right: 1px solid var(--line); background: var(--page); color: inherit; overflow-y: auto; }
#menu h2 { margin: .9rem 0 .15rem; font-size: .75rem; font-weight: 600; letter-spacing: .04em; text-transform: uppercase; color: var(--ink-2); }
#menu > div:first-of-type h2 { margin-top: 0; }
#menu li a { display: block; padding: .2rem .5rem; margin-inline: -.5rem; border-radius: .35rem; color: var(--ink); text-decoration: none; }
#menu li a:hover { background: var(--idle-bg); }
#menu [aria-current] { background: var(--busy-bg); color: var(--busy); font-weight: 600; }
#menu form { margin-top: 1.2rem; }
#menu form .act { margin-top: .4rem; }
.page { margin: 0 auto; max-width: 92rem; padding: 1.1rem 1.25rem 3rem; }
#menu + .page { margin-left: 13.5rem; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .8rem; margin-bottom: .9rem; }
.above { width: 100%; font-size: .84rem; color: var(--ink-2); }
#age { margin-left: auto; }
#notice { position: sticky; top: 3.4rem; z-index: 1; margin-bottom: 1rem; padding: .6rem .9rem; border-radius: .5rem; background: var(--busy-bg); color: var(--busy); font-weight: 600; overflow-wrap: anywhere; }
#notice.bad { background: var(--bad-bg); color: var(--bad); }
.columns { display: grid; grid-template-columns: minmax(0, 9fr) minmax(0, 11fr); gap: .9rem; align-items: start; }
.column { display: grid; grid-template-columns: minmax(0, 1fr); gap: .9rem; }
section { min-width: 0; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; padding: 1rem 1.1rem 1.1rem; }
main > section + section, .columns + section, section + .columns { margin-top: .9rem; }
#health { grid-column: 1 / -1; display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem 1.2rem; padding-block: .8rem; }
#health h2 { margin: 0; }
#health .content { display: contents; }
.verdict { font-weight: 650; }
.verdict.good { color: var(--good); } .verdict.bad { color: var(--bad); } .verdict.warn { color: var(--warn); }
.checks { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; }
.badge { display: inline-block; padding: .02rem .5rem .06rem; border-radius: 1rem; font-size: .8rem; font-weight: 600; white-space: nowrap; }
.badge.good { background: var(--good-bg); color: var(--good); } .badge.bad { background: var(--bad-bg); color: var(--bad); }
.badge.busy { background: var(--busy-bg); color: var(--busy); } .badge.warn { background: var(--warn-bg); color: var(--warn); }
.badge.idle { background: var(--idle-bg); color: var(--idle); }
.away { padding: .5rem .7rem; border-radius: .4rem; background: var(--warn-bg); color: var(--warn); }
.scroll { overflow-x: auto; }
/* The outline of a focused button at the edge of a table would be cut off. */
div.scroll { margin: -.25rem; padding: .25rem; }
table { width: 100%; border-collapse: collapse; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem 0 .3rem .8rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
th:first-child { padding-left: 0; }
thead th { color: var(--ink-2); font-size: .84rem; font-weight: 600; border-bottom-color: var(--axis); white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
th .note { font-weight: 400; }
td { overflow-wrap: break-word; }
td :is(code, .long) { overflow-wrap: anywhere; }
.cards tbody th { min-width: 9rem; }
.cards .pick + th { min-width: 15rem; }
tbody tr:last-child > * { border-bottom: 0; padding-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
time, .one-line { white-space: nowrap; }
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
.act, .menu, .main { padding: .1rem .55rem; border: 1px solid var(--line); border-radius: .4rem; font-size: .84rem; background: var(--card); }
.act:hover { border-color: currentColor; }
:is(.act, .main):disabled { opacity: .55; cursor: not-allowed; }
.final { color: var(--bad); }
.main { color: #fff; background: var(--main); border-color: transparent; font-weight: 600; }
.main.final { color: #fff; background: var(--main-bad); }
.actions { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .8rem; }
table + .note, .scroll + .note, div + .note, .more + .note { margin-top: .7rem; }
.about { margin: -.5rem 0 .9rem; }
.lead { font-size: 1.05rem; overflow-wrap: anywhere; }
.hints { margin-top: .5rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem 1.2rem; margin: 0; }
:is(p, progress) + .facts { margin-top: .8rem; }
.facts dt { color: var(--ink-2); font-size: .84rem; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: .7rem; margin: 0 0 .9rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .7rem; padding: .6rem .9rem; }
.tile dt { color: var(--ink-2); font-size: .84rem; }
.tile dd { margin: 0; font-size: 1.35rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.search { margin-bottom: .9rem; padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .7rem; }
.search .fields { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .5rem .8rem; align-items: end; }
.search label, .field label { display: block; color: var(--ink-2); font-size: .84rem; }
.search :is(input, select), .field :is(input, select) { width: 100%; height: 2.2rem; }
.search .choice { margin-top: .6rem; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem; margin-bottom: .7rem; }
.tabs a { padding: .15rem .65rem; border-radius: 1rem; text-decoration: none; color: var(--ink); background: var(--card); border: 1px solid var(--line); font-size: .88rem; }
.tabs [aria-current] { background: var(--busy-bg); color: var(--busy); border-color: transparent; font-weight: 600; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .5rem; margin-bottom: .7rem; }
.bar .picked { font-size: .88rem; min-width: 7.5rem; }
.bar label { display: flex; align-items: center; gap: .4rem; font-size: .88rem; margin-left: auto; }
body:not([data-role=operator]) .pick { display: none; }
.pick { width: 1.6rem; padding-left: 0; }
.pick + th { padding-left: .3rem; }
.more { display: flex; gap: 1rem; margin-top: .8rem; }
dialog { width: min(34rem, calc(100vw - 1.5rem)); padding: 1.1rem 1.2rem 1.2rem; border: 1px solid var(--line); border-radius: .7rem; background: var(--card); color: var(--ink); }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
dialog h2 { overflow-wrap: anywhere; }
main > .actions { margin-bottom: .7rem; }
.field { margin-top: .7rem; }
.field .note { margin-top: .15rem; }
.problem { color: var(--bad); margin-top: .7rem; overflow-wrap: anywhere; }
.problem:empty { display: none; }
.choice { display: flex; flex-wrap: wrap; align-items: baseline; gap: .5rem .8rem; justify-content: flex-end; margin-top: 1rem; }
.search .choice { justify-content: flex-start; }
.search details { margin-top: .6rem; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
.search details .fields { margin-top: .4rem; }
.choice button { padding: .35rem .9rem; font-size: .92rem; }
.ids { max-height: 12rem; overflow-y: auto; font-size: .88rem; }
.outcomes li { margin-bottom: .35rem; } .outcomes .note { display: block; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin-bottom: .7rem; color: var(--ink-2); font-size: .84rem; }
.legend svg { width: .7rem; height: .7rem; margin-right: .4rem; }
.beside { display: grid; grid-template-columns: minmax(0, 26rem) minmax(0, 1fr); gap: 1rem 2.25rem; align-items: start; }
.beside .note { margin-top: .6rem; }
${chartStyle}
.steps { font-size: .88rem; }
.steps :is(th, td):last-child { text-align: right; white-space: nowrap; }
.steps .failed td:nth-child(2)::before { content: '× '; color: var(--red); font-weight: 700; }
.old main { opacity: .6; }
@media (max-width: 80rem) { .columns, .beside { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 52rem) {
  .top { padding: .5rem .7rem; gap: .5rem; }
  .menu { display: block; padding: .35rem .7rem; }
  #menu:not(:popover-open) { display: none; }
  #menu { inset: 3.2rem .5rem auto auto; width: min(18rem, calc(100vw - 1rem)); max-height: calc(100vh - 4rem); border: 1px solid var(--line); border-radius: .7rem; background: var(--card); box-shadow: 0 .5rem 2rem rgb(0 0 0 / 25%); }
  #menu li a { padding-block: .4rem; }
  #menu + .page { margin-left: 0; }
  .page { padding: .8rem .7rem 2rem; }
}
@media (max-width: 40rem) {
  body { font-size: .93rem; }
  h1 { font-size: 1.25rem; }
  section { padding: .85rem .8rem .9rem; }
  .columns, .column { gap: .65rem; }
  th, td { padding-left: .5rem; }
  .find input, .search :is(input, select), .field :is(input, select) { font-size: 1rem; }
  #jobs thead .number { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; vertical-align: bottom; padding: .3rem 0 0; }
  #jobs .number { padding-left: .35rem; }
  .cards, .cards tbody { display: block; }
  .cards thead { display: none; }
  .cards tr { position: relative; display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1rem; padding: .55rem 0; border-bottom: 1px solid var(--line); }
  .cards tr:first-child { padding-top: 0; }
  .cards tr:last-child { border-bottom: 0; padding-bottom: 0; }
  .cards :is(th, td) { padding: 0; border: 0; text-align: left; }
  .cards th { width: 100%; font-weight: 600; }
  .cards td:not(.buttons, .pick)::before { content: attr(data-column) ' '; color: var(--ink-2); font-size: .84rem; }
  .cards td:empty { display: none; }
  .cards td { overflow-wrap: anywhere; }
  .cards .one-line { white-space: normal; }
  .cards :is(tbody th, .pick + th) { min-width: 0; }
  .cards .buttons { width: 100%; white-space: normal; }
  .cards .pick { position: absolute; right: 0; top: .5rem; z-index: 1; width: auto; }
  .cards .pick + th { padding-right: 2rem; }
  .cards tr:first-child .pick { top: 0; }
  .bar label { margin-left: 0; }
  .steps :is(th, td) { padding-left: .4rem; }
  .steps td { overflow-wrap: anywhere; }
  .steps time:not([data-as]) { white-space: normal; }
  .tiles { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .5rem; }
  .tile { padding: .5rem .6rem; }
  .tile dd { font-size: 1.1rem; }
  /* As tall as a finger needs them. */
  .act { padding: .35rem .8rem; margin-right: .3rem; }
  input[type=checkbox] { width: 1.25rem; height: 1.25rem; }
  .tabs a { padding-block: .3rem; }
}
@media print { .top, #menu, .act { display: none !important; } .page { margin: 0; } }
@media (prefers-reduced-motion: no-preference) { .old main { transition: opacity .3s; } }
`);

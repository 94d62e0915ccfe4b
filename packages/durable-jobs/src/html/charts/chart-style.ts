/** The style of charts, with the colors of the page that contains them. */
export const chartStyle = `.chart { display: block; width: 100%; max-width: 29rem; height: auto; overflow: visible; font-family: inherit; }
.chart text { font-size: 11px; fill: var(--ink-2); }
.chart .value { fill: var(--ink); font-weight: 600; }
.chart .label { fill: var(--ink); }
.chart .label, .chart .tick { font-size: 10.5px; }
.chart line { stroke: var(--line); stroke-width: 1; }
.chart line.axis { stroke: var(--axis); }
.chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
:is(rect, circle).blue { fill: var(--blue); } :is(rect, circle, path:not(.line)).green { fill: var(--green); } :is(rect, circle).orange { fill: var(--orange); }
:is(rect, circle).red { fill: var(--red); } :is(rect, circle).grey { fill: var(--grey); }
.line.blue { stroke: var(--blue); } .line.green { stroke: var(--green); } .line.orange { stroke: var(--orange); }
.line.red { stroke: var(--red); } .line.grey { stroke: var(--grey); }
path.cross { fill: none; stroke: var(--ink); stroke-width: 1.6; stroke-linecap: round; }
rect.open { fill: none; stroke: var(--blue); stroke-width: 1.6; stroke-dasharray: 3 2; }`;

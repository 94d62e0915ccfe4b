/** Pages: markup, tables and charts. */
export { barChart } from './charts/bar-chart.ts';
export type { Colour } from './charts/chart.ts';
export { dayChart } from './charts/day-chart.ts';
export { formPage } from './form-page.ts';
export { htmlPage } from './html-page.ts';
export { markup, Markup } from './markup.ts';
export { pageStyle } from './page-style.ts';
export { table } from './table.ts';

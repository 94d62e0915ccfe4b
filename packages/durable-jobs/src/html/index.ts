/** Pages: markup, charts and formats. */
export { barChart } from './charts/bar-chart.ts';
export type { Colour } from './charts/chart.ts';
export { dayChart } from './charts/day-chart.ts';
export { formPage } from './form-page.ts';
export {
  durationUnit,
  formatCount,
  formatDay,
  formatDuration,
  formatName,
  formatShortDay,
} from './format.ts';
export { markup, Markup } from './markup.ts';
export { pageStyle } from './page-style.ts';

/** Pages: markup, tables and charts. */
export { type Action, type ActionField, actionButton } from './action-button.ts';
export { barChart } from './charts/bar-chart.ts';
export type { Colour } from './charts/chart.ts';
export { dayChart } from './charts/day-chart.ts';
export { badge, count, facts, jsonBlock, none, nothing, section, type Tone } from './elements.ts';
export { formPage } from './form-page.ts';
export type { NavigationItem, PageContent } from './frame.ts';
export { htmlPage } from './html-page.ts';
export { listPage, type ListPage } from './list-page.ts';
export { markup, Markup } from './markup.ts';
export { pageStyle } from './page-style.ts';
export type { SearchField } from './search-form.ts';
export { type Column, table } from './table.ts';
export { clockTime, localTime, moment, withTimes } from './times.ts';

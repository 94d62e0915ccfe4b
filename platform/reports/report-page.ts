import type { DailyReport } from '../repositories/reports.ts';
import { markup } from './markup.ts';

/** A daily report as a page. */
export function dailyReportPage({ data }: DailyReport): string {
  return markup`<!doctype html><title>${data.day}</title>`.toString();
}

import { formatDuration } from '../duration.ts';
import { matchesDay, nextRuns } from './next-runs.ts';
import { formatLocal, transitionsBetween } from './time-zone.ts';
import { allValues, type CalendarFields, type Timing } from './timing.ts';

/** What a warning can be about. */
export const lintCodes = [
  'dst_gap',
  'dst_fold',
  'day_of_month_and_week',
  'interval_drifts',
  'short_catchup_window',
  'no_runs',
] as const;

/** Something about a schedule that may not be what its author meant. */
export interface LintWarning {
  code: (typeof lintCodes)[number];
  message: string;
}

/** The longest outage that operators count on: a night until somebody looks, and the repair. */
export const LONGEST_OUTAGE_MS = 12 * 3_600_000;

const DAY = 86_400_000;

/** What a schedule's author should know before it runs, looking a year ahead from `nowMs`. */
export function lintSchedule(
  schedule: { timing: Timing; timeZone: string; catchupWindowMs: number },
  nowMs: number,
): LintWarning[] {
  const { timing, timeZone, catchupWindowMs } = schedule;
  const warnings: LintWarning[] = [];
  if (timing.kind === 'every') {
    if (timing.everyMs >= DAY) {
      warnings.push({
        code: 'interval_drifts',
        message: `An interval of ${formatDuration(timing.everyMs)} is counted in UTC from 1970: it moves against local time at each clock change. Use cron or calendar with a time zone.`,
      });
    }
  } else {
    if (nextRuns(timing, timeZone, nowMs, 1).length === 0) {
      warnings.push({ code: 'no_runs', message: 'No day matches: it never runs.' });
    }
    warnings.push(...clockChanges(timing.fields, timeZone, nowMs));
    if (restricts(timing.fields, 'dayOfMonth') && restricts(timing.fields, 'dayOfWeek')) {
      warnings.push({
        code: 'day_of_month_and_week',
        message:
          'A day of the month and a day of the week are both given: Temporal runs only where both match, unlike cron, which runs where either does.',
      });
    }
  }
  if (catchupWindowMs < LONGEST_OUTAGE_MS) {
    warnings.push({
      code: 'short_catchup_window',
      message: `The catch-up window of ${formatDuration(catchupWindowMs)} is shorter than the longest expected outage, ${formatDuration(LONGEST_OUTAGE_MS)}: runs that fall into a longer one are lost.`,
    });
  }
  return warnings;
}

function restricts(fields: CalendarFields, name: keyof CalendarFields): boolean {
  return fields[name].length < allValues(name).length;
}

/** A run of each kind that a clock change of the coming year skips, or may repeat. */
function clockChanges(fields: CalendarFields, zone: string, nowMs: number): LintWarning[] {
  const warnings: LintWarning[] = [];
  for (const { atMs, offsetBeforeMs, offsetAfterMs } of transitionsBetween(zone, nowMs, nowMs + 365 * DAY)) {
    const gap = offsetAfterMs > offsetBeforeMs;
    const from = atMs + Math.min(offsetBeforeMs, offsetAfterMs);
    const to = atMs + Math.max(offsetBeforeMs, offsetAfterMs);
    const local = firstLocalMatch(fields, from, to);
    if (local === undefined) continue;
    const shown = new Date(local).toISOString().slice(0, 16).replace('T', ' ');
    // Where every hour matches, the job runs each hour of the clock that really passes: nothing is lost.
    if (gap && restricts(fields, 'hour')) {
      warnings.push({
        code: 'dst_gap',
        message: `${shown} does not exist in ${zone}, whose clocks go forward then (${formatLocal(zone, atMs)}): that day's run is skipped.`,
      });
    }
    if (!gap && restricts(fields, 'hour')) {
      warnings.push({
        code: 'dst_fold',
        message: `${shown} comes twice in ${zone}, whose clocks go back then (${formatLocal(zone, atMs)}): the job may run twice; see the preview.`,
      });
    }
  }
  return warnings;
}

/** The first local time in [from, to) that the fields match, or undefined. Local times are written as if in UTC. */
function firstLocalMatch(fields: CalendarFields, from: number, to: number): number | undefined {
  for (let day = Math.floor(from / DAY) * DAY; day < to; day += DAY) {
    if (!matchesDay(fields, day)) continue;
    for (const hour of fields.hour) {
      for (const minute of fields.minute) {
        for (const second of fields.second) {
          const local = day + hour * 3_600_000 + minute * 60_000 + second * 1_000;
          if (local >= from && local < to) return local;
        }
      }
    }
  }
  return undefined;
}

import { writeDuration } from '../values/duration.ts';
import { restricts, type CalendarFields } from './calendar-fields.ts';
import { clockChanges, type ClockChange } from './clock-changes.ts';
import { nextRuns } from './next-runs.ts';
import { unevenStep } from './steps.ts';
import { isKnownZone, transitionsBetween } from '../values/time-zone.ts';
import { stepsOf, type Timing } from './timing.ts';

/** The subjects of warnings. */
export const lintCodes = [
  'dst_gap',
  'dst_fold',
  'day_of_month_and_week',
  'short_months',
  'uneven_step',
  'interval_drifts',
  'short_catchup_window',
  'no_runs',
  'unknown_time_zone',
] as const;

/** A property of a schedule that its author may not have intended. */
export interface LintWarning {
  code: (typeof lintCodes)[number];
  message: string;
}

/** The longest outage that operators expect: a night until someone looks, and the repair. */
export const LONGEST_OUTAGE_MS = 12 * 3_600_000;

const DAY = 86_400_000;
const YEAR = 365 * DAY;

/** The number of times of day that a warning lists; it counts the others. */
const MOST_TIMES = 8;

/** Returns what a schedule's author should know before it runs, for the year after `nowMs`. */
export function lintSchedule(
  schedule: { timing: Timing | null; timeZone: string; catchupWindowMs: number },
  nowMs: number,
): LintWarning[] {
  const { timing, timeZone, catchupWindowMs } = schedule;
  const warnings: LintWarning[] = [];
  if (!isKnownZone(timeZone)) {
    warnings.push({
      code: 'unknown_time_zone',
      message: `This service does not know the time zone ${timeZone}: it shows local times in UTC, and cannot show when the schedule is due.`,
    });
  } else if (timing?.kind === 'every') {
    warnings.push(...driftOf(timing.everyMs, timeZone, nowMs));
  } else if (timing) {
    warnings.push(...lintCalendar(timing, timeZone, nowMs));
  }
  if (catchupWindowMs < LONGEST_OUTAGE_MS) {
    warnings.push({
      code: 'short_catchup_window',
      message: `The catch-up window of ${writeDuration(catchupWindowMs)} is shorter than the longest expected outage, ${writeDuration(LONGEST_OUTAGE_MS)}: runs that fall into a longer one are lost.`,
    });
  }
  return warnings;
}

function lintCalendar(
  timing: Exclude<Timing, { kind: 'every' }>,
  timeZone: string,
  nowMs: number,
): LintWarning[] {
  const { fields } = timing;
  const warnings: LintWarning[] = [];
  const neverRuns = nextRuns(timing, timeZone, nowMs, 1).length === 0;
  if (neverRuns) warnings.push({ code: 'no_runs', message: 'No day matches: it never runs.' });
  for (const change of clockChanges(fields, timeZone, nowMs, nowMs + YEAR)) {
    warnings.push(describeChange(change, timeZone));
  }
  if (restricts(fields, 'dayOfMonth') && restricts(fields, 'dayOfWeek')) {
    warnings.push({
      code: 'day_of_month_and_week',
      message:
        'A day of the month and a day of the week are both given: Temporal runs only where both match, unlike cron, which runs where either does.',
    });
  }
  const steps = stepsOf(timing).flatMap((step) => {
    const message = unevenStep(step);
    return message === undefined ? [] : [{ field: step.field, message }];
  });
  warnings.push(...steps.map(({ message }): LintWarning => ({ code: 'uneven_step', message })));
  if (!neverRuns && !steps.some(({ field }) => field === 'dayOfMonth')) warnings.push(...shortMonths(fields));
  return warnings;
}

/** Warns of an interval whose runs change their time of day, if that seems to matter. */
function driftOf(everyMs: number, timeZone: string, nowMs: number): LintWarning[] {
  const interval = `An interval of ${writeDuration(everyMs)} is counted in UTC from 1970`;
  const instead = 'Use cron or calendar with a time zone.';
  const moves = transitionsBetween(timeZone, nowMs, nowMs + YEAR).some(
    ({ offsetBeforeMs, offsetAfterMs }) => (offsetAfterMs - offsetBeforeMs) % everyMs !== 0,
  );
  if (everyMs >= DAY || (moves && DAY % everyMs === 0)) {
    const message = `${interval}: it shifts relative to local time at each clock change. ${instead}`;
    return [{ code: 'interval_drifts', message }];
  }
  // A schedule without local times has no zone except UTC.
  if (DAY % everyMs === 0 || timeZone === 'UTC') return [];
  const message = `${interval} and does not divide a day: it runs at other times of the day in ${timeZone} each day. ${instead}`;
  return [{ code: 'interval_drifts', message }];
}

/** The maximum number of days of each month. */
const monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Warns of days that not every month has. */
function shortMonths({ dayOfMonth, month }: CalendarFields): LintWarning[] {
  if (dayOfMonth.length === 31) return [];
  // The 29th of February counts as missing: most years do not have it.
  const missing = dayOfMonth.filter((day) =>
    month.some((name) => day > Math.min(monthLengths[name - 1] ?? 31, name === 2 ? 28 : 31)),
  );
  if (missing.length === 0) return [];
  const days = missing.length === 1 ? `day ${missing[0]}` : `days ${missing.join(', ')}`;
  return [
    {
      code: 'short_months',
      message: `Months without ${days} have no run: Temporal does not choose another day.`,
    },
  ];
}

function describeChange(change: ClockChange, zone: string): LintWarning {
  const { atMs, offsetBeforeMs, offsetAfterMs } = change.transition;
  const forward = offsetAfterMs > offsetBeforeMs;
  const before = atMs + offsetBeforeMs;
  const date = dateOf(before);
  const runs = (times: readonly number[]): string => {
    const count = times.length * change.runsEach;
    return `${count} ${count === 1 ? 'run' : 'runs'}`;
  };
  const listed = (times: readonly number[]): string => listTimes(times, date);
  const effects = [
    change.lost.length > 0 && `${runs(change.lost)} lost (${listed(change.lost)})`,
    change.repeated.length > 0 && `${runs(change.repeated)} repeated (${listed(change.repeated)})`,
    change.stray.length > 0 && `${runs(change.stray)} at times that do not match (${listed(change.stray)})`,
  ].filter((effect) => effect !== false);
  return {
    code: forward ? 'dst_gap' : 'dst_fold',
    message: `On ${date} clocks in ${zone} go ${forward ? 'forward' : 'back'} from ${timeOf(before)} to ${timeOf(atMs + offsetAfterMs)}: ${effects.join('; ')}.`,
  };
}

/** Formats local times: repeated ones with their number, and those of another date with the date. */
function listTimes(times: readonly number[], date: string): string {
  const counts = new Map<number, number>();
  for (const time of times) counts.set(time, (counts.get(time) ?? 0) + 1);
  const shown = [...counts].slice(0, MOST_TIMES).map(([time, count]) => {
    const written = dateOf(time) === date ? timeOf(time) : `${dateOf(time)} ${timeOf(time)}`;
    return count === 1 ? written : `${written} twice`;
  });
  const more = counts.size - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function dateOf(localMs: number): string {
  return new Date(localMs).toISOString().slice(0, 10);
}

function timeOf(localMs: number): string {
  return new Date(localMs).toISOString().slice(11, 16);
}

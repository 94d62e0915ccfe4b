import { restricts, type CalendarFields } from './calendar-fields.ts';
import { nextMatch } from './next-runs.ts';
import { transitionsBetween, type Transition } from '../values/time-zone.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long before and after the changed hours the engine's behavior can be affected. */
const MARGIN = 4 * HOUR;

/** The effect of a change of a zone's clocks on the runs of a calendar. */
export interface ClockChange {
  transition: Transition;
  /** Local times, written as if in UTC: matches that have fewer runs than they should, in order, one for each missing run. */
  lost: number[];
  /** Matches that have more runs than they should. */
  repeated: number[];
  /** Times that do not match and have a run nevertheless. */
  stray: number[];
  /** How many runs each time stands for: the runs of all seconds of a minute are treated alike. */
  runsEach: number;
}

/**
 * Returns the changes of clocks in a period that remove runs of a calendar, or add some. It compares the engine's runs with the local times
 * that match. A calendar of certain hours should run once at each; one of every hour should run whenever the clocks show a match: not in an
 * hour that is skipped, and twice in one that is repeated.
 */
export function clockChanges(
  fields: CalendarFields,
  zone: string,
  fromMs: number,
  toMs: number,
): ClockChange[] {
  // Clocks change by whole minutes.
  const byMinute = { ...fields, second: fields.second.slice(0, 1) };
  return transitionsBetween(zone, fromMs, toMs)
    .map((transition) => ({
      transition,
      runsEach: fields.second.length,
      ...compare(byMinute, zone, transition),
    }))
    .filter(({ lost, repeated, stray }) => lost.length + repeated.length + stray.length > 0);
}

function compare(
  fields: CalendarFields,
  zone: string,
  transition: Transition,
): Pick<ClockChange, 'lost' | 'repeated' | 'stray'> {
  const { atMs, offsetBeforeMs, offsetAfterMs } = transition;
  const [from, to] = span(fields, transition);
  const localOf = (instant: number): number => instant + (instant < atMs ? offsetBeforeMs : offsetAfterMs);

  const runs = new Map<number, number>();
  let run = nextMatch(fields, zone, from - offsetBeforeMs - 1);
  while (run !== undefined && localOf(run) < to) {
    const local = localOf(run);
    runs.set(local, (runs.get(local) ?? 0) + 1);
    run = nextMatch(fields, zone, run);
  }

  const everyHour = !restricts(fields, 'hour');
  const lost: number[] = [];
  const repeated: number[] = [];
  for (const local of matches(fields, from, to)) {
    const comes = Number(local - offsetBeforeMs < atMs) + Number(local - offsetAfterMs >= atMs);
    const expected = everyHour ? comes : 1;
    const found = runs.get(local) ?? 0;
    runs.delete(local);
    for (let missing = found; missing < expected; missing += 1) lost.push(local);
    for (let more = expected; more < found; more += 1) repeated.push(local);
  }
  return { lost, repeated, stray: [...runs.keys()] };
}

/** The local times that can be affected: whole days if the engine may confuse two days, otherwise some hours. */
function span(fields: CalendarFields, { atMs, offsetBeforeMs, offsetAfterMs }: Transition): [number, number] {
  const from = atMs + Math.min(offsetBeforeMs, offsetAfterMs);
  const to = atMs + Math.max(offsetBeforeMs, offsetAfterMs);
  const skipsMidnight = offsetAfterMs > offsetBeforeMs && Math.ceil(from / DAY) * DAY < to;
  if (!skipsMidnight || !restricts(fields, 'dayOfWeek')) return [from - MARGIN, to + MARGIN];
  return [Math.floor(from / DAY - 1) * DAY, Math.ceil(to / DAY + 1) * DAY];
}

/** Returns the local times in [from, to) that match, at the first second of each minute. */
function* matches(fields: CalendarFields, from: number, to: number): Generator<number> {
  const second = (fields.second[0] ?? 0) * 1_000;
  for (let day = Math.floor(from / DAY) * DAY; day < to; day += DAY) {
    if (!matchesDay(fields, day)) continue;
    for (const hour of fields.hour) {
      for (const minute of fields.minute) {
        const local = day + hour * HOUR + minute * MINUTE + second;
        if (local >= from && local < to) yield local;
      }
    }
  }
}

/** Whether a local day, given as its midnight in UTC, matches. */
function matchesDay(fields: CalendarFields, localMidnightMs: number): boolean {
  const day = new Date(localMidnightMs);
  return (
    fields.month.includes(day.getUTCMonth() + 1) &&
    fields.dayOfMonth.includes(day.getUTCDate()) &&
    fields.dayOfWeek.includes(day.getUTCDay())
  );
}

import type {
  CalendarSpec,
  CalendarSpecDescription,
  ScheduleDescription,
  ScheduleOptions,
  ScheduleSpecDescription,
  ScheduleUpdateOptions,
} from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { kebabCase } from '../jobs/kebab-case.ts';
import { priorityOf, urgencyOfRun } from '../engine/priority.ts';
import { searchAttributes } from '../engine/search-attributes.ts';
import { isCurrent, UNREADABLE } from '../encryption/payload-codec.ts';
import type { OverlapPolicy, ScheduleDefinition } from './definition.ts';
import { formatNotes, parseNotes, type ScheduleNotes } from './notes.ts';
import { ownerOf, ownershipAttributes, type ScheduleOwner } from './ownership.ts';
import { allValues, fieldNames, type CalendarFields } from './calendar-fields.ts';
import { compileCron } from './cron.ts';
import { isKnownZone } from '../values/time-zone.ts';
import { compileCalendar, calendarInput, type CalendarInput, type Timing } from './timing.ts';

const months = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const days = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

/** The parts of a schedule that can be changed later. */
export function toUpdate(
  definition: ScheduleDefinition,
  owner: ScheduleOwner,
  state: { paused: boolean; stateNote: string | null },
): ScheduleUpdateOptions {
  return {
    spec: {
      ...(definition.timing.kind === 'every'
        ? { intervals: [{ every: definition.timing.everyMs }] }
        : { calendars: [toCalendarSpec(definition.timing)] }),
      timezone: definition.timeZone,
      jitter: definition.jitterMs,
    },
    action: {
      type: 'startWorkflow',
      workflowType: definition.job,
      // The engine appends the run's nominal time.
      workflowId: `${kebabCase(definition.job)}:${definition.id}`,
      taskQueue: definition.taskQueue,
      ...priorityOf(definition.urgency),
      args: [definition.input],
      // Unlike the text of its state, only a change of the schedule changes it. The Web UI shows it with each run.
      staticDetails: definition.note,
      staticSummary: summaryOf(definition),
      typedSearchAttributes: [
        { key: searchAttributes.jobType, value: definition.job },
        { key: searchAttributes.businessKey, value: definition.id },
      ],
    },
    policies: {
      overlap: overlapNames[definition.overlap],
      catchupWindow: definition.catchupWindowMs,
      pauseOnFailure: definition.pauseOnFailure,
    },
    state: { paused: state.paused, note: formatNotes({ ...definition, ...state }, state.paused) },
    typedSearchAttributes: ownershipAttributes(definition.job, owner),
  };
}

function summaryOf({ description, id }: Pick<ScheduleDefinition, 'description' | 'id'>): string {
  return `${description} Started by the schedule ${id}.`;
}

/** Returns a new schedule as the client expects it. */
export function toOptions(definition: ScheduleDefinition, owner: ScheduleOwner): ScheduleOptions {
  return {
    ...toUpdate(definition, owner, { paused: false, stateNote: null }),
    scheduleId: definition.id,
  };
}

const overlapNames = {
  skip: 'SKIP',
  buffer_one: 'BUFFER_ONE',
  buffer_all: 'BUFFER_ALL',
  cancel_other: 'CANCEL_OTHER',
  terminate_other: 'TERMINATE_OTHER',
  allow_all: 'ALLOW_ALL',
} as const satisfies Record<OverlapPolicy, string>;

type CalendarTiming = Exclude<Timing, { kind: 'every' }>;

/** In bytes; the engine refuses a schedule with a longer one. */
const LONGEST_COMMENT = 200;

function toCalendarSpec(timing: CalendarTiming): CalendarSpec {
  const ranges = (name: keyof CalendarFields) => toRanges(timing.fields[name]);
  return {
    second: ranges('second'),
    minute: ranges('minute'),
    hour: ranges('hour'),
    dayOfMonth: ranges('dayOfMonth'),
    month: ranges('month').map(({ start, end }) => ({
      start: months[start - 1] ?? 'JANUARY',
      end: months[end - 1] ?? 'DECEMBER',
    })),
    dayOfWeek: ranges('dayOfWeek').map(({ start, end }) => ({
      start: days[start] ?? 'SUNDAY',
      end: days[end] ?? 'SATURDAY',
    })),
    ...comment(timing),
  };
}

/** The server only keeps the compiled form; this is what the author wrote. If it is too long, the compiled form is shown. */
function comment(timing: CalendarTiming): { comment?: string } {
  const written =
    timing.kind === 'cron' ? `cron ${timing.cron}` : `calendar ${JSON.stringify(timing.calendar)}`;
  return Buffer.byteLength(written) > LONGEST_COMMENT ? {} : { comment: written };
}

function toRanges(values: readonly number[]): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last?.end === value - 1) last.end = value;
    else ranges.push({ start: value, end: value });
  }
  return ranges;
}

/** A schedule as the server has it. `timing` is null if our definitions cannot express it, or its zone is unknown to Node. */
export interface StoredSchedule extends Omit<ScheduleDefinition, 'timing' | 'description'> {
  timing: Timing | null;
  /** The summary of its runs, with the description of their job. */
  summary: string;
  /** Null if it can no longer be read. */
  owner: ScheduleOwner | null;
  paused: boolean;
  /** Why it was last paused or resumed, in the words of an operator, the engine or another tool; null if no reason was given. */
  stateNote: string | null;
  /**
   * Whether its input can be read here, and is encrypted with this process's first key. An unreadable schedule shows no input, and its runs
   * cannot start their work.
   */
  encryption: 'current' | 'outdated' | 'unreadable';
}

/** Converts the server's description of a schedule, as decoded by this process's codecs. */
export function fromDescription(
  description: ScheduleDescription,
  codecs: readonly PayloadCodec[],
): StoredSchedule {
  const { action, policies, spec, state } = description;
  const owner = ownerOf(description);
  const timeZone = spec.timezone === undefined || spec.timezone === '' ? 'UTC' : spec.timezone;
  const encryption = encryptionOf(description, codecs);
  return {
    id: description.scheduleId,
    job: action.workflowType,
    input: encryption === 'unreadable' ? {} : ((action.args?.[0] ?? {}) as object),
    taskQueue: action.taskQueue,
    summary: action.staticSummary ?? '',
    urgency: urgencyOfRun(action.priority),
    timing: isKnownZone(timeZone) ? fromSpec(spec) : null,
    timeZone,
    jitterMs: spec.jitter ?? 0,
    overlap: fromOverlap(policies.overlap),
    catchupWindowMs: policies.catchupWindow,
    pauseOnFailure: policies.pauseOnFailure,
    ...notesOf(description),
    paused: state.paused,
    owner: owner === 'unknown' ? null : owner,
    encryption,
  };
}

/** Returns a schedule's own note, and the reason for its state. */
export function notesOf({ action, state }: Pick<ScheduleDescription, 'action' | 'state'>): ScheduleNotes {
  const { staticDetails: own } = action;
  return parseNotes(state.note ?? '', state.paused, own === UNREADABLE ? undefined : own);
}

/** Returns how a schedule's input, summary and note are encrypted, as a process with these codecs sees them. */
export function encryptionOf(
  { action, raw }: ScheduleDescription,
  codecs: readonly PayloadCodec[],
): StoredSchedule['encryption'] {
  const shown: unknown[] = [
    action.staticSummary,
    action.staticDetails,
    ...((action.args ?? []) as unknown[]),
  ];
  if (shown.includes(UNREADABLE)) return 'unreadable';
  const { input, userMetadata } = raw.schedule?.action?.startWorkflow ?? {};
  const { summary, details } = userMetadata ?? {};
  const payloads = [...(input?.payloads ?? []), summary ?? [], details ?? []].flat();
  return payloads.every((payload) => isCurrent(codecs, payload)) ? 'current' : 'outdated';
}

function fromOverlap(policy: string | undefined): OverlapPolicy {
  const found = (Object.keys(overlapNames) as OverlapPolicy[]).find((name) => overlapNames[name] === policy);
  return found ?? 'skip';
}

function fromSpec(spec: ScheduleSpecDescription): Timing | null {
  const { calendars = [], intervals = [] } = spec;
  const [calendar] = calendars;
  const [interval] = intervals;
  if (calendars.length + intervals.length !== 1 || (spec.skip ?? []).length > 0) return null;
  // The server omits the field if there is no offset.
  if (interval) return (interval.offset || 0) === 0 ? { kind: 'every', everyMs: interval.every } : null;
  if (!calendar || calendar.year.length > 0) return null;
  const fields = fromCalendarSpec(calendar);
  const written = fromComment(calendar.comment);
  if (written && sameFields(written.fields, fields)) return written;
  return { kind: 'calendar', calendar: toInput(fields), fields };
}

function fromComment(comment: string | undefined): CalendarTiming | undefined {
  const [, kind, source = ''] = /^(cron|calendar) (.+)$/s.exec(comment ?? '') ?? [];
  try {
    if (kind === 'cron') return { kind, cron: source, fields: compileCron(source) };
    if (kind === 'calendar') {
      const calendar = calendarInput.parse(JSON.parse(source));
      return { kind, calendar, fields: compileCalendar(calendar) };
    }
  } catch {
    // The comment of another program.
  }
  return undefined;
}

function fromCalendarSpec(calendar: CalendarSpecDescription): CalendarFields {
  const expand = (ranges: readonly { start: number; end: number; step: number }[]): number[] =>
    ranges
      .flatMap(({ start, end, step }) =>
        Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step),
      )
      .sort((a, b) => a - b);
  const named = <T extends string>(
    ranges: readonly { start: T; end: T; step: number }[],
    names: readonly T[],
    first: number,
  ): number[] =>
    expand(
      ranges.map(({ start, end, step }) => ({
        start: names.indexOf(start) + first,
        end: names.indexOf(end) + first,
        step,
      })),
    );
  return {
    second: expand(calendar.second),
    minute: expand(calendar.minute),
    hour: expand(calendar.hour),
    dayOfMonth: expand(calendar.dayOfMonth),
    month: named(calendar.month, months, 1),
    dayOfWeek: named(calendar.dayOfWeek, days, 0),
  };
}

function sameFields(a: CalendarFields, b: CalendarFields): boolean {
  return fieldNames.every((name) => a[name].join() === b[name].join());
}

function toInput(fields: CalendarFields): CalendarInput {
  return Object.fromEntries(
    fieldNames.map((name) => [
      name,
      fields[name].length === allValues(name).length ? '*' : [...fields[name]],
    ]),
  );
}

/** Describes the differences between a definition and the server's schedule; empty if they agree. */
export function differences(declared: ScheduleDefinition, stored: StoredSchedule): Difference[] {
  const rows: [string, unknown, unknown][] = [
    ['job', stored.job, declared.job],
    ['input', stored.input, declared.input],
    ['taskQueue', stored.taskQueue, declared.taskQueue],
    ['summary', stored.summary, summaryOf(declared)],
    ['urgency', stored.urgency, urgencyOfRun(priorityOf(declared.urgency).priority)],
    ['timing', comparable(stored.timing), comparable(declared.timing)],
    ['timeZone', stored.timeZone, declared.timeZone],
    ['jitterMs', stored.jitterMs, declared.jitterMs],
    ['overlap', stored.overlap, declared.overlap],
    ['catchupWindowMs', stored.catchupWindowMs, declared.catchupWindowMs],
    ['pauseOnFailure', stored.pauseOnFailure, declared.pauseOnFailure],
    ['note', stored.note, declared.note],
    ['encryption', stored.encryption, 'current'],
  ];
  return rows
    .map(([field, from, to]) => ({ field, from: JSON.stringify(from), to: JSON.stringify(to) }))
    .filter(({ from, to }) => from !== to);
}

/**
 * Whether the server's schedule is exactly what an update to a definition stores, with the owner, and the timing in the author's notation.
 */
export function isStored(
  definition: ScheduleDefinition,
  owner: ScheduleOwner,
  description: ScheduleDescription,
  codecs: readonly PayloadCodec[],
): boolean {
  const { timing } = definition;
  const notation = timing.kind === 'every' ? undefined : comment(timing).comment;
  return (
    differences(definition, fromDescription(description, codecs)).length === 0 &&
    (description.spec.calendars?.[0]?.comment ?? '') === (notation ?? '') &&
    ownerOf(description) === owner
  );
}

/** Describes one field that differs, with both sides as JSON. */
export interface Difference {
  field: string;
  from: string;
  to: string;
}

/** Returns a timing without the author's notation: `0 2 * * *` and `{hour: 2}` are the same. */
function comparable(timing: Timing | null): unknown {
  if (timing === null) return 'set otherwise';
  if (timing.kind === 'every') return { everyMs: timing.everyMs };
  return Object.fromEntries(fieldNames.map((name) => [name, toRanges(timing.fields[name])]));
}

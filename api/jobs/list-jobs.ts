import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { z } from 'zod';
import { kebabCase } from '../../contracts/define-job.ts';
import { searchAttributes } from '../../contracts/names.ts';
import type { Db } from '../../platform/database/connect.ts';
import {
  listCommittedStarts,
  oldestCommittedStart,
  type CommittedStart,
} from '../../platform/outbox/find.ts';
import {
  Condition,
  hasStatus,
  isMatch,
  jobCondition,
  type JobFilter,
  type SearchableStatus,
} from '../../platform/visibility-query.ts';
import {
  placeAfter,
  readRuns,
  type Run,
  type RunOrder,
  type RunPlace,
} from '../../platform/visibility-runs.ts';
import { toCursor, type Page } from '../paging.ts';
import { Problem } from '../problem.ts';
import { begunSince } from './begun-since.ts';
import { listedUpTo } from './freshness.ts';
import type { AttemptError } from './history.ts';
import type { JobFailures } from './job-failures.ts';
import { endedStatusOf, indexedAs } from '../../platform/jobs/ended-status.ts';
import { jobLinks, notBefore } from './job-view.ts';

/** A job in a list: what the engine's index of runs tells of it. Its own resource has the rest, and is never behind. */
export interface ListedJob {
  id: string;
  /** Null until the engine has started it. */
  runId: string | null;
  type: string;
  businessKey: string | null;
  status: SearchableStatus;
  createdAt: string;
  /** When a `scheduled` one begins. */
  startsAt: string | null;
  closedAt: string | null;
  /** Why a `failed` one failed. */
  failure: AttemptError | null;
  links: { self: string; ui: string | null };
}

/** A page of jobs. */
export interface JobPage extends Page<ListedJob> {
  /** Up to when the list is complete: the engine's index of runs is a moment behind the runs. */
  asOf: string;
}

/** What failed jobs are looked for by: their failure's code, or text in its message. */
export interface ErrorFilter {
  code?: string | undefined;
  text?: string | undefined;
}

/** What listing jobs needs. */
export interface JobLister {
  db: Db;
  client: Client;
  failures: JobFailures;
  uiUrl: string;
}

/**
 * Failed jobs whose failure is read for one page of those that failed with a given error. A page may then be shorter than
 * asked for, even empty, and still have a next one.
 */
const MOST_EXAMINED = 200;

/**
 * Jobs that were open when a walk began and have ended since: so many are taken into account. A walk that was left for so
 * long that there are more is begun anew.
 */
const MOST_ENDED_SINCE = 1_000;

const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/);
const runPlace = z.object({ at: instant, shown: z.array(z.string().max(64)) });

/** Where a walk over a list goes on. It comes back from a client, so it is checked like any other input. */
export const listPlace = z.discriminatedUnion('in', [
  z.object({
    in: z.literal('committed'),
    asOf: instant,
    place: z.object({ entryId: z.int(), oldest: z.int() }).optional(),
  }),
  z.object({ in: z.literal('open'), asOf: instant, place: runPlace.optional() }),
  z.object({ in: z.literal('closed'), asOf: instant, place: runPlace.optional() }),
]);

/** See {@link listPlace}. */
export type ListPlace = z.infer<typeof listPlace>;

type PlaceIn<Name extends ListPlace['in']> = Extract<ListPlace, { in: Name }>;

/** A job in its place: a page that ends with it goes on `after`. */
interface Row {
  item: ListedJob;
  after: ListPlace;
}

/** What a part of the list gave. Where it stopped before it had as many rows as were wanted, it goes on at `stoppedAt`. */
interface Part {
  rows: Row[];
  stoppedAt?: ListPlace | undefined;
}

/** What a filter of this list can say; without a status it finds all, whose order is that of their statuses. */
export type ListFilter = Omit<JobFilter, 'statuses'> & {
  status?: SearchableStatus | undefined;
  error?: ErrorFilter | undefined;
};

/** One request for a page. */
interface Reading extends JobLister {
  filter: ListFilter;
  parts: readonly ListPlace['in'][];
  now: Date;
  /** Whether a run that was found is meant. */
  accept: (run: WorkflowExecutionInfo) => boolean;
}

/**
 * A page of jobs, newest first: those whose start is committed and not made, then those that are open, by their start, then
 * those that have ended, by their end. Each run has one place in that order, as it was when the walk began, so that none
 * is missed or shown twice, whatever starts and ends meanwhile.
 * @throws {Problem} `validationFailed` where a cursor is so old that this can't be kept.
 */
export async function listJobs(
  lister: JobLister,
  filter: ListFilter,
  page: { limit: number; place: ListPlace | undefined },
): Promise<JobPage> {
  const now = new Date();
  const reading: Reading = {
    ...lister,
    filter,
    parts: partsOf(filter),
    now,
    accept: (run) => isMatch(filter, run),
  };
  const asOf = page.place?.asOf ?? now.toISOString();
  // What began after the walk is none of it; its first page has all that there is, whatever our clock says.
  const newest = page.place && { at: asOf, shown: [] };

  const rows: Row[] = [];
  let stoppedAt: ListPlace | undefined;
  let place = page.place ?? firstPlace(reading.parts[0], asOf, undefined);
  while (place && rows.length <= page.limit) {
    const part = await readPart(reading, place, page.limit + 1 - rows.length);
    rows.push(...part.rows);
    stoppedAt = part.stoppedAt;
    if (stoppedAt) break;
    place = firstPlace(reading.parts[reading.parts.indexOf(place.in) + 1], asOf, newest);
  }
  const shown = rows.slice(0, page.limit);
  // One more than asked for tells whether there is a next page.
  const next = rows.length > page.limit ? shown.at(-1)?.after : stoppedAt;
  return {
    items: await withFailures(
      reading,
      shown.map(({ item }) => item),
    ),
    nextCursor: next ? toCursor(JSON.stringify(next)) : null,
    asOf: (await listedUpTo(lister, now)).toISOString(),
  };
}

/** Which parts of the list a filter can find jobs in, in their order. */
function partsOf(filter: ListFilter): ListPlace['in'][] {
  const { status, error } = filter;
  const byStart = filter.startedAfter !== undefined || filter.startedBefore !== undefined;
  const byEnd = filter.closedAfter !== undefined || filter.closedBefore !== undefined;
  const open = !error && !byEnd && (status === undefined || status === 'running' || status === 'scheduled');
  const parts: ListPlace['in'][] = [];
  if (open && !byStart && status !== 'running') parts.push('committed');
  if (open) parts.push('open');
  if (status !== 'running' && status !== 'scheduled') parts.push('closed');
  return parts;
}

function firstPlace(
  name: ListPlace['in'] | undefined,
  asOf: string,
  newest: RunPlace | undefined,
): ListPlace | undefined {
  if (name === undefined) return undefined;
  if (name !== 'open' || !newest) return { in: name, asOf };
  return { in: name, asOf, place: { at: newest.at, shown: [...newest.shown] } };
}

function readPart(reading: Reading, place: ListPlace, want: number): Promise<Part> {
  switch (place.in) {
    case 'committed':
      return readCommitted(reading, place, want);
    case 'open':
      return readOpen(reading, place, want);
    case 'closed':
      return reading.filter.error
        ? readFailedWith(reading, place, want, reading.filter.error)
        : readClosed(reading, place, want);
  }
}

/** Starts that are committed and not made; one whose job runs already, which it will only tell, is left out. */
async function readCommitted(
  { db, client, filter }: Reading,
  { asOf, place }: PlaceIn<'committed'>,
  want: number,
): Promise<Part> {
  const oldest = place?.oldest ?? (await oldestCommittedStart(db));
  if (oldest === undefined) return { rows: [] };
  const after = place && { ...place, asOf: new Date(asOf) };
  const starts = await listCommittedStarts(db, filter, { limit: want, after });
  const begun = await begunSince(client, starts);
  const placeOf = ({ entryId }: CommittedStart): ListPlace => ({
    in: 'committed',
    asOf,
    place: { entryId, oldest },
  });
  const rows = starts
    .filter(({ jobId }) => !begun.has(jobId))
    .map((start) => ({ item: presentStart(start), after: placeOf(start) }));
  const last = starts.at(-1);
  return {
    rows,
    stoppedAt: last && starts.length === want && rows.length < want ? placeOf(last) : undefined,
  };
}

/** Open runs by their start. Where closed ones follow, those that were open when the walk began are still among these. */
async function readOpen(reading: Reading, { asOf, place }: PlaceIn<'open'>, want: number): Promise<Part> {
  const { client, filter, parts, now, accept } = reading;
  const status = filter.status === undefined ? isOneOf('Running') : hasStatus(filter.status, now);
  const open = await readRuns(client, Condition.all([jobCondition(filter), status]), {
    order: 'startTime',
    after: place,
    limit: want,
    accept,
  });
  // Read after the others: what ends in between is in either of them.
  const ended = parts.includes('closed') ? await readEndedSince(reading, asOf, place) : [];
  const runs = new Map([...ended, ...open].map((run) => [run.info.runId, run]));
  const newestFirst = [...runs.values()].toSorted((a, b) => compareText(b.startTime, a.startTime));
  return { rows: toRows(reading, { in: 'open', asOf, place }, newestFirst.slice(0, want)) };
}

async function readEndedSince(
  { client, filter, accept }: Reading,
  asOf: string,
  place: RunPlace | undefined,
): Promise<Run[]> {
  const query = Condition.all([
    jobCondition(filter),
    // A run that was continued by another has ended too, and the other one began after the walk.
    isOneOf(...indexedAs(), 'ContinuedAsNew'),
    Condition.compare('CloseTime', '>', asOf),
    ...(place ? [Condition.compare('StartTime', '<=', place.at)] : []),
  ]);
  const runs = await readRuns(client, query, {
    order: 'closeTime',
    after: undefined,
    limit: MOST_ENDED_SINCE + 1,
    accept,
  });
  if (runs.length > MOST_ENDED_SINCE) {
    throw new Problem('validationFailed', 'The list has changed too much since the walk over it began.', {
      errors: [{ path: 'cursor', message: 'is too old to go on: begin again without it' }],
    });
  }
  return runs.filter((run) => run.startTime !== place?.at || !place.shown.includes(run.info.runId));
}

function closedCondition({ filter, parts, now }: Reading, asOf: string): Condition {
  return Condition.all([
    jobCondition(filter),
    filter.status === undefined ? isOneOf(...indexedAs()) : hasStatus(filter.status, now),
    ...(parts.includes('open') ? [Condition.compare('CloseTime', '<=', asOf)] : []),
  ]);
}

/** The runs that stand in one of these ways, in the engine's words. */
function isOneOf(...statuses: readonly string[]): Condition {
  return Condition.isOneOf('ExecutionStatus', statuses);
}

/** Closed runs by their end. */
async function readClosed(reading: Reading, { asOf, place }: PlaceIn<'closed'>, want: number): Promise<Part> {
  const runs = await readRuns(reading.client, closedCondition(reading, asOf), {
    order: 'closeTime',
    after: place,
    limit: want,
    accept: reading.accept,
  });
  return { rows: toRows(reading, { in: 'closed', asOf, place }, runs) };
}

/** Failed runs by their end, read one by one until enough of them failed with the error, or {@link MOST_EXAMINED} were read. */
async function readFailedWith(
  reading: Reading,
  { asOf, place }: PlaceIn<'closed'>,
  want: number,
  error: ErrorFilter,
): Promise<Part> {
  const failed = { ...reading, filter: { ...reading.filter, status: 'failed' as const } };
  const runs = await readRuns(reading.client, closedCondition(failed, asOf), {
    order: 'closeTime',
    after: place,
    limit: MOST_EXAMINED,
    accept: reading.accept,
  });
  const candidates = toRows(reading, { in: 'closed', asOf, place }, runs);
  const rows: Row[] = [];
  for (let from = 0; from < candidates.length && rows.length < want; from += want) {
    const some = candidates.slice(from, from + want);
    const items = await withFailures(
      reading,
      some.map(({ item }) => item),
    );
    for (const [index, item] of items.entries()) {
      const row = some[index];
      if (row && isFailedWith(item.failure, error)) rows.push({ ...row, item });
    }
  }
  const stopped = rows.length < want && runs.length === MOST_EXAMINED;
  return { rows: rows.slice(0, want), stoppedAt: stopped ? candidates.at(-1)?.after : undefined };
}

/** Whether a failure is one that is looked for. */
export function isFailedWith(failure: AttemptError | null, { code, text }: ErrorFilter): boolean {
  if (!failure) return false;
  if (code !== undefined && failure.code !== code) return false;
  return text === undefined || failure.message.toLowerCase().includes(text.toLowerCase());
}

/** The same jobs, with the failures of those that failed and whose failure is not known yet. */
async function withFailures({ failures }: Reading, items: ListedJob[]): Promise<ListedJob[]> {
  const failed = items.flatMap(({ id, runId, status, failure }) =>
    status === 'failed' && runId !== null && !failure ? [{ id, runId }] : [],
  );
  const read = await failures.read(failed);
  const byRun = new Map(failed.map(({ runId }, index) => [runId, read[index] ?? null]));
  return items.map((item) => ({ ...item, failure: byRun.get(item.runId ?? '') ?? item.failure }));
}

function toRows(reading: Reading, before: PlaceIn<'open' | 'closed'>, runs: readonly Run[]): Row[] {
  const order: RunOrder = before.in === 'open' ? 'startTime' : 'closeTime';
  let place: RunPlace | undefined = before.place;
  return runs.map((run) => {
    place = placeAfter(run, order, place);
    const after = place && { at: place.at, shown: [...place.shown] };
    return { item: presentRun(reading, run), after: { in: before.in, asOf: before.asOf, place: after } };
  });
}

function presentRun({ client, uiUrl, now }: Reading, { info }: Run): ListedJob {
  const status = statusOf(info, now);
  return {
    id: info.workflowId,
    runId: info.runId,
    type: info.type,
    businessKey: info.typedSearchAttributes.get(searchAttributes.businessKey) ?? null,
    status,
    createdAt: info.startTime.toISOString(),
    startsAt: status === 'scheduled' ? (info.executionTime?.toISOString() ?? null) : null,
    closedAt: info.closeTime?.toISOString() ?? null,
    failure: null,
    links: jobLinks(info, { uiUrl, namespace: client.options.namespace }),
  };
}

function presentStart(start: CommittedStart): ListedJob {
  return {
    id: start.jobId,
    runId: null,
    type: start.jobType,
    businessKey: start.jobId.slice(kebabCase(start.jobType).length + 1),
    status: 'scheduled',
    createdAt: start.createdAt.toISOString(),
    startsAt: notBefore(new Date(), start.startAt ?? start.nextAttemptAt).toISOString(),
    closedAt: null,
    failure: null,
    links: { self: `/api/jobs/${start.jobId}`, ui: null },
  };
}

function statusOf(info: WorkflowExecutionInfo, now: Date): SearchableStatus {
  const { executionTime } = info;
  return endedStatusOf(info) ?? (executionTime && executionTime > now ? 'scheduled' : 'running');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

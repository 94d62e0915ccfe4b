import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { z } from 'zod';
import { kebabCase } from '../job-definition.ts';
import { searchAttributes } from '../../engine/search-attributes.ts';
import type { Db } from '../../database/connect.ts';
import { listCommittedStarts, oldestCommittedStart, type CommittedStart } from '../outbox/find.ts';
import { listFailingRuns } from '../run-records/failing-activities.ts';
import { listMovedStarts, movedAmong, newestMovedStart } from '../run-records/moved-starts.ts';
import {
  Condition,
  hasStatus,
  isMatch,
  isMatchOfJob,
  jobCondition,
  type JobFilter,
} from '../../engine/visibility-query.ts';
import {
  placeAfter,
  readRuns,
  type Run,
  type RunOrder,
  type RunPlace,
} from '../../engine/visibility-runs.ts';
import { isRealTime } from '../../http/instant.ts';
import { toCursor, type Page } from '../../http/paging.ts';
import { Problem } from '../../http/problem.ts';
import { begunSince } from './begun-since.ts';
import { listedUpTo } from './freshness.ts';
import type { AttemptError } from '../run-state/history.ts';
import type { JobRegistry } from '../registry.ts';
import type { JobFailures } from './job-failures.ts';
import { endedStatusOf, INDEXED_OPEN, indexedAs, isEnded } from '../../engine/run-status.ts';
import { jobLinks, notBefore, type JobStatus } from '../job-view.ts';
import { lookAtRun, type RunNow } from '../look-at-run.ts';
import { linkToJob } from '../link-to-job.ts';

/** A job in a list. An open one has the same state as in its own view at that moment. */
export interface ListedJob {
  id: string;
  /** Null until the engine has started it. */
  runId: string | null;
  type: string;
  businessKey: string | null;
  status: JobStatus;
  createdAt: string;
  /** When a `scheduled` one begins. */
  startsAt: string | null;
  closedAt: string | null;
  /** Why a `failed` one failed. */
  failure: AttemptError | null;
  /** What the last attempt of a `retrying` one failed with. */
  lastError: AttemptError | null;
  links: { self: string; ui: string | null };
}

/** A page of jobs. */
export interface JobPage extends Page<ListedJob> {
  /** Time up to which the list is complete: the engine's index is a moment behind the runs. */
  asOf: string;
}

/** A filter of failed jobs: their failure's code, or text in its message. */
export interface ErrorFilter {
  code?: string | undefined;
  text?: string | undefined;
}

/** Dependencies of listing jobs. */
export interface JobLister {
  db: Db;
  client: Client;
  jobs: JobRegistry;
  failures: JobFailures;
  uiUrl: string;
}

/**
 * Jobs that are looked at one by one for a page of those that the engine's index can't tell from others. A page may then be
 * shorter than requested, even empty, and still have a next one.
 */
const MOST_EXAMINED = 200;

/** Of those, as many are looked at after a first look that did not find enough. */
const EXAMINED_NEXT = 50;

/**
 * Jobs that were open when a walk began and have ended since: so many are taken into account. A walk that was left for so
 * long that there are more must be started again.
 */
const MOST_ENDED_SINCE = 1_000;

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/)
  .refine((text) => isRealTime(text.slice(0, 19)));
const runPlace = z.strictObject({ at: instant, shown: z.array(z.string().max(64)) });
/** What is the same for a whole walk: up to where moved starts are a part of their own. */
const ofWalk = { movedUpTo: z.int().optional() };

/** The position from which a walk over a list continues. It is returned by a client, so it is validated like any other input. */
export const listPlace = z.discriminatedUnion('in', [
  z.strictObject({
    in: z.literal('committed'),
    asOf: instant,
    place: z.strictObject({ entryId: z.int(), oldest: z.int() }).optional(),
    ...ofWalk,
  }),
  z.strictObject({ in: z.literal('moved'), asOf: instant, place: z.int().optional(), ...ofWalk }),
  z.strictObject({ in: z.literal('failing'), asOf: instant, place: z.int().optional(), ...ofWalk }),
  z.strictObject({ in: z.literal('open'), asOf: instant, place: runPlace.optional(), ...ofWalk }),
  z.strictObject({ in: z.literal('closed'), asOf: instant, place: runPlace.optional(), ...ofWalk }),
]);

/** See {@link listPlace}. */
export type ListPlace = z.infer<typeof listPlace>;

type PlaceIn<Name extends ListPlace['in']> = Extract<ListPlace, { in: Name }>;

/** A job in its place: a page that ends with it continues `after`. */
interface Row {
  item: ListedJob;
  after: ListPlace;
}

/** A run that may match, at its position. */
interface Candidate {
  id: string;
  runId: string;
  after: ListPlace;
  /** What the index says of one that has ended. */
  ended?: ListedJob | undefined;
}

/** The result of one part of the list. If it stopped before it had enough rows, it continues at `stoppedAt`. */
interface Part {
  rows: Row[];
  stoppedAt?: ListPlace | undefined;
}

/** What a filter of this list can say; without a status it finds all, whose order is that of their statuses. */
export type ListFilter = Omit<JobFilter, 'statuses'> & {
  status?: JobStatus | undefined;
  error?: ErrorFilter | undefined;
};

/** One request for a page. */
interface Reading extends JobLister {
  filter: ListFilter;
  parts: readonly ListPlace['in'][];
  now: Date;
  /** Starts that were moved up to here are the part `moved`, whatever the engine's index says of them. */
  movedUpTo: number;
  /** Whether a found run matches. */
  accept: (run: WorkflowExecutionInfo) => boolean;
}

/**
 * Returns a page of jobs, newest first: committed starts that are not made, then open runs by start, then ended runs by end. Each run has
 * one position in that order, as of the beginning of the walk, so none is missed or repeated, whatever starts and ends meanwhile.
 * @throws {Problem} `validationFailed` if a cursor is so old that this can't be kept.
 */
export async function listJobs(
  lister: JobLister,
  filter: ListFilter,
  page: { limit: number; place: ListPlace | undefined },
): Promise<JobPage> {
  const now = new Date();
  const parts = partsOf(filter);
  const reading: Reading = {
    ...lister,
    filter,
    parts,
    now,
    movedUpTo: page.place?.movedUpTo ?? (parts.includes('moved') ? await newestMovedStart(lister.db) : 0),
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
  // One more than requested shows whether there is a next page.
  const next = rows.length > page.limit ? shown.at(-1)?.after : stoppedAt;
  return {
    items: await withFailures(
      reading,
      shown.map(({ item }) => item),
    ),
    nextCursor: next ? toCursor(JSON.stringify({ ...next, movedUpTo: reading.movedUpTo })) : null,
    asOf: (await listedUpTo(lister, now)).toISOString(),
  };
}

/** Returns the parts of the list in which a filter can find jobs, in order. */
function partsOf(filter: ListFilter): ListPlace['in'][] {
  const { status, error } = filter;
  const byStart = filter.startedAfter !== undefined || filter.startedBefore !== undefined;
  const byEnd = filter.closedAfter !== undefined || filter.closedBefore !== undefined;
  const found = status === undefined ? partsWithoutStatus : partsWith[status];
  return found.filter((part) => {
    if (part === 'committed') return !error && !byEnd && !byStart;
    return part === 'closed' || (!error && !byEnd);
  });
}

const partsWithoutStatus = ['committed', 'open', 'closed'] as const;

/** The parts that contain jobs of each status. Failing jobs are recorded; for other states, open runs are examined one by one. */
const partsWith: Record<JobStatus, readonly ListPlace['in'][]> = {
  scheduled: ['committed', 'moved', 'open'],
  running: ['moved', 'open'],
  waiting: ['committed', 'open'],
  paused: ['open'],
  retrying: ['failing'],
  completed: ['closed'],
  failed: ['closed'],
  cancelled: ['closed'],
  terminated: ['closed'],
};

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
    case 'moved':
      return readMoved(reading, place, want);
    case 'failing':
      return readFailing(reading, place, want);
    case 'open':
      return readOpen(reading, place, want);
    case 'closed':
      return reading.filter.error
        ? readFailedWith(reading, place, want, reading.filter.error)
        : readClosed(reading, place, want);
  }
}

/** The committed starts of a status; all if none is given. */
const isHeldOf: Record<string, boolean | undefined> = { scheduled: false, waiting: true };

/** Starts that are committed and not made; one whose job runs already, which it would only signal, is left out. */
async function readCommitted(
  { db, client, filter }: Reading,
  { asOf, place }: PlaceIn<'committed'>,
  want: number,
): Promise<Part> {
  const oldest = place?.oldest ?? (await oldestCommittedStart(db));
  if (oldest === undefined) return { rows: [] };
  const after = place && { ...place, asOf: new Date(asOf) };
  const starts = await listCommittedStarts(
    db,
    { ...filter, isHeld: isHeldOf[filter.status ?? ''] },
    { limit: want, after },
  );
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

/** Runs whose start was moved: only the runs themselves show whether they have begun. */
function readMoved(reading: Reading, first: PlaceIn<'moved'>, want: number): Promise<Part> {
  const { db, movedUpTo } = reading;
  return examine(first, want, {
    async read({ asOf, place }, limit) {
      const from = place === undefined ? movedUpTo : place - 1;
      const moved = await listMovedStarts(db, from, limit);
      return moved.map((start) => ({
        ...toCandidate(start),
        after: { in: 'moved', asOf, place: start.place },
      }));
    },
    check: (candidates) => lookAtAll(reading, candidates),
  });
}

/** Runs with an activity that failed and is retried, as workers noted them. */
function readFailing(reading: Reading, first: PlaceIn<'failing'>, want: number): Promise<Part> {
  const { db, filter } = reading;
  return examine(first, want, {
    async read({ asOf, place }, limit) {
      const runs = await listFailingRuns(db, { types: filter.types, before: place, limit });
      return runs.map((run) => ({ ...toCandidate(run), after: { in: 'failing', asOf, place: run.place } }));
    },
    check: (candidates) => lookAtAll(reading, candidates),
  });
}

function toCandidate({ jobId, runId }: { jobId: string; runId: string }): Omit<Candidate, 'after'> {
  return { id: jobId, runId };
}

/** Open runs by their start. Where closed ones follow, those that were open when the walk began are still among these. */
function readOpen(reading: Reading, first: PlaceIn<'open'>, want: number): Promise<Part> {
  const { client, db, filter, parts, now, accept, movedUpTo } = reading;
  const { status } = filter;
  const isIndexed = status === 'running' || status === 'scheduled';
  return examine(first, want, {
    async read({ asOf, place }, limit) {
      const open = await readRuns(
        client,
        Condition.all([jobCondition(filter), isIndexed ? hasStatus(status, now) : isOneOf(INDEXED_OPEN)]),
        { order: 'startTime', after: place, limit, accept },
      );
      // Read after the others: what ends in between is in either of them.
      const ended = parts.includes('closed') ? await readEndedSince(reading, asOf, place) : [];
      const runs = new Map([...ended, ...open].map((run) => [run.info.runId, run]));
      const newestFirst = [...runs.values()].toSorted((a, b) => compareText(b.startTime, a.startTime));
      return toCandidates(reading, { in: 'open', asOf, place }, newestFirst.slice(0, limit));
    },
    async check(candidates) {
      const looks = await lookAtAll(reading, candidates);
      const runIds = candidates.map(({ runId }) => runId);
      const moved = parts.includes('moved') ? await movedAmong(db, runIds, movedUpTo) : new Set();
      return looks.map((item, index) => (moved.has(runIds[index]) ? undefined : item));
    },
  });
}

/**
 * Reads candidates and checks which of them are meant, until there are as many as wanted, no more are left, or
 * {@link MOST_EXAMINED} were checked.
 */
async function examine<P extends ListPlace>(
  first: P,
  want: number,
  {
    read,
    check,
  }: {
    read: (place: P, limit: number) => Promise<Candidate[]>;
    check: (candidates: readonly Candidate[]) => Promise<(ListedJob | undefined)[]>;
  },
): Promise<Part> {
  const rows: Row[] = [];
  let place = first;
  for (let examined = 0, limit = want; ; limit = EXAMINED_NEXT) {
    const candidates = await read(place, limit);
    const items = await check(candidates);
    for (const [index, { after }] of candidates.entries()) {
      const item = items[index];
      if (item) rows.push({ item, after });
    }
    if (rows.length >= want) return { rows: rows.slice(0, want) };
    const last = candidates.at(-1);
    if (!last || candidates.length < limit) return { rows };
    examined += candidates.length;
    place = last.after as P;
    if (examined >= MOST_EXAMINED) return { rows, stoppedAt: place };
  }
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
    throw new Problem('validationFailed', 'The list has changed too much since its first page was read.', {
      errors: [{ path: 'cursor', message: 'is too old to continue: start again without a cursor' }],
    });
  }
  return runs.filter((run) => run.startTime !== place?.at || !place.shown.includes(run.info.runId));
}

function closedCondition({ filter, parts }: Reading, asOf: string): Condition {
  return Condition.all([
    jobCondition(filter),
    isOneOf(...indexedAs(isEnded(filter.status) ? filter.status : undefined)),
    ...(parts.includes('open') ? [Condition.compare('CloseTime', '<=', asOf)] : []),
  ]);
}

/** The runs that stand in one of these ways, in the engine's words. */
function isOneOf(...statuses: readonly string[]): Condition {
  return Condition.isOneOf('ExecutionStatus', statuses);
}

/** Closed runs by their end. */
async function readClosed(reading: Reading, place: PlaceIn<'closed'>, want: number): Promise<Part> {
  const candidates = await readClosedCandidates(reading, place, want);
  return { rows: candidates.flatMap(({ ended, after }) => (ended ? [{ item: ended, after }] : [])) };
}

async function readClosedCandidates(
  reading: Reading,
  { asOf, place }: PlaceIn<'closed'>,
  limit: number,
): Promise<Candidate[]> {
  const runs = await readRuns(reading.client, closedCondition(reading, asOf), {
    order: 'closeTime',
    after: place,
    limit,
    accept: reading.accept,
  });
  return toCandidates(reading, { in: 'closed', asOf, place }, runs);
}

/** Failed runs by their end, whose failures are read one by one. */
function readFailedWith(
  reading: Reading,
  first: PlaceIn<'closed'>,
  want: number,
  error: ErrorFilter,
): Promise<Part> {
  const failed = { ...reading, filter: { ...reading.filter, status: 'failed' as const } };
  return examine(first, want, {
    read: (place, limit) => readClosedCandidates(failed, place, limit),
    async check(candidates) {
      const items = await withFailures(
        failed,
        candidates.flatMap(({ ended }) => (ended ? [ended] : [])),
      );
      return items.map((item) => (isFailedWith(item.failure, error) ? item : undefined));
    },
  });
}

/** Whether a failure is one that is looked for. */
export function isFailedWith(failure: AttemptError | null, { code, text }: ErrorFilter): boolean {
  if (!failure) return false;
  if (code !== undefined && failure.code !== code) return false;
  return text === undefined || failure.message.toLowerCase().includes(text.toLowerCase());
}

/** Adds missing failures to failed jobs. */
async function withFailures({ failures }: Reading, items: ListedJob[]): Promise<ListedJob[]> {
  const failed = items.flatMap(({ id, runId, status, failure }) =>
    status === 'failed' && runId !== null && !failure ? [{ id, runId }] : [],
  );
  const read = await failures.read(failed);
  const byRun = new Map(failed.map(({ runId }, index) => [runId, read[index] ?? null]));
  return items.map((item) => ({ ...item, failure: byRun.get(item.runId ?? '') ?? item.failure }));
}

function toCandidates(
  reading: Reading,
  before: PlaceIn<'open' | 'closed'>,
  runs: readonly Run[],
): Candidate[] {
  const order: RunOrder = before.in === 'open' ? 'startTime' : 'closeTime';
  let place: RunPlace | undefined = before.place;
  return runs.map((run) => {
    place = placeAfter(run, order, place);
    const after = place && { at: place.at, shown: [...place.shown] };
    const { workflowId: id, runId } = run.info;
    const status = endedStatusOf(run.info);
    return {
      id,
      runId,
      after: { in: before.in, asOf: before.asOf, place: after },
      ended: status && presentRun(reading, run.info, { status }),
    };
  });
}

/** Runs that are examined concurrently. */
const AT_ONCE = 10;

/** Returns the current state of these runs; undefined for a run that is gone or does not match. */
async function lookAtAll(
  reading: Reading,
  candidates: readonly Candidate[],
): Promise<(ListedJob | undefined)[]> {
  const found: (ListedJob | undefined)[] = [];
  for (let from = 0; from < candidates.length; from += AT_ONCE) {
    const some = candidates.slice(from, from + AT_ONCE);
    found.push(
      ...(await Promise.all(
        some.map((one) => (one.ended ? Promise.resolve(one.ended) : lookAt(reading, one))),
      )),
    );
  }
  return found;
}

async function lookAt(reading: Reading, { id, runId }: Candidate): Promise<ListedJob | undefined> {
  const now = await lookAtRun(reading, id, runId);
  return now && isMeant(reading, now) ? presentRun(reading, now.description, now) : undefined;
}

function isMeant({ filter }: Reading, { description, status }: RunNow): boolean {
  if (!isMatchOfJob(filter, description)) return false;
  switch (filter.status) {
    case undefined:
      return true;
    case 'running':
      return ['running', 'waiting', 'retrying', 'paused'].includes(status);
    default:
      return status === filter.status;
  }
}

function presentRun(
  { client, uiUrl }: Reading,
  run: Pick<
    WorkflowExecutionInfo,
    'workflowId' | 'runId' | 'type' | 'typedSearchAttributes' | 'startTime' | 'closeTime'
  >,
  { status, startsAt, lastError }: Pick<RunNow, 'status'> & Partial<RunNow>,
): ListedJob {
  return {
    id: run.workflowId,
    runId: run.runId,
    type: run.type,
    businessKey: run.typedSearchAttributes.get(searchAttributes.businessKey) ?? null,
    status,
    createdAt: run.startTime.toISOString(),
    startsAt: startsAt?.toISOString() ?? null,
    closedAt: run.closeTime?.toISOString() ?? null,
    failure: null,
    lastError: lastError ?? null,
    links: jobLinks(run, { uiUrl, namespace: client.options.namespace }),
  };
}

function presentStart(start: CommittedStart): ListedJob {
  return {
    id: start.jobId,
    runId: null,
    type: start.jobType,
    businessKey: start.jobId.slice(kebabCase(start.jobType).length + 1),
    status: start.isHeld ? 'waiting' : 'scheduled',
    createdAt: start.createdAt.toISOString(),
    startsAt: start.isHeld ? null : notBefore(new Date(), start.startAt ?? start.nextAttemptAt).toISOString(),
    closedAt: null,
    failure: null,
    lastError: null,
    links: { self: linkToJob(start.jobId), ui: null },
  };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

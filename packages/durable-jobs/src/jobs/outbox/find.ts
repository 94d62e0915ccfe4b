import { sql, type NotNull } from 'kysely';
import type { Db } from '../../database/connect.ts';
import type { AwaitedEnd } from '../flow/ends.ts';
import { countReplaced, keyOfDebounce, startThatStands, type DebouncedWait } from '../debounce/merged.ts';
import { limitedWait, type LimitedWait } from '../limits/waiting-at.ts';
import type { Urgency } from '../../values/priority.ts';
import { canWait, entryColumns, type OutboxEntry } from './enqueue.ts';
import { areUnmade, areWaiting, isStillToMake } from './still-to-make.ts';

/** The start of a job that is committed but not made yet, was withdrawn, has expired or is dead; `lastError` says why its last try failed. */
export interface UndispatchedStart extends Urgency {
  entryId: number;
  jobType: string;
  createdAt: Date;
  nextAttemptAt: Date;
  startAt: Date | null;
  expiresAt: Date | null;
  lastError: string | null;
  /** The open run whose end it waits for. */
  waitsFor: string | null;
  withdrawnAt: Date | null;
  /** Set if the start can't be made. */
  dead: { at: Date; code: string } | null;
  /** Whether it was not made as it has expired. */
  hasExpired: boolean;
  /**
   * When another start replaced it, the job of the one that stands for it, which is null if the outbox no longer has that, and whether that
   * was accepted earlier.
   */
  replaced: { at: Date; by: string | null; isByEarlier: boolean } | null;
  /** When it was dropped, as the job that it waited for had ended otherwise. */
  skippedAt: Date | null;
  /**
   * What it is held for: the end of a job, whose id is not known before its start is checked, or of a group of jobs, or a limit of its job, or
   * that its key is quiet.
   */
  heldFor:
    | { jobId: string | null; when: AwaitedEnd }
    | { groupId: string }
    | { limit: LimitedWait | 'behind' }
    | { debounce: DebouncedWait }
    | null;
}

/** Whether a start waits in the outbox for its time, as its job has limits or is debounced: the engine receives the others before it. */
export function waitsForItsTime({
  startAt,
  nextAttemptAt,
}: Pick<UndispatchedStart, 'startAt' | 'nextAttemptAt'>): boolean {
  return startAt !== null && startAt.getTime() > Date.now() && startAt.getTime() === nextAttemptAt.getTime();
}

/**
 * The newest start of a job, or that of an entry, that is committed but not made yet, was withdrawn, has expired or is dead; undefined if
 * there is none.
 */
export async function findUndispatchedStart(
  db: Db,
  jobId: string,
  entryId?: number,
): Promise<UndispatchedStart | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select([
      'id as entryId',
      'jobType',
      'createdAt',
      'nextAttemptAt',
      'startAt',
      'expiresAt',
      'lastError',
      'runId as waitsFor',
      'withdrawnAt',
      'droppedAt',
      'outcome',
      'deadCode',
      'isHeld',
      'limitKey',
      'keptKey',
      'debounceKey',
      'settlesAt',
      'settlesBy',
      'mergeId',
      'priority',
      'fairnessKey',
      'fairnessWeight',
    ])
    .where('jobId', '=', jobId)
    .$if(entryId !== undefined, (query) => query.where('id', '=', entryId ?? 0))
    .where('dispatchedAt', 'is', null)
    .where((eb) =>
      eb.or([
        eb('droppedAt', 'is', null),
        eb('withdrawnAt', 'is not', null),
        eb('outcome', 'in', ['dead', 'expired', 'skipped', 'replaced']),
      ]),
    )
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!row) return undefined;
  const {
    droppedAt,
    outcome,
    deadCode,
    isHeld,
    limitKey,
    keptKey,
    debounceKey,
    settlesAt,
    settlesBy,
    mergeId,
    ...start
  } = row;
  return {
    ...start,
    hasExpired: outcome === 'expired',
    skippedAt: outcome === 'skipped' ? droppedAt : null,
    replaced:
      outcome === 'replaced' && droppedAt ? await replacementOf(db, row.entryId, mergeId, droppedAt) : null,
    heldFor: !isHeld
      ? null
      : debounceKey !== null && settlesAt
        ? {
            debounce: {
              key: keyOfDebounce(debounceKey),
              startsAt: settlesAt,
              latestAt: settlesBy,
              replaced: await countReplaced(db, mergeId),
            },
          }
        : await findHeldFor(db, row.entryId, { limitKey, keptKey, mergeId }),
    dead: outcome === 'dead' && droppedAt && deadCode !== null ? { at: droppedAt, code: deadCode } : null,
  };
}

/** Returns what stands for a start that was replaced. */
async function replacementOf(
  db: Db,
  entryId: number,
  mergeId: number | null,
  at: Date,
): Promise<UndispatchedStart['replaced']> {
  const standing = await startThatStands(db, mergeId);
  return { at, by: standing?.jobId ?? null, isByEarlier: standing !== undefined && standing.id < entryId };
}

async function findHeldFor(
  db: Db,
  entryId: number,
  { limitKey, ...merged }: { limitKey: string | null; keptKey: string | null; mergeId: number | null },
): Promise<UndispatchedStart['heldFor']> {
  if (limitKey !== null) return { limit: await limitedWait(db, { limitKey, ...merged }) };
  const awaited = await db
    .selectFrom('awaitedJobs')
    .leftJoin('outbox', 'outbox.id', 'upToEntryId')
    .select((eb) => [eb.fn.coalesce('awaitedJobs.jobId', 'outbox.jobId').as('jobId'), 'awaitedEnd as when'])
    .where('heldEntryId', '=', entryId)
    .executeTakeFirst();
  if (awaited?.when) return { jobId: awaited.jobId, when: awaited.when };
  const group = await db
    .selectFrom('jobGroups')
    .select('id as groupId')
    .where('completionEntryId', '=', entryId)
    .executeTakeFirst();
  return group ?? null;
}

/** The run that the newest start of a job made, reached or met; null where none is recorded. */
export async function newestRunOf(db: Db, jobId: string): Promise<string | null> {
  const row = await db
    .selectFrom('outbox')
    .select('runId')
    .where('jobId', '=', jobId)
    .where('runId', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.runId ?? null;
}

/** Whether a later start of the job was made, so that an earlier one says nothing of the job's state. */
export async function isFollowed(db: Db, jobId: string, entryId: number): Promise<boolean> {
  const later = await db
    .selectFrom('outbox')
    .select('id')
    .where('jobId', '=', jobId)
    .where('id', '>', entryId)
    .where('dispatchedAt', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  return later !== undefined;
}

/** A start that the engine has taken or refused, and the run that it made, reached or met. */
export interface MadeStart {
  outcome: 'started' | 'delivered' | 'exists';
  isWithdrawn: boolean;
  createdAt: Date;
  runId: string | null;
}

/** The outcome of the start of an entry of a job; undefined if there is none yet. */
export async function findMadeStart(db: Db, jobId: string, entryId: number): Promise<MadeStart | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select(['outcome', 'runId', 'createdAt', 'withdrawnAt'])
    .where('id', '=', entryId)
    .where('jobId', '=', jobId)
    .where((eb) => eb.or([eb('dispatchedAt', 'is not', null), eb('outcome', '=', 'exists')]))
    .executeTakeFirst();
  if (!row) return undefined;
  const { outcome, withdrawnAt, ...made } = row;
  return {
    ...made,
    // Earlier releases did not record the outcome.
    outcome: outcome === 'delivered' || outcome === 'exists' ? outcome : 'started',
    isWithdrawn: withdrawnAt !== null,
  };
}

/** Whether the start of an entry was made. */
export async function wasMade(db: Db, entryId: number): Promise<boolean> {
  const row = await db
    .selectFrom('outbox')
    .select('dispatchedAt')
    .where('id', '=', entryId)
    .executeTakeFirst();
  return row?.dispatchedAt != null;
}

/** Whether a job has another start that is committed, not made yet and not withdrawn. */
export async function hasOtherUnmade(db: Db, jobId: string, entryId: number): Promise<boolean> {
  const other = await db
    .selectFrom('outbox')
    .select('id')
    .where('jobId', '=', jobId)
    .where('id', '<>', entryId)
    .where(areUnmade)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

/** The oldest start of a job that is committed, not made yet and not withdrawn, to be handed to the dispatcher. */
export async function findUnmadeEntry(db: Db, jobId: string): Promise<OutboxEntry | undefined> {
  return db
    .selectFrom('outbox')
    .select(entryColumns)
    .where('jobId', '=', jobId)
    .where(areWaiting)
    .orderBy('id')
    .limit(1)
    .$narrowType<{ jobId: NotNull }>()
    .executeTakeFirst();
}

/**
 * Returns the earlier start of an entry's job that must be made before it, and the open run that this one waits for, if any. A held start does
 * not count: it waits for something else.
 */
export async function findEarlierUnmade(
  db: Db,
  entry: OutboxEntry,
): Promise<{ waitsFor: string | null } | undefined> {
  const { id, jobId } = entry;
  let query = db
    .selectFrom('outbox')
    .select('runId as waitsFor')
    .where('jobId', '=', jobId)
    .where('id', '<', id)
    .where(areWaiting)
    .orderBy('id', 'desc')
    .limit(1);
  if (!canWait(entry)) query = query.where('runId', 'is', null);
  return query.executeTakeFirst();
}

/**
 * Whether a run belongs to another start of the entry's job that was not withdrawn: it made or reached the run, or may have, as its
 * outcome is not recorded yet. A start that waits for the run to end has not made it.
 */
export async function isRunOfAnotherStart(
  db: Db,
  { id, jobId }: Pick<OutboxEntry, 'id' | 'jobId'>,
  runId: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('outbox')
    .select('id')
    .where('jobId', '=', jobId)
    .where('id', '<>', id)
    .where((eb) =>
      eb.or([
        eb('dispatchedAt', 'is not', null).and('withdrawnAt', 'is', null).and('runId', '=', runId),
        // No call makes a held one yet.
        eb.and([isStillToMake, eb('isHeld', '=', false), sql<boolean>`run_id IS DISTINCT FROM ${runId}`]),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** A job's start that is committed, and was not made yet at the time of asking. */
export interface CommittedStart {
  entryId: number;
  jobId: string;
  jobType: string;
  createdAt: Date;
  nextAttemptAt: Date;
  startAt: Date | null;
  /** Whether it is not made before what it waits for has ended. */
  isHeld: boolean;
}

/** Where a walk over the committed starts continues: below `entryId`, down to `oldest`, as they were at `asOf`. */
export interface StartPlace {
  entryId: number;
  oldest: number;
  asOf: Date;
}

/** A filter of starts; omitted fields restrict nothing. */
export interface StartFilter {
  types?: readonly string[] | undefined;
  businessKey?: string | undefined;
  businessKeyPrefix?: string | undefined;
  /** Whether a start is held until what it waits for has ended. */
  isHeld?: boolean | undefined;
}

/**
 * Up to `limit` starts that are committed and not made, newest first. A walk that continues sees those that were so when it began, and
 * therefore neither misses nor repeats one.
 */
export async function listCommittedStarts(
  db: Db,
  filter: StartFilter,
  page: { limit: number; after: StartPlace | undefined },
): Promise<CommittedStart[]> {
  const { after } = page;
  let query = matchingStarts(db, filter)
    .select(['id as entryId', 'jobId', 'jobType', 'createdAt', 'nextAttemptAt', 'startAt', 'isHeld'])
    .$narrowType<{ jobId: NotNull }>();
  query = after
    ? query
        .where('id', '<', after.entryId)
        .where('id', '>=', after.oldest)
        .where((eb) => eb.or([eb('dispatchedAt', 'is', null), eb('dispatchedAt', '>', after.asOf)]))
        .where((eb) => eb.or([eb('droppedAt', 'is', null), eb('droppedAt', '>', after.asOf)]))
        .where((eb) => eb.or([eb('withdrawnAt', 'is', null), eb('withdrawnAt', '>', after.asOf)]))
    : query.where('dispatchedAt', 'is', null).where(isStillToMake);
  return query.orderBy('id', 'desc').limit(page.limit).execute();
}

/** The number of starts that are committed and not made. */
export async function countCommittedStarts(db: Db, filter: StartFilter): Promise<number> {
  const { count } = await matchingStarts(db, filter)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('dispatchedAt', 'is', null)
    .where(isStillToMake)
    .executeTakeFirstOrThrow();
  return count;
}

function matchingStarts(db: Db, { types, businessKey, businessKeyPrefix: prefix, isHeld }: StartFilter) {
  const key = sql<string>`substr(job_id, strpos(job_id, ':') + 1)`;
  // SQL's starts have no job's id until the relay has checked them.
  let query = db.selectFrom('outbox').where('jobId', 'is not', null);
  if (isHeld !== undefined) query = query.where('isHeld', '=', isHeld);
  if (types) query = query.where('jobType', 'in', types);
  if (businessKey !== undefined) query = query.where(key, '=', businessKey);
  if (prefix !== undefined) query = query.where(sql<boolean>`starts_with(${key}, ${prefix})`);
  return query;
}

/** The oldest start that is committed and not made, or undefined. */
export async function oldestCommittedStart(db: Db): Promise<number | undefined> {
  const row = await db
    .selectFrom('outbox')
    .select('id')
    .where('dispatchedAt', 'is', null)
    .where(isStillToMake)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** The starts that were made last, at most `limit`. */
export async function newestMadeStarts(
  db: Db,
  limit: number,
): Promise<{ jobId: string; createdAt: Date; madeAt: Date }[]> {
  const rows = await db
    .selectFrom('outbox')
    .select(['jobId', 'createdAt', 'dispatchedAt as madeAt'])
    .where('dispatchedAt', 'is not', null)
    .orderBy('dispatchedAt', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(({ jobId, madeAt, ...row }) =>
    jobId !== null && madeAt ? [{ ...row, jobId, madeAt }] : [],
  );
}

/** A start that was committed for a job, and its outcome. */
export interface CommittedStartRecord {
  acceptedAt: Date;
  startAt: Date | null;
  expiresAt: Date | null;
  /**
   * `pending` until the engine has taken it, `held` before what it waits for has ended, `waiting` for the end of the run that is open; the rest as in the outbox. A start
   * from before outcomes were recorded counts as `started`.
   */
  outcome:
    | 'pending'
    | 'waiting'
    | 'started'
    | 'delivered'
    | 'exists'
    | 'withdrawn'
    | 'dead'
    | 'discarded'
    | 'expired'
    | 'skipped'
    | 'replaced'
    | 'held';
  /** The run that it made, reached, met or waits for. */
  runId: string | null;
}

/** The newest starts that were committed for a job, newest first, for as long as the outbox keeps them. */
export async function listStartsOf(db: Db, jobId: string, limit: number): Promise<CommittedStartRecord[]> {
  return db
    .selectFrom('outbox')
    .select([
      'createdAt as acceptedAt',
      'startAt',
      'expiresAt',
      'runId',
      sql<CommittedStartRecord['outcome']>`CASE
        WHEN outcome IS NOT NULL THEN outcome
        WHEN dispatched_at IS NOT NULL THEN 'started'
        WHEN withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN is_held THEN 'held'
        WHEN run_id IS NOT NULL THEN 'waiting'
        ELSE 'pending' END`.as('outcome'),
    ])
    .where('jobId', '=', jobId)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

import { sql, type RawBuilder } from 'kysely';
import type { Db, Trx } from '../../database/connect.ts';
import { isEngineUnavailable } from '../../engine/client.ts';
import { problemKind } from '../../http/problem-kinds.ts';
import { errorMessage } from '../../process/errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { JobDefinition } from '../job-definition.ts';
import { idFault } from '../job-key.ts';
import { kebabCase } from '../kebab-case.ts';
import { notifyRelay } from '../outbox/enqueue.ts';
import { NEVER } from '../outbox/never.ts';
import { isStillToMake } from '../outbox/still-to-make.ts';
import { checkStartsOf } from '../outbox/unchecked-starts.ts';
import { withdrawStarts } from '../outbox/withdraw.ts';
import { definitionOf } from '../registry.ts';
import type { CancellationOutcome } from '../tables.ts';
import type { ActDeps } from './act-deps.ts';
import { cancelRun } from './end-job.ts';
import { rulesOf } from './job-rules.ts';
import { findRun } from './job-run.ts';
import { ActionRefusedError } from './refusal.ts';

/** A cancellation that SQL requested and that was carried out, or refused. */
export interface EndedCancellation {
  jobId: string;
  reason: string | null;
  /** The role of the database that requested it. */
  requestedBy: string;
  outcome: CancellationOutcome;
}

/** Dependencies of carrying out cancellations. */
export interface CancellationDeps extends ActDeps {
  logger: Logger;
  /** Records a cancellation in the audit trail, in the transaction that ends it. */
  audit: (trx: Trx, cancellation: EndedCancellation) => Promise<void>;
}

/** The number of cancellations that one pass claims, and for how long no other process claims them. */
const [BATCH, LEASE_SECONDS] = [50, 60];

const MAX_BACK_OFF_SECONDS = 60;

/** Cancellations behind one that met an unavailable engine wait for this long. */
const GIVEN_BACK_SECONDS = 5;

/** How long an unknown type is waited for: during a rolling deployment, some processes do not know it yet. */
const PATIENCE_MS = 15 * 60_000;

/** A start that is older than this and not recorded as made has not made the open run. */
const RECORDED_WITHIN_SECONDS = 30;

/** Time limit of one cancellation's calls to the engine. */
const CALLS_TIMEOUT_MS = 10_000;

/** A cancellation to be carried out. */
interface Requested {
  id: number;
  jobId: string;
  /**
   * The newest start at the time of the request: later ones are not affected. A start of a transaction that overlapped with the request may
   * have a lower id and be committed later. It is withdrawn if it was committed before the cancellation is carried out, and made otherwise.
   */
  upToEntryId: number;
  reason: string | null;
  requestedBy: string;
  createdAt: Date;
  attempts: number;
  /** The end of its lease in PostgreSQL's format. A later time is that of someone else. */
  lease: string;
}

/**
 * Makes one pass over the cancellations that SQL requested, and carries them out like an operator's cancellation. Repeating a part is safe:
 * a start is withdrawn once, and the engine ignores a repeated request. A cancellation that fails is retried after a back-off, for as long
 * as the engine is unavailable. A slow pass ends at half of its lease.
 */
export async function carryOutCancellations(
  deps: CancellationDeps,
): Promise<{ ended: number; more: boolean; nextAt: Date | undefined }> {
  const { db, logger } = deps;
  const takenAt = performance.now();
  const due = await takeDue(db);
  let ended = 0;
  for (const [index, requested] of due.entries()) {
    if (performance.now() - takenAt > LEASE_SECONDS * 500) {
      await giveBack(db, due.slice(index), 0);
      return { ended, more: true, nextAt: undefined };
    }
    try {
      await end(deps, requested, await carryOut(deps, requested));
      ended++;
    } catch (error) {
      logger.warn({ err: error, jobId: requested.jobId }, 'a cancellation that SQL requested failed');
      await backOff(db, requested, error);
      if (isEngineUnavailable(error)) {
        await giveBack(db, due.slice(index + 1), GIVEN_BACK_SECONDS);
        break;
      }
    }
  }
  const more = due.length === BATCH;
  return { ended, more, nextAt: more ? undefined : await nextDue(db) };
}

async function carryOut(deps: CancellationDeps, requested: Requested): Promise<Outcome> {
  const { db, jobs, client } = deps;
  const definition = definitionOf(jobs, requested.jobId);
  if (!definition) {
    const fault = idFault(requested.jobId);
    if (fault !== undefined) return { outcome: 'refused', detail: `It is not the id of a job: ${fault}.` };
    const detail = `The job type of ${requested.jobId} does not exist.`;
    if (Date.now() - requested.createdAt.getTime() < PATIENCE_MS) throw new Error(detail);
    const isWithdrawn = await db.transaction().execute((trx) => withdrawAll(trx, requested));
    return isWithdrawn ? { outcome: 'withdrawn' } : { outcome: 'refused', detail };
  }
  await checkStartsOf({ db, jobs }, definition, requested.jobId);
  try {
    const isWithdrawn = await settleStarts(deps, definition, requested);
    const isRequested = await client.withDeadline(Date.now() + CALLS_TIMEOUT_MS, () =>
      cancelOpenRun(deps, requested),
    );
    if (isRequested) return { outcome: 'requested' };
    return {
      outcome: isWithdrawn || (await wasWithdrawn(db, requested)) ? 'withdrawn' : 'nothing_to_cancel',
    };
  } catch (error) {
    if (!(error instanceof ActionRefusedError)) throw error;
    return { outcome: 'refused', detail: error.detail };
  }
}

interface Outcome {
  outcome: CancellationOutcome;
  detail?: string;
}

/**
 * Withdraws the affected starts that are not made, as the rules of their type say, or lets them be made. Starts that SQL has withdrawn wait
 * for this. Returns whether there was one.
 * @throws {ActionRefusedError} if the rules forbid the cancellation.
 */
async function settleStarts(
  { db, jobRules }: ActDeps,
  { type }: JobDefinition,
  requested: Requested,
): Promise<boolean> {
  if ((await findStarts(db, requested)).length === 0) return false;
  const rules = rulesOf(jobRules, type);
  const businessKey = requested.jobId.slice(kebabCase(type).length + 1);
  try {
    await rules.beforeCancelling?.(db, businessKey);
    return await db.transaction().execute(async (trx) => {
      const closed = await rules.withdraw?.(trx, businessKey);
      if (!closed?.keepsStart) return withdrawAll(trx, requested);
      await restoreStarts(trx, requested);
      return true;
    });
  } catch (error) {
    if (error instanceof ActionRefusedError) await restoreStarts(db, requested);
    throw error;
  }
}

/** Returns the unmade starts that a cancellation affects: those that SQL has withdrawn, and those that had no id at that time. */
async function findStarts(db: Db, { jobId, upToEntryId }: Requested): Promise<number[]> {
  const rows = await db
    .selectFrom('outbox')
    .select('id')
    .where('jobId', '=', jobId)
    .where('id', '<=', upToEntryId)
    .where('dispatchedAt', 'is', null)
    .where('droppedAt', 'is', null)
    .where((eb) => eb.or([isStillToMake, eb('nextAttemptAt', '=', NEVER)]))
    .execute();
  return rows.map(({ id }) => id);
}

/** Whether a start has been withdrawn since the cancellation was requested: an earlier try may have failed after it had done so. */
async function wasWithdrawn(db: Db, { jobId, upToEntryId, createdAt }: Requested): Promise<boolean> {
  const start = await db
    .selectFrom('outbox')
    .select('id')
    .where('jobId', '=', jobId)
    .where('id', '<=', upToEntryId)
    .where('withdrawnAt', '>=', createdAt)
    .executeTakeFirst();
  return start !== undefined;
}

async function withdrawAll(trx: Trx, requested: Requested): Promise<boolean> {
  const entries = await findStarts(trx, requested);
  return withdrawStarts(trx, requested.jobId, { entries, evenIfWithdrawn: true });
}

/** Lets starts be made that SQL had withdrawn. */
async function restoreStarts(db: Db, requested: Requested): Promise<void> {
  const ids = await findStarts(db, requested);
  if (ids.length === 0) return;
  await db
    .updateTable('outbox')
    .set({
      withdrawnAt: null,
      nextAttemptAt: sql<Date>`CASE WHEN is_held THEN next_attempt_at ELSE now() END`,
    })
    .where('id', 'in', ids)
    .where('withdrawnAt', 'is not', null)
    .where('dispatchedAt', 'is', null)
    .where('droppedAt', 'is', null)
    .execute();
  await notifyRelay(db);
}

/**
 * Requests the cancellation of the job's open run, unless a later start has made or reached it. Returns whether it is requested: an earlier
 * try may have failed after it had done so, and the run has ended since.
 * @throws if a later start may have made it, whose outcome is about to be recorded.
 */
async function cancelOpenRun(deps: ActDeps, { jobId, upToEntryId, createdAt }: Requested): Promise<boolean> {
  const run = await findRun(deps, jobId);
  const isEnded = run?.status === 'cancelled' && run.closedAt !== undefined && run.closedAt >= createdAt;
  if (!run || (run.status !== 'open' && !isEnded)) return false;
  const later = await deps.db
    .selectFrom('outbox')
    .select(['runId', 'outcome'])
    .where('jobId', '=', jobId)
    .where('id', '>', upToEntryId)
    .where((eb) =>
      eb.or([
        eb('outcome', 'in', ['started', 'delivered']).and('runId', '=', run.runId),
        eb.and([
          isStillToMake,
          eb('isHeld', '=', false),
          // A start that waits for the open run has not made it.
          eb('runId', 'is', null),
          sql<boolean>`created_at > now() - make_interval(secs => ${RECORDED_WITHIN_SECONDS})`,
        ]),
      ]),
    )
    .execute();
  if (later.some(({ outcome }) => outcome !== null)) return false;
  if (isEnded) return true;
  if (later.length > 0) throw new Error('the outcome of a later start is not recorded yet');
  try {
    await cancelRun(deps, run);
    return true;
  } catch (error) {
    if (error instanceof ActionRefusedError && error.kind === problemKind('jobClosed')) return false;
    throw error;
  }
}

async function takeDue(db: Db): Promise<Requested[]> {
  const taken = await db
    .with(
      (cte) => cte('due').materialized(),
      (qb) =>
        qb
          .selectFrom('jobCancellations')
          .select('id')
          .where('endedAt', 'is', null)
          .where('nextAttemptAt', '<=', sql<Date>`now()`)
          .orderBy('nextAttemptAt')
          .limit(BATCH)
          .forUpdate()
          .skipLocked(),
    )
    .updateTable('jobCancellations')
    .set({ nextAttemptAt: sql<Date>`now() + make_interval(secs => ${LEASE_SECONDS})` })
    .where('id', 'in', (eb) => eb.selectFrom('due').select('id'))
    .returning(['id', 'jobId', 'upToEntryId', 'reason', 'requestedBy', 'createdAt', 'attempts'])
    .returning(sql<string>`next_attempt_at::text`.as('lease'))
    .execute();
  return taken.sort((a, b) => a.id - b.id);
}

async function end(
  { db, audit }: CancellationDeps,
  { id, jobId, reason, requestedBy }: Requested,
  { outcome, detail = null }: Omit<Outcome, 'detail'> & { detail?: string | null },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('jobCancellations')
      .set({ endedAt: sql<Date>`now()`, outcome, detail, lastError: null })
      .where('id', '=', id)
      .where('endedAt', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (ended) await audit(trx, { jobId, reason, requestedBy, outcome });
  });
}

async function backOff(db: Db, { id, attempts, lease }: Requested, error: unknown): Promise<void> {
  const seconds = Math.min(2 ** attempts, MAX_BACK_OFF_SECONDS);
  await db
    .updateTable('jobCancellations')
    .set({
      attempts: attempts + 1,
      lastError: errorMessage(error),
      nextAttemptAt: sql<Date>`now() + make_interval(secs => ${seconds})`,
    })
    .where('id', '=', id)
    .where('endedAt', 'is', null)
    .where(isUnder(lease))
    .execute();
}

/** Whether no other pass has claimed a cancellation since, because this process was frozen for longer than its lease. */
function isUnder(lease: string): RawBuilder<boolean> {
  return sql<boolean>`next_attempt_at <= ${lease}::timestamptz`;
}

/** Returns cancellations that were claimed and not tried, to be tried after some time. */
async function giveBack(db: Db, requested: readonly Requested[], seconds: number): Promise<void> {
  const [first] = requested;
  if (!first) return;
  await db
    .updateTable('jobCancellations')
    .set({ nextAttemptAt: sql<Date>`now() + make_interval(secs => ${seconds})` })
    .where(
      'id',
      'in',
      requested.map(({ id }) => id),
    )
    .where('endedAt', 'is', null)
    // All of them are claimed with one statement.
    .where(isUnder(first.lease))
    .execute();
}

async function nextDue(db: Db): Promise<Date | undefined> {
  const { at } = await db
    .selectFrom('jobCancellations')
    .select(sql<Date | null>`min(next_attempt_at)`.as('at'))
    .where('endedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return at ?? undefined;
}

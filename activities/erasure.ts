import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { z } from 'zod';
import type { EraseSubjectInput, EraseSubjectResult } from '../contracts/jobs/erase-subject.ts';
import type { Db } from '../domain/database/schema.ts';
import { jobSubjects, subjectNames, type JobSubject } from '../domain/accounts/subjects.ts';
import { inParallel } from 'durable-jobs/process';
import { deleteTraces, listOrdersOf, listUnmadeStarts } from '../domain/accounts/erasure.ts';
import { destroySubjectKeys } from 'durable-jobs/encryption';
import { callEngine, isOpen, walk } from 'durable-jobs/engine';

/** Dependencies of the activities of an erasure. */
export interface ErasureDeps {
  db: Db;
  temporal: Client;
}

/** The activities of an erasure, as workflows call them. */
export type ErasureActivities = ReturnType<typeof createErasureActivities>;

/** Orders of one step: at most some seconds of calls, which an attempt that takes over may have to repeat. */
const ORDERS = 50;
/** Concurrent calls to the engine: a person with many orders must not block others. */
const AT_ONCE = 10;

const cursor = z.object({ at: z.string(), id: z.string() });

/** The person's own jobs come first, then those of their orders; `after` is the last completed order. */
const placeSchema = z.object({ own: z.boolean(), after: cursor.nullable() });
const countingSchema = placeSchema.extend({ open: z.number().int().nonnegative() });
type Place = z.infer<typeof placeSchema>;

const START: Place = { own: false, after: null };

/** Creates the activities that erase a person whose own row is already empty. */
export function createErasureActivities({ db, temporal }: ErasureDeps) {
  return {
    /**
     * Requests the cancellation of every open job of a person, and returns how many were open, including jobs whose start is not made yet.
     * A job that returns money ignores it, and ends when the money is returned. A repeat is safe: it continues after the orders of the last
     * heartbeat, and requests a cancellation again at most.
     */
    async endJobsOfSubject(input: EraseSubjectInput): Promise<{ open: number }> {
      const start = { ...START, open: 0 };
      const { open } = await walk(countingSchema, start, async ({ open: before, ...place }) => {
        const { jobIds, next, done } = await nextJobs(db, input, place);
        return { checkpoint: { ...next, open: before + (await endJobs(db, temporal, jobIds)) }, done };
      });
      return { open };
    },

    /**
     * Deletes the remaining records of a person's jobs, some orders in each transaction, and destroys the person's keys in the last one. A
     * repeat is safe: it finds nothing, and counts no key twice.
     */
    async destroySubject(input: EraseSubjectInput): Promise<EraseSubjectResult> {
      await walk(placeSchema, START, async (place) => {
        const { jobIds, orderIds, next, done } = await nextJobs(db, input, place);
        await db.transaction().execute((trx) => deleteTraces(trx, { ...input, orderIds, jobIds }));
        return { checkpoint: next, done };
      });
      const subjects = [subjectNames.user(input.userId), subjectNames.account(input.accountKey)];
      return { destroyedKeys: await db.transaction().execute((trx) => destroySubjectKeys(trx, subjects)) };
    },
  };
}

/** The jobs of one step that work or have worked for a person, and where the next step begins. */
async function nextJobs(
  db: Db,
  { userId, accountKey }: EraseSubjectInput,
  { own, after }: Place,
): Promise<{ jobIds: string[]; orderIds: string[]; next: Place; done: boolean }> {
  if (!own) {
    const jobIds = jobIdsOf({ user: [userId], account: [accountKey], order: [] });
    return { jobIds, orderIds: [], next: { own: true, after }, done: false };
  }
  const orders = await listOrdersOf(db, userId, { after, limit: ORDERS });
  const orderIds = orders.map(({ id }) => id);
  return {
    jobIds: jobIdsOf({ user: [], account: [], order: orderIds }),
    orderIds,
    next: { own, after: orders.at(-1) ?? after },
    done: orders.length < ORDERS,
  };
}

function jobIdsOf(keys: Record<JobSubject, readonly string[]>): string[] {
  return [...jobSubjects].flatMap(([prefix, subject]) => keys[subject].map((key) => `${prefix}:${key}`));
}

/** Requests the cancellation of those of these jobs that are open, and returns their number. */
async function endJobs(db: Db, client: Client, jobIds: readonly string[]): Promise<number> {
  if (jobIds.length === 0) return 0;
  const since = new Date();
  const open = new Set(await listUnmadeStarts(db, jobIds));
  await inParallel(jobIds, AT_ONCE, async (jobId) => {
    if (await endIfOpen(client, jobId, since)) open.add(jobId);
  });
  return open.size;
}

/**
 * Requests the cancellation of a job. Returns false if it ended before `since`, or never existed. A job that has ended since then may have
 * committed the start of another one after the unmade starts were read: it counts as open, so that there is another look.
 */
async function endIfOpen(client: Client, jobId: string, since: Date): Promise<boolean> {
  return callEngine(client, async () => {
    try {
      const run = await client.workflow.getHandle(jobId).describe();
      const { runId, closeTime } = run;
      if (!isOpen(run)) {
        return closeTime !== undefined && closeTime >= since;
      }
      await client.workflow.getHandle(jobId, runId).cancel();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  });
}

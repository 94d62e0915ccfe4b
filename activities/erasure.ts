import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { catalogue } from '../contracts/catalogue.ts';
import { kebabCase } from '../contracts/define-job.ts';
import type { EraseSubjectInput, EraseSubjectResult } from '../contracts/jobs/erase-subject.ts';
import type { Db } from '../platform/database/connect.ts';
import { subjectNames } from '../platform/encryption/subjects.ts';
import { deleteTraces, listOrderIds, listUnmadeStarts } from '../platform/repositories/erasure.ts';
import { destroySubjectKeys } from '../platform/repositories/subject-keys.ts';

/** What the activities of an erasure need. */
export interface ErasureDeps {
  db: Db;
  temporal: Client;
}

/** The activities of an erasure, as workflows call them. */
export type ErasureActivities = ReturnType<typeof createErasureActivities>;

/** For one call to the engine: one that takes longer is away. */
const CALL_TIMEOUT_MS = 10_000;

/** The activities that erase a person whose own row has nothing of theirs any more. */
export function createErasureActivities({ db, temporal }: ErasureDeps) {
  return {
    /**
     * Asks every open job of a person to end, and tells how many there still are; jobs whose start is yet to be made count too. A
     * job that returns money pays it no heed, and ends when the money is where it belongs. A repeat is safe: a job that
     * was asked already is asked again.
     */
    async endJobsOfSubject(input: EraseSubjectInput): Promise<{ open: number }> {
      const { jobIds } = await jobsOf(db, input);
      const open = new Set(await listUnmadeStarts(db, jobIds));
      for (const jobId of jobIds) {
        Context.current().heartbeat();
        if (await endIfOpen(temporal, jobId)) open.add(jobId);
      }
      return { open: open.size };
    },

    /**
     * Destroys the keys of a person and what is left of their jobs, in one transaction. A repeat is safe: it finds
     * nothing, and counts no key again.
     */
    async destroySubject(input: EraseSubjectInput): Promise<EraseSubjectResult> {
      const { jobIds, orderIds } = await jobsOf(db, input);
      return db.transaction().execute(async (trx) => {
        await deleteTraces(trx, { ...input, orderIds, jobIds });
        const subjects = [subjectNames.user(input.userId), subjectNames.account(input.accountKey)];
        return { destroyedKeys: await destroySubjectKeys(trx, subjects) };
      });
    },
  };
}

/** Every job that works, or has worked, for a person. */
async function jobsOf(
  db: Db,
  { userId, accountKey }: EraseSubjectInput,
): Promise<{ jobIds: string[]; orderIds: string[] }> {
  const orderIds = await listOrderIds(db, userId);
  const keys = { user: [userId], account: [accountKey], order: orderIds };
  const jobIds = Object.values(catalogue).flatMap((job) =>
    job.subject ? keys[job.subject].map((key) => `${kebabCase(job.type)}:${key}`) : [],
  );
  return { jobIds, orderIds };
}

/** Asks a job to end; false where it has ended, or never was. */
async function endIfOpen(client: Client, jobId: string): Promise<boolean> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
    try {
      const { status, runId } = await client.workflow.getHandle(jobId).describe();
      if (status.name !== 'RUNNING' && status.name !== 'PAUSED') return false;
      await client.workflow.getHandle(jobId, runId).cancel();
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  });
}

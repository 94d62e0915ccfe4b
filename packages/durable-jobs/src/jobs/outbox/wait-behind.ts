import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Db } from '../../database/connect.ts';
import type { OutboxEntry } from './enqueue.ts';
import { recordOutcome } from './record-outcome.ts';
import type { StartOutcome } from './start-outcome.ts';

/**
 * Lets a start wait for the run that an earlier start of its job waits for, if the engine has no newer run: then the earlier one is not made
 * yet, and may stand for both. Returns undefined and records nothing otherwise: the earlier one may have been made, and its run may have
 * read what this start is about in the state before it. Repeats are safe.
 * @throws the client's error if the engine does not respond within `timeoutMs` milliseconds.
 */
export async function waitBehind(
  { db, client }: { db: Db; client: Client },
  entry: OutboxEntry,
  { runId, timeoutMs }: { runId: string; timeoutMs: number },
): Promise<StartOutcome | undefined> {
  const newest = await client.withDeadline(Date.now() + timeoutMs, () => newestRun(client, entry.jobId));
  if (newest !== runId) return undefined;
  const outcome: StartOutcome = { kind: 'waits', runId };
  await recordOutcome(db, entry, outcome);
  return outcome;
}

/** Returns a job's newest run, open or ended; undefined if the engine knows none. */
async function newestRun(client: Client, jobId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(jobId).describe()).runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import type { Db } from '../../database/connect.ts';
import { isNotFound } from '../../engine/not-found.ts';
import { isOpen } from '../../engine/run-status.ts';

/** Tolerated difference between the database's clock and the engine's, where nothing but the time says whose a run is. */
const CLOCK_SKEW_MS = 300_000;

/** A slot of a limit that is held until a run has ended. */
export interface SlotOfRun {
  entryId: number;
  jobId: string;
  /** The first run that the start made; null if none is recorded. */
  runId: string | null;
  takenAt: Date;
}

/** Returns the job's newest run, if it is open and of the chain that holds the slot. */
export async function openRunOf(
  db: Db,
  client: Client,
  slot: SlotOfRun,
): Promise<WorkflowExecutionDescription | undefined> {
  const newest = await describeRun(client, slot.jobId);
  if (!newest || !isOpen(newest)) return undefined;
  if (slot.runId !== null)
    return (await isOfChain(client, slot.jobId, newest, slot.runId)) ? newest : undefined;
  // A start that was dropped may have been made by a call that was in progress.
  if (await isOfAnotherStart(db, slot, [newest.runId, firstRunOf(newest)])) return undefined;
  return newest.startTime.getTime() >= slot.takenAt.getTime() - CLOCK_SKEW_MS ? newest : undefined;
}

/** Whether another start of a slot's job has made one of these runs. */
async function isOfAnotherStart(
  db: Db,
  { jobId, entryId }: SlotOfRun,
  runIds: readonly string[],
): Promise<boolean> {
  const other = await db
    .selectFrom('outbox')
    .select('id')
    .where('jobId', '=', jobId)
    .where('id', '<>', entryId)
    .where('dispatchedAt', 'is not', null)
    .where('runId', 'in', runIds)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

/** Returns the first run of the chain of a run that may have continued as new, or was reset. */
function firstRunOf({ raw, runId }: WorkflowExecutionDescription): string {
  return raw.workflowExecutionInfo?.firstRunId ?? runId;
}

async function isOfChain(
  client: Client,
  jobId: string,
  newest: WorkflowExecutionDescription,
  runId: string,
): Promise<boolean> {
  const first = firstRunOf(newest);
  if (newest.runId === runId || first === runId) return true;
  const known = await describeRun(client, jobId, runId);
  return known?.raw.workflowExecutionInfo?.firstRunId === first;
}

/** Returns a run of a job, by default the newest; undefined if there is none. */
export async function describeRun(
  client: Client,
  jobId: string,
  runId?: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(jobId, runId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isNotFound(error)) return undefined;
    throw error;
  }
}

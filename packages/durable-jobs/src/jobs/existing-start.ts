import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { OutboxEntry } from './outbox/enqueue.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import type { ApiConfig } from '../config/config.ts';

/** Dependencies of {@link existingStart}. */
export interface ExistingStartDeps {
  temporal: Client;
  config: Pick<ApiConfig, 'ENGINE_TIMEOUT'>;
}

/** Returns the job that already existed: its run, if the engine has one and responds in time, and when it begins or began. */
export async function existingStart(
  { temporal, config }: ExistingStartDeps,
  entry: OutboxEntry,
): Promise<{ runId: string | null; startAt: string }> {
  try {
    const { runId, startTime, executionTime } = await temporal.withDeadline(
      Date.now() + config.ENGINE_TIMEOUT,
      () => temporal.workflow.getHandle(entry.jobId).describe(),
    );
    return { runId, startAt: (executionTime ?? startTime).toISOString() };
  } catch (error) {
    // Its start is committed, but has not reached the engine yet.
    if (!(error instanceof WorkflowNotFoundError) && !isEngineUnavailable(error)) throw error;
    return { runId: null, startAt: (entry.startAt ?? entry.acceptedAt).toISOString() };
  }
}

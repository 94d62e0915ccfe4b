import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { OutboxEntry } from './outbox/enqueue.ts';
import { isEngineUnavailable } from '../engine/client.ts';
import type { ApiConfig } from '../config/config.ts';

/** Dependencies of reading the job that a start met. */
export interface ExistingStartDeps {
  temporal: Client;
  config: Pick<ApiConfig, 'ENGINE_TIMEOUT'>;
}

/** The job that a start met: its run, if the engine has one and answers in time, and when it begins or began. */
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
    // Its start is committed, and on its way to the engine.
    if (!(error instanceof WorkflowNotFoundError) && !isEngineUnavailable(error)) throw error;
    return { runId: null, startAt: (entry.startAt ?? entry.acceptedAt).toISOString() };
  }
}

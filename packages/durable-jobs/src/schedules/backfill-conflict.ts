import type { Client } from '@temporalio/client';
import { INDEXED_OPEN } from '../engine/run-status.ts';
import { scheduledStartTime } from '../engine/search-attributes.ts';

/**
 * Returns the open run of a schedule that has the same id as a run of this backfill, so that the engine would not start the latter;
 * undefined if there is none.
 */
export async function findBackfillConflict(
  client: Client,
  scheduleId: string,
  due: readonly number[],
): Promise<string | undefined> {
  const times = new Set(due);
  const query = `TemporalScheduledById = '${scheduleId}' AND ExecutionStatus = '${INDEXED_OPEN}'`;
  for await (const run of client.workflow.list({ query })) {
    const at = run.typedSearchAttributes.get(scheduledStartTime);
    if (at && times.has(at.getTime())) return run.workflowId;
  }
  return undefined;
}

import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { JobDefinition } from '../job-definition.ts';
import { isFunctionJob } from '../run/define-job.ts';

/** Returns what a job's function last reported with `heartbeat`; undefined if it has reported nothing or is not running. */
export async function readRunProgress(
  client: Client,
  { raw }: WorkflowExecutionDescription,
  job: JobDefinition,
): Promise<unknown> {
  if (!isFunctionJob(job)) return undefined;
  const activity = raw.pendingActivities?.find(({ activityType }) => activityType?.name === job.type);
  const payloads = activity?.heartbeatDetails?.payloads;
  if (!payloads || payloads.length === 0) return undefined;
  const [progress] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  return progress ?? undefined;
}

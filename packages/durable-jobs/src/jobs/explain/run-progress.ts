import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { JobDefinition } from '../job-definition.ts';
import { isFunctionJob } from '../run/define-job.ts';

/** What the function of a job last reported by `heartbeat`; undefined if it has reported nothing, or does not run. */
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

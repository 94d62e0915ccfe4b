import type { Client } from '@temporalio/client';

/**
 * Makes what waits for its next attempt run now, as an operator can in the Web UI by pausing and unpausing an activity. The attempts
 * continue counting.
 */
export async function attemptNow(client: Client, jobId: string): Promise<void> {
  const { namespace } = client.options;
  const { raw } = await client.workflow.getHandle(jobId).describe();
  for (const { activityId } of raw.pendingActivities ?? []) {
    const target = { namespace, execution: { workflowId: jobId }, id: activityId ?? '' };
    await client.workflowService.pauseActivity(target);
    await client.workflowService.unpauseActivity({ ...target, resetAttempts: false });
  }
}

import type { Client } from '@temporalio/client';

/**
 * Makes what waits for its next attempt run now, as an operator can in the Web UI by pausing and unpausing an activity. The attempts
 * continue counting. What has ended by itself in the meantime is left alone.
 */
export async function attemptNow(client: Client, jobId: string): Promise<void> {
  const { namespace } = client.options;
  const { raw } = await client.workflow.getHandle(jobId).describe();
  for (const { activityId } of raw.pendingActivities ?? []) {
    const target = { namespace, execution: { workflowId: jobId }, id: activityId ?? '' };
    try {
      await client.workflowService.pauseActivity(target);
      await client.workflowService.unpauseActivity({ ...target, resetAttempts: false });
    } catch (error) {
      if ((error as { code?: unknown }).code !== NOT_FOUND) throw error;
    }
  }
}

/** gRPC's code of an activity that is not pending. */
const NOT_FOUND = 5;

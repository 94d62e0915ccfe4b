import { z } from 'zod';
import { defineWorkflow, jobId } from '../jobs/job-definition.ts';
import { libraryQueues } from '../engine/declared-queues.ts';

const input = z.strictObject({ serviceId: z.string() });

/** Which service, and how a run that continues another one begins. */
export type HostServiceInput = z.infer<typeof input> & { resumeAt?: { paused: boolean } };

/** Keeps a hosted service running, on one worker at a time. It has no end: every worker keeps it running. */
export const hostService = defineWorkflow({
  type: 'hostService',
  description: 'Keeps a hosted service running on one of the workers.',
  input,
  taskQueue: libraryQueues.jobs,
  businessKey: ({ serviceId }) => serviceId,
  summary: ({ serviceId }) => `Service ${serviceId}`,
  startPolicy: 'keep-running',
});

/** The id of the job, and of the workflow, that keeps a service running. */
export function serviceJobId(serviceId: string): string {
  return jobId(hostService, { serviceId });
}

/** The service that a job of {@link serviceJobId} keeps running. */
export function serviceIdOf(workflowId: string): string {
  return workflowId.slice(serviceJobId('').length);
}

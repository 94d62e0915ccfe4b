import { z } from 'zod';
import { defineWorkflow, jobId } from '../jobs/job-definition.ts';
import { kebabCase } from '../jobs/kebab-case.ts';
import { libraryQueues } from '../engine/declared-queues.ts';

const input = z.strictObject({ serviceId: z.string() });

/** The service, and the state in which a continued run begins. */
export type HostServiceInput = z.infer<typeof input> & { resumeAt?: { paused: boolean } };

/**
 * The job that keeps a hosted service running on one worker at a time, or reports about one that runs on every worker. It never ends: every
 * worker starts it if it is not running.
 */
export const hostService = defineWorkflow({
  type: 'hostService',
  description: 'Keeps a hosted service running on one of the workers.',
  input,
  taskQueue: libraryQueues.jobs,
  businessKey: ({ serviceId }) => serviceId,
  summary: ({ serviceId }) => `Service ${serviceId}`,
  startPolicy: 'keep-running',
});

/** Returns the id of the job, and its workflow, that keeps a service running. */
export function serviceJobId(serviceId: string): string {
  return jobId(hostService, { serviceId });
}

/** Returns the id of the service that a job of {@link serviceJobId} keeps running. */
export function serviceIdOf(workflowId: string): string {
  return workflowId.slice(kebabCase(hostService.type).length + 1);
}

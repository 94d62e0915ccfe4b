import type { JobInput, JobType } from '../../contracts/signatures.ts';
import { startJob } from './run-job.ts';
import type { Service } from './service.ts';

/** Starts a job as the service does, waits for its end, and returns its id and result. */
export async function runJob<K extends JobType>(
  service: Service,
  type: K,
  input: JobInput<K>,
): Promise<{ jobId: string; result: unknown }> {
  const jobId = await startJob(service, type, input);
  return { jobId, result: await service.client.workflow.getHandle(jobId).result() };
}

import type { JobInput, JobType } from '../../contracts/signatures.ts';
import { enqueueStart } from '../../platform/outbox/enqueue.ts';
import type { Service } from './service.ts';

/** Starts a job as the service does, waits for its end, and returns its id and result. */
export async function runJob<K extends JobType>(
  service: Service,
  type: K,
  input: JobInput<K>,
): Promise<{ jobId: string; result: unknown }> {
  const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, type, input));
  await service.dispatcher.dispatch(entry);
  const handle = service.client.workflow.getHandle(entry.jobId);
  return { jobId: entry.jobId, result: await handle.result() };
}

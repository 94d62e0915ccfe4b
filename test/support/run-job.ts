import { jobs } from '../../contracts/catalogue.ts';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import type { JobInput, JobType } from '../../contracts/signatures.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { isMade } from '../../packages/durable-jobs/src/jobs/outbox/start-outcome.ts';
import { eventually, jobWithStatus } from './jobs.ts';
import { relayStarts } from './relay-starts.ts';
import type { Service } from './service.ts';
import { startDeps } from './start-deps.ts';

/** Starts a job as the service does, through the outbox, and returns its id. */
export async function startJob<K extends JobType>(
  service: Service,
  type: K,
  input: JobInput<K>,
): Promise<string> {
  const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, jobs.get(type), input));
  const outcome = await service.dispatcher.dispatch(entry);
  if (!outcome || !isMade(outcome)) throw new Error(`${entry.jobId} was not started`);
  return entry.jobId;
}

/** Starts a job, waits until it is completed, and returns it. */
export async function runJob<K extends JobType>(
  service: Service,
  type: K,
  input: JobInput<K>,
): Promise<JobView> {
  return jobWithStatus(service, await startJob(service, type, input), 'completed');
}

/** Makes the starts that activities committed, as the relay of a worker does a few seconds later. */
export async function relayNow(service: Service): Promise<number> {
  await service.db
    .updateTable('outbox')
    .set({ nextAttemptAt: new Date(0) })
    .where('dispatchedAt', 'is', null)
    .execute();
  return relayDue(service);
}

/**
 * Makes starts until a job is completed, and returns the job. A start that waits for an open run of its job is made after that run, as by
 * the relay of a worker.
 */
export function completedByRelay(service: Service, id: string): Promise<JobView> {
  return eventually(async () => {
    await relayNow(service);
    const job = (await service.request('GET', `/api/jobs/${id}`)).body as JobView;
    if (job.status !== 'completed') throw new Error(`the job is ${job.status}: ${JSON.stringify(job)}`);
    return job;
  });
}

/** Makes the starts that are due, and returns how many it made. */
export async function relayDue(service: Service): Promise<number> {
  return (await relayStarts(startDeps(service))).made;
}

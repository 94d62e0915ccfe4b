import type { Evidence } from '../evidence.ts';
import { countBy } from './count-by.ts';

/** Ends of a job that are not failures. A reset that a later request replaces is cancelled. */
const goodEnds = ['completed', 'cancelled'];

/** Reasons for which a job may be open although nothing disturbs it: it waits for a person. */
const goodWaits = ['waiting_for_payment_method'];

/**
 * Workflow types whose start policy is `once`. A start whose policy is `signal` is delivered again if its outcome could not be recorded, and
 * then runs once more if the first run has ended: it finds nothing to do.
 */
const onceTypes = ['processOrder', 'sendWelcomeEmail'];

/** Jobs: every start was made once, and every job has ended or waits for a person, as `/why` says. */
export function checkJobs({ accepted, unmadeStarts, jobs, runs }: Evidence): string[] {
  const violations = unmadeStarts.map(({ jobId, state }) => `the start of ${jobId} is ${state}`);
  for (const { id, status, why, sentence } of jobs) {
    if (goodEnds.includes(status) || goodWaits.includes(why)) continue;
    violations.push(`job ${id} is ${status} (${why}): ${sentence}`);
  }
  const known = new Set(jobs.map(({ id }) => id));
  for (const { jobId } of [
    ...accepted.registrations,
    ...accepted.bulkJobs,
    ...accepted.triggers,
    ...accepted.erasures,
  ]) {
    if (!known.has(jobId)) violations.push(`job ${jobId} is lost`);
  }
  const once = runs.filter(({ type }) => onceTypes.includes(type));
  for (const [jobId, count] of countBy(once, (run) => run.jobId)) {
    if (count > 1) violations.push(`job ${jobId} ran ${count} times`);
  }
  for (const { jobId, status } of runs) {
    if (['FAILED', 'TIMED_OUT', 'TERMINATED'].includes(status))
      violations.push(`a run of ${jobId} ended as ${status}`);
  }
  return violations;
}

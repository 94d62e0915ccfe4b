import type { ReplayedJob } from './replay-open-jobs.ts';

/** The exit code of a worker that does not start because an open job does not replay. */
export const DOES_NOT_REPLAY = 3;

/**
 * A job counts as stuck already if it has failed for as long as a deployment takes. Otherwise, the first workers of a release could break a
 * job, and so clear the way for the others.
 */
const STUCK_MS = 600_000;

/** The jobs of a sample by what the outcome of their replay means. */
export interface Verdict {
  replayed: ReplayedJob[];
  /** They run on the code of other workers, and would be stuck on this one. */
  broken: ReplayedJob[];
  /** They have not run on other code for a long time either, so that this code makes nothing worse. */
  stuck: ReplayedJob[];
  /** They could not be replayed here, for reasons that say nothing about the code. */
  unchecked: ReplayedJob[];
}

/** Sorts replayed jobs by what to do about each. */
export function verdictOn(jobs: readonly ReplayedJob[], now = Date.now()): Verdict {
  const verdict: Verdict = { replayed: [], broken: [], stuck: [], unchecked: [] };
  for (const job of jobs) verdict[meaningOf(job, now)].push(job);
  return verdict;
}

function meaningOf({ failure, stuckSince }: ReplayedJob, now: number): keyof Verdict {
  if (!failure) return 'replayed';
  if (failure.kind === 'unreadable' || failure.kind === 'internal') return 'unchecked';
  return stuckSince && now - stuckSince.getTime() >= STUCK_MS ? 'stuck' : 'broken';
}

/** Describes a job that does not replay, in one line. */
export function describeFailure({ type, workflowId, runId, failure, stuckSince }: ReplayedJob): string {
  const since = stuckSince ? ` (has failed on running workers since ${stuckSince.toISOString()})` : '';
  return `${type} ${workflowId} (run ${runId}): ${failure?.kind}: ${failure?.message}${since}`;
}

/** Maximum number of jobs that a message names. */
const NAMED = 10;

/** Explains why a worker does not start while others run the jobs that would break, and what to do about it. */
export function refusalFor({ broken, replayed, stuck }: Verdict, others: readonly string[]): string {
  const more = broken.length - NAMED;
  return [
    `This worker does not start: its code does not replay ${broken.length} of the ${replayed.length + broken.length + stuck.length} open jobs that it has checked.`,
    ...broken.slice(0, NAMED).map((job) => `  ${describeFailure(job)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `The jobs continue on the workers with other code: ${others.join(', ')}.`,
    'If a newer release has run these jobs, deploy that release again, or one that contains its changes. Otherwise put the change to the ' +
      'workflow behind patched(). A job can also be reset to a point before the change, or terminated. With WORKER_REPLAY=warn, the worker ' +
      'starts nevertheless; such jobs then wait until compatible code runs.',
  ].join('\n');
}

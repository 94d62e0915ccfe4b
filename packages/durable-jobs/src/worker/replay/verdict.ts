import type { ReplayedJob } from './replay-open-jobs.ts';

/** The exit code of a worker that does not start because an open job does not replay. */
export const DOES_NOT_REPLAY = 3;

/** The jobs of a sample by what the outcome of their replay means. */
export interface Verdict {
  replayed: ReplayedJob[];
  /** They run on the code of other workers, and would be stuck on this one. */
  broken: ReplayedJob[];
  /** They do not run on other code either, so that this code makes nothing worse. */
  stuck: ReplayedJob[];
  /** Their payloads cannot be read here, which says nothing about the code. */
  unreadable: ReplayedJob[];
}

/** Sorts replayed jobs by what to do about each. */
export function verdictOn(jobs: readonly ReplayedJob[]): Verdict {
  const verdict: Verdict = { replayed: [], broken: [], stuck: [], unreadable: [] };
  for (const job of jobs) verdict[meaningOf(job)].push(job);
  return verdict;
}

function meaningOf({ failure, isStuck }: ReplayedJob): keyof Verdict {
  if (!failure) return 'replayed';
  if (failure.kind === 'unreadable') return 'unreadable';
  return isStuck ? 'stuck' : 'broken';
}

/** Describes a job that does not replay, in one line. */
export function describeFailure({ type, workflowId, runId, failure }: ReplayedJob): string {
  return `${type} ${workflowId} (run ${runId}): ${failure?.kind}: ${failure?.message}`;
}

/** Maximum number of jobs that a message names. */
const NAMED = 10;

/** Explains why a worker does not start, and what to do about it. */
export function refusalFor({ broken, replayed, stuck }: Verdict): string {
  const more = broken.length - NAMED;
  return [
    `This worker does not start: its code does not replay ${broken.length} of the ${replayed.length + broken.length + stuck.length} open jobs that it has checked.`,
    ...broken.slice(0, NAMED).map((job) => `  ${describeFailure(job)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    'If a newer release has run these jobs, deploy that release again, or one that contains its changes. Otherwise put the change to the ' +
      'workflow behind patched(). A job can also be reset to a point before the change, or terminated. With WORKER_REPLAY=warn, the worker ' +
      'starts nevertheless; such jobs then wait until compatible code runs.',
  ].join('\n');
}

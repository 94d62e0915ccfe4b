import { setMaxListeners } from 'node:events';
import type { ReplayPolicy } from '../../config/replay-policy.ts';
import { errorMessage } from '../../process/errors.ts';
import { RefusedError } from '../../process/refused-error.ts';
import { withinTime } from '../../process/within-time.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { reasonToStart } from './reason-to-start.ts';
import { replayOpenJobs, type OpenReplay, type ReplayedJob } from './replay-open-jobs.ts';
import { DOES_NOT_REPLAY, refusalFor, verdictOn } from './verdict.ts';
import { workersByCode, type WorkersByCode } from './workers-by-code.ts';

/** Open jobs of each type that a starting worker replays, and of all types together. `replay --from` replays more. */
const PER_TYPE = 6;
const MOST = 120;

/** A worker starts after this time, whatever it has checked: an engine that is slow must not keep it from working. */
const TIME_MS = 60_000;

/** The share of the time in which histories are read and replayed; the rest lets the last replay finish. */
const READING = 0.8;

/** Calls for the workers of the open jobs, if the engine does not respond. */
const MOST_CALLS = 2;

/** What a starting worker replays. */
export interface ReplayBeforeStart extends Omit<OpenReplay, 'perType' | 'most' | 'deadline'> {
  /** The build id of its workflow code. */
  buildId: string;
}

/**
 * Replays a sample of the open jobs before a worker polls. If they cannot be listed or read in time, it logs a warning and returns: an outage must not
 * stop workers. Returns at once when the signal aborts.
 * @throws {RefusedError} with the exit code {@link DOES_NOT_REPLAY} if the policy is `refuse`, a job does not replay, and only workers with
 * other code run it, see {@link reasonToStart}.
 */
export async function replayBeforeStart(
  replay: ReplayBeforeStart,
  { policy, logger, timeMs = TIME_MS }: { policy: ReplayPolicy; logger: Logger; timeMs?: number },
): Promise<void> {
  if (policy === 'off') return;
  const began = Date.now();
  const jobs = await replayInTime(replay, logger, timeMs);
  if (replay.signal?.aborted) return;
  const verdict = verdictOn(jobs);
  const { broken, stuck, unchecked, replayed } = verdict;
  for (const job of stuck) {
    logger.warn(
      fieldsOf(job),
      'an open job is stuck: neither the code that ran it last nor the code of this worker replays it',
    );
  }
  for (const job of unchecked) {
    logger.warn(fieldsOf(job), 'an open job was not checked, because it could not be replayed here');
  }
  if (broken.length > 0) {
    const workers = policy === 'refuse' ? await workersOf(replay, logger) : undefined;
    const level = policy === 'refuse' ? 'error' : 'warn';
    for (const job of broken) {
      const message = 'an open job does not replay on the code of this worker, on which it would be stuck';
      logger[level](fieldsOf(job), message);
    }
    const reason = reasonToStart(policy, { workers, state: replay.own?.state });
    if (reason === undefined)
      throw new RefusedError(refusalFor(verdict, workers?.other ?? []), DOES_NOT_REPLAY);
    logger[level](
      { broken: broken.length },
      `the worker starts although open jobs do not replay, ${reason}: they wait until compatible code runs`,
    );
  }
  logger.info(
    {
      replayed: replayed.length,
      types: new Set(replayed.map(({ type }) => type)).size,
      ms: Date.now() - began,
    },
    'a sample of open jobs was replayed',
  );
}

/** Returns the jobs that were replayed until the time is over, the signal aborts, or the engine fails. */
async function replayInTime(
  replay: ReplayBeforeStart,
  logger: Logger,
  timeMs: number,
): Promise<readonly ReplayedJob[]> {
  const jobs: ReplayedJob[] = [];
  const deadline = Date.now() + READING * timeMs;
  const over = new AbortController();
  const signal = replay.signal ? AbortSignal.any([replay.signal, over.signal]) : over.signal;
  // Each call to the engine listens to it.
  setMaxListeners(0, signal);
  const aborted = new Promise<void>((resolve) => replay.signal?.addEventListener('abort', () => resolve()));
  try {
    if (replay.signal?.aborted) return jobs;
    await withinTime(
      timeMs,
      () => Promise.race([replayInto(jobs, { ...replay, deadline, signal }), aborted]),
      () => new TimeUpError(),
    );
    if (Date.now() >= deadline) throw new TimeUpError();
  } catch (error) {
    if (replay.signal?.aborted) return jobs;
    const message = 'not all open jobs of the sample were replayed; the worker starts nevertheless';
    logger.warn({ err: error, replayed: jobs.length }, message);
  } finally {
    over.abort();
  }
  // Those that end later are not part of the verdict.
  return [...jobs];
}

class TimeUpError extends Error {
  override readonly name = 'TimeUpError';
  override readonly message = 'the engine, or the replay, takes too long';
}

async function replayInto(
  jobs: ReplayedJob[],
  options: ReplayBeforeStart & { deadline: number; signal: AbortSignal },
): Promise<void> {
  const { client, deadline, signal } = options;
  await client.withDeadline(deadline, () =>
    client.withAbortSignal(signal, async () => {
      for await (const job of replayOpenJobs({ ...options, perType: PER_TYPE, most: MOST })) jobs.push(job);
    }),
  );
}

/** The workers that run the jobs; undefined if the engine does not say, asked twice. */
async function workersOf(
  { client, taskQueue, buildId }: ReplayBeforeStart,
  logger: Logger,
): Promise<WorkersByCode | undefined> {
  for (let calls = 0; calls < MOST_CALLS; calls++) {
    try {
      return await workersByCode(client, taskQueue, { buildId });
    } catch (error) {
      logger.warn({ error: errorMessage(error) }, 'the other workers of the open jobs could not be read');
    }
  }
  return undefined;
}

function fieldsOf({ type, workflowId, runId, failure, stuckSince }: ReplayedJob): object {
  return { jobType: type, jobId: workflowId, runId, reason: failure?.message, stuckSince };
}

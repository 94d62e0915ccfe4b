import type { ReplayPolicy } from '../../config/replay-policy.ts';
import { RefusedError } from '../../process/refused-error.ts';
import { withinTime } from '../../process/within-time.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { replayOpenJobs, type OpenReplay, type ReplayedJob } from './replay-open-jobs.ts';
import { DOES_NOT_REPLAY, refusalFor, verdictOn } from './verdict.ts';

/** Open jobs of each type that a starting worker replays, and of all types together. `replay --from` replays more. */
const PER_TYPE = 6;
const MOST = 120;

/** A worker starts after this time, whatever it has checked: an engine that is slow must not keep it from working. */
const TIME_MS = 20_000;

/** The share of the time in which histories are read and replayed; the rest is for the last of them. */
const READING = 0.8;

/**
 * Replays a sample of the open jobs before a worker polls. If they cannot be listed or read in time, it logs a warning and returns: an outage must not
 * stop workers.
 * @throws {RefusedError} with the exit code {@link DOES_NOT_REPLAY} if the policy is `refuse` and a job does not replay that runs elsewhere.
 */
export async function replayBeforeStart(
  replay: Omit<OpenReplay, 'perType' | 'most' | 'deadline'>,
  { policy, logger, timeMs = TIME_MS }: { policy: ReplayPolicy; logger: Logger; timeMs?: number },
): Promise<void> {
  if (policy === 'off') return;
  const began = Date.now();
  const deadline = began + READING * timeMs;
  const jobs: ReplayedJob[] = [];
  try {
    await withinTime(
      timeMs,
      () => replayInto(jobs, { ...replay, perType: PER_TYPE, most: MOST, deadline }),
      () => new TimeUpError(),
    );
    if (Date.now() >= deadline) throw new TimeUpError();
  } catch (error) {
    const message = 'not all open jobs of the sample were replayed; the worker starts nevertheless';
    logger.warn({ err: error, replayed: jobs.length }, message);
  }
  if (replay.signal?.aborted) return;
  const verdict = verdictOn(jobs);
  const { broken, stuck, unreadable, replayed } = verdict;
  for (const job of stuck) {
    logger.warn(
      fieldsOf(job),
      'an open job is stuck: neither the code that ran it last nor the code of this worker replays it',
    );
  }
  for (const job of unreadable) {
    logger.warn(fieldsOf(job), 'an open job was not replayed, because this worker cannot read its payloads');
  }
  if (broken.length > 0) {
    const isRefused = policy === 'refuse';
    for (const job of broken) {
      const message = 'an open job does not replay on the code of this worker, on which it would be stuck';
      logger[isRefused ? 'error' : 'warn'](fieldsOf(job), message);
    }
    if (isRefused) throw new RefusedError(refusalFor(verdict), DOES_NOT_REPLAY);
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

class TimeUpError extends Error {
  override readonly name = 'TimeUpError';
  override readonly message = 'the engine, or the replay, takes too long';
}

async function replayInto(jobs: ReplayedJob[], options: OpenReplay & { deadline: number }): Promise<void> {
  const { client, deadline } = options;
  await client.withDeadline(deadline, async () => {
    for await (const job of replayOpenJobs(options)) jobs.push(job);
  });
}

function fieldsOf({ type, workflowId, runId, failure }: ReplayedJob): object {
  return { jobType: type, jobId: workflowId, runId, reason: failure?.message };
}

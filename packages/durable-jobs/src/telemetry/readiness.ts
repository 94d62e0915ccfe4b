import type { Client } from '@temporalio/client';
import { sql } from 'kysely';
import { withoutBounds } from '../database/bounds.ts';
import type { Db } from '../database/connect.ts';
import type { Logger } from './logger.ts';
import { taskKindsOf } from '../engine/declared-queues.ts';
import { ENGINE_CALL_MS, readPollers } from '../engine/task-queues.ts';
import { withinTime } from '../process/within-time.ts';

/** Why a check failed. The details are in the log, because callers without a key see this. */
export type CheckFailure = 'timeout' | 'unreachable' | 'not_polled' | 'not_running';

/** The response of `/readyz`: every check, with the reason if it failed. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: true } | { ok: false; reason: CheckFailure }>;
}

/** Checks that must succeed for a process to be ready, by name. */
export type Checks = Readonly<Record<string, () => unknown>>;

/** How long a result is shared, so that frequent requests do not burden what is checked, in milliseconds. */
const SHARED_MS = 1_000;

/** The same for a failure, from its end: what has just become ready, such as a process that starts, is soon known to be. */
const SHARED_FAILURE_MS = 250;

/** An error of a check that knows why it failed. */
class CheckFailedError extends Error {
  override readonly name = 'CheckFailedError';
  readonly reason: CheckFailure;
  constructor(reason: CheckFailure) {
    super(reason);
    this.reason = reason;
  }
}

/** Fails unless the database responds. The query takes no time, so it is not delayed by other reads. */
export const databaseCheck = (db: Db) => (): Promise<unknown> =>
  withoutBounds(() => sql`select 1`.execute(db));

/** Fails unless the engine responds and has our namespace. */
export const engineCheck = (client: Client) => (): Promise<unknown> =>
  client.withDeadline(Date.now() + ENGINE_CALL_MS, () =>
    client.workflowService.describeNamespace({ namespace: client.options.namespace }),
  );

/** Returns a check for each task queue, which fails unless a worker polls it. */
export function pollerChecks(client: Client, queues: readonly string[]): Checks {
  return Object.fromEntries(
    queues.map((queue) => [`taskQueue:${queue}`, () => requirePoller(client, queue)]),
  );
}

/** Fails unless every worker of this process is running; `workers` is undefined until they are created. */
export const runningCheck =
  (workers: () => readonly { getState: () => string }[] | undefined) => (): void => {
    const made = workers();
    if (!made || made.some((worker) => worker.getState() !== 'RUNNING'))
      throw new CheckFailedError('not_running');
  };

/**
 * Creates the function that returns the response of `/readyz`: runs all checks concurrently, each within `timeoutMs`, and shares the result
 * for a second, or a quarter of one if a check failed.
 */
export function createReadiness(
  checks: Checks,
  options: { timeoutMs: number; logger: Logger },
): () => Promise<Readiness> {
  let shared: { until: number; readiness: Promise<Readiness> } | undefined;
  return () => {
    if (shared && Date.now() < shared.until) return shared.readiness;
    const read = { until: Date.now() + SHARED_MS, readiness: runChecks(checks, options) };
    shared = read;
    void read.readiness.then(({ ready }) => {
      if (!ready) read.until = Date.now() + SHARED_FAILURE_MS;
    });
    return read.readiness;
  };
}

async function runChecks(
  checks: Checks,
  { timeoutMs, logger }: { timeoutMs: number; logger: Logger },
): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, run]) => {
      try {
        await withinTime(timeoutMs, run, () => new CheckFailedError('timeout'));
        return [name, { ok: true }] as const;
      } catch (error) {
        logger.debug({ err: error, check: name }, 'a readiness check failed');
        const reason = error instanceof CheckFailedError ? error.reason : 'unreachable';
        return [name, { ok: false, reason }] as const;
      }
    }),
  );
  return {
    ready: results.every(([, result]) => result.ok),
    checks: Object.fromEntries<Readiness['checks'][string]>(results),
  };
}

async function requirePoller(client: Client, queue: string): Promise<void> {
  // Workflow tasks if workflows run in the queue, otherwise activity tasks.
  const [kind = 'activity'] = taskKindsOf(queue);
  const { isPolled } = await readPollers(client, queue, kind);
  if (!isPolled) throw new CheckFailedError('not_polled');
}

import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable, whileDatabaseAnswers } from '../database/unavailable.ts';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { backOffMs } from './back-off.ts';
import { LeaseLostError, WorkError } from './errors.ts';
import { createWorkQueue, type ClaimedWork, type WorkFailure, type WorkQueue } from './work-queue.ts';
import { attempt, DatabaseLostError } from './attempt.ts';
import type { WorkPolicy } from './define-work-item.ts';
import { Leases } from './leases.ts';
import { Slots } from './slots.ts';
import { requireWork, type WorkKindRegistry } from './work-kinds.ts';
import type { HostedService, ServiceScope } from '../hosted-services/hosted-service.ts';

/** Polling interval of an empty queue. A notification, or the time of the next item, ends it. */
const POLL_MS = 5_000;
/** Wait after an error of the queue itself, for example while the database is unavailable. */
const ERROR_DELAY_MS = 30_000;
/** Wait if an item is due and cannot be claimed, because another transaction holds its row. */
const LOCKED_ROW_MS = 1_000;
/** Delay of an item whose attempt was ended by the database; its end is recorded again after a second. */
const DATABASE_LOST_MS = 5_000;
const SETTLE_RETRY_MS = 1_000;
/** The time after which a killed worker's items become available again. */
const LEASE_MS = 30_000;
/** Time limit for attempts to end when the service ends, and again for those that are then aborted. */
const DRAIN_MS = 5_000;

/** Options of the work queue's service. The default times are those of production. */
export interface WorkQueueOptions {
  /** The kinds that it processes, each with its code. */
  kinds: WorkKindRegistry;
  /** Items that are processed at the same time. Each may hold a connection to the database. */
  concurrency: number;
  pollMs?: number;
  leaseMs?: number;
  drainMs?: number;
  /** For all kinds, instead of the back-off of their policies. */
  timeoutMs?: number;
}

/** The reason for which attempts are aborted when the service ends; their items are returned. */
class ServiceEndingError extends Error {
  override readonly name = 'ServiceEndingError';
}

/**
 * Ends of attempts of this process that are not recorded yet, because the database became unavailable with them. They outlive the run of
 * the service, which ends with its session. The next run waits for them: otherwise it would claim the items again and count the attempts
 * that the outage ended.
 */
const unsettled = new Set<Promise<void>>();

/**
 * Processes the work queue: claims as many items as there are free slots, whenever one is free.
 * @throws if a kind has no code.
 */
export function createWorkQueueService(options: WorkQueueOptions): HostedService {
  const { kinds, concurrency, pollMs = POLL_MS, leaseMs = LEASE_MS, drainMs = DRAIN_MS } = options;
  requireWork(kinds);
  return {
    async run(scope) {
      const queue = createWorkQueue({ db: scope.db, kinds: kinds.kinds, leaseMs });
      const leases = new Leases({ queue, leaseMs, logger: scope.logger });
      const slots = new Slots(concurrency);
      const processor = new Processor({ ...options, scope, queue, leases });
      const stopKeeping = leases.keep();
      await Promise.allSettled(unsettled);
      try {
        while (!scope.signal.aborted) {
          if (slots.free === 0) await slots.whenFreed(scope.signal);
          else await fill({ scope, queue, leases, slots, processor, pollMs });
        }
        if (await slots.drained(drainMs)) return;
        await leases.releaseAll(new ServiceEndingError('the service is stopping'));
        await slots.drained(DRAIN_MS);
      } finally {
        stopKeeping();
      }
    },
  };
}

/** Fills the free slots, or waits if there is not enough to do. Never rejects. */
async function fill(run: {
  scope: ServiceScope;
  queue: WorkQueue;
  leases: Leases;
  slots: Slots;
  processor: Processor;
  pollMs: number;
}): Promise<void> {
  const { scope, queue, leases, slots, processor, pollMs } = run;
  try {
    const wanted = slots.free;
    const askedAt = performance.now();
    const items = await queue.getNext(wanted);
    if (scope.signal.aborted) {
      await queue.release(items.map(({ lease }) => lease));
      return;
    }
    if (items.length > 0) scope.report({ busy: true });
    for (const item of items) slots.start(() => processor.process(item, askedAt));
    if (items.length === wanted) return;
    const dueInMs = (await queue.nextDueInMs(leases.all())) ?? pollMs;
    const earliestMs = items.length === 0 ? LOCKED_ROW_MS : 0;
    await scope.wait(Math.min(pollMs, dueInMs > 0 ? Math.ceil(dueInMs) : earliestMs));
  } catch (error) {
    scope.logger.error({ err: error }, 'the work queue could not be read; retrying');
    scope.report({ error });
    await scope.pause(ERROR_DELAY_MS);
  }
}

/** Processes items, and records their outcomes. */
class Processor {
  readonly #options: WorkQueueOptions & { scope: ServiceScope; queue: WorkQueue; leases: Leases };

  constructor(options: WorkQueueOptions & { scope: ServiceScope; queue: WorkQueue; leases: Leases }) {
    this.#options = options;
  }

  /** Runs one attempt of an item whose claim was requested at `claimedAt`. Never rejects: a failure belongs to the item. */
  async process(item: ClaimedWork, claimedAt: number): Promise<void> {
    const { scope, queue, leases, kinds } = this.#options;
    const { lease, kind, attempt: number } = item;
    const { timeoutMs = kinds.get(kind).policy.timeoutMs } = this.#options;
    const held = leases.take(item, claimedAt);
    const timer = setTimeout(
      () => held.abort(new WorkError('timed_out', `It exceeded its time limit of ${timeoutMs / 1_000} s.`)),
      timeoutMs,
    );
    const context = { workItemId: lease.id, attempt: number, signal: held.signal };
    await scope.unit({ workItemId: lease.id, kind, attempt: number }, async ({ db, logger }) => {
      try {
        await attempt({ db, queue, kinds }, item, { ...context, logger });
      } catch (error) {
        const { reason } = held.signal as { reason: unknown };
        if (reason instanceof ServiceEndingError) {
          await this.#settle(item, reason, logger);
          return;
        }
        await this.#settle(item, error, logger);
        throw error;
      }
    });
    clearTimeout(timer);
    leases.drop(held);
    if (leases.size === 0) scope.report({ busy: false });
  }

  /** Records how an attempt ended, without a time limit: while the database is unavailable, the slot is of no other use. */
  async #settle(item: ClaimedWork, error: unknown, logger: Logger): Promise<void> {
    if (error instanceof LeaseLostError) return;
    const settling = this.#note(item, error, logger);
    unsettled.add(settling);
    try {
      await settling;
    } finally {
      unsettled.delete(settling);
    }
  }

  /** Returns an item whose attempt was ended by an outage or by the end of the service; otherwise records the failure. */
  async #note(item: ClaimedWork, error: unknown, logger: Logger): Promise<void> {
    const { queue, kinds } = this.#options;
    const failure = failureOf(item, kinds.get(item.kind).policy, error);
    for (;;) {
      try {
        if (error instanceof DatabaseLostError || error instanceof ServiceEndingError) {
          const delayMs = error instanceof DatabaseLostError ? DATABASE_LOST_MS : 0;
          await whileDatabaseAnswers(() => queue.release([item.lease], delayMs));
        } else {
          await whileDatabaseAnswers(() => queue.fail(item.lease, failure));
          if (failure.retryInMs === undefined) logger.error({ code: failure.code }, 'the work item is dead');
        }
        return;
      } catch (problem) {
        // Another worker may have claimed the item meanwhile. It records the end, because it holds the lease's token.
        if (!isDatabaseUnavailable(problem)) throw problem;
        await delay(SETTLE_RETRY_MS);
      }
    }
  }
}

function failureOf({ attempt: number }: ClaimedWork, policy: WorkPolicy, error: unknown): WorkFailure {
  const permanent = error instanceof WorkError && error.permanent;
  return {
    code: error instanceof WorkError ? error.code : 'handler_failed',
    message: errorMessage(error),
    retryInMs: permanent || number >= policy.maximumAttempts ? undefined : backOffMs(policy, number),
  };
}

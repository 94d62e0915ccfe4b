import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable, whileDatabaseAnswers } from '../database/unavailable.ts';
import { errorMessage } from '../process/errors.ts';
import type { Logger } from '../telemetry/logger.ts';
import { inSpan } from '../telemetry/tracing.ts';
import { backOffMs } from './back-off.ts';
import { LeaseLostError, WorkError } from './errors.ts';
import { createWorkQueue, type ClaimedWork, type WorkFailure, type WorkQueue } from './work-queue.ts';
import { attempt, DatabaseLostError, type AttemptDeps } from './attempt.ts';
import { attemptAll, isBatched, MOST_TOGETHER, type BatchedKind } from './batch.ts';
import { createCompletions } from './completions.ts';
import type { WorkPolicy } from './define-work-item.ts';
import { Leases, type HeldWork } from './leases.ts';
import { createLookahead, type Lookahead } from './lookahead.ts';
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
/** A claimed item that has waited this long for a slot is given back: another worker may have a free one. */
const MOST_WAIT_MS = 1_000;

/** Options of the work queue's service. The default times are those of production. */
export interface WorkQueueOptions {
  /** The kinds that it processes, each with its code. */
  kinds: WorkKindRegistry;
  /** Items that are processed at the same time. Each may hold a connection to the database. */
  concurrency: number;
  pollMs?: number;
  leaseMs?: number;
  drainMs?: number;
  /** The time for which items may last that are claimed before a slot is free. */
  aheadMs?: number;
  /** For all kinds, instead of the back-off of their policies. */
  timeoutMs?: number;
}

/** The reason for which attempts are aborted when the service ends; their items are returned. */
class ServiceEndingError extends Error {
  override readonly name = 'ServiceEndingError';
}

/** A claimed item, which waits for a slot or is being processed. */
interface ClaimedItem {
  held: HeldWork;
  claimedAt: number;
  /** Set after it could not be processed together with others. */
  isAlone?: true;
  run: () => Promise<void>;
}

/**
 * Ends of attempts of this process that are not recorded yet, because the database became unavailable with them. They outlive the run of
 * the service, which ends with its session. The next run waits for them: otherwise it would claim the items again and count the attempts
 * that the outage ended.
 */
const unsettled = new Set<Promise<void>>();

/**
 * Processes the work queue: claims as many items as there are free slots, and some more if attempts are short, so that one claim provides many
 * items and no slot waits for the next claim.
 * @throws if a kind has no code.
 */
export function createWorkQueueService(options: WorkQueueOptions): HostedService {
  const { kinds, concurrency, pollMs = POLL_MS, leaseMs = LEASE_MS, drainMs = DRAIN_MS } = options;
  requireWork(kinds);
  return {
    async run(scope) {
      const queue = createWorkQueue({ db: scope.db, kinds: kinds.all, leaseMs });
      const leases = new Leases({
        queue,
        leaseMs,
        logger: scope.logger,
        emptied: () => scope.report({ busy: false }),
      });
      const slots = new Slots<ClaimedItem>(concurrency);
      const lookahead = createLookahead(concurrency, options.aheadMs);
      const complete = createCompletions(queue);
      const processor = new Processor({ ...options, scope, queue, leases, slots, lookahead, complete });
      const stopKeeping = leases.keep();
      const giveBack = (items: readonly ClaimedItem[]): Promise<void> => {
        for (const { held } of items) leases.drop(held);
        return returnItems(
          { queue, logger: scope.logger },
          items.map(({ held }) => held.item),
        );
      };
      const stopWatching = giveBackWaiting(slots, lookahead, giveBack);
      await Promise.allSettled(unsettled);
      try {
        while (!scope.signal.aborted) {
          const ahead = lookahead.size();
          const wanted = concurrency + ahead - slots.taken;
          if (wanted < Math.max(1, ahead / 2)) await slots.whenFreed(scope.signal);
          else await fill({ scope, queue, leases, slots, lookahead, processor, pollMs }, wanted - slots.free);
        }
        // While the database is unavailable, this continues after the run.
        await Promise.race([giveBack(slots.remove()), delay(DRAIN_MS, undefined, { ref: false })]);
        if (await slots.drained(drainMs)) return;
        await leases.releaseAll(new ServiceEndingError('the service is stopping'));
        await slots.drained(DRAIN_MS);
      } finally {
        stopWatching();
        stopKeeping();
      }
    },
  };
}

/** Gives back claimed items that wait for a slot for too long, until the returned function is called. */
function giveBackWaiting(
  slots: Slots<ClaimedItem>,
  lookahead: Lookahead,
  giveBack: (items: readonly ClaimedItem[]) => Promise<void>,
): () => void {
  const timer = setInterval(() => {
    const since = performance.now() - MOST_WAIT_MS;
    const waiting = slots.remove(({ claimedAt }) => claimedAt < since);
    if (waiting.length === 0) return;
    lookahead.waited();
    void giveBack(waiting);
  }, MOST_WAIT_MS / 4);
  return () => clearInterval(timer);
}

/** Claims items for the free slots, and some ahead, and waits if there are not enough. Never rejects. */
async function fill(
  run: {
    scope: ServiceScope;
    queue: WorkQueue;
    leases: Leases;
    slots: Slots<ClaimedItem>;
    lookahead: Lookahead;
    processor: Processor;
    pollMs: number;
  },
  ahead: number,
): Promise<void> {
  const { scope, queue, leases, slots, lookahead, processor, pollMs } = run;
  try {
    const claimedAt = performance.now();
    const wanted = slots.free + ahead;
    const items = await queue.getNext(slots.free, ahead, (kind) => lookahead.includes(kind));
    if (scope.signal.aborted) {
      await returnItems({ queue, logger: scope.logger }, items);
      return;
    }
    if (items.length > 0) scope.report({ busy: true });
    slots.add(...items.map((item) => processor.claimed(leases.take(item, claimedAt), claimedAt)));
    if (items.length === wanted) return;
    const dueInMs = (await queue.nextDueInMs(leases.all())) ?? pollMs;
    // What is due needs a free slot, for example for its last attempt.
    if (dueInMs <= 0 && slots.free === 0) {
      await slots.whenFreed(scope.signal);
      return;
    }
    const earliestMs = items.length === 0 ? LOCKED_ROW_MS : 0;
    await scope.wait(Math.min(pollMs, dueInMs > 0 ? Math.ceil(dueInMs) : earliestMs));
  } catch (error) {
    scope.logger.error({ err: error }, 'the work queue could not be read; retrying');
    scope.report({ error });
    await scope.pause(ERROR_DELAY_MS);
  }
}

/** Options of a processor. */
interface ProcessorOptions extends WorkQueueOptions, Pick<AttemptDeps, 'complete'> {
  scope: ServiceScope;
  queue: WorkQueue;
  leases: Leases;
  slots: Slots<ClaimedItem>;
  lookahead: Lookahead;
}

/** Processes items, and records their outcomes. */
class Processor {
  readonly #options: ProcessorOptions;

  constructor(options: ProcessorOptions) {
    this.#options = options;
  }

  /** Returns a claimed item for a slot. */
  claimed(held: HeldWork, claimedAt: number, isAlone?: true): ClaimedItem {
    const run = (): Promise<void> => (isAlone ? this.#process(held) : this.#begin(held));
    return { held, claimedAt, run, ...(isAlone && { isAlone }) };
  }

  /** Processes an item, together with those of its kind that wait for a slot if its kind can do that. */
  #begin(held: HeldWork): Promise<void> {
    const { kinds, slots } = this.#options;
    const { item } = held;
    const definition = kinds.get(item.kind);
    if (held.signal.aborted || !isBatched(definition, item)) return this.#process(held);
    const others = slots.take(
      MOST_TOGETHER - 1,
      ({ isAlone, held: { item: other, signal } }) =>
        other.kind === item.kind && !isAlone && !signal.aborted && isBatched(definition, other),
    );
    return others.length === 0
      ? this.#process(held)
      : this.#processTogether(definition, [held, ...others.map((other) => other.held)]);
  }

  /** Runs one attempt of several items of a kind. If it fails, each of them is processed by itself. Never rejects. */
  async #processTogether(kind: BatchedKind, all: readonly HeldWork[]): Promise<void> {
    const { scope, queue, leases, lookahead, slots, timeoutMs = kind.policy.timeoutMs } = this.#options;
    const { db, logger } = scope;
    const batch = new AbortController();
    for (const { signal } of all) signal.addEventListener('abort', () => batch.abort(signal.reason));
    const timer = setTimeout(() => batch.abort(timedOut(timeoutMs)), timeoutMs);
    const items = all.map(({ item }) => item);
    const begunAt = performance.now();
    let left: readonly HeldWork[] = [];
    try {
      await inSpan('service unit', { kind: 'consumer', root: true }, () =>
        attemptAll({ db, queue }, kind, items, { signal: batch.signal, logger }),
      );
      scope.report({ processed: items.length });
      lookahead.took(kind.kind, (performance.now() - begunAt) / items.length);
    } catch (error) {
      const { reason } = batch.signal as { reason: unknown };
      const cause = isNotTheirs(reason) ? reason : error;
      // A service that is stopping begins nothing more.
      if (isNotTheirs(cause) || scope.signal.aborted) {
        await this.#giveBack(items, cause);
      } else {
        const note = { err: error, kind: kind.kind, items: items.length };
        logger.warn(note, 'work items could not be processed together; each is processed by itself');
        left = all.filter(({ signal }) => !signal.aborted);
      }
    }
    clearTimeout(timer);
    for (const held of all) if (!left.includes(held)) leases.drop(held);
    slots.add(...left.map((held) => this.claimed(held, performance.now(), true)));
  }

  /** Runs one attempt of a claimed item. Never rejects: a failure belongs to the item. */
  async #process(held: HeldWork): Promise<void> {
    const { scope, queue, leases, lookahead, kinds, complete } = this.#options;
    const { item } = held;
    // Its lease was lost while it waited.
    if (held.signal.aborted) {
      leases.drop(held);
      return;
    }
    const { lease, kind, attempt: number } = item;
    const { timeoutMs = kinds.get(kind).policy.timeoutMs } = this.#options;
    const begunAt = performance.now();
    const timer = setTimeout(() => held.abort(timedOut(timeoutMs)), timeoutMs);
    await scope.unit({ workItemId: lease.id, kind, attempt: number }, async (unit) => {
      try {
        await attempt({ db: unit.db, queue, kinds, complete }, item, {
          workItemId: lease.id,
          attempt: number,
          signal: held.signal,
          get logger() {
            return unit.logger;
          },
        });
      } catch (error) {
        const { reason } = held.signal as { reason: unknown };
        if (reason instanceof ServiceEndingError) {
          await this.#settle(item, reason, unit.logger);
          return;
        }
        await this.#settle(item, error, unit.logger);
        throw error;
      }
    });
    clearTimeout(timer);
    lookahead.took(kind, performance.now() - begunAt);
    leases.drop(held);
  }

  /** Records how an attempt ended, without a time limit: while the database is unavailable, the slot is of no other use. */
  async #settle(item: ClaimedWork, error: unknown, logger: Logger): Promise<void> {
    if (error instanceof LeaseLostError) return;
    const { queue, kinds } = this.#options;
    if (isNotTheirs(error)) return this.#giveBack([item], error);
    const failure = failureOf(item, kinds.get(item.kind).policy, error);
    await settle(() => queue.fail(item.lease, failure));
    if (failure.retryInMs === undefined) logger.error({ code: failure.code }, 'the work item is dead');
  }

  /** Returns items whose attempts an outage or the end of the service has ended. Never rejects. */
  #giveBack(items: readonly ClaimedWork[], error: unknown): Promise<void> {
    const { queue, scope } = this.#options;
    const delayMs = error instanceof DatabaseLostError ? DATABASE_LOST_MS : 0;
    return returnItems({ queue, logger: scope.logger }, items, delayMs);
  }
}

/** Returns claimed items without using up an attempt. If the database refuses that, they become due when their leases end. Never rejects. */
async function returnItems(
  { queue, logger }: { queue: WorkQueue; logger: Logger },
  items: readonly ClaimedWork[],
  delayMs?: number,
): Promise<void> {
  if (items.length === 0) return;
  try {
    await settle(() =>
      queue.release(
        items.map(({ lease }) => lease),
        delayMs,
      ),
    );
  } catch (error) {
    logger.warn({ err: error }, 'work items could not be returned before their leases end');
  }
}

/** Whether an attempt was ended by an outage or by the end of the service, so that it is not used up. */
function isNotTheirs(error: unknown): boolean {
  return error instanceof DatabaseLostError || error instanceof ServiceEndingError;
}

function timedOut(timeoutMs: number): WorkError {
  return new WorkError('timed_out', `It exceeded its time limit of ${timeoutMs / 1_000} s.`);
}

/**
 * Records the end of an attempt, or returns claimed items, again and again while the database is unavailable.
 * @throws {LeaseLostError} if another worker has claimed the item meanwhile. It records the end, because it holds the lease's token.
 */
async function settle(record: () => Promise<void>): Promise<void> {
  const settling = untilRecorded(record);
  unsettled.add(settling);
  try {
    await settling;
  } finally {
    unsettled.delete(settling);
  }
}

async function untilRecorded(record: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await whileDatabaseAnswers(record);
      return;
    } catch (problem) {
      if (!isDatabaseUnavailable(problem)) throw problem;
      await delay(SETTLE_RETRY_MS);
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

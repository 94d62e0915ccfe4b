import type { z } from 'zod';
import type { Db, Trx } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How often an item of a kind is tried, and how long one attempt may take. */
export interface WorkPolicy {
  /** After so many failed attempts the item is dead, and waits until an operator requeues it. */
  maximumAttempts: number;
  /** The wait after the n-th attempt is min(initial × coefficient^(n-1), maximum). */
  initialIntervalMs: number;
  backoffCoefficient: number;
  maximumIntervalMs: number;
  /** An attempt that takes longer is abandoned: it holds a slot, and a connection to the database. */
  timeoutMs: number;
}

/** One attempt at an item. */
export interface WorkContext {
  /** The same for every attempt: the key of an effect outside our database. */
  workItemId: string;
  /** Counted from 1. */
  attempt: number;
  /** Aborts when the attempt is abandoned: it took too long, its lease is lost, or the worker stops. */
  signal: AbortSignal;
  logger: Logger;
}

/** What came of an item, for those who ask. Ids and figures rather than personal data. */
export type WorkResult = Record<string, string | number | boolean | null>;

/**
 * One kind of work item, and how it is done: by `apply` or by `perform`. What these return is kept as the item's result. Where they throw,
 * the item is retried by the policy, or dead at once for a `WorkError` that is permanent. A process that only enqueues items, such as the
 * API, needs neither; workers refuse to start without one of them.
 */
export interface WorkItemDefinition<Payload extends object = object> {
  /** Kept in each item's row, such as `send-reminder`. Renaming a released one is a breaking change. */
  kind: string;
  /** One sentence for people. */
  description: string;
  /**
   * Applied when an item is enqueued, and again before the work, to what it made at first. Ids rather than personal data:
   * payloads are shown to operators, and kept with dead items.
   */
  payload: z.ZodType<Payload>;
  policy: WorkPolicy;
  /**
   * Does an item in our database alone. What it writes through `trx` and the item's completion are one commit, so it happens
   * once. Where it throws, all of that is undone.
   */
  apply?(trx: Trx, payload: Payload, context: WorkContext): Promise<WorkResult | undefined>;
  /**
   * Does an item that calls another service, which no transaction may wait for. It is repeated if its process died before the completion
   * was committed, so what it does must be safe to repeat.
   */
  perform?(payload: Payload, context: WorkContext & { db: Db }): Promise<WorkResult | undefined>;
}

/** Its waits are of 1, 4, 16 and 60 seconds: long enough for a connection that broke, or a lock that is held. */
const DEFAULT_POLICY: WorkPolicy = {
  maximumAttempts: 5,
  initialIntervalMs: 1_000,
  backoffCoefficient: 4,
  maximumIntervalMs: 60_000,
  timeoutMs: 30_000,
};

/**
 * Defines a kind of work item: its payload and what it does. What its policy leaves out is as follows: five attempts, with waits of 1,
 * 4, 16 and 60 seconds, of 30 seconds each.
 */
export function defineWorkItem<Payload extends object>({
  policy,
  ...definition
}: Omit<WorkItemDefinition<Payload>, 'policy'> & {
  policy?: Partial<WorkPolicy>;
}): WorkItemDefinition<Payload> {
  return { ...definition, policy: { ...DEFAULT_POLICY, ...policy } };
}

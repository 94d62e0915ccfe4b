import { z } from 'zod';
import type { Db, Trx } from '../database/connect.ts';
import type { Logger } from '../telemetry/logger.ts';
import { prioritySchema, type Fairness } from '../values/priority.ts';
import { dropUndefined } from '../values/drop-undefined.ts';
import { checkOptions, nameOfDeclaration, optionOf } from '../values/check-options.ts';

/** How often an item of a kind is tried, and how long one attempt may take. */
export interface WorkPolicy {
  /** Failed attempts after which the item is dead, until an operator requeues it. */
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

/** One of several items that are processed together, at the first attempt of each. */
export interface WorkInBatch<Payload extends object = object> {
  payload: Payload;
  /** The same for every attempt. */
  workItemId: string;
}

/** One attempt at several items together. */
export type BatchContext = Pick<WorkContext, 'signal' | 'logger'>;

/** The result of an item, for operators and callers. Use ids and numbers rather than personal data. */
export type WorkResult = Record<string, string | number | boolean | null>;

/**
 * A kind of work item, and the function that processes it: `apply` or `perform`. Its return value is stored as the item's result. If it
 * throws, the item is retried according to the policy, or dead immediately for a permanent `WorkError`. A process that only enqueues items,
 * such as the API, needs neither; workers refuse to start without one of them.
 */
export interface WorkItemDefinition<Payload extends object = object, Given extends object = object> {
  /** Stored in each item's row, such as `send-reminder`. Renaming a released kind is a breaking change. */
  kind: string;
  /** One sentence for people. */
  description: string;
  /**
   * Validates the payload when an item is enqueued. The payload is stored as JSON as it was given, and each attempt receives what the schema
   * makes of it. Use ids rather than personal data: payloads are shown to operators, and stored with dead items.
   */
  payload: z.ZodType<Payload, Given>;
  policy: WorkPolicy;
  /** The priority of its items, from 1, which comes first, to 5; 3 by default. An item may be given another. */
  priority?: number;
  /** Returns the key with which an item takes turns with others, such as a tenant's id, and its weight. It must not be personal data. */
  fairness?(payload: Payload): Fairness | undefined;
  /**
   * Processes an item that only changes our own database. Its writes through `trx` and the item's completion are one commit, so it happens
   * once. If it throws, everything is rolled back.
   */
  apply?(trx: Trx, payload: Payload, context: WorkContext): Promise<WorkResult | undefined>;
  /**
   * Processes several items with a few statements, in addition to `apply`. Its writes and the completions of all of them are one commit. Returns
   * a result for each, in their order. If it throws, everything is rolled back, and `apply` processes each item in a transaction of its own: so
   * it need not know which item is at fault. It gets items at their first attempt only, at most 50, and must lock rows in a fixed order,
   * because several batches may be in progress.
   */
  applyAll?(
    trx: Trx,
    items: readonly WorkInBatch<Payload>[],
    context: BatchContext,
  ): Promise<readonly (WorkResult | undefined)[]>;
  /**
   * Processes an item that calls another service, outside of any transaction. It is repeated if its process died before the completion was
   * committed, so it must be safe to repeat.
   */
  perform?(payload: Payload, context: WorkContext & { db: Db }): Promise<WorkResult | undefined>;
}

/** Waits of 1, 4, 16 and 60 seconds: long enough for a lost connection or a held lock. */
const DEFAULT_POLICY: WorkPolicy = {
  maximumAttempts: 5,
  initialIntervalMs: 1_000,
  backoffCoefficient: 4,
  maximumIntervalMs: 60_000,
  timeoutMs: 30_000,
};

/**
 * Defines a kind of work item: its payload and how it is processed. The default policy is five attempts of 30 seconds each, with waits of
 * 1, 4, 16 and 60 seconds.
 * @throws {TypeError} that names each option that is unknown, missing or not valid.
 */
export function defineWorkItem<Payload extends object, Given extends object>(
  declared: Omit<WorkItemDefinition<Payload, Given>, 'policy'> & { policy?: Partial<WorkPolicy> },
): WorkItemDefinition<Payload, Given> {
  const what = nameOfDeclaration('defineWorkItem', declared, 'kind');
  checkOptions(what, declared, {
    kind: optionOf.name,
    description: optionOf.text,
    payload: optionOf.schema,
    policy: optionOf.object.optional(),
    priority: prioritySchema.optional(),
    fairness: optionOf.function.optional(),
    apply: optionOf.function.optional(),
    applyAll: optionOf.function.optional(),
    perform: optionOf.function.optional(),
  });
  const { policy = {}, ...definition } = declared;
  checkOptions(`${what}, policy`, policy, {
    maximumAttempts: optionOf.count.optional(),
    initialIntervalMs: optionOf.waitMs.optional(),
    backoffCoefficient: z.number().min(1, 'must be 1 or more').optional(),
    maximumIntervalMs: optionOf.waitMs.optional(),
    timeoutMs: optionOf.count.optional(),
  });
  return { ...definition, policy: { ...DEFAULT_POLICY, ...dropUndefined(policy) } };
}

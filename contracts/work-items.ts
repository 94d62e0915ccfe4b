import { z } from 'zod';
import { sku } from './bulk.ts';

/** How often an item of a kind is tried, and how long one try may take. */
export interface WorkPolicy {
  /** After so many attempts that failed it is dead, and waits for somebody to requeue it. */
  maximumAttempts: number;
  /** The wait after the n-th attempt is min(initial × coefficient^(n-1), maximum). */
  initialIntervalMs: number;
  backoffCoefficient: number;
  maximumIntervalMs: number;
  /** An attempt that takes longer is given up: it holds a slot, and a connection to the database. */
  timeoutMs: number;
}

interface WorkKindDescription {
  description: string;
  /**
   * Applied at the door, and again before the work, to what it made at the door. Ids rather than personal data: payloads
   * are shown to operators, and kept with dead items.
   */
  payload: z.ZodType<object>;
  policy: WorkPolicy;
}

const adjustStockPayload = z.strictObject({
  sku,
  delta: z
    .int()
    .min(-1_000_000)
    .max(1_000_000)
    .refine((delta) => delta !== 0, 'must not be 0'),
  reason: z.enum(['delivery', 'return', 'loss', 'correction']),
});

const issueInvoicePayload = z.strictObject({ orderId: z.uuid() });

/** What kinds of work there are. activities/work-items has a handler for each. */
export const workKinds = {
  'adjust-stock': {
    description: 'Changes the stock level of a SKU, with a row in the ledger of the stock.',
    payload: adjustStockPayload,
    // Nothing but our own database can fail it.
    policy: {
      maximumAttempts: 5,
      initialIntervalMs: 1_000,
      backoffCoefficient: 4,
      maximumIntervalMs: 60_000,
      timeoutMs: 30_000,
    },
  },
  'issue-invoice': {
    description: 'Makes the invoice of a completed order.',
    payload: issueInvoicePayload,
    // Asked for before the order is completed, it waits for it: 10 s, 30 s, 90 s, up to an hour; six hours in all.
    policy: {
      maximumAttempts: 12,
      initialIntervalMs: 10_000,
      backoffCoefficient: 3,
      maximumIntervalMs: 3_600_000,
      timeoutMs: 30_000,
    },
  },
} as const satisfies Record<string, WorkKindDescription>;

/** The name of a kind of work. */
export type WorkKind = keyof typeof workKinds;

/** Every kind's name. */
export const workKindNames = Object.keys(workKinds) as [WorkKind, ...WorkKind[]];

/** The payload of a kind, once it is checked. */
export type WorkPayload<K extends WorkKind> = z.output<(typeof workKinds)[K]['payload']>;

/** Whether there is such a kind. Another release may know kinds that this one does not. */
export function isWorkKind(name: string): name is WorkKind {
  return Object.hasOwn(workKinds, name);
}

import type { Change, Ledger } from './ledger.ts';

/** What a call led to: its answer, and what it changed. A declined card is one of these, and changes the intent. */
export type Outcome = { status: number; body: object; changes: Change[] };

/** What an endpoint is given. `id` is the one in its URL, or empty; `input` its form or query, not yet looked at. */
export type OperationRequest = { id: string; input: unknown; ledger: Ledger };

/** What is known of the call while it executes. */
export type ExecutionContext = { idempotencyKey: string | null; now: Date };

/**
 * An endpoint in two steps, because Stripe keeps an answer under its idempotency key only from the second on: it
 * checks the parameters, throwing what is wrong with them, and returns what will execute. Neither waits for anything,
 * so two calls never interleave.
 */
export type Operation = (request: OperationRequest) => (context: ExecutionContext) => Outcome;

/** Stripe counts time in seconds. */
export function toUnixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

import type { Client } from '@temporalio/client';

/** For one call of an activity to the engine, or a few in a row: an engine that takes longer is away. */
const CALL_TIMEOUT_MS = 10_000;

/** Runs calls to the engine that fail once they take too long. Without that, an activity would heartbeat and wait indefinitely. */
export function callEngine<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
}

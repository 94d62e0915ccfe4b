import type { Client } from '@temporalio/client';

/** Time limit of an activity's call to the engine, or of a few consecutive calls. */
const CALL_TIMEOUT_MS = 10_000;

/** Runs calls to the engine with a time limit. Without one, an activity would heartbeat and wait indefinitely. */
export function callEngine<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
}

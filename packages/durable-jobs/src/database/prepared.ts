import { AsyncLocalStorage } from 'node:async_hooks';

/** Executions of a text after which it is prepared: one that is used once would only take memory of the server. */
const REPEATED = 3;

/** Most statements that are prepared on a connection. Further ones, such as lists of varying length, are sent as before. */
const MOST_PREPARED = 100;

/** Most texts that are counted before the counts begin again. */
const MOST_COUNTED = 1_000;

const preparing = new AsyncLocalStorage<boolean>();

const counts = new Map<string, number>();
const names = new Map<string, string>();
let lastNumber = 0;

/**
 * Runs work whose statements are repeated often: on the connections that it opens, a text that was executed several times is prepared, so that
 * the server parses and plans it once for each connection rather than each time.
 */
export function withPrepared<T>(work: () => T): T {
  return preparing.run(true, work);
}

/** Whether statements on the connection that is being opened are prepared. */
export function isPreparing(): boolean {
  return preparing.getStore() === true;
}

/** Counts an execution of a text, and returns the name of its prepared statement; undefined if it is not prepared. */
export function statementName(text: string): string | undefined {
  const name = names.get(text);
  if (name !== undefined || names.size >= MOST_PREPARED) return name;
  const count = (counts.get(text) ?? 0) + 1;
  if (count <= REPEATED) {
    if (counts.size >= MOST_COUNTED) counts.clear();
    counts.set(text, count);
    return undefined;
  }
  counts.delete(text);
  names.set(text, `durable_jobs_${++lastNumber}`);
  return names.get(text);
}

/** Forgets the prepared statement of a text, which no longer fits the tables. It is prepared again under another name. */
export function forgetStatement(text: string): void {
  names.delete(text);
}

/**
 * Whether a prepared statement failed because a table has changed so that its result would have other columns. It was not executed; the next
 * execution succeeds.
 */
export function isOutdatedStatement(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error as { code?: unknown }).code === '0A000' &&
    error.message === 'cached plan must not change result type'
  );
}

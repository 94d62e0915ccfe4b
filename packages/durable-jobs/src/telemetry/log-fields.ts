import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields that identify what a log line is about. Every line that is written within {@link withLogFields} contains them. */
export interface LogFields {
  requestId?: string;
  jobId?: string;
  jobType?: string;
  runId?: string;
  activity?: string;
  attempt?: number;
}

const storage = new AsyncLocalStorage<LogFields>();

/** Runs `work`, including everything that it awaits, with these fields in addition to the current ones. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...fields }, work);
}

/**
 * Runs `work` with these fields instead of the current ones, if it is about something else: an entry that the relay starts, for example.
 */
export function withOwnLogFields<T>(fields: LogFields, work: () => T): T {
  return storage.run(fields, work);
}

/** Returns the current fields. */
export function currentLogFields(): LogFields {
  return storage.getStore() ?? {};
}

import { AsyncLocalStorage } from 'node:async_hooks';

/** What says whose a log line is. Every line that is written within {@link withLogFields} carries them. */
export interface LogFields {
  requestId?: string;
  jobId?: string;
  jobType?: string;
  runId?: string;
  activity?: string;
  attempt?: number;
}

const storage = new AsyncLocalStorage<LogFields>();

/** Runs `work`, with all that it awaits, under these fields and those that are set already. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...fields }, work);
}

/** As {@link withLogFields}, of something else than what it is done within: an entry that the relay makes, say. */
export function withOwnLogFields<T>(fields: LogFields, work: () => T): T {
  return storage.run(fields, work);
}

/** The fields that are set here. */
export function currentLogFields(): LogFields {
  return storage.getStore() ?? {};
}

/**
 * The outcome of a start.
 *
 * - `started`: the engine started this run for it, now or at an earlier attempt.
 * - `delivered`: the job's signal reached the open run, or came with the start of a new one.
 * - `exists`: it was not started, as the job had this run already.
 * - `waits`: it is started when this run, which is open, has ended.
 */
export interface StartOutcome {
  kind: 'started' | 'delivered' | 'exists' | 'waits';
  runId: string;
}

/** Whether the engine has what the start meant. */
export function isMade({ kind }: StartOutcome): boolean {
  return kind === 'started' || kind === 'delivered';
}

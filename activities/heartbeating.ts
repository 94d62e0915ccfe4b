import { HEARTBEAT_MS, withHeartbeat } from 'durable-jobs/engine';

/**
 * Returns an activity that sends heartbeats while it runs. Its policy has a heartbeat timeout, so that the attempt of a dead worker is followed
 * by the next one soon.
 */
export function heartbeating<Input, Result>(
  activity: (input: Input) => Promise<Result>,
): (input: Input) => Promise<Result> {
  return (input) => withHeartbeat(HEARTBEAT_MS, () => activity(input));
}

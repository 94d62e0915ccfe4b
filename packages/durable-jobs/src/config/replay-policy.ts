/**
 * What a starting worker does about open jobs that its code does not replay, set by `WORKER_REPLAY`: `refuse` to start while workers with
 * other code run, start with a warning (`warn`), or not check (`off`).
 */
export const replayPolicies = ['refuse', 'warn', 'off'] as const;

/** A value of {@link replayPolicies}. */
export type ReplayPolicy = (typeof replayPolicies)[number];

/**
 * Returns the policy of a worker. In development, code changes all the time, and jobs of yesterday's code must not prevent its reload.
 */
export function replayPolicyOf(config: {
  WORKER_REPLAY?: ReplayPolicy | undefined;
  NODE_ENV: string;
}): ReplayPolicy {
  return config.WORKER_REPLAY ?? (config.NODE_ENV === 'production' ? 'refuse' : 'warn');
}

import type { ScheduleDescription } from '@temporalio/client';

/**
 * Why a due run was never started, contrary to the schedule's policy: `catchup_window` if the engine was unavailable for longer than the
 * catch-up window, `overlap` if an earlier run was open and another one waited, `buffer_full` if too many waited.
 */
export const lossReasons = ['catchup_window', 'overlap', 'buffer_full'] as const;

/** One of {@link lossReasons}. */
export type LossReason = (typeof lossReasons)[number];

/**
 * Returns how many runs a schedule has lost since it was created, by reason. The policy `skip` skips runs while one is open, so none of
 * these is lost. The engine keeps one count for all policies: runs that were skipped before a change from `skip` to another policy count as
 * lost after it.
 */
export function lostRuns({
  policies,
  info,
  raw,
}: Pick<ScheduleDescription, 'policies' | 'info' | 'raw'>): Record<LossReason, number> {
  return {
    catchup_window: info.numActionsMissedCatchupWindow,
    overlap: policies.overlap === 'SKIP' ? 0 : info.numActionsSkippedOverlap,
    buffer_full: Number(raw.info?.bufferDropped ?? 0),
  };
}

/** Returns how many runs a schedule has lost for any reason, see {@link lostRuns}. */
export function countLost(description: Parameters<typeof lostRuns>[0]): number {
  return Object.values(lostRuns(description)).reduce((sum, count) => sum + count, 0);
}

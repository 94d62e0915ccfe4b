import type { Priority } from '@temporalio/common';
import type { Urgency } from '../values/priority.ts';

/** Returns the engine's option for the urgency of a run, which its activities and children inherit; none if it is the default. */
export function priorityOf({ priority, fairnessKey, fairnessWeight }: Urgency): { priority?: Priority } {
  if (priority === null && fairnessKey === null) return {};
  return {
    priority: {
      ...(priority !== null && { priorityKey: priority }),
      ...(fairnessKey !== null && { fairnessKey }),
      ...(fairnessWeight !== null && { fairnessWeight }),
    },
  };
}

/** Returns the urgency of a run as the engine describes it: what is zero or empty is not set. */
export function urgencyOfRun(priority: Priority | undefined): Urgency {
  const { priorityKey, fairnessKey, fairnessWeight } = priority ?? {};
  const key = fairnessKey === undefined || fairnessKey === '' ? null : fairnessKey;
  return {
    priority: priorityKey === undefined || priorityKey === 0 ? null : priorityKey,
    fairnessKey: key,
    // The engine has weights in single precision.
    fairnessWeight:
      key !== null && fairnessWeight ? Number(Math.fround(fairnessWeight).toPrecision(7)) : null,
  };
}

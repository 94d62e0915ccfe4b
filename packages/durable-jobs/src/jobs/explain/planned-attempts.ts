import { waitAfter, type RetryPlan } from '../run/retry.ts';

/** Maximum number shown for a policy with unlimited attempts. */
const MAX_SHOWN = 10;

/**
 * Returns when attempts begin, from number `next` on, given its time and assuming that each fails immediately: their earliest possible
 * times. Ends with the policy's last attempt, at `until`, or after ten.
 */
export function plannedAttempts(
  plan: RetryPlan,
  next: number,
  nextAt: Date,
  until: Date | undefined,
): Date[] {
  const last = plan.maximumAttempts > 0 ? plan.maximumAttempts : Number.POSITIVE_INFINITY;
  const times: Date[] = [];
  let at = nextAt.getTime();
  for (let n = next; n <= last && times.length < MAX_SHOWN; n++) {
    if (until && at > until.getTime()) break;
    times.push(new Date(at));
    at += waitAfter(plan, n);
  }
  return times;
}

import { waitAfter, type RetryPlan } from '../run/retry.ts';

/** Shown at most, of a policy without a last attempt. */
const MAX_SHOWN = 10;

/**
 * When the attempts from number `next` on begin, given when that one does and that each fails at once: the earliest
 * times that they can have. Ends with the policy's last attempt, at `until`, or after ten.
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

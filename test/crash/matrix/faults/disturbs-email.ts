import type { FaultKind } from '../plan.ts';
import type { FeltFault } from './run-faults.ts';

/** The parts of the way from the mail server's acceptance of an email to the commit that records it. */
const onTheWay: readonly string[] = ['worker 1', 'worker 2', 'database', 'mail server'];

/** Faults during which every acceptance that the mail server sent arrives, and its record is committed. */
const harmless: readonly FaultKind[] = ['slow', 'defer'];

/**
 * How long before its acceptance a fault can have ended that still breaks the record of an email, because connections that it left behind
 * are found to be dead, and how long after its acceptance a fault can begin that does, because a busy machine takes time to record it.
 */
const [BEFORE_MS, AFTER_MS] = [10_000, 15_000];

/** Whether a fault came between an email that arrived at this time and the record that it was sent: then it is sent again. */
export function disturbsEmail({ kind, target, from, to }: FeltFault, at: Date): boolean {
  const isOnTheWay = kind === 'freeze owner' || (onTheWay.includes(target) && !harmless.includes(kind));
  return isOnTheWay && from.getTime() - AFTER_MS <= at.getTime() && at.getTime() <= to.getTime() + BEFORE_MS;
}

import type { Fault, FaultKind } from '../plan.ts';

/** The parts of the way from the mail server's acceptance of an email to the commit that records it. */
const onTheWay: readonly string[] = ['worker 1', 'worker 2', 'database', 'mail server'];

/** Faults during which every acceptance that the mail server sent arrives, and its record is committed. */
const harmless: readonly FaultKind[] = ['slow', 'defer'];

/** Whether a fault can come between an email and the record that it was sent: the same email is then sent again. */
export function mayRepeatEmails(faults: readonly Fault[]): boolean {
  return faults.some(
    ({ kind, target }) => kind === 'freeze owner' || (onTheWay.includes(target) && !harmless.includes(kind)),
  );
}

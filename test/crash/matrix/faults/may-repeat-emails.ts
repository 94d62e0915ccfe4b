import type { Fault } from '../plan.ts';

/** The parts of the way from the mail server's acceptance of an email to the commit that records it. */
const onTheWay: readonly string[] = ['worker 1', 'worker 2', 'database', 'mail server'];

/** Whether a fault can come between an email and the record that it was sent: the same email is then sent again. */
export function mayRepeatEmails(faults: readonly Fault[]): boolean {
  return faults.some(({ target }) => onTheWay.includes(target));
}

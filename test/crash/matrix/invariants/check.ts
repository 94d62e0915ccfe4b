import type { Evidence } from '../evidence.ts';
import { checkBulkJobs } from './bulk-jobs.ts';
import { checkCharges } from './charges.ts';
import { checkEmails } from './emails.ts';
import { checkErasures } from './erasures.ts';
import { checkJobs } from './jobs.ts';
import { checkOrders } from './orders.ts';
import { checkRegistrations } from './registrations.ts';
import { checkRest } from './rest.ts';
import { checkWorkItems } from './work-items.ts';

/** Returns how the evidence of a round breaks the promises, one sentence for each violation. */
export function checkInvariants(evidence: Evidence): string[] {
  return [
    checkRegistrations,
    checkOrders,
    checkCharges,
    checkEmails,
    checkErasures,
    checkWorkItems,
    checkBulkJobs,
    checkJobs,
    checkRest,
  ].flatMap((check) => check(evidence));
}

import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const count = z.number().int().nonnegative();
/** Stands for the address, which must not be in a history: its account key, as created by `secrets.accountKey`. */
const recipient = z.string().regex(/^[0-9a-f]{32}$/);

const input = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('daily'), reportId: z.uuid(), recipient }),
  z.strictObject({
    kind: z.literal('maintenance'),
    /** The maintenance. Its report is not stored, so the rest of the input is its content. */
    reportId: z.uuid(),
    recipient,
    startedAt: z.iso.datetime(),
    analyzed: z.array(z.string()),
    archived: z.strictObject({ paymentAttempts: count }),
    pruned: z.strictObject({
      archivedPaymentAttempts: count,
      reconciliations: count,
      resolvedFindings: count,
      mirroredPayments: count,
    }),
    checks: z.strictObject({ orders: count, found: count, resolved: count, open: count }),
  }),
]);

/** The report, and the recipient of this copy. */
export type MailReportInput = z.infer<typeof input>;

/** The outcome of the copy. */
export interface MailReportResult {
  /** `not_a_recipient`: the address was removed from the configuration before its mail server accepted the report. */
  outcome: 'sent' | 'not_a_recipient';
}

/**
 * Mails one recipient's copy of a report. Each recipient has a separate job, so that a mailbox that refuses its copy for days delays
 * neither the other copies nor the next report.
 */
export const mailReport = defineWorkflow({
  type: 'mailReport',
  description: 'Mails a report to one of its recipients.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: ({ kind, reportId, recipient: key }) => `${kind}:${reportId}:${key}`,
  summary: ({ kind, reportId }) => `Copy of the ${kind} report ${reportId}`,
  // A copy that was sent is not sent again, so another run does no harm.
  startPolicy: 'in-turn',
});

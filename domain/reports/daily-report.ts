import { z } from 'zod';

const count = z.number().int().min(0);

/** Counts of one local day. */
const trendDay = z.object({
  /** `YYYY-MM-DD` */
  day: z.string(),
  registrations: count,
  /** Orders that were placed. */
  orders: count,
  emailsSent: count,
  /** Attempts to charge that failed or were declined. */
  paymentFailures: count,
  /** By currency: the amount taken minus the amount refunded, in minor units. A currency without either is absent. */
  revenue: z.record(z.string(), z.number().int()),
});

/** The figures of a daily report, as they are stored and as `GET /api/reports/:id` returns them. */
export const dailyReportData = z.object({
  /** `YYYY-MM-DD` in `timeZone`. */
  day: z.string(),
  timeZone: z.string(),
  /** The first instant of the day, ISO 8601. */
  from: z.string(),
  /** The first instant of the next day. */
  to: z.string(),
  registrations: count,
  emails: z.array(
    z.object({
      template: z.string(),
      /** Accepted by the mail server that day. */
      sent: count,
      /** First attempted that day and refused permanently. */
      refused: count,
      /** First attempted that day and not sent when the report was compiled. */
      waiting: count,
    }),
  ),
  orders: z.object({
    placed: count,
    /** The orders placed that day, by their status when the report was compiled. */
    byStatus: z.array(z.object({ status: z.string(), count })),
  }),
  revenue: z.array(
    z.object({
      /** Three capital letters. */
      currency: z.string(),
      /** Orders that were paid that day. */
      paidOrders: count,
      takenMinor: z.number().int(),
      refundedMinor: z.number().int(),
      netMinor: z.number().int(),
    }),
  ),
  payments: z.object({
    /** Attempts to charge that began that day. */
    attempts: count,
    succeeded: count,
    declined: count,
    /** Attempts that the payment provider did not respond to, or refused. */
    failed: count,
    /** Attempts without an end: still in progress, or their worker died. */
    unfinished: count,
    /** Attempts that were not the first one with their card. */
    retries: count,
  }),
  slowest: z.array(
    z.object({
      /** `order`: from placed to paid. `email`: from the first attempt to sent. */
      kind: z.enum(['order', 'email']),
      /** The job's id for an order, the email's key for an email. */
      id: z.string(),
      durationMs: z.number().min(0),
      /** ISO 8601 */
      endedAt: z.string(),
    }),
  ),
  /** Oldest first; the last one is the report's own day. */
  trend: z.array(trendDay),
});

/** The figures of a daily report. */
export type DailyReportData = z.infer<typeof dailyReportData>;

/** Returns the number of charge attempts that did not take the money. */
export function paymentFailures({ payments }: Pick<DailyReportData, 'payments'>): number {
  return payments.failed + payments.declined;
}

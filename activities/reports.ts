import { createHash } from 'node:crypto';
import { ApplicationFailure, cancellationSignal, log } from '@temporalio/activity';
import { failureTypes } from '../contracts/errors.ts';
import type { MailReportResult } from '../contracts/jobs/mail-report.ts';
import type { RefreshStatisticsResult } from '../contracts/jobs/refresh-statistics.ts';
import type { Db } from '../domain/database/schema.ts';
import { type Mailer, MailError } from 'durable-jobs/mail';
import { reportEmailKey } from '../domain/mail/email-keys.ts';
import { sendForJob, sendOnce } from 'durable-jobs/emails';
import { compileDailyReport } from '../domain/reports/compile-daily-report.ts';
import { addDays, dayBounds, localDay } from '../domain/reports/local-day.ts';
import { dailyReportEmail } from '../domain/reports/report-email.ts';
import { daysWithoutReport, findDailyReport, storeDailyReport } from '../domain/reports/reports.ts';
import { refreshStatistics } from '../domain/reports/statistics.ts';
import { accountKey } from '../domain/accounts/derived-secrets.ts';
import type { Secrets } from 'durable-jobs/process';
import { HEARTBEAT_MS, withHeartbeat } from 'durable-jobs/engine';
import { heartbeating } from './heartbeating.ts';

/** Dependencies of the report activities. */
export interface ReportDeps {
  db: Db;
  mailer: Mailer;
  secrets: Secrets;
  /** Where links in emails lead, without a trailing slash. */
  publicUrl: string;
  /** IANA time zone of the reported days. */
  reportTimeZone: string;
  /** Recipients of the daily report. */
  reportRecipients: readonly string[];
}

/** The report activities, as workflows call them. */
export type ReportActivities = ReturnType<typeof createReportActivities>;

/** How far back a scheduled run looks for days that have no report: no outage or pause of the schedule is expected to last longer. */
const CATCH_UP_DAYS = 31;

/** Creates the activities of reports and statistics. */
export function createReportActivities(deps: ReportDeps) {
  return {
    /**
     * Computes the figures of a day and stores them in one transaction: of the given day, or of the day before that of `before`, an ISO
     * 8601 time. A repeat is safe: there is one report for each day, and a repeat updates it.
     * @throws ApplicationFailure `ReportDayNotOver` if the day is not over yet, which a retry cannot resolve.
     */
    async compileDailyReport(
      input: { day: string } | { before: string },
    ): Promise<{ reportId: string; day: string }> {
      const timeZone = deps.reportTimeZone;
      const day = 'day' in input ? input.day : addDays(localDay(new Date(input.before), timeZone), -1);
      if (dayBounds(day, timeZone).to.getTime() > Date.now()) {
        throw ApplicationFailure.nonRetryable(
          `the day ${day} has not ended yet in ${timeZone}`,
          failureTypes.reportDayNotOver,
        );
      }
      const report = await withHeartbeat(HEARTBEAT_MS, () =>
        deps.db
          .transaction()
          .setIsolationLevel('repeatable read')
          .execute(async (trx) => storeDailyReport(trx, await compileDailyReport(trx, day, timeZone))),
      );
      return { reportId: report.id, day };
    },

    /**
     * Returns the days before `before` that have no report although an earlier day has one, oldest first. It changes nothing. Days before
     * the first report are not included: the service was not in use yet.
     */
    findDaysWithoutReport({ before }: { before: string }): Promise<string[]> {
      return daysWithoutReport(deps.db, { from: addDays(before, -CATCH_UP_DAYS), before });
    },

    /** Returns the account keys of the report's recipients. It changes nothing. */
    listReportRecipients(): Promise<string[]> {
      const keys = deps.reportRecipients.map((address) => accountKey(deps.secrets, address));
      return Promise.resolve([...new Set(keys)]);
    },

    /**
     * Mails one recipient's copy of a stored report, with its current content. Key: the report and a hash of the address; a repeat does not
     * send it again.
     * @throws ApplicationFailure `MailUnavailable`, which is retried; `MailRejected`; `ReportNotFound`.
     */
    mailDailyReportTo: heartbeating(
      async ({
        reportId,
        recipient: key,
      }: {
        reportId: string;
        recipient: string;
      }): Promise<MailReportResult> => {
        const recipient = deps.reportRecipients.find((address) => accountKey(deps.secrets, address) === key);
        if (recipient === undefined) return { outcome: 'not_a_recipient' };
        const report = await findDailyReport(deps.db, reportId);
        if (!report)
          throw ApplicationFailure.nonRetryable(
            `the report ${reportId} does not exist`,
            failureTypes.reportNotFound,
          );
        await sendForJob(deps.db, deps.mailer, {
          ...dailyReportEmail(report, deps.publicUrl),
          key: reportEmailKey(reportId, hashOf(recipient)),
          userId: null,
          recipient,
        });
        return { outcome: 'sent' };
      },
    ),

    /**
     * Mails a stored report to every recipient, for runs that began before each copy was a job. Key: the report and a hash of the address;
     * a repeat sends it to those who do not have it yet. A recipient whose mail server refuses it permanently does not prevent the other
     * copies.
     * @throws ApplicationFailure `MailUnavailable` (retried) if some recipients could not be reached, after all were tried;
     * `ReportNotFound`.
     */
    mailDailyReport: heartbeating(
      async ({ reportId }: { reportId: string }): Promise<{ sent: number; refused: number }> => {
        const report = await findDailyReport(deps.db, reportId);
        if (!report)
          throw ApplicationFailure.nonRetryable(
            `the report ${reportId} does not exist`,
            failureTypes.reportNotFound,
          );
        const email = dailyReportEmail(report, deps.publicUrl);
        const sendings = await Promise.allSettled(
          deps.reportRecipients.map((recipient) =>
            sendOnce(deps.db, deps.mailer, {
              ...email,
              key: reportEmailKey(reportId, hashOf(recipient)),
              userId: null,
              recipient,
            }),
          ),
        );
        // All of them have ended: none continues while the next attempt begins.
        const errors = sendings.flatMap((sending): unknown[] =>
          sending.status === 'rejected' ? [sending.reason] : [],
        );
        for (const error of errors) {
          if (!(error instanceof MailError)) throw error;
          if (!error.permanent)
            throw ApplicationFailure.retryable(error.message, failureTypes.mailUnavailable);
        }
        if (errors.length > 0)
          log.warn('the mail server refused a recipient of the daily report', {
            reportId,
            recipients: errors.length,
          });
        return { sent: sendings.length - errors.length, refused: errors.length };
      },
    ),

    /**
     * Refreshes the statistics, unless they were already refreshed at `dueAt`, an ISO 8601 time, or later. A repeat is safe: it refreshes
     * them again. If the attempt is cancelled, PostgreSQL cancels the refresh.
     */
    async refreshStatisticsView({ dueAt }: { dueAt: string }): Promise<RefreshStatisticsResult> {
      const result = await withHeartbeat(HEARTBEAT_MS, () =>
        refreshStatistics(deps.db, new Date(dueAt), cancellationSignal()),
      );
      return {
        refreshedAt: result.refreshedAt.toISOString(),
        outcome: result.refreshed ? 'refreshed' : 'fresh',
      };
    },
  };
}

/** Returns what stands for an address in a key: keys are visible in Message-IDs and logs. */
function hashOf(address: string): string {
  return createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, 16);
}

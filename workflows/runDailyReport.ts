import { patched, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ReportActivities } from '../activities/reports.ts';
import type { RunDailyReportInput, RunDailyReportResult } from '../contracts/jobs/run-daily-report.ts';
import { databaseOptions, nominalTime, proxyCountedActivities, startWhenMeant } from 'durable-jobs/workflow';
import { compileReportOptions, emailOptions } from './policies.ts';
import { startMailings } from './start-mailings.ts';

const { compileDailyReport } = proxyActivities<ReportActivities>(compileReportOptions);
const { mailDailyReport } = proxyCountedActivities<ReportActivities>(emailOptions);
const { findDaysWithoutReport, listReportRecipients } = proxyActivities<ReportActivities>(databaseOptions);

/**
 * Stores the report on a day and starts a job for each copy to mail. Without a given day, it also stores and mails the reports that are
 * missing before that day, whatever the result of their own runs.
 */
export async function runDailyReport(input: RunDailyReportInput): Promise<RunDailyReportResult> {
  await startWhenMeant();
  setCurrentDetails(`Computing the figures for ${input.day ?? 'the previous day'}.`);
  const { reportId, day } = await compileDailyReport(
    input.day === undefined ? { before: nominalTime().toISOString() } : { day: input.day },
  );
  if (!patched('copies-are-jobs')) return mailAll(reportId, day);

  const recipients = await listReportRecipients();
  const startCopies = (id: string) =>
    startMailings(recipients.map((recipient) => ({ kind: 'daily', reportId: id, recipient })));
  const mailings = await startCopies(reportId);
  const caughtUp: string[] = [];
  if (input.day === undefined) {
    // Its own day comes first: a report that cannot be compiled must not delay the newest one.
    for (const missing of await findDaysWithoutReport({ before: day })) {
      setCurrentDetails(`The report for ${day} is stored. Computing the missing report for ${missing}.`);
      const late = await compileDailyReport({ day: missing });
      mailings.push(...(await startCopies(late.reportId)));
      caughtUp.push(missing);
    }
  }
  setCurrentDetails(
    `The report for ${day} is stored; reports stored for earlier days: ${caughtUp.length}; copies to mail, each with its own job: ${mailings.length}.`,
  );
  return { reportId, day, caughtUp, mailings };
}

/** For runs of the first releases: one step mailed every copy, and one mailbox could keep the run open for days. */
async function mailAll(reportId: string, day: string): Promise<RunDailyReportResult> {
  setCurrentDetails(`The report for ${day} is stored. Mailing it.`);
  const { sent, refused } = await mailDailyReport({ reportId });
  setCurrentDetails(`The report for ${day} is stored; copies sent: ${sent}, refused: ${refused}.`);
  return { reportId, day, sent, refused };
}

import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { ReportActivities } from '../activities/reports.ts';
import type { RunDailyReportInput, RunDailyReportResult } from '../contracts/jobs/run-daily-report.ts';
import { proxyCountedActivities } from './counted-activities.ts';
import { nominalTime } from './nominal-time.ts';
import { startWhenMeant } from './operator-wait.ts';
import { compileReportOptions, emailOptions } from './policies.ts';

const { compileDailyReport } = proxyActivities<ReportActivities>(compileReportOptions);
const { mailDailyReport } = proxyCountedActivities<ReportActivities>(emailOptions);

/** Makes the report on a day and mails it. */
export async function runDailyReport(input: RunDailyReportInput): Promise<RunDailyReportResult> {
  await startWhenMeant();
  setCurrentDetails(`Adding up the figures of ${input.day ?? 'the previous day'}.`);
  const { reportId, day } = await compileDailyReport(
    input.day === undefined ? { before: nominalTime().toISOString() } : { day: input.day },
  );
  setCurrentDetails(`The report on ${day} is stored. Mailing it.`);
  const { sent, refused } = await mailDailyReport({ reportId });
  setCurrentDetails(
    `The report on ${day} is stored; recipients that have it: ${sent}, that refused it: ${refused}.`,
  );
  return { reportId, day, sent, refused };
}

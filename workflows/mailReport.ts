import { setCurrentDetails } from '@temporalio/workflow';
import type { MaintenanceActivities } from '../activities/maintenance.ts';
import type { ReportActivities } from '../activities/reports.ts';
import type { MailReportInput, MailReportResult } from '../contracts/jobs/mail-report.ts';
import { proxyCountedActivities } from 'durable-jobs/workflow';
import { emailOptions } from './policies.ts';

const { mailDailyReportTo } = proxyCountedActivities<ReportActivities>(emailOptions);
const { mailMaintenanceReportTo } = proxyCountedActivities<MaintenanceActivities>(emailOptions);

/** Mails one recipient's copy of a report. */
export async function mailReport(input: MailReportInput): Promise<MailReportResult> {
  setCurrentDetails('Mailing the report.');
  const result =
    input.kind === 'daily' ? await mailDailyReportTo(input) : await mailMaintenanceReportTo(input);
  setCurrentDetails(
    result.outcome === 'sent'
      ? 'The mail server accepted the report.'
      : 'Not mailed: the address is no longer a recipient.',
  );
  return result;
}

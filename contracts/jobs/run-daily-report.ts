import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z
  .strictObject({
    /** `YYYY-MM-DD`, a day of `TIME_ZONE` that is over. Without it: the day before the one of the run. */
    day: z.iso.date().optional(),
  })
  .meta({ examples: [{ day: '2026-03-01' }] });

/** Which day to report on. */
export type RunDailyReportInput = z.infer<typeof input>;

/** The report that was made. */
export interface RunDailyReportResult {
  /** Our row in `reports`. */
  reportId: string;
  /** `YYYY-MM-DD` */
  day: string;
  /** Earlier days that had no report and got one in this run, `YYYY-MM-DD`. */
  caughtUp?: string[];
  /** Ids of the jobs that mail the copies, one for each report and recipient. */
  mailings?: string[];
  /** Of runs of releases that mailed all copies themselves: recipients whose mail server had accepted the report. */
  sent?: number;
  /** As `sent`: recipients whose mail server had refused it permanently. */
  refused?: number;
}

/**
 * Reports on a day. Running it again brings the day's one report up to date, and mails it to nobody a second time.
 */
export const runDailyReport = defineWorkflow({
  type: 'runDailyReport',
  description: 'Creates the report for a day, by default the previous day, and starts the jobs that mail it.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: ({ day }) => day ?? 'previous-day',
  summary: ({ day }) => `Daily report for ${day ?? 'the previous day'}`,
  startPolicy: 'in-turn',
  schedulable: true,
});

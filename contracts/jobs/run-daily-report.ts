import { z } from 'zod';
import { defineWorkflow } from 'durable-jobs/define';
import { taskQueues } from '../names.ts';

const input = z
  .strictObject({
    /** A past day of `TIME_ZONE`, `YYYY-MM-DD`. By default, the day before the run's. */
    day: z.iso.date().optional(),
  })
  .meta({ examples: [{ day: '2026-03-01' }] });

/** The day to report on. */
export type RunDailyReportInput = z.infer<typeof input>;

/** The report that was made. */
export interface RunDailyReportResult {
  /** Id of the row in `reports`. */
  reportId: string;
  /** `YYYY-MM-DD` */
  day: string;
  /** Earlier days without a report that were reported in this run, `YYYY-MM-DD`. */
  caughtUp?: string[];
  /** Ids of the jobs that mail the copies, one for each report and recipient. */
  mailings?: string[];
  /** Set by releases whose runs mailed all copies themselves: recipients whose mail server accepted the report. */
  sent?: number;
  /** Like `sent`: recipients whose mail server refused it permanently. */
  refused?: number;
}

/** Reports on a day. Another run updates the report of the day, and does not mail it again to anyone. */
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

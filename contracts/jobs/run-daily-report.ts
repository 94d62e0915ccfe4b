import { z } from 'zod';
import { defineJob } from '../define-job.ts';
import { taskQueues } from '../names.ts';

const input = z.strictObject({
  /** `YYYY-MM-DD`, a day of `TIME_ZONE` that is over. Without it: the day before the one of the run. */
  day: z.iso.date().optional(),
});

/** Which day to report on. */
export type RunDailyReportInput = z.infer<typeof input>;

/** The report that was made. */
export interface RunDailyReportResult {
  /** Our row in `reports`. */
  reportId: string;
  /** `YYYY-MM-DD` */
  day: string;
  /** Recipients whose mail server has taken the report, now or in an earlier run. */
  sent: number;
  /** Recipients whose mail server refused it for good. */
  refused: number;
}

/**
 * Reports on a day. Running it again brings the day's one report up to date, and mails it to nobody a second time.
 */
export const runDailyReport = defineJob({
  type: 'runDailyReport',
  description: 'Makes the report on a day, by default the previous one, and mails it.',
  input,
  taskQueue: taskQueues.jobs,
  businessKey: ({ day }) => day ?? 'previous-day',
  summary: ({ day }) => `Daily report on ${day ?? 'the previous day'}`,
  startPolicy: 'in-turn',
  schedulable: true,
});

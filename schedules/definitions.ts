import { jobs } from '../contracts/catalogue.ts';
import { deleteExpired } from '../contracts/jobs/delete-expired.ts';
import { refreshStatistics } from '../contracts/jobs/refresh-statistics.ts';
import { runDailyReport } from '../contracts/jobs/run-daily-report.ts';
import { runMaintenance } from '../contracts/jobs/run-maintenance.ts';
import { syncPayments } from '../contracts/jobs/sync-payments.ts';
import { bulkProcessSchedule } from '../domain/process-bulk-schedule.ts';
import {
  defineSchedule,
  scheduleDefinition,
  type ScheduleDefinition,
  type ScheduleInput,
} from 'durable-jobs/schedules';

/** Returns the recurring jobs of the service, at the local times of a time zone. */
const declared = (timeZone: string): ScheduleInput[] => [
  defineSchedule({
    id: 'daily-report',
    job: runDailyReport,
    cron: '0 2 * * *',
    timeZone,
    // Every day has its own report: no run waits for another one, and none is skipped because another one is running.
    overlap: 'allow_all',
    catchupWindow: '7d',
    note: "The previous day's figures, stored and mailed.",
  }),
  defineSchedule({
    id: 'refresh-cache',
    job: refreshStatistics,
    every: '30m',
    note: 'Refreshes the statistics that GET /api/stats serves.',
  }),
  defineSchedule({
    id: 'hourly-sync',
    job: syncPayments,
    every: '1h',
    note: 'Compares orders with the payment provider, repairs what is safe to repair and reports the rest.',
  }),
  defineSchedule({
    id: 'cleanup-expired',
    job: deleteExpired,
    every: '1h',
    note: 'Deletes expired reset requests, idempotency keys and other rows that are no longer needed.',
  }),
  defineSchedule({
    id: 'weekly-maintenance',
    job: runMaintenance,
    cron: '0 9 * * 1',
    timeZone,
    // Once is sufficient, however many runs were missed.
    overlap: 'skip',
    catchupWindow: '7d',
    note: 'Analyzes tables, archives and prunes old rows, checks invariants and mails the findings.',
  }),
  bulkProcessSchedule(timeZone),
];

/**
 * Returns the validated schedules: each names a job that may be scheduled, with an input that the job accepts.
 * @throws {ZodError} that names the invalid fields of the first schedule that is not valid.
 */
export function loadDefinitions(timeZone: string): ScheduleDefinition[] {
  const schema = scheduleDefinition(jobs);
  return declared(timeZone).map((input) => schema.parse(input));
}

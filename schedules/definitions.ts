import { bulkProcessSchedule } from '../domain/process-bulk-schedule.ts';
import {
  scheduleDefinition,
  type ScheduleDefinition,
  type ScheduleInput,
} from '../packages/durable-jobs/src/schedules/definition.ts';

/** The recurring jobs of the service, at the local times of a time zone. */
const declared = (timeZone: string): ScheduleInput[] => [
  {
    id: 'daily-report',
    job: 'runDailyReport',
    cron: '0 2 * * *',
    timeZone,
    // Every day gets its report: no run waits for another one, and none is skipped because another one goes on.
    overlap: 'allow_all',
    catchupWindow: '7d',
    note: "The previous day's figures, stored and mailed.",
  },
  {
    id: 'refresh-cache',
    job: 'refreshStatistics',
    every: '30m',
    note: 'Refreshes what GET /api/stats serves.',
  },
  {
    id: 'hourly-sync',
    job: 'syncPayments',
    every: '1h',
    note: 'Compares the orders with the payment provider, repairs what is safe and reports the rest.',
  },
  {
    id: 'cleanup-expired',
    job: 'deleteExpired',
    every: '1h',
    note: 'Deletes expired reset requests, idempotency keys and other rows that nothing needs.',
  },
  {
    id: 'weekly-maintenance',
    job: 'runMaintenance',
    cron: '0 9 * * 1',
    timeZone,
    // Once is enough, however many were missed.
    overlap: 'skip',
    catchupWindow: '7d',
    note: 'Analyses tables, archives and prunes old rows, checks invariants and mails what it found.',
  },
  bulkProcessSchedule(timeZone),
];

/**
 * The declared schedules, checked: each names a job that may be scheduled, with an input that the job takes.
 * @throws {ZodError} that names the wrong fields of the first one which is not.
 */
export function loadDefinitions(timeZone: string): ScheduleDefinition[] {
  return declared(timeZone).map((input) => scheduleDefinition.parse(input));
}

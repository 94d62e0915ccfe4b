import { startBulkJob } from 'durable-jobs/bulk';
import { defineSchedule, type ScheduleInput } from 'durable-jobs/schedules';

/** The daily bulk processing. It is not declared with the other schedules because `POST /api/process-bulk` creates it, too. */
export function bulkProcessSchedule(timeZone: string): ScheduleInput {
  return defineSchedule({
    id: 'bulk-process',
    job: startBulkJob,
    input: { task: 'reprice-orders', query: 'open-orders' },
    cron: '30 4 * * *',
    timeZone,
    note: 'Brings the prices of open orders in line with the product table.',
  });
}

import { startBulkJob } from 'durable-jobs/bulk';
import { defineSchedule, type ScheduleInput } from 'durable-jobs/schedules';

/**
 * The daily bulk processing. It stands here and not with the others because `POST /api/process-bulk` makes it too.
 */
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

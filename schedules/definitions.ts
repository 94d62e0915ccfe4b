import {
  scheduleDefinition,
  type ScheduleDefinition,
  type ScheduleInput,
} from '../platform/schedules/definition.ts';

/** The recurring jobs of the service, at the local times of a time zone. */
const declared = (timeZone: string): ScheduleInput[] => [
  {
    id: 'daily-report',
    job: 'runDailyReport',
    cron: '0 2 * * *',
    timeZone,
    // A report that could not be made is worth a look before the next one hides it, but not worth stopping for.
    overlap: 'buffer_one',
    catchupWindow: '7d',
    note: "The previous day's figures, stored and mailed.",
  },
  {
    id: 'refresh-cache',
    job: 'refreshStatistics',
    every: '30m',
    note: 'Refreshes what GET /api/stats serves.',
  },
];

/**
 * The declared schedules, checked: each names a job that may be scheduled, with an input that the job takes.
 * @throws {ZodError} that names the wrong fields of the first one which is not.
 */
export function loadDefinitions(timeZone: string): ScheduleDefinition[] {
  return declared(timeZone).map((input) => scheduleDefinition.parse(input));
}

import { writeDuration } from '../values/duration.ts';
import type { ScheduleDefinition } from './definition.ts';
import type { StoredSchedule } from './temporal.ts';

/** Returns a schedule's fields as people write them, see scheduleFields: a PATCH accepts what a GET returns. */
export function presentFields(schedule: ScheduleDefinition | StoredSchedule) {
  const { timing } = schedule;
  return {
    id: schedule.id,
    job: schedule.job,
    input: schedule.input,
    ...(timing?.kind === 'cron' && { cron: timing.cron }),
    ...(timing?.kind === 'calendar' && { calendar: timing.calendar }),
    ...(timing?.kind === 'every' && { every: writeDuration(timing.everyMs) }),
    timeZone: schedule.timeZone,
    jitter: writeDuration(schedule.jitterMs),
    overlap: schedule.overlap,
    catchupWindow: writeDuration(schedule.catchupWindowMs),
    pauseOnFailure: schedule.pauseOnFailure,
    note: schedule.note,
  };
}

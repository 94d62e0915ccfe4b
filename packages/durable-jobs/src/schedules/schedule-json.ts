import type { Client } from '@temporalio/client';
import type { ApiConfig } from '../config/config.ts';
import { scheduleUrl } from '../engine/web-ui.ts';
import { linkTo } from '../http/mount.ts';
import { linkToJob } from '../jobs/link-to-job.ts';
import { formatLocal } from '../values/time-zone.ts';
import { lintSchedule } from './lint.ts';
import { presentFields } from './present.ts';
import type { ScheduleState } from './scheduler.ts';

/** A schedule as JSON. */
export type ScheduleView = ReturnType<typeof presentSchedule>;

/** A schedule as JSON, with what it did and will do. */
export function presentSchedule(
  deps: { temporal: Client; config: Pick<ApiConfig, 'TEMPORAL_UI_URL'> },
  schedule: ScheduleState,
) {
  const { namespace } = deps.temporal.options;
  return {
    ...presentFields(schedule),
    owner: schedule.owner,
    unreadable: schedule.encryption === 'unreadable',
    paused: schedule.paused,
    stateNote: schedule.stateNote,
    nextRuns: schedule.nextRuns.map((at) => presentRun(schedule.timeZone, Date.parse(at))),
    recentRuns: schedule.recentRuns.map((run) => ({
      ...run,
      links: { job: linkToJob(run.jobId) },
    })),
    counts: schedule.counts,
    createdAt: schedule.createdAt,
    warnings: lintSchedule(schedule, Date.now()),
    links: {
      self: linkTo(`/api/schedules/${schedule.id}`),
      ui: scheduleUrl({ uiUrl: deps.config.TEMPORAL_UI_URL, namespace }, schedule.id),
    },
  };
}

/** The time of a run, in UTC and in the schedule's time zone. */
export function presentRun(timeZone: string, atMs: number): { utc: string; local: string } {
  return { utc: new Date(atMs).toISOString(), local: formatLocal(timeZone, atMs) };
}

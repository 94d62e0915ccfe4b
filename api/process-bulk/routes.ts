import { bulkProcessSchedule } from '../../domain/process-bulk-schedule.ts';
import {
  createScheduler,
  inScheduleTurn,
  scheduleDefinition,
  ScheduleTakenError,
} from 'durable-jobs/schedules';
import type { AppDeps } from '../deps.ts';
import { linkTo, Routes, scheduleCallTimeoutMs } from 'durable-jobs/http';

/** `POST /api/process-bulk`: creates or updates the schedule of the daily bulk processing. Items are uploaded to `/api/bulk-jobs`. */
export function processBulkRoutes(deps: AppDeps): Routes {
  const routes = new Routes('/api/process-bulk');
  const scheduler = createScheduler(deps.temporal, deps.logger);
  routes.post('/', 'operator', async (_request, response) => {
    const definition = scheduleDefinition(deps.jobs).parse(bulkProcessSchedule(deps.config.TIME_ZONE));
    const schedule = await inScheduleTurn(deps, definition.id, () =>
      deps.temporal.withDeadline(Date.now() + scheduleCallTimeoutMs, async () => {
        try {
          await scheduler.create(definition, 'declared');
        } catch (error) {
          if (!(error instanceof ScheduleTakenError)) throw error;
          await scheduler.update(definition, 'declared');
        }
        return scheduler.get(definition.id);
      }),
    );
    response.json({
      scheduleId: schedule.id,
      paused: schedule.paused,
      nextRun: schedule.nextRuns[0] ?? null,
      links: { schedule: linkTo(`/api/schedules/${schedule.id}`) },
    });
  });
  return routes;
}

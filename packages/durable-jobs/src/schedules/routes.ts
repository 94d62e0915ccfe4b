import type { JobRegistry } from '../jobs/registry.ts';
import type { Client } from '@temporalio/client';
import type { z } from 'zod';
import { scheduleDefinition, type ScheduleDefinition } from './definition.ts';
import { lintSchedule } from './lint.ts';
import { nextRuns } from './next-runs.ts';
import { presentFields } from './present.ts';
import { scheduleListPage, schedulePage } from './pages.ts';
import { presentRun, presentSchedule, type ScheduleView } from './schedule-json.ts';
import {
  createScheduler,
  ScheduleTakenError,
  UnknownScheduleError,
  type ScheduleState,
} from './scheduler.ts';
import { findBackfillConflict } from './backfill-conflict.ts';
import { NotTriggeredError } from './trigger.ts';
import type { ScheduleTurn } from './turn.ts';
import { TimingError, toTiming, type Timing } from './timing.ts';
import { Routes } from '../http/routing/routes.ts';
import { inScheduleTurn } from './request-turn.ts';
import { scheduleCallTimeoutMs } from '../http/timeouts.ts';
import { pageQuery, toCursor, type Page } from '../http/paging.ts';
import { sendJsonOrPage } from '../http/pages.ts';
import { notFound, Problem } from '../http/problem.ts';
import {
  backfillBody,
  previewBody,
  schedulePatchBody,
  schedulePathParams,
  stateChangeBody,
  triggerBody,
} from './schemas.ts';
import { parseBody, parseParams, parseQuery, parseValue } from '../http/validate.ts';
import type { Db } from '../database/connect.ts';
import type { ApiConfig } from '../config/config.ts';
import type { Logger } from '../telemetry/logger.ts';
import { dropUndefined } from '../values/drop-undefined.ts';
import { linkTo } from '../http/mount.ts';

/** Dependencies of the routes of schedules. */
export interface ScheduleRoutesDeps {
  db: Db;
  temporal: Client;
  jobs: JobRegistry;
  config: Pick<ApiConfig, 'TEMPORAL_UI_URL'>;
  logger: Logger;
}

/** The engine queues all runs of a backfill at once; a larger backfill is probably a mistake. */
const MAX_BACKFILLED_RUNS = 1_000;

/** Returns the routes of schedules, which were created over REST or declared in code. */
export function scheduleRoutes(deps: ScheduleRoutesDeps): Routes {
  const routes = new Routes('/api/schedules');
  const scheduler = createScheduler(deps.temporal, deps.logger);
  const definitionBody = scheduleDefinition(deps.jobs);

  const bounded = <T>(call: () => Promise<T>): Promise<T> =>
    deps.temporal.withDeadline(Date.now() + scheduleCallTimeoutMs, async () => {
      try {
        return await call();
      } catch (error) {
        if (error instanceof UnknownScheduleError) throw notFound(`schedule ${error.message}`);
        if (error instanceof ScheduleTakenError) {
          throw new Problem('scheduleTaken', `The schedule ${error.message} already exists.`);
        }
        throw error;
      }
    });
  /** Acts on a schedule in its turn, and reads it again, so that the engine has processed the action. */
  const acting = async <T>(id: string, act: (turn: ScheduleTurn) => Promise<T>): Promise<T> => {
    // Without this, ids of schedules that do not exist would leave rows.
    await bounded(() => scheduler.get(id));
    try {
      return await inScheduleTurn(deps, id, (turn) => bounded(() => act(turn)));
    } catch (error) {
      if (error instanceof NotTriggeredError) throw new Problem('scheduleNotTriggered', error.message);
      throw error;
    }
  };
  const view = (id: string) => bounded(async () => presentSchedule(deps, await scheduler.get(id)));

  routes.get('/', 'viewer', async (request, response) => {
    const { limit, cursor = '' } = parseQuery(request, pageQuery);
    const page = await bounded(async (): Promise<Page<ScheduleView>> => {
      const ids = (await scheduler.listIds()).filter((id) => id > cursor);
      // A schedule may have been deleted since it was listed.
      const found = await Promise.all(
        ids.slice(0, limit).map((id) =>
          scheduler.get(id).catch((error: unknown) => {
            if (error instanceof UnknownScheduleError) return undefined;
            throw error;
          }),
        ),
      );
      return {
        items: found.flatMap((schedule) => (schedule ? [presentSchedule(deps, schedule)] : [])),
        nextCursor: ids.length > limit ? toCursor(ids[limit - 1] ?? '') : null,
      };
    });
    sendJsonOrPage(request, response, {
      json: page,
      page: (query) => scheduleListPage(query, page),
    });
  });

  routes.post('/', 'operator', async (request, response) => {
    const definition = parseBody(request, definitionBody);
    refuseWhatNeverRuns(definition);
    await bounded(() => scheduler.create(definition));
    response
      .status(201)
      .location(linkTo(`/api/schedules/${definition.id}`))
      .json(await view(definition.id));
  });

  // It computes, and changes nothing.
  routes.post('/preview', 'viewer', (request, response) => {
    const { count, from = new Date(), ...fields } = parseBody(request, previewBody);
    const timing = readTiming(fields);
    const runs = nextRuns(timing, fields.timeZone, from.getTime(), count);
    response.json({
      timeZone: fields.timeZone,
      runs: runs.map((at) => presentRun(fields.timeZone, at)),
      jitter: fields.jitter === 0 ? null : `up to ${fields.jitter / 1_000} s later`,
      warnings: lintSchedule(
        { timing, timeZone: fields.timeZone, catchupWindowMs: fields.catchupWindow },
        from.getTime(),
      ),
    });
  });

  routes.get('/:id', 'viewer', async (request, response) => {
    const json = await view(parseParams(request, schedulePathParams).id);
    sendJsonOrPage(request, response, { json, page: () => schedulePage(json) });
  });

  routes.patch('/:id', 'operator', async (request, response) => {
    const { id } = parseParams(request, schedulePathParams);
    const patch = parseBody(request, schedulePatchBody);
    // Fields that the patch omits must have the values of the last change.
    const answer = await acting(id, async () => {
      const definition = changed(deps.jobs, await editable(scheduler, id), patch);
      refuseWhatNeverRuns(definition);
      await scheduler.update(definition);
      return presentSchedule(deps, await scheduler.get(id));
    });
    response.json(answer);
  });

  routes.delete('/:id', 'operator', async (request, response) => {
    const { id } = parseParams(request, schedulePathParams);
    await acting(id, async () => {
      await editable(scheduler, id);
      await scheduler.remove(id);
    });
    response.status(204).end();
  });

  for (const action of ['pause', 'resume'] as const) {
    routes.post(`/:id/${action}`, 'operator', async (request, response) => {
      const { id } = parseParams(request, schedulePathParams);
      const { note } = request.body === undefined ? {} : parseBody(request, stateChangeBody);
      const answer = await acting(id, async () => {
        if (action === 'pause') await scheduler.pause(id, note ?? 'over the API');
        else await scheduler.resume(id, note ?? null);
        return presentSchedule(deps, await scheduler.get(id));
      });
      response.json(answer);
    });
  }

  routes.post('/:id/trigger', 'operator', async (request, response) => {
    const { id } = parseParams(request, schedulePathParams);
    const { overlap } = request.body === undefined ? {} : parseBody(request, triggerBody);
    // Without a policy it starts immediately, whatever else is running.
    const answer = await acting(id, async (turn) => {
      const triggered = await scheduler.trigger(id, overlap ?? 'allow_all', turn);
      return { ...presentSchedule(deps, await scheduler.get(id)), triggered };
    });
    response.status(202).json(answer);
  });

  routes.post('/:id/backfill', 'operator', async (request, response) => {
    const { id } = parseParams(request, schedulePathParams);
    const span = parseBody(request, backfillBody);
    const schedule = await bounded(() => scheduler.get(id));
    // A run that is due at `from` itself is included.
    const due = schedule.timing
      ? nextRuns(schedule.timing, schedule.timeZone, span.from.getTime() - 1, MAX_BACKFILLED_RUNS + 1)
      : [];
    const within = due.filter((at) => at <= span.to.getTime());
    const runs = within.length;
    if (runs > MAX_BACKFILLED_RUNS) {
      throw new Problem('validationFailed', `More than ${MAX_BACKFILLED_RUNS} runs were due in that time.`, {
        errors: [{ path: 'from', message: `must leave at most ${MAX_BACKFILLED_RUNS} runs up to \`to\`` }],
      });
    }
    await acting(id, async () => {
      // The engine lets the runs wait for runs that it knows to be open. If the runs of a schedule may overlap, it
      // knows none.
      const open =
        schedule.overlap === 'allow_all' ? await findBackfillConflict(deps.temporal, id, within) : undefined;
      if (open !== undefined)
        throw new NotTriggeredError(`${open} has not ended, and would be started again.`);
      await scheduler.backfill(id, span);
      await scheduler.get(id);
    });
    response.status(202).json({ runs: schedule.timing ? runs : null });
  });

  return routes;
}

/** Returns a schedule's definition with a patch applied. */
function changed(
  jobs: JobRegistry,
  current: ScheduleState,
  patch: z.output<typeof schedulePatchBody>,
): ScheduleDefinition {
  if (current.encryption === 'unreadable' && patch.input === undefined) {
    throw new Problem('validationFailed', 'The input of the schedule can no longer be decrypted.', {
      errors: [{ path: 'input', message: 'is required' }],
    });
  }
  const { cron, calendar, every, ...rest } = presentFields(current);
  const newTiming = ['cron', 'calendar', 'every'].some((field) => field in patch);
  return parseValue(
    { ...rest, ...(!newTiming && dropUndefined({ cron, calendar, every })), ...patch },
    scheduleDefinition(jobs, current),
  );
}

/**
 * Returns the schedule.
 * @throws {Problem} if it must not be changed or deleted over REST.
 */
async function editable(scheduler: ReturnType<typeof createScheduler>, id: string): Promise<ScheduleState> {
  const schedule = await scheduler.get(id);
  if (schedule.owner === 'declared') {
    throw new Problem(
      'scheduleDeclared',
      'Change it in schedules/definitions.ts and apply it; it can be paused, resumed, triggered and backfilled here.',
    );
  }
  return schedule;
}

function refuseWhatNeverRuns({ timing, timeZone }: ScheduleDefinition): void {
  if (nextRuns(timing, timeZone, Date.now(), 1).length > 0) return;
  throw new Problem('validationFailed', 'It would never run.', {
    errors: [{ path: timing.kind, message: 'matches no day up to the year 2100' }],
  });
}

function readTiming(fields: Parameters<typeof toTiming>[0]): Timing {
  try {
    return toTiming(fields);
  } catch (error) {
    if (!(error instanceof TimingError)) throw error;
    throw new Problem('validationFailed', 'One field is not valid.', {
      errors: [{ path: error.field, message: error.message }],
    });
  }
}

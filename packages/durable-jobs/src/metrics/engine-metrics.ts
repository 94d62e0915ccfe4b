import { ScheduleNotFoundError, type Client, type ScheduleSummary } from '@temporalio/client';
import { Gauge } from 'prom-client';
import { lossReasons, lostRuns } from '../schedules/lost-runs.ts';
import { ownerOf } from '../schedules/ownership.ts';
import { tolerantScheduleClient } from '../schedules/tolerant-client.ts';
import { taskKindsOf } from '../engine/declared-queues.ts';
import { countServing, describeTaskQueue, ENGINE_CALL_MS, type TaskKind } from '../engine/task-queues.ts';
import type { MetricsSource } from '../telemetry/metrics-page.ts';
import { registry } from '../telemetry/registry.ts';

const queueGauge = (name: string, help: string) =>
  new Gauge({ name, help, labelNames: ['queue', 'kind'], registers: [registry] });

const backlog = queueGauge(
  'durable_jobs_task_queue_backlog_tasks',
  'Tasks that wait in the engine for a worker, as estimated by the engine.',
);
const backlogAge = queueGauge(
  'durable_jobs_task_queue_backlog_age_seconds',
  'How long the oldest task has been waiting.',
);
const pollers = queueGauge(
  'durable_jobs_task_queue_pollers',
  'Workers that polled recently and get tasks. If tasks go to two versions, it counts the one with fewer workers. The engine lists a worker for some minutes after its last poll.',
);

/** Returns the metrics of the engine's task queues: what waits in them, and who polls them. */
export function taskQueueMetrics(client: Client, queues: readonly string[]): MetricsSource {
  const describe = async (queue: string, kind: TaskKind): Promise<void> => {
    const description = await describeTaskQueue(client, queue, kind);
    const { stats } = description;
    const age = stats?.approximateBacklogAge;
    backlog.set({ queue, kind }, Number(stats?.approximateBacklogCount ?? 0));
    backlogAge.set({ queue, kind }, Number(age?.seconds ?? 0) + (age?.nanos ?? 0) / 1e9);
    pollers.set({ queue, kind }, countServing(description));
  };
  return {
    name: 'task-queues',
    async refresh() {
      await Promise.all(queues.flatMap((queue) => taskKindsOf(queue).map((kind) => describe(queue, kind))));
    },
    clear() {
      for (const gauge of [backlog, backlogAge, pollers]) gauge.reset();
    },
  };
}

const scheduleGauge = (name: string, help: string) =>
  new Gauge({ name, help, labelNames: ['schedule'], registers: [registry] });

const lastRun = scheduleGauge(
  'durable_jobs_schedule_last_run_timestamp_seconds',
  'When a declared schedule last started a run; missing before its first run.',
);
const nextRun = scheduleGauge(
  'durable_jobs_schedule_next_run_timestamp_seconds',
  'When a declared schedule starts its next run; missing while it is paused.',
);
const paused = scheduleGauge(
  'durable_jobs_schedule_paused',
  '1 while a declared schedule is paused, otherwise 0.',
);

const lost = new Gauge({
  name: 'durable_jobs_schedule_lost_runs',
  help: 'Runs of a declared schedule that were due and never started, contrary to its policy, since it was created.',
  labelNames: ['schedule', 'reason'],
  registers: [registry],
});

/**
 * Returns the metrics of the declared schedules: their last and next runs, and the runs that they lost. Schedules that were created over
 * REST have no labels, because there may be many.
 */
export function scheduleMetrics(client: Client): MetricsSource {
  const schedules = tolerantScheduleClient(client);
  const clear = (): void => {
    for (const gauge of [lastRun, nextRun, paused, lost]) gauge.reset();
  };
  const describeLosses = async (id: string) => {
    try {
      return lostRuns(await schedules.getHandle(id).describe());
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return undefined;
      throw error;
    }
  };
  return {
    name: 'schedules',
    async refresh() {
      const found: ScheduleSummary[] = [];
      const losses = await client.withDeadline(Date.now() + ENGINE_CALL_MS, async () => {
        for await (const schedule of schedules.list({ pageSize: 200 })) {
          if (ownerOf(schedule) === 'declared') found.push(schedule);
        }
        return Promise.all(found.map(({ scheduleId }) => describeLosses(scheduleId)));
      });
      // Removes the labels of schedules that no longer exist.
      clear();
      for (const [index, { scheduleId, info, state }] of found.entries()) {
        const counts = losses[index];
        if (!counts) continue;
        const labels = { schedule: scheduleId };
        const isPaused = state.paused;
        const last = info.recentActions.at(-1);
        const next = info.nextActionTimes[0];
        paused.set(labels, isPaused ? 1 : 0);
        if (last) lastRun.set(labels, last.takenAt.getTime() / 1000);
        if (next && !isPaused) nextRun.set(labels, next.getTime() / 1000);
        for (const reason of lossReasons) lost.set({ schedule: scheduleId, reason }, counts[reason]);
      }
    },
    clear,
  };
}

import { jobs } from '../../contracts/catalogue.ts';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { pino } from 'pino';
import { schedulesPart } from '../../packages/durable-jobs/src/console/schedules.ts';
import { scheduleDefinition } from '../../packages/durable-jobs/src/schedules/definition.ts';
import { createScheduler } from '../../packages/durable-jobs/src/schedules/scheduler.ts';
import { scheduleMetrics } from '../../packages/durable-jobs/src/metrics/engine-metrics.ts';
import { registry } from '../../packages/durable-jobs/src/telemetry/registry.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

// No worker runs the jobs: each run stays open, so that the next ones overlap with it.
const service = useService({ workers: false });

interface Counts {
  counts: { skippedForOverlap: number; lost: number };
}

it('runs that a policy other than skip does not start are counted, measured and shown', async () => {
  const scheduler = createScheduler(service.client, pino({ level: 'silent' }));
  const [losing, skipping] = [`losing-${randomUUID()}`, `skipping-${randomUUID()}`];
  const define = (id: string, overlap: 'skip' | 'buffer_one') =>
    scheduleDefinition(jobs).parse({ id, job: 'refreshStatistics', every: '1s', overlap });
  await scheduler.create(define(losing, 'buffer_one'), 'declared');
  await scheduler.create(define(skipping, 'skip'), 'declared');
  const countsOf = async (id: string) =>
    ((await service.request('GET', `/api/schedules/${id}`)).body as Counts).counts;

  await eventually(async () => {
    const counts = await countsOf(losing);
    expect(counts.skippedForOverlap).toBeGreaterThan(0);
    expect(counts.lost).toBe(counts.skippedForOverlap);
    const skipped = await countsOf(skipping);
    expect(skipped.skippedForOverlap).toBeGreaterThan(0);
    expect(skipped.lost).toBe(0);
  });

  const metrics = scheduleMetrics(service.client);
  await eventually(async () => {
    await metrics.refresh();
    const gauge = await registry.getSingleMetric('durable_jobs_schedule_lost_runs')?.get();
    const valueOf = (schedule: string, reason: string) =>
      gauge?.values.find(({ labels }) => labels.schedule === schedule && labels.reason === reason)?.value;
    expect(valueOf(losing, 'overlap')).toBeGreaterThan(0);
    expect(valueOf(losing, 'catchup_window')).toBe(0);
    expect(valueOf(losing, 'buffer_full')).toBe(0);
    expect(valueOf(skipping, 'overlap')).toBe(0);
  });

  const page = String(await schedulesPart(scheduler).render());
  expect(page.match(/\d+ lost/g)).toHaveLength(1);
  expect(page).toMatch(new RegExp(`${losing}</a> <span class="badge bad">\\d+ lost</span>`));
});

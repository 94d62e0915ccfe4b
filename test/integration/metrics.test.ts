import { jobs } from '../../contracts/catalogue.ts';
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import { scheduleDefinition } from '../../packages/durable-jobs/src/schedules/definition.ts';
import { inTurn } from '../../packages/durable-jobs/src/schedules/turn.ts';
import { createScheduler } from '../../packages/durable-jobs/src/schedules/scheduler.ts';
import { attemptNow, eventually, jobWithStatus } from '../support/jobs.ts';
import { readMetrics, valueOf, type Sample } from '../support/metrics.ts';
import { startApi, startWorker, type ServiceProcess } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';

const service = useService({ workers: false });

/** The fields that a test needs of a response that created something. */
interface Made {
  id: string;
  jobId: string;
}

describe('the metrics of an API and a worker', () => {
  let api: ServiceProcess;
  let worker: ServiceProcess;
  let user: Made;

  beforeAll(async () => {
    // What takes longer on a busy machine is missing from a page.
    [api, worker] = await Promise.all([
      startApi(service, { ENGINE_TIMEOUT: '20s' }),
      startWorker(service, { ENGINE_TIMEOUT: '20s' }),
    ]);
    const email = `metrics-${randomUUID()}@example.com`;
    const registered = await request(api.url, 'POST', '/api/auth/register', {
      email,
      name: 'Ada',
      password: 'correct horse battery',
    });
    user = registered.body as Made;
    await jobWithStatus(service, user.jobId, 'completed');
    return () => Promise.all([api.stop(), worker.stop()]);
  });

  const ofApi = (): Promise<Sample[]> => readMetrics(api);
  const ofWorker = (): Promise<Sample[]> => readMetrics(worker);

  it('count requests by the template of their route, whatever clients make up', async () => {
    await request(api.url, 'GET', `/api/orders/${randomUUID()}`);
    await request(api.url, 'PUT', `/api/orders/${randomUUID()}`);
    await request(api.url, 'GET', `/made-up/${randomUUID()}`);
    await request(api.url, 'PROPFIND', '/made-up');
    const requests = (await ofApi()).filter(
      ({ name }) => name === 'durable_jobs_http_request_duration_seconds_count',
    );
    const counted = requests.map(({ labels, value }) => [
      `${labels.method ?? ''} ${labels.route ?? ''} ${labels.status ?? ''}`,
      value,
    ]);
    expect(Object.fromEntries(counted)).toMatchObject({
      'POST /api/auth/register 201': 1,
      'GET /api/orders/:id 404': 1,
      'PUT /api/orders/:id 405': 1,
      'GET none 404': 1,
      'other none 404': 1,
    });
  });

  it('report how long a job waited and took, by type and outcome', async () => {
    const samples = await ofWorker();
    const type = { type: 'sendWelcomeEmail' };
    expect(valueOf(samples, 'durable_jobs_jobs_started_total', type)).toBe(1);
    expect(valueOf(samples, 'durable_jobs_job_wait_seconds_count', type)).toBe(1);
    expect(valueOf(samples, 'durable_jobs_job_wait_seconds_sum', type)).toBeGreaterThan(0);
    const completed = { ...type, outcome: 'completed' };
    expect(valueOf(samples, 'durable_jobs_jobs_ended_total', completed)).toBe(1);
    expect(valueOf(samples, 'durable_jobs_job_duration_seconds_count', completed)).toBe(1);
    const attempt = { ...completed, activity: 'sendWelcomeEmail' };
    expect(valueOf(samples, 'durable_jobs_activity_attempts_total', attempt)).toBe(1);
    // The job may end before its start is counted.
    const made = { by: 'request', outcome: 'made' };
    await eventually(async () => expect(valueOf(await ofApi(), 'durable_jobs_starts_total', made)).toBe(1));
  });

  it('count failed attempts and retries', async () => {
    await service.fault({ kind: 'status', status: 503, times: 1 });
    const ordered = await request(api.url, 'POST', '/api/orders', {
      userId: user.id,
      currency: 'eur',
      items: [{ sku: 'TEA-1', quantity: 1, unitAmount: 1_000 }],
      paymentMethod: 'pm_card_visa',
    });
    expect(ordered.status).toBe(201);
    const { jobId } = ordered.body as Made;
    await jobWithStatus(service, jobId, 'retrying');
    await attemptNow(service, jobId);
    await jobWithStatus(service, jobId, 'completed');
    const samples = await ofWorker();
    const labels = { type: 'processOrder', activity: 'chargeOrder' };
    const attempts = (outcome: string) =>
      valueOf(samples, 'durable_jobs_activity_attempts_total', { ...labels, outcome });
    expect([attempts('failed'), attempts('completed')]).toEqual([1, 1]);
    expect(valueOf(samples, 'durable_jobs_activity_retries_total', labels)).toBe(1);
  });

  it('have the figures of the SDK core on the same page', async () => {
    const samples = await eventually(async () => {
      const now = await ofWorker();
      for (const queue of ['jobs', 'mail', 'payments', 'bulk', 'services']) {
        expect(valueOf(now, 'temporal_num_pollers', { task_queue: queue })).toBeGreaterThan(0);
        expect(valueOf(now, 'temporal_worker_task_slots_available', { task_queue: queue })).toBeGreaterThan(
          0,
        );
      }
      return now;
    });
    expect(valueOf(samples, 'temporal_workflow_completed_total')).toBeGreaterThan(0);
    expect(valueOf(samples, 'temporal_workflow_task_execution_latency_seconds_count')).toBeGreaterThan(0);
    expect(valueOf(samples, 'nodejs_eventloop_lag_seconds')).toBeGreaterThanOrEqual(0);
  });

  it('report what waits, who polls, and what is ready', async () => {
    // The last job may have left something to do for a moment.
    await eventually(async () => {
      const samples = await ofApi();
      for (const queue of ['outbox', 'emails', 'bulk-items']) {
        expect(valueOf(samples, 'durable_jobs_backlog_items', { queue })).toBe(0);
        expect(valueOf(samples, 'durable_jobs_backlog_oldest_seconds', { queue })).toBe(0);
      }
      const polled = { queue: 'jobs', kind: 'workflow' };
      expect(valueOf(samples, 'durable_jobs_task_queue_pollers', polled)).toBeGreaterThan(0);
      expect(valueOf(samples, 'durable_jobs_task_queue_backlog_tasks', polled)).toBe(0);
      expect(valueOf(samples, 'durable_jobs_check_ok', { check: 'engine' })).toBe(1);
      expect(valueOf(await ofWorker(), 'durable_jobs_check_ok', { check: 'workers' })).toBe(1);
    });
  });

  it('have labels of a known number', async () => {
    const types = [...jobs.types, 'hostService', 'none'];
    for (const { name, labels } of [...(await ofApi()), ...(await ofWorker())]) {
      if (name.startsWith('durable_jobs_') && labels.type !== undefined) expect(types).toContain(labels.type);
    }
  });
});

describe('the metrics of an API whose work stays undone', () => {
  it('report waiting entries, a queue that no worker polls, and declared schedules', async () => {
    await service.db
      .insertInto('outbox')
      .values({
        jobType: 'refreshStatistics',
        jobId: 'refresh-statistics:waiting',
        input: '{}',
        createdAt: new Date(Date.now() - 120_000),
        nextAttemptAt: new Date(Date.now() + 3_600_000),
      })
      .execute();
    const scheduler = createScheduler(service.client, pino({ level: 'silent' }));
    const define = (id: string) =>
      scheduleDefinition(jobs).parse({ id, job: 'refreshStatistics', cron: '0 4 * * *' });
    await scheduler.create(define('declared-one'), 'declared');
    await scheduler.create(define('of-somebody'), 'api');
    await inTurn(service.db, 'declared-one', (turn) => scheduler.trigger('declared-one', 'allow_all', turn));
    const api = await startApi(service);
    try {
      await eventually(async () => {
        const samples = await readMetrics(api);
        const declared = { schedule: 'declared-one' };
        const now = Date.now() / 1000;
        expect(valueOf(samples, 'durable_jobs_schedule_last_run_timestamp_seconds', declared)).toBeCloseTo(
          now,
          -3,
        );
        expect(
          valueOf(samples, 'durable_jobs_schedule_next_run_timestamp_seconds', declared),
        ).toBeGreaterThan(now);
        expect(valueOf(samples, 'durable_jobs_schedule_paused', declared)).toBe(0);
        expect(valueOf(samples, 'durable_jobs_schedule_paused', { schedule: 'of-somebody' })).toBeUndefined();
        expect(valueOf(samples, 'durable_jobs_backlog_items', { queue: 'outbox' })).toBe(1);
        expect(valueOf(samples, 'durable_jobs_backlog_oldest_seconds', { queue: 'outbox' })).toBeGreaterThan(
          119,
        );
      }, 90_000);
    } finally {
      await api.stop();
    }
  });
});

import { pino } from 'pino';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunMaintenanceResult } from '../../contracts/jobs/run-maintenance.ts';
import { loadDefinitions } from '../../schedules/definitions.ts';
import { applyChanges, planSchedules } from '../../packages/durable-jobs/src/schedules/reconcile.ts';
import { createScheduler } from '../../packages/durable-jobs/src/schedules/scheduler.ts';
import { turnsIn } from '../../packages/durable-jobs/src/schedules/turn.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const service = useService({ workerSettings: { MAINTENANCE_RECIPIENTS: ['ops@example.com'] } });

beforeAll(async () => {
  const logger = pino({ level: 'silent' });
  const declared = loadDefinitions('UTC');
  const changes = await planSchedules(service.client, logger, declared);
  await applyChanges(service.client, logger, changes, turnsIn(service.db));
  // Whatever the time is, no run begins by itself.
  const scheduler = createScheduler(service.client, logger);
  for (const { id } of declared) await scheduler.pause(id, 'for the test');
});

interface ScheduleBody {
  recentRuns: { jobId: string }[];
}

/** Triggers a declared schedule over the API, waits until its job is completed, and returns the job. */
async function trigger(id: string) {
  expect((await service.request('POST', `/api/schedules/${id}/trigger`)).status).toBe(202);
  const run = await eventually(async () => {
    const { body } = await service.request('GET', `/api/schedules/${id}`);
    const [newest] = (body as ScheduleBody).recentRuns;
    if (!newest) throw new Error('the schedule has no run yet');
    return newest;
  });
  return jobWithStatus(service, run.jobId, 'completed');
}

describe('the declared schedule', () => {
  it('hourly-sync reconciles, and its job is found by the run that it made', async () => {
    const job = await trigger('hourly-sync');
    expect(job.id).toMatch(/^sync-payments:hourly-sync-\d{4}-/);
    const { reconciliationId } = job.result as { reconciliationId: string };
    const { status, body } = await service.request('GET', `/api/reconciliations/${reconciliationId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'completed',
      jobId: job.id,
      result: { found: 0, repaired: 0, resolved: 0, open: 0 },
      findings: { items: [], nextCursor: null },
      links: { job: `/api/jobs/${job.id}` },
    });
  });

  it('cleanup-expired deletes what has expired', async () => {
    await service.db
      .insertInto('idempotencyKeys')
      .values({
        scope: 'orders',
        key: 'of yesterday',
        fingerprint: 'of a body',
        response: null,
        expiresAt: new Date(Date.now() - 86_400_000),
      })
      .execute();
    const job = await trigger('cleanup-expired');
    expect(job.result).toMatchObject({ deleted: { idempotencyKeys: 1 } });
    expect(await service.db.selectFrom('idempotencyKeys').select('key').execute()).toEqual([]);
  });

  it('weekly-maintenance mails its report', async () => {
    const job = await trigger('weekly-maintenance');
    const { mailings = [] } = job.result as RunMaintenanceResult;
    expect(mailings).toHaveLength(1);
    await jobWithStatus(service, mailings[0] ?? '', 'completed');
    expect(service.mail.to('ops@example.com')).toHaveLength(1);
  });
});

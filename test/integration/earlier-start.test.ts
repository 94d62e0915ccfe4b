import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { enqueue } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue.ts';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { KeptStarts } from '../../packages/durable-jobs/src/jobs/limits/settle-kept.ts';
import { LimitTurns } from '../../packages/durable-jobs/src/jobs/limits/give-turns.ts';
import { meetLimitsOnce } from '../../packages/durable-jobs/src/jobs/limits/meet-limits.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { gate } from '../support/gate.ts';
import { eventually } from '../support/jobs.ts';
import { startDeps } from '../support/start-deps.ts';
import { useService, type Service } from '../support/service.ts';

const untilOpened = gate();
const ran: string[] = [];

const syncTenant = defineJob({
  type: 'syncTenant',
  input: z.strictObject({ tenant: z.string(), part: z.string() }),
  key: ({ tenant }) => tenant,
  concurrency: { limit: 1 },
  run: async ({ part }) => {
    ran.push(part);
    await untilOpened.opened;
  },
});

const service = useService({ jobs: [syncTenant] });
const deps = startDeps(service, [syncTenant]);
const turns = new LimitTurns();

let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(async () => {
  // A run that stays open keeps its worker from stopping.
  untilOpened.open();
  await program.end();
});

const read = async (path: string): ReturnType<Service['request']> => service.request('GET', path);

it('a start of a limited job says that it waits for an earlier one of its job, and is made after it', async () => {
  const [holder, tenant] = [randomUUID(), randomUUID()];
  const open = await enqueue(program, syncTenant, { tenant: holder, part: 'all' });
  const earlier = await enqueue(program, syncTenant, { tenant, part: 'orders' });
  await eventually(() => relayOnce(deps));
  const behind = await read(`/api/jobs/${earlier.jobId}/why`);
  expect(behind).toMatchObject({ status: 200, body: { code: 'waiting_for_slot', child: open.jobId } });

  const later = await enqueue(program, syncTenant, { tenant, part: 'invoices' }, { expiresIn: '1h' });
  expect(later.jobId).toBe(earlier.jobId);
  await eventually(() => relayOnce(deps));
  const { createdAt, expiresAt } = await service.db
    .selectFrom('outbox')
    .select(['createdAt', 'expiresAt'])
    .where('jobId', '=', later.jobId)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  const until = expiresAt?.toISOString() ?? '';
  expect(await read(`/api/jobs/${later.jobId}/why`)).toMatchObject({
    status: 200,
    body: {
      code: 'waiting_for_earlier_start',
      sentence: `It waits for an earlier start of this job to be made and its run to end, until ${until} at the latest.`,
      since: createdAt.toISOString(),
      until,
      actions: [],
    },
  });
  const { body } = await read(`/api/jobs/${later.jobId}`);
  expect(body).toMatchObject({ status: 'waiting', starts: [{ outcome: 'held' }, { outcome: 'held' }] });

  untilOpened.open();
  await eventually(async () => {
    await service.db
      .updateTable('limitSlots')
      .set({ nextCheckAt: new Date(0) })
      .execute();
    await meetLimitsOnce(deps, turns, new KeptStarts());
    await relayOnce(deps);
    const { starts } = (await read(`/api/jobs/${later.jobId}`)).body as JobView & { starts: unknown };
    expect(starts).toMatchObject([{ outcome: 'started' }, { outcome: 'started' }]);
    expect(ran).toEqual(['all', 'orders', 'invoices']);
  });
});

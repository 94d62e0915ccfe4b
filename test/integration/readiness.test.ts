import { expect, it } from 'vitest';
import { checkReadiness } from '../../platform/readiness.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const service = useService();
const withoutWorkers = useService({ workers: false });

it('is ready where database and engine answer and every task queue is polled', async () => {
  await eventually(async () => {
    const answer = await service.request('GET', '/readyz');
    expect(answer).toMatchObject({ status: 200, body: { ready: true } });
  });
});

it('is not ready while nobody polls, and says which queues', async () => {
  const answer = await withoutWorkers.request('GET', '/readyz');
  expect(answer.status).toBe(503);
  expect(answer.body).toMatchObject({
    ready: false,
    checks: {
      database: { ok: true },
      engine: { ok: true },
      'taskQueue:jobs': { ok: false, reason: 'no worker polls this task queue' },
      'taskQueue:payments': { ok: false, reason: 'no worker polls this task queue' },
    },
  });
  expect((await withoutWorkers.request('GET', '/healthz')).status).toBe(200);
});

it('says in time that a check takes too long', async () => {
  const { client, db } = service;
  const workflowService = { describeNamespace: () => new Promise(() => undefined) };
  const slow = { options: client.options, workflowService };
  const readiness = await checkReadiness({ db, client: slow as never }, [], 50);
  expect(readiness).toEqual({
    ready: false,
    checks: { database: { ok: true }, engine: { ok: false, reason: 'no answer within 50 ms' } },
  });
});

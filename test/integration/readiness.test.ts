import { pino } from 'pino';
import { expect, it } from 'vitest';
import {
  createReadiness,
  databaseCheck,
  runningCheck,
} from '../../packages/durable-jobs/src/telemetry/readiness.ts';
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
      'taskQueue:jobs': { ok: false, reason: 'not_polled' },
      'taskQueue:payments': { ok: false, reason: 'not_polled' },
      'taskQueue:bulk': { ok: false, reason: 'not_polled' },
    },
  });
  expect((await withoutWorkers.request('GET', '/healthz')).status).toBe(200);
});

const options = { timeoutMs: 50, logger: pino({ level: 'silent' }) };

it('says in time that a check takes too long, and of a failure no more than its kind', async () => {
  const readReadiness = createReadiness(
    {
      slow: () => new Promise(() => undefined),
      broken: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432')),
    },
    options,
  );
  expect(await readReadiness()).toEqual({
    ready: false,
    checks: { slow: { ok: false, reason: 'timeout' }, broken: { ok: false, reason: 'unreachable' } },
  });
});

it('asks once for all who want to know at the same time', async () => {
  let asked = 0;
  const readReadiness = createReadiness(
    {
      database: databaseCheck(service.db),
      counted: () => {
        asked++;
      },
    },
    { ...options, timeoutMs: 60_000 },
  );
  const answers = await Promise.all(Array.from({ length: 20 }, () => readReadiness()));
  expect(answers.every(({ ready }) => ready)).toBe(true);
  expect(asked).toBe(1);
});

it('reports a worker as ready once it runs, whatever other workers do', async () => {
  let workers: { getState: () => string }[] | undefined;
  const check = () => createReadiness({ workers: runningCheck(() => workers) }, options)();
  expect((await check()).ready).toBe(false);
  workers = [{ getState: () => 'RUNNING' }, { getState: () => 'RUNNING' }];
  expect((await check()).ready).toBe(true);
  workers = [{ getState: () => 'RUNNING' }, { getState: () => 'FAILED' }];
  expect(await check()).toEqual({ ready: false, checks: { workers: { ok: false, reason: 'not_running' } } });
});

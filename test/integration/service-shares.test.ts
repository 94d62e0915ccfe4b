import { sql } from 'kysely';
import { pino } from 'pino';
import { beforeAll, expect, it } from 'vitest';
import type { Db } from '../../packages/durable-jobs/src/database/connect.ts';
import type { RunnableService } from '../../packages/durable-jobs/src/hosted-services/define-service.ts';
import type { ServiceProgress } from '../../packages/durable-jobs/src/hosted-services/hosted-service.ts';
import { noteShare, readShares } from '../../packages/durable-jobs/src/hosted-services/rows.ts';
import { createScope } from '../../packages/durable-jobs/src/hosted-services/service-scope.ts';
import { runShares } from '../../packages/durable-jobs/src/hosted-services/share.ts';
import { shareRows } from '../../packages/durable-jobs/src/hosted-services/state-rows.ts';
import { superviseShares } from '../../packages/durable-jobs/src/hosted-services/supervise-shares.ts';
import { openTestDatabase } from '../support/database.ts';
import { eventually } from '../support/jobs.ts';

const logger = pino({ level: 'silent' });
let db: Db;
let url: string;
beforeAll(async () => {
  const database = await openTestDatabase();
  ({ db, url } = database);
  return database.close;
});

const workersOf = async (serviceId: string): Promise<string[]> =>
  ((await readShares(db, [serviceId])).get(serviceId) ?? []).map(({ worker }) => worker).sort();

it('shows a share again whose row another worker deleted while it was silent', async () => {
  const serviceId = 'silent';
  await shareRows(db, serviceId).begin('one');
  await shareRows(db, serviceId).begin('two');
  await sql`UPDATE hosted_service_workers SET seen_at = now() - interval '2 minutes'
    WHERE service_id = ${serviceId} AND worker = 'one'`.execute(db);
  expect(await noteShare(db, { serviceId, worker: 'two' })).toBe(false);
  const rows = await db
    .selectFrom('hostedServiceWorkers')
    .select('worker')
    .where('serviceId', '=', serviceId)
    .execute();
  expect(rows).toEqual([{ worker: 'two' }]);

  await noteShare(db, { serviceId, worker: 'one' });
  expect(await workersOf(serviceId)).toEqual(['one', 'two']);
});

it('reports the errors of shares, even of one that has ended, and whose clock is behind', async () => {
  const serviceId = 'failing';
  const fail = async (at: Date): Promise<void> => {
    const share = shareRows(db, serviceId);
    await share.begin('one');
    const error = { message: 'the broker is gone', at };
    await share.write({ processed: 0, failed: 0, error }, { busy: false, ended: true });
  };
  // An error before the first round does not belong to this run.
  await fail(new Date('2026-01-02T00:00:00Z'));
  expect(await workersOf(serviceId)).toEqual([]);

  const ending = new AbortController();
  const reports: ServiceProgress[] = [];
  const betweenRounds = [() => fail(new Date('2026-01-01T00:00:00Z')), () => Promise.resolve()];
  const { scope } = createScope({ db, logger, signal: ending.signal, report: () => undefined });
  await superviseShares(serviceId, (progress) => reports.push(progress)).run({
    ...scope,
    async pause() {
      const next = betweenRounds.shift();
      if (next) await next();
      else ending.abort();
    },
  });
  expect(reports.map(({ error }) => error !== undefined)).toEqual([false, true, false]);
});

it('runs the shares of services that run on every worker, and of no others', async () => {
  const begun: string[] = [];
  const service = (id: string, onEveryWorker: boolean): RunnableService => ({
    id,
    description: '',
    channel: id,
    onEveryWorker,
    run(scope) {
      begun.push(id);
      return scope.wait(60_000);
    },
  });
  const stopping = new AbortController();
  const running = runShares(
    { db, database: url, logger },
    [service('sole', false), service('shared', true)],
    stopping.signal,
  );
  await eventually(async () => expect(await workersOf('shared')).toHaveLength(1));
  stopping.abort();
  await running;
  expect(begun).toEqual(['shared']);
  const rows = await db
    .selectFrom('hostedServiceWorkers')
    .select('serviceId')
    .where('serviceId', 'in', ['sole', 'shared'])
    .execute();
  expect(rows.filter(({ serviceId }) => serviceId === 'sole')).toEqual([]);
});

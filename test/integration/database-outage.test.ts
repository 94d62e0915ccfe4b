import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { setDatabase } from '../support/database.ts';
import { holdRows } from '../support/hold-rows.ts';
import { placeOrder } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { useService } from '../support/service.ts';

// A response that the test holds back counts as slow, not as lost.
const service = useService({ paymentTimeoutMs: 60_000 });
let userId = '';

beforeAll(async () => {
  const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
  userId = ((await service.request('POST', '/api/auth/register', user)).body as { id: string }).id;
});
afterEach(() => setDatabase(service, 'up'));

it('responds with 503 while the database is unavailable, also within a transaction that broke, and recovers afterwards', async () => {
  const readUser = () => service.request('GET', `/api/users/${userId}`);
  // Connections that break while they are used: each of these requests is inside its transaction.
  const blocked = service.db.transaction().execute(async (trx) => {
    await trx.selectFrom('users').select('id').where('id', '=', userId).execute();
    await setDatabase(service, 'down');
    await trx.selectFrom('users').select('id').execute();
  });
  await expect(blocked).rejects.toThrow();
  const problem = { status: 503, body: { code: 'database_unavailable' } };
  expect(await readUser()).toMatchObject(problem);
  const register = { email: `eve-${randomUUID()}@example.com`, name: 'Eve', password: 'correct horse' };
  expect(await service.request('POST', '/api/auth/register', register)).toMatchObject(problem);
  expect((await service.request('GET', '/readyz')).status).toBe(503);
  await setDatabase(service, 'up');
  expect((await readUser()).status).toBe(200);
  expect((await service.request('POST', '/api/auth/register', register)).status).toBe(201);
});

it('charges an order once whose payment an outage of the database interrupts, and uses up no attempt', async () => {
  await service.fault({ kind: 'delay', delayMs: 50_000, match: { path: '/confirm' } });
  const { body } = await service.request('POST', '/api/orders', {
    userId,
    currency: 'EUR',
    items: [{ sku: 'tea', quantity: 1, unitAmount: 450 }],
    paymentMethod: 'pm_card_visa',
  });
  const { id, jobId } = body as { id: string; jobId: string };
  // The money is taken, and the job does not know it.
  await eventually(async () => expect((await service.ledger(id)).charges).toHaveLength(1));
  await setDatabase(service, 'down');
  await service.clearFaults();
  await eventually(async () => {
    const { raw } = await service.client.workflow.getHandle(jobId).describe();
    expect(raw.pendingActivities?.map((activity) => activity.activityType?.name)).toEqual(['awaitDatabase']);
  });
  await setDatabase(service, 'up');
  await jobWithStatus(service, jobId, 'completed');
  expect((await service.ledger(id)).charges).toHaveLength(1);
  expect((await service.request('GET', `/api/orders/${id}`)).body).toMatchObject({
    status: 'completed',
    failure: null,
  });
});

it('keeps the money of a paid order whose stock an outage of the database keeps from being reserved', async () => {
  await service.db
    .insertInto('stockLevels')
    .values({ sku: 'tea', available: 5 })
    .onConflict((conflict) => conflict.column('sku').doUpdateSet({ available: 5 }))
    .execute();
  const held = await holdRows(service.db, (trx) =>
    trx.selectFrom('stockLevels').select('sku').where('sku', '=', 'tea').forUpdate().execute(),
  );
  const { id, jobId } = await placeOrder(service, userId);
  const pending = async (): Promise<unknown[]> => {
    const { raw } = await service.client.workflow.getHandle(jobId).describe();
    return (raw.pendingActivities ?? []).map((activity) => activity.activityType?.name);
  };
  await eventually(async () => expect(await pending()).toEqual(['fulfilOrder']));
  await setDatabase(service, 'down');
  await expect(held()).rejects.toThrow();
  await eventually(async () => expect(await pending()).toEqual(['awaitDatabase']));
  await setDatabase(service, 'up');
  expect((await jobWithStatus(service, jobId, 'completed')).result).toMatchObject({ outcome: 'completed' });
  const { charges, refunds } = await service.ledger(id);
  expect([charges.length, refunds.length]).toEqual([1, 0]);
  await recordHistory(service, jobId, 'database-outage');
});

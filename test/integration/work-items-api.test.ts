import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { presentWorkItem } from '../../packages/durable-jobs/src/work-queue/json.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';
import { enqueueAdjustment, readWorkItem } from '../support/work-items.ts';

type View = ReturnType<typeof presentWorkItem>;
interface Listed {
  items: View[];
  nextCursor: string | null;
}

// The workers are for the bulk jobs. No item is due here: they are for tests of the service.
const service = useService();
const later = '2099-01-01T00:00:00.000Z';
const adjustment = (sku = 'tea') => ({ sku, delta: 3, reason: 'delivery' });

/** A dead item, for tests that only read it. */
async function deadItem(kind = 'adjust-stock'): Promise<string> {
  const { id } = await service.db
    .insertInto('workItems')
    .values({
      kind,
      payload: JSON.stringify({ sku: 'nothing-of-that-name', delta: 1, reason: 'delivery' }),
      status: 'dead',
      attempts: 5,
      lastErrorCode: 'unknown_sku',
      lastErrorMessage: 'It has no stock level.',
      lastErrorAt: new Date(),
      endedAt: new Date(),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

describe('POST /api/work-items', () => {
  const post = (body: object) => service.request('POST', '/api/work-items', body);
  const inAYear = new Date(Date.now() + 300 * 86_400_000).toISOString();

  it('stores an item, and returns its location', async () => {
    const made = await post({ kind: 'adjust-stock', payload: adjustment(), notBefore: inAYear });
    expect(made.status).toBe(201);
    const item = made.body as View;
    expect(made.headers.get('location')).toBe(`/api/work-items/${item.id}`);
    expect(item).toMatchObject({
      kind: 'adjust-stock',
      payload: adjustment(),
      status: 'pending',
      attempts: 0,
      retryCount: 0,
      maximumAttempts: 5,
      notBefore: inAYear,
      leaseExpiresAt: null,
      lastError: null,
      dedupeKey: null,
      endedAt: null,
    });
    expect((await service.request('GET', `/api/work-items/${item.id}`)).body).toEqual(item);
  });

  it('answers a repeat of a key with the first item, and refuses another payload under it', async () => {
    const dedupeKey = randomUUID();
    const body = { kind: 'adjust-stock', payload: adjustment(), dedupeKey, notBefore: inAYear };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(body)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array<number>(7).fill(200), 201]);
    expect(new Set(answers.map((answer) => (answer.body as View).id)).size).toBe(1);
    expect(await post({ ...body, payload: adjustment('cup') })).toMatchObject({
      status: 422,
      body: { code: 'dedupe_key_reused', errors: [{ path: 'dedupeKey' }] },
    });
    // A key is unique for its kind.
    const other = await post({
      kind: 'issue-invoice',
      payload: { orderId: randomUUID() },
      dedupeKey,
      notBefore: inAYear,
    });
    expect(other.status).toBe(201);
  });

  it.each([
    ['a kind that there is not', { kind: 'make-coffee', payload: {} }, 'kind'],
    ['no payload', { kind: 'adjust-stock' }, 'payload'],
    ['a wrong field', { kind: 'adjust-stock', payload: { ...adjustment(), delta: 0 } }, 'payload.delta'],
    ['an unknown field', { kind: 'adjust-stock', payload: { ...adjustment(), who: 'Ada' } }, 'payload.who'],
    ['a wrong id', { kind: 'issue-invoice', payload: { orderId: '7' } }, 'payload.orderId'],
    [
      'a time that is none',
      { kind: 'adjust-stock', payload: adjustment(), notBefore: 'tomorrow' },
      'notBefore',
    ],
    ['a time far ahead', { kind: 'adjust-stock', payload: adjustment(), notBefore: later }, 'notBefore'],
    ['an empty key', { kind: 'adjust-stock', payload: adjustment(), dedupeKey: '' }, 'dedupeKey'],
  ])('refuses %s', async (_, body, path) => {
    expect(await post(body)).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path }] },
    });
  });
});

describe('GET /api/work-items', () => {
  it('lists items newest first, by status and kind, in pages', async () => {
    const kind = `kind-${randomUUID()}`;
    const ids = [await deadItem(kind), await deadItem(kind), await deadItem(kind)];
    const { rows } = await sql<{ id: string }>`
      INSERT INTO work_items (kind, payload, not_before) VALUES (${kind}, '{}', ${later}) RETURNING id`.execute(
      service.db,
    );
    const list = async (query: string): Promise<Listed> =>
      (await service.request('GET', `/api/work-items?${query}`)).body as Listed;
    const idsOf = ({ items }: Listed) => items.map(({ id }) => id);
    expect(idsOf(await list(`kind=${kind}`))).toEqual([rows[0]?.id, ...ids.toReversed()]);
    expect(idsOf(await list(`kind=${kind}&status=pending`))).toEqual([rows[0]?.id]);
    const first = await list(`kind=${kind}&status=dead&limit=2`);
    expect(idsOf(first)).toEqual([ids[2], ids[1]]);
    const last = await list(`kind=${kind}&status=dead&limit=2&cursor=${first.nextCursor ?? ''}`);
    expect(idsOf(last)).toEqual([ids[0]]);
    expect(last.nextCursor).toBeNull();
    expect(last.items[0]).toMatchObject({
      attempts: 5,
      retryCount: 4,
      maximumAttempts: null,
      lastError: { code: 'unknown_sku', message: 'It has no stock level.' },
    });
  });

  it('responds with 400 and 404', async () => {
    expect((await service.request('GET', '/api/work-items?status=lost')).status).toBe(400);
    expect((await service.request('GET', '/api/work-items/7')).status).toBe(400);
    expect((await service.request('GET', `/api/work-items/${randomUUID()}`)).status).toBe(404);
    expect((await service.request('PUT', '/api/work-items')).status).toBe(405);
  });

  it('reports the backlog by kind, and for how long the oldest item has been due', async () => {
    const kind = `kind-${randomUUID()}`;
    await deadItem(kind);
    await sql`
      INSERT INTO work_items (kind, payload, not_before) VALUES
        (${kind}, '{}', now() - interval '1 hour'), (${kind}, '{}', now() - interval '1 minute'),
        (${kind}, '{}', ${later})`.execute(service.db);
    await sql`
      INSERT INTO work_items (kind, payload, status, lease_token, lease_expires_at) VALUES
        (${kind}, '{}', 'running', gen_random_uuid(), now() + interval '1 minute')`.execute(service.db);
    const { body } = await service.request('GET', '/api/work-items/summary');
    const summary = (body as { items: { kind: string; oldestDueAgeMs: number }[] }).items;
    const found = summary.find((one) => one.kind === kind);
    expect(found).toMatchObject({ known: false, pending: 3, running: 1, dead: 1, due: 2 });
    expect(found?.oldestDueAgeMs).toBeGreaterThanOrEqual(3_600_000);
    expect(found?.oldestDueAgeMs).toBeLessThan(3_700_000);
    await service.db.deleteFrom('workItems').where('kind', '=', kind).execute();
  });
});

describe('an operator', () => {
  it('requeues one that is dead, and no other', async () => {
    const id = await deadItem('of another release');
    expect(await service.request('POST', `/api/work-items/${id}/requeue`)).toMatchObject({
      status: 200,
      body: { status: 'pending', attempts: 0, endedAt: null, lastError: { code: 'unknown_sku' } },
    });
    expect(await service.request('POST', `/api/work-items/${id}/requeue`)).toMatchObject({
      status: 409,
      body: { code: 'work_item_not_dead', detail: 'The work item is pending.' },
    });
    expect((await service.request('POST', `/api/work-items/${randomUUID()}/requeue`)).status).toBe(404);
  });

  it('deletes one that is pending or dead, and no other', async () => {
    const id = await deadItem();
    const pending = await enqueueAdjustment(service.db, 'tea', 1, { notBefore: new Date(later) });
    for (const one of [id, pending]) {
      expect((await service.request('DELETE', `/api/work-items/${one}`)).status).toBe(204);
      expect((await service.request('DELETE', `/api/work-items/${one}`)).status).toBe(404);
    }
    const running = await enqueueAdjustment(service.db, 'tea', 1, { notBefore: new Date(later) });
    await sql`
      UPDATE work_items SET status = 'running', lease_token = gen_random_uuid(), lease_expires_at = ${later}
      WHERE id = ${running}`.execute(service.db);
    expect(await service.request('DELETE', `/api/work-items/${running}`)).toMatchObject({
      status: 409,
      body: { code: 'work_item_not_deletable', detail: 'The work item is running.' },
    });
  });

  it('requeues all dead ones of a kind as a bulk job, which counts those that were not dead any more', async () => {
    await service.db.deleteFrom('workItems').execute();
    const ids = await Promise.all(Array.from({ length: 25 }, () => deadItem()));
    const other = await deadItem('issue-invoice');
    const made = await service.request('POST', '/api/work-items/requeue', { kind: 'adjust-stock' });
    expect(made).toMatchObject({ status: 202, body: { status: 'queued', total: 25 } });
    const { id, jobId } = made.body as { id: string; jobId: string };
    expect(made.headers.get('location')).toBe(`/api/bulk-jobs/${id}`);
    expect(jobId).toBe(`process-bulk:${id}`);
    await eventually(async () => {
      const { body } = await service.request('GET', `/api/bulk-jobs/${id}`);
      expect(body).toMatchObject({
        task: 'requeue-work-items',
        status: 'completed',
        counts: { total: 25, done: 25, failed: 0 },
      });
    });
    const requeued = await service.db
      .selectFrom('workItems')
      .select('id')
      .where('lastErrorCode', 'is not', null)
      .where('id', 'in', ids)
      .execute();
    expect(requeued).toHaveLength(25);
    expect(await readWorkItem(service.db, other)).toMatchObject({ status: 'dead' });

    const again = await service.request(
      'POST',
      '/api/bulk-jobs?task=requeue-work-items&query=dead-work-items',
    );
    expect(again).toMatchObject({ status: 202, body: { total: 1 } });
    expect((await service.request('POST', '/api/work-items/requeue', { kind: 'x' })).status).toBe(400);
  });
});

describe('items that other programs inserted', () => {
  /** An item with a payload of this length, including from before there was a limit. */
  const itemOf = async (kind: string, characters: number): Promise<string> =>
    service.db.transaction().execute(async (trx) => {
      await sql`SET LOCAL session_replication_role = replica`.execute(trx);
      const { id } = await trx
        .insertInto('workItems')
        .values({
          kind,
          payload: JSON.stringify({ text: 'x'.repeat(characters) }),
          notBefore: new Date(later),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    });
  const list = async (kind: string): Promise<View[]> =>
    ((await service.request('GET', `/api/work-items?kind=${kind}`)).body as Listed).items;

  it('are listed without a payload that is long, and shown by themselves with it', async () => {
    // Compressed, it is short on disk.
    const id = await itemOf('long', 500_000);
    const short = await itemOf('long', 1_000);
    const [first, second] = await list('long');
    expect(first).toMatchObject({ id: short, payload: { text: 'x'.repeat(1_000) }, omitted: [] });
    expect(second).toMatchObject({ id, payload: null, omitted: ['payload'] });
    expect((await service.request('GET', `/api/work-items/${id}`)).body).toMatchObject({
      payload: { text: 'x'.repeat(500_000) },
      omitted: [],
    });
  });

  it('never make an answer large', async () => {
    const id = await itemOf('huge', 20_000_000);
    expect(JSON.stringify(await list('huge')).length).toBeLessThan(2_000);
    const { body } = await service.request('GET', `/api/work-items/${id}`);
    expect(body).toMatchObject({ id, payload: null, omitted: ['payload'] });
    // The check of new rows does not prevent old ones from being changed either.
    expect((await service.request('DELETE', `/api/work-items/${id}`)).status).toBe(204);
  });

  it.each([
    ['payload', { kind: 'a', payload: JSON.stringify({ text: 'x'.repeat(1_100_000) }) }],
    ['kind', { kind: 'a'.repeat(1_000), payload: '{}' }],
    ['dedupe key', { kind: 'a', payload: '{}', dedupeKey: 'a'.repeat(3_000) }],
  ])('are refused by the table where the %s is too long', async (_name, values) => {
    await expect(service.db.insertInto('workItems').values(values).execute()).rejects.toMatchObject({
      code: '23514',
      message: expect.stringContaining('is too large') as string,
    });
  });

  it('are refused by the table of emails in the same way', async () => {
    const insert = service.db
      .insertInto('emails')
      .values({ recipient: 'a@example.com', subject: 'x'.repeat(20_000), bodyText: 'x' });
    await expect(insert.execute()).rejects.toMatchObject({ code: '23514' });
  });
});

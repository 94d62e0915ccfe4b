import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BulkJobView } from '../../packages/durable-jobs/src/bulk/json.ts';
import { processBulk } from '../../packages/durable-jobs/src/bulk/process-bulk.ts';
import {
  insertBulkItems,
  insertBulkJob,
  markBulkPaused,
  markBulkRunning,
} from '../../packages/durable-jobs/src/bulk/rows.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { pricedOrders } from '../support/bulk.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { recordHistory } from '../support/record-history.ts';
import { useService, type Service } from '../support/service.ts';

const headers = { authorization: 'Bearer local-dev-key' };
const NDJSON = 'application/x-ndjson';

interface Received {
  status: number;
  body: { id: string; jobId: string; total: number; code?: string; errors?: { path: string }[] };
}

async function upload(
  service: Service,
  task: string,
  body: string | Uint8Array<ArrayBuffer>,
  type: string = NDJSON,
  more: Record<string, string> = {},
): Promise<Received> {
  const response = await fetch(`${service.url}/api/bulk-jobs?task=${task}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': type, ...more },
    body,
  });
  return { status: response.status, body: (await response.json()) as Received['body'] };
}

/** Different SKUs for each test. */
const product = (prefix: string, index: number, change: object = {}) => ({
  sku: `${prefix}-${index}`,
  name: `Product ${index}`,
  unitAmount: 100 + index,
  currency: 'EUR',
  ...change,
});
const wrapped = (item: Uint8Array) => Buffer.concat([Buffer.from('['), item, Buffer.from(']')]);
const lines = (items: readonly object[]): string => items.map((item) => JSON.stringify(item)).join('\n');

async function read(
  service: Service,
  id: string,
): Promise<BulkJobView & { failedItems: { items: FailedItem[]; nextCursor: string | null } }> {
  return (await service.request('GET', `/api/bulk-jobs/${id}`)).body as never;
}
interface FailedItem {
  position: number;
  item: unknown;
  attempts: number;
  error: { code: string; message: string };
}

const ended = (service: Service, id: string, status = 'completed') =>
  eventually(async () => {
    const job = await read(service, id);
    expect(job.status).toBe(status);
    return job;
  });

const productsLike = async (service: Service, prefix: string): Promise<number> => {
  const { count } = await service.db
    .selectFrom('products')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('sku', 'like', `${prefix}-%`)
    .executeTakeFirstOrThrow();
  return count;
};
const bulkRows = async (service: Service): Promise<number> =>
  (await service.db.selectFrom('bulkJobs').select('id').execute()).length;

describe('an upload', () => {
  const service = useService();

  it('of lines is stored, processed and counted', async () => {
    const prefix = randomUUID();
    const items = Array.from({ length: 12_345 }, (_, index) => product(prefix, index));
    const received = await upload(service, 'import-products', lines(items));
    expect(received).toMatchObject({ status: 202, body: { total: 12_345 } });
    const job = await ended(service, received.body.id);
    expect(job.counts).toEqual({ total: 12_345, done: 12_345, failed: 0, pending: 0 });
    expect(await productsLike(service, prefix)).toBe(12_345);
    expect(
      await service.db
        .selectFrom('products')
        .selectAll()
        .where('sku', '=', `${prefix}-77`)
        .executeTakeFirst(),
    ).toMatchObject({ name: 'Product 77', unitAmountMinor: 177, currency: 'eur' });
    expect(await jobWithStatus(service, received.body.jobId, 'completed')).toMatchObject({
      type: 'processBulk',
      result: { outcome: 'completed', total: 12_345, done: 12_345, failed: 0 },
    });
    await recordHistory(service, received.body.jobId, 'completed');
    // Attempts that a frozen worker makes late, after other attempts have succeeded.
    await markBulkRunning(service.db, received.body.id);
    await markBulkPaused(service.db, received.body.id);
    expect(await read(service, received.body.id)).toMatchObject({ status: 'completed' });
  });

  it('may be a JSON array', async () => {
    const prefix = randomUUID();
    const items = Array.from({ length: 50 }, (_, index) => product(prefix, index));
    const received = await upload(service, 'import-products', JSON.stringify(items), 'application/json');
    expect(received).toMatchObject({ status: 202, body: { total: 50 } });
    await ended(service, received.body.id);
    expect(await productsLike(service, prefix)).toBe(50);
  });

  it('whose task this worker does not have waits for a worker that has it', async () => {
    const prefix = randomUUID();
    const id = randomUUID();
    const entry = await service.db.transaction().execute(async (trx) => {
      await insertBulkItems(trx, id, 0, [JSON.stringify(product(prefix, 0))]);
      await insertBulkJob(trx, { id, task: 'task-of-a-later-release', total: 1 });
      return enqueueStart(trx, processBulk, { bulkJobId: id });
    });
    service.dispatcher.start([entry]);
    const waiting = await jobWithStatus(service, entry.jobId, 'retrying');
    expect(JSON.stringify(waiting)).toContain('this worker does not have the bulk task');
    // As a worker of the later release reads it.
    await service.db.updateTable('bulkJobs').set({ task: 'import-products' }).where('id', '=', id).execute();
    expect((await ended(service, id)).counts).toEqual({ total: 1, done: 1, failed: 0, pending: 0 });
    expect(await productsLike(service, prefix)).toBe(1);
  });

  const wrong: [string, string, string, string, string][] = [
    ['a line that is no JSON', 'import-products', `${lines([product('x', 1)])}\nnonsense`, NDJSON, 'line 2'],
    [
      'a line with a wrong field',
      'import-products',
      lines([product('x', 1), product('x', 2, { unitAmount: -1 })]),
      NDJSON,
      'line 2: unitAmount',
    ],
    [
      'an element with a wrong field',
      'import-products',
      JSON.stringify([product('x', 1, { sku: '' })]),
      'application/json',
      '[0]: sku',
    ],
    [
      'a line that is far too long',
      'import-products',
      lines([product('x', 1, { name: 'x'.repeat(70_000) })]),
      NDJSON,
      'line 1',
    ],
    [
      'half of a surrogate pair',
      'import-products',
      `${lines([product('x', 1)])}\n${JSON.stringify(product('x', 2, { name: 'A\ud83d' }))}`,
      NDJSON,
      'line 2: name',
    ],
    [
      'a NUL in an element',
      'import-products',
      JSON.stringify([product('x', 1), product('x', 2, { name: 'A\0' })]),
      'application/json',
      '[1]: name',
    ],
    [
      'an element that is nested too deep',
      'import-products',
      `[${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}]`,
      'application/json',
      '[0]',
    ],
    [
      'an element that is far too long',
      'import-products',
      JSON.stringify([product('x', 1, { name: 'x'.repeat(70_000) })]),
      'application/json',
      '[0]',
    ],
    ['brackets alone', 'import-products', '['.repeat(8 * 1024 * 1024), 'application/json', '[0]'],
    ['an array that does not end', 'import-products', '[{"sku":"a"', 'application/json', 'body'],
    ['no array', 'import-products', '{"sku":"a"}', 'application/json', 'body'],
    ['no items', 'import-products', '\n\n', NDJSON, 'body'],
    ['a task that there is not', 'make-coffee', lines([product('x', 1)]), NDJSON, 'task'],
  ];
  it.each(wrong)('with %s is refused, and leaves nothing', async (_, task, body, type, path) => {
    const before = await bulkRows(service);
    const received = await upload(service, task, body, type);
    expect(received).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect(received.body.errors?.map((error) => error.path)).toContain(path);
    expect(await bulkRows(service)).toBe(before);
  });

  it('names the first hundred wrong lines', async () => {
    const body = lines(Array.from({ length: 500 }, (_, index) => product('x', index, { currency: 'euros' })));
    const { errors } = (await upload(service, 'import-products', body)).body;
    expect(errors).toHaveLength(100);
    expect(errors?.at(-1)?.path).toBe('line 100: currency');
  });

  it('may begin with a byte order mark, whatever its type', async () => {
    const item = product(randomUUID(), 1);
    expect((await upload(service, 'import-products', `\ufeff${lines([item])}`)).status).toBe(202);
    const array = `\ufeff${JSON.stringify([item])}`;
    expect((await upload(service, 'import-products', array, 'application/json')).status).toBe(202);
  });

  it('in another charset is refused, whether it says so or not', async () => {
    const latin = Buffer.from(lines([product('x', 1, { name: 'Zoë' })]), 'latin1');
    for (const type of [NDJSON, 'application/json']) {
      expect(
        await upload(service, 'import-products', type === NDJSON ? latin : wrapped(latin), type),
      ).toMatchObject({ status: 400, body: { errors: [{ message: 'must be UTF-8' }] } });
      expect((await upload(service, 'import-products', latin, `${type}; charset=iso-8859-1`)).status).toBe(
        415,
      );
    }
  });

  it('of another type is refused', async () => {
    expect((await upload(service, 'import-products', 'a,b', 'text/csv')).status).toBe(415);
    expect(
      (await upload(service, 'import-products', 'x', NDJSON, { 'content-encoding': 'gzip' })).status,
    ).toBe(415);
  });

  it('that is cut off leaves nothing behind, and nothing held', async () => {
    const before = await bulkRows(service);
    for (let round = 0; round < 4; round++) {
      const request = httpRequest(`${service.url}/api/bulk-jobs?task=import-products`, {
        method: 'POST',
        headers: { ...headers, 'content-type': NDJSON },
      });
      request.on('error', () => undefined);
      const closed = new Promise((resolve) => request.once('close', resolve));
      request.write(`${lines(Array.from({ length: 3_000 }, (_, index) => product('cut', index)))}\n`, () =>
        request.destroy(),
      );
      await closed;
    }
    // More uploads than may be in progress at the same time: earlier ones have released their slots.
    await eventually(async () => {
      const received = await upload(service, 'import-products', lines([product(randomUUID(), 1)]));
      expect(received.status).toBe(202);
    });
    expect(await bulkRows(service)).toBe(before + 1);
    expect(await productsLike(service, 'cut')).toBe(0);
  });

  it('is in the list, newest first, with an answer for an unknown one', async () => {
    const first = await upload(service, 'import-products', lines([product(randomUUID(), 1)]));
    const second = await upload(service, 'import-products', lines([product(randomUUID(), 1)]));
    const { body } = await service.request('GET', '/api/bulk-jobs?limit=2');
    const { items, nextCursor } = body as { items: BulkJobView[]; nextCursor: string };
    expect(items.map(({ id }) => id)).toEqual([second.body.id, first.body.id]);
    const next = (await service.request('GET', `/api/bulk-jobs?cursor=${nextCursor}`)).body as {
      items: BulkJobView[];
    };
    expect(next.items.map(({ id }) => id)).not.toContain(first.body.id);
    expect((await service.request('GET', `/api/bulk-jobs/${randomUUID()}`)).status).toBe(404);
  });
});

describe('limits', () => {
  const service = useService({ workers: false, config: { BULK_MAX_ITEMS: 10, BULK_MAX_BYTES: 5_000 } });

  it('of items and bytes answer 413', async () => {
    const items = Array.from({ length: 11 }, (_, index) => product('x', index));
    expect(await upload(service, 'import-products', lines(items))).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    });
    expect((await upload(service, 'import-products', '\n'.repeat(6_000))).status).toBe(413);
    expect(await bulkRows(service)).toBe(0);
  });
});

describe('an upload that stalls', () => {
  const service = useService({ workers: false, config: { BULK_UPLOAD_IDLE: 300 } });

  it('is abandoned, and releases what it held', async () => {
    // More than may be in progress at the same time.
    for (let round = 0; round < 4; round++) {
      const request = httpRequest(`${service.url}/api/bulk-jobs?task=import-products`, {
        method: 'POST',
        headers: { ...headers, 'content-type': NDJSON },
      });
      request.write(`${lines([product('stalled', 1)])}\n`);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      expect(response.statusCode).toBe(408);
      expect(JSON.parse(await text(response))).toMatchObject({ code: 'upload_stalled' });
      request.destroy();
    }
    expect(await bulkRows(service)).toBe(0);
  });
});

describe('repricing orders', () => {
  const service = useService();
  let userId = '';
  beforeAll(async () => {
    const user = { email: `ada-${randomUUID()}@example.com`, name: 'Ada', password: 'correct horse' };
    userId = ((await service.request('POST', '/api/auth/register', user)).body as { id: string }).id;
  });

  async function declinedOrder(sku: string): Promise<{ id: string; jobId: string }> {
    const { body } = await service.request('POST', '/api/orders', {
      userId,
      currency: 'EUR',
      items: [{ sku, quantity: 3, unitAmount: 450 }],
      paymentMethod: 'pm_card_chargeDeclined',
    });
    const order = body as { id: string; jobId: string };
    await jobWithStatus(service, order.jobId, 'waiting');
    return order;
  }

  it('changes the price of open orders, here and at the provider, and names those it cannot change', async () => {
    const cheaper = `tea-${randomUUID()}`;
    const abroad = `tea-${randomUUID()}`;
    await upload(
      service,
      'import-products',
      lines([
        { sku: cheaper, name: 'Tea', unitAmount: 400, currency: 'EUR' },
        { sku: abroad, name: 'Tea', unitAmount: 400, currency: 'USD' },
      ]),
    ).then(({ body }) => ended(service, body.id));
    const order = await declinedOrder(cheaper);
    const foreign = await declinedOrder(abroad);

    const made = await service.request('POST', '/api/bulk-jobs?task=reprice-orders&query=open-orders');
    expect(made).toMatchObject({ status: 202, body: { total: 2 } });
    const { id } = made.body as { id: string };
    const job = await ended(service, id);
    expect(job.counts).toMatchObject({ total: 2, done: 1, failed: 1 });
    expect(job.failedItems.items).toMatchObject([
      { item: { orderId: foreign.id }, attempts: 1, error: { code: 'other_currency' } },
    ]);

    await service.request('PUT', `/api/orders/${order.id}/payment-method`, { paymentMethod: 'pm_card_visa' });
    await jobWithStatus(service, order.jobId, 'completed');
    const { charges } = await service.ledger(order.id);
    expect(charges.map(({ amountMinor }) => amountMinor)).toEqual([1_200]);
  });

  it('retries temporary failures, and lets an operator retry the rest', async () => {
    const sku = `tea-${randomUUID()}`;
    await upload(
      service,
      'import-products',
      lines([{ sku, name: 'Tea', unitAmount: 500, currency: 'USD' }]),
    ).then(({ body }) => ended(service, body.id));
    const order = await declinedOrder(sku);
    const received = await upload(
      service,
      'reprice-orders',
      lines([{ orderId: order.id }, { orderId: randomUUID() }]),
    );
    const job = await ended(service, received.body.id);
    expect(job.failedItems.items.map(({ error }) => error.code)).toEqual(['other_currency', 'unknown_order']);

    await service.db.updateTable('products').set({ currency: 'eur' }).where('sku', '=', sku).execute();
    const retried = await service.request('POST', `/api/bulk-jobs/${job.id}/retry-failed`);
    expect(retried).toMatchObject({ status: 202, body: { retried: 2 } });
    await eventually(async () => {
      const again = await read(service, job.id);
      expect(again.status).toBe('completed');
      expect(again.counts).toMatchObject({ done: 1, failed: 1, pending: 0 });
    });
    expect((await service.request('GET', `/api/orders/${order.id}`)).body).toMatchObject({ amount: 1_500 });
  });

  it('is run by the daily schedule, and created by each POST /api/process-bulk', async () => {
    const first = await service.request('POST', '/api/process-bulk');
    expect(first).toMatchObject({ status: 200, body: { scheduleId: 'bulk-process', paused: false } });
    expect((await service.request('POST', '/api/process-bulk')).status).toBe(200);
    await service.request('POST', '/api/schedules/bulk-process/trigger');
    const run = await eventually(async () => {
      const { body } = await service.request('GET', '/api/schedules/bulk-process');
      const [newest] = (body as { recentRuns: { jobId: string; outcome: string }[] }).recentRuns;
      expect(newest).toMatchObject({ outcome: 'completed' });
      return newest?.jobId ?? '';
    });
    const job = await jobWithStatus(service, run, 'completed');
    expect(job.type).toBe('startBulkJob');
    const { bulkJobId } = job.result as { bulkJobId: string };
    expect(await read(service, bulkJobId)).toMatchObject({ status: 'completed', query: 'open-orders' });
    await recordHistory(service, run, 'completed');
  });
});

describe('an operator', () => {
  const service = useService();

  it('follows a job through server-sent events, from where the last connection broke', async () => {
    const items = Array.from({ length: 4_000 }, (_, index) => product(randomUUID(), index));
    const { body } = await upload(service, 'import-products', lines(items));
    const events = await readEvents(service, body.id);
    expect(events.at(-1)).toMatchObject({
      event: 'end',
      data: { status: 'completed', counts: { done: 4_000 } },
    });
    expect(events.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true);
    const again = await readEvents(service, body.id, events.at(-1)?.id);
    expect(again.map(({ event }) => event)).toEqual(['end']);
  });

  it('is informed if it can no longer be paused', async () => {
    const { body } = await upload(service, 'import-products', lines([product(randomUUID(), 1)]));
    await ended(service, body.id);
    for (const action of ['pause', 'resume', 'cancel']) {
      expect(await service.request('POST', `/api/bulk-jobs/${body.id}/${action}`)).toMatchObject({
        status: 409,
        body: { code: 'job_closed' },
      });
    }
  });

  it('pauses, resumes and cancels', async () => {
    const orderIds = await pricedOrders(service, 120);
    // All of them take a minute, however slow the operator is on a busy machine.
    await service.fault({
      kind: 'delay',
      delayMs: 500,
      times: 1_000,
      match: { path: '/v1/payment_intents/' },
    });
    const { body } = await upload(service, 'reprice-orders', lines(orderIds.map((orderId) => ({ orderId }))));
    const act = (action: string) => service.request('POST', `/api/bulk-jobs/${body.id}/${action}`);
    await eventually(async () => expect((await read(service, body.id)).status).toBe('running'));
    expect((await act('pause')).status).toBe(202);
    await eventually(async () => expect((await read(service, body.id)).status).toBe('paused'));
    expect((await act('resume')).status).toBe(202);
    await eventually(async () => expect((await read(service, body.id)).status).toBe('running'));
    expect((await act('cancel')).status).toBe(202);
    const job = await ended(service, body.id, 'cancelled');
    expect(job.counts.done).toBeLessThan(120);
    expect(job.counts.pending).toBe(120 - job.counts.done);
    await service.clearFaults();
    await jobWithStatus(service, body.jobId, 'cancelled');
    await recordHistory(service, body.jobId, 'cancelled');
  });

  it('does not have to wait for the batches in progress to come to their ends when cancelling', async () => {
    const orderIds = await pricedOrders(service, 250);
    // A batch of a hundred would take a minute.
    await service.fault({
      kind: 'delay',
      delayMs: 600,
      times: 1_000,
      match: { path: '/v1/payment_intents/' },
    });
    const { body } = await upload(service, 'reprice-orders', lines(orderIds.map((orderId) => ({ orderId }))));
    // Each batch has sent a heartbeat: the response to the next one delivers the cancellation.
    await eventually(async () =>
      expect((await read(service, body.id)).counts.done).toBeGreaterThanOrEqual(40),
    );
    await service.request('POST', `/api/bulk-jobs/${body.id}/cancel`);
    const job = await ended(service, body.id, 'cancelled');
    await service.clearFaults();
    expect(job.counts.done).toBeLessThan(150);
    expect((await read(service, body.id)).counts).toEqual(job.counts);
  });
});

interface ServerSentEvent {
  id: string | undefined;
  event: string | undefined;
  data: unknown;
}

/** All events of a stream until it ends. */
async function readEvents(service: Service, id: string, lastEventId?: string): Promise<ServerSentEvent[]> {
  const response = await fetch(`${service.url}/api/bulk-jobs/${id}/events`, {
    headers: { ...headers, ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      return { id: field('id'), event: field('event'), data: JSON.parse(field('data') ?? 'null') as unknown };
    });
}

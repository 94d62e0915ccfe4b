import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import type { JobView } from '../../packages/durable-jobs/src/jobs/job-view.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { attemptNow, eventually, jobWithStatus, lastAttemptEnd } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

/** Its waits follow no formula that the engine knows. */
const callBack = defineJob({
  type: 'callBack',
  input: z.strictObject({ number: z.int() }),
  key: ({ number }) => String(number),
  retry: { delays: ['40s', '10s', '200s'] },
  run: () => Promise.reject(new Error('engaged')),
});

/** How many attempts of an invoice fail first. */
const failing = new Map<string, number>();

/** Sends a reminder, and records it by the effect key. */
const sendInvoiceReminder = defineJob({
  type: 'sendInvoiceReminder',
  input: z.strictObject({ invoiceId: z.uuid() }),
  key: ({ invoiceId }) => invoiceId,
  retry: { delays: ['60s', '300s', '900s'] },
  async run({ invoiceId }, { attempt, effectKey, db }) {
    await db.query(
      `INSERT INTO public.orders_reminded (effect_key, attempts) VALUES ($1, $2)
       ON CONFLICT (effect_key) DO UPDATE SET attempts = excluded.attempts`,
      [effectKey, attempt],
    );
    if (attempt <= (failing.get(invoiceId) ?? 0)) throw new Error(`no answer to attempt ${attempt}`);
    return { sent: true, attempt };
  },
});

const service = useService({ jobs: [sendInvoiceReminder, callBack] });

async function start(invoiceId: string): Promise<string> {
  const entry = await service.db
    .transaction()
    .execute((trx) => enqueueStart(trx, sendInvoiceReminder, { invoiceId }));
  await service.dispatcher.dispatch(entry);
  return entry.jobId;
}

/** What a job recorded, by the keys of its effects. */
async function remindedBy(jobId: string): Promise<{ effectKey: string; attempts: number }[]> {
  const { rows } = await sql<{ effectKey: string; attempts: number }>`
    SELECT effect_key, attempts FROM public.orders_reminded WHERE starts_with(effect_key, ${`${jobId}/`})`.execute(
    service.db,
  );
  return rows;
}

beforeAll(async () => {
  await sql`CREATE TABLE public.orders_reminded (effect_key text PRIMARY KEY, attempts integer NOT NULL)`.execute(
    service.db,
  );
});

/** Seconds from the end of the last attempt to the next planned one, and from each of those to the one after it. */
async function waitsOf({ id, plannedAttempts }: JobView): Promise<number[]> {
  const times = [await lastAttemptEnd(service, id), ...plannedAttempts.map((time) => Date.parse(time))];
  return times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / 1000));
}

describe('a job that is one function', () => {
  it('runs under its own workflow type, and its result can be read', async () => {
    const id = await start(randomUUID());
    expect(await jobWithStatus(service, id, 'completed')).toMatchObject({
      type: 'sendInvoiceReminder',
      result: { sent: true, attempt: 1 },
    });
    const { type } = await service.client.workflow.getHandle(id).describe();
    expect(type).toBe('sendInvoiceReminder');
  });

  it('shows its attempts with their errors and the exact times of the next ones, and its effect has one key', async () => {
    const invoiceId = randomUUID();
    failing.set(invoiceId, 2);
    const id = await start(invoiceId);
    const job = await jobWithStatus(service, id, 'retrying');
    expect(job.attempts[0]).toMatchObject({ number: 1, error: { message: 'no answer to attempt 1' } });
    expect(await waitsOf(job)).toEqual([60, 300, 900]);

    await attemptNow(service, id);
    await eventually(async () => {
      const { body } = await service.request('GET', `/api/jobs/${id}`);
      expect(body).toMatchObject({ status: 'retrying', attempts: [{ number: 1 }, { number: 2 }] });
    });
    await attemptNow(service, id);
    expect(await jobWithStatus(service, id, 'completed')).toMatchObject({ result: { attempt: 3 } });
    expect(await remindedBy(id)).toMatchObject([{ attempts: 3 }]);
  });

  it('shows the times of its next attempts if they follow no formula', async () => {
    const entry = await service.db
      .transaction()
      .execute((trx) => enqueueStart(trx, callBack, { number: 17 }));
    await service.dispatcher.dispatch(entry);
    const job = await jobWithStatus(service, entry.jobId, 'retrying');
    expect(await waitsOf(job)).toEqual([40, 10, 200]);
  });

  it('can be started over REST, with its input checked', async () => {
    const post = (body: object): Promise<Response> =>
      fetch(`${service.url}/api/jobs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${LOCAL_API_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const accepted = await post({ type: 'sendInvoiceReminder', input: { invoiceId: randomUUID() } });
    expect(accepted.status).toBe(202);
    const { jobId } = (await accepted.json()) as { jobId: string };
    await jobWithStatus(service, jobId, 'completed');

    const refused = await post({ type: 'sendInvoiceReminder', input: { invoiceId: 17 } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ path: 'input.invoiceId' }] });
  });

  it('keeps the key of its effects when an operator starts it again after its last attempt', async () => {
    const invoiceId = randomUUID();
    failing.set(invoiceId, 99);
    const id = await start(invoiceId);
    const failAllAttempts = async (): Promise<void> => {
      for (const number of [1, 2, 3]) {
        await eventually(async () => {
          const { body } = await service.request('GET', `/api/jobs/${id}`);
          expect(body).toMatchObject({ status: 'retrying' });
          expect((body as JobView).attempts).toHaveLength(number);
        });
        await attemptNow(service, id);
      }
      await jobWithStatus(service, id, 'failed');
    };
    await failAllAttempts();
    expect((await service.request('POST', `/api/jobs/${id}/retry`)).status).toBe(202);
    await failAllAttempts();
    failing.delete(invoiceId);
    expect((await service.request('POST', `/api/jobs/${id}/retry`)).status).toBe(202);
    await jobWithStatus(service, id, 'completed');
    expect(await remindedBy(id)).toHaveLength(1);
  });

  it('can be cancelled, and explains its state', async () => {
    const invoiceId = randomUUID();
    failing.set(invoiceId, 99);
    const id = await start(invoiceId);
    await jobWithStatus(service, id, 'retrying');
    const { body: why } = await service.request('GET', `/api/jobs/${id}/why`);
    expect(JSON.stringify(why)).toContain('no answer to attempt 1');
    expect((await service.request('POST', `/api/jobs/${id}/cancel`)).status).toBe(202);
    await jobWithStatus(service, id, 'cancelled');
  });
});

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as forward, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createClient, type Client } from '../../packages/durable-jobs/src/client/client.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { reservePort, type ReservedPort } from '../../packages/durable-jobs/src/dev/ports.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { PermanentError } from '../../packages/durable-jobs/src/jobs/run/errors.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const input = z.strictObject({ number: z.int() });
const key = ({ number }: { number: number }) => String(number);

const double = defineJob({
  type: 'double',
  input,
  key,
  run: ({ number }) => Promise.resolve({ number: 2 * number }),
});
const refuse = defineJob({
  type: 'refuse',
  input,
  key,
  run: () => Promise.reject(new PermanentError('no such number', { code: 'NumberUnknown' })),
});
/** Fails until its number is allowed. */
const allowed = new Set<number>();
const stubborn = defineJob({
  type: 'stubborn',
  input,
  key,
  retry: { initialInterval: '1h' },
  run: ({ number }) => (allowed.has(number) ? Promise.resolve('done') : Promise.reject(new Error('not yet'))),
});

type Jobs = [typeof double, typeof refuse, typeof stubborn];

const service = useService({ jobs: [double, refuse, stubborn] });

/** A proxy in front of the API, under a path, which can be made unavailable. */
let front: Server;
let port: ReservedPort;
let client: Client<Jobs>;

async function listen(): Promise<void> {
  front = createServer((request, response) => {
    const { method, headers } = request;
    const to = forward(`${service.url}${(request.url ?? '').replace(/^\/ops/, '')}`, { method, headers });
    to.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    to.on('error', () => response.destroy());
    response.on('close', () => to.destroy());
    request.pipe(to);
  });
  front.listen(port.port, '127.0.0.1');
  await once(front, 'listening');
}

async function goAway(): Promise<void> {
  const closed = once(front, 'close');
  front.close();
  front.closeAllConnections();
  await closed;
}

beforeAll(async () => {
  port = await reservePort();
  await listen();
  client = createClient<Jobs>({ baseUrl: `http://127.0.0.1:${port.port}/ops`, apiKey: LOCAL_API_KEY });
});
afterAll(async () => {
  await goAway();
  port.release();
});

/** A job that waits for its next attempt. */
async function startStubborn(): Promise<{ id: string; number: number }> {
  const number = Math.trunc(Math.random() * 1e12);
  const { jobId } = await client.start('stubborn', { number });
  await jobWithStatus(service, jobId, 'retrying');
  return { id: jobId, number };
}

describe('a client of the running API', () => {
  it('starts a job, waits for it, and returns its result', async () => {
    const started = await client.start('double', { number: 21 });
    expect(started).toMatchObject({ type: 'double', started: true });
    expect(await client.result(started)).toEqual({ number: 42 });
    expect(await client.get(started.jobId)).toMatchObject({ status: 'completed', result: { number: 42 } });
    expect(await client.why(started.jobId)).toMatchObject({ code: 'completed' });
  });

  it('starts a job once for a key, and one with a delay later', async () => {
    const dedupeKey = randomUUID();
    const first = await client.start('double', { number: 1 }, { dedupeKey, delay: '1h' });
    const second = await client.start('double', { number: 1 }, { dedupeKey });
    expect([first.started, second.started]).toEqual([null, false]);
    expect(second.jobId).toBe(first.jobId);
    expect((await jobWithStatus(service, first.jobId, 'scheduled')).plannedAttempts).toHaveLength(1);
    const at = new Date(Date.now() + 7_200_000);
    const moved = await client.reschedule(first.jobId, at, { reason: 'too early' });
    expect(moved.action.name).toBe('reschedule');
    await client.cancel(first.jobId);
    expect((await client.wait(first.jobId)).status).toBe('cancelled');
  });

  it('says why a job failed, and that it has no result', async () => {
    const { jobId } = await client.start('refuse', { number: 3 });
    await expect(client.result(jobId)).rejects.toMatchObject({
      name: 'JobFailedError',
      code: 'NumberUnknown',
      message: 'no such number',
      job: { id: jobId, status: 'failed' },
    });
  });

  it('acts on a job, with a reason that the audit trail has', async () => {
    const { id, number } = await startStubborn();
    const reason = `müde ${number}`;
    expect((await client.pause(id, { reason })).action.name).toBe('pause');
    await jobWithStatus(service, id, 'paused');
    await client.resume(id);
    await jobWithStatus(service, id, 'retrying');
    allowed.add(number);
    const waiting = client.result(id);
    await client.retry(id);
    expect(await waiting).toBe('done');
    await eventually(async () => {
      const { data } = await client.http.GET('/api/audit', { params: { query: { limit: 100 } } });
      expect(data?.items.filter((entry) => entry.reason === reason)).toHaveLength(1);
    });
  });

  it('ends a job at once', async () => {
    const { id } = await startStubborn();
    await client.terminate(id, { reason: 'not needed' });
    expect((await client.wait(id)).status).toBe('terminated');
  });

  it('lists jobs across pages', async () => {
    const count = 101;
    const keys = Array.from({ length: count }, () => randomUUID());
    const started: string[] = [];
    // A few at a time: starts that wait for more than three seconds on a busy machine are left to a relay, which does not run.
    while (keys.length > started.length) {
      const some = keys.slice(started.length, started.length + 10);
      await Promise.all(
        some.map((dedupeKey) => client.start('double', { number: 5 }, { dedupeKey, delay: '1h' })),
      );
      started.push(...some);
    }
    await eventually(async () => {
      const ids = [];
      for await (const { id } of client.list({ type: 'double', status: 'scheduled' })) ids.push(id);
      expect(ids.toSorted()).toEqual(keys.map((own) => `double:${own}`).toSorted());
    });
  });

  it("throws the API's validation errors, with each field", async () => {
    await expect(client.start('double', { number: 'many' } as never)).rejects.toMatchObject({
      name: 'DurableJobsError',
      status: 400,
      code: 'validation_failed',
      fields: [{ path: 'input.number' }],
    });
    await expect(client.get('double:none')).rejects.toMatchObject({ status: 404, code: 'not_found' });
    const stranger = createClient({ baseUrl: `http://127.0.0.1:${port.port}/ops`, apiKey: 'wrong' });
    await expect(stranger.get('double:none')).rejects.toMatchObject({ status: 401, code: 'unauthorized' });
  });

  it('gets over an outage: of a read, of a start with a key, and of a wait', async () => {
    const { id, number } = await startStubborn();
    const waiting = client.result(id, { timeout: 60_000 });
    await goAway();
    const dedupeKey = randomUUID();
    const reading = client.get(id);
    const starting = client.start('double', { number: 4 }, { dedupeKey });
    await expect(client.start('double', { number: 4 })).rejects.toThrow();
    await listen();
    expect(await reading).toMatchObject({ id, status: 'retrying' });
    expect((await starting).jobId).toBe(`double:${dedupeKey}`);
    allowed.add(number);
    await client.retry(id);
    expect(await waiting).toBe('done');
  });
});

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createClient } from '../../packages/durable-jobs/src/client/client.ts';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { startDeps } from '../support/start-deps.ts';
import { useService } from '../support/service.ts';

/** Runs until it is cancelled. */
const archive = defineJob({
  type: 'archiveFile',
  input: z.strictObject({ path: z.string() }),
  key: ({ path }) => path,
  retry: { delays: [] },
  run: (_input, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    }),
});

const service = useService({ jobs: [archive] });
let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(() => program.end());

const relay = () => relayStarts(startDeps(service, [archive]));
const enqueue = (path: string, more = '') =>
  program.query(`SELECT durable_jobs.enqueue('archiveFile', $1${more})`, [JSON.stringify({ path })]);

const escaped = (path: string): string =>
  `/api/jobs/archive-file:${encodeURIComponent(path).replaceAll('%3A', ':')}`;

/** Starts the job, and waits until its function runs: between two steps, a job is not paused. */
async function startIt(path: string): Promise<void> {
  await enqueue(path);
  await relay();
  await eventually(async () => {
    const { raw } = await service.client.workflow.getHandle(`archive-file:${path}`).describe();
    expect(raw.pendingActivities).toHaveLength(1);
  });
}

describe.each([
  ['2026/03/Größe.csv'],
  ['https://example.com/a?b=c#d'],
  ['C:\\files\\报告 👍'],
  ["100% of Ada's & Grace's"],
])('a job with the key %s', (path) => {
  const id = `archive-file:${path}`;
  const self = escaped(path);

  it('is shown, explained, followed and acted on by its id in a path', async () => {
    await startIt(path);
    for (const spelling of [self, `/api/jobs/${encodeURIComponent(id)}`]) {
      expect((await service.request('GET', spelling)).body).toMatchObject({
        id,
        businessKey: path,
        links: { self, ui: expect.stringContaining(encodeURIComponent(id)) as string },
      });
    }
    expect((await service.request('GET', `${self}/why`)).status).toBe(200);
    expect((await service.request('GET', `${self}/timeline`)).body).toMatchObject({ links: { job: self } });
    expect((await service.request('GET', `${self}/result`)).body).toMatchObject({ links: { job: self } });
    const events = await fetch(`${service.url}${self}/events`, {
      headers: { authorization: `Bearer ${LOCAL_API_KEY}` },
      signal: AbortSignal.timeout(120_000),
    });
    expect(events.status).toBe(200);
    await events.body?.cancel();
    expect((await service.request('POST', `${self}/pause`)).status).toBe(202);
    expect((await service.request('POST', `${self}/resume`)).status).toBe(202);
    expect(await service.request('DELETE', self)).toMatchObject({ status: 202, body: { id } });
    await jobWithStatus(service, encodeURIComponent(id), 'cancelled');
  });

  it('is read and cancelled by the client, by its id and by its key', async () => {
    const client = createClient({ baseUrl: service.url, apiKey: LOCAL_API_KEY });
    await startIt(path);
    expect(await client.get(id)).toMatchObject({ id, businessKey: path });
    const cancelled = await client.cancel({ type: 'archiveFile', key: path }, { reason: 'not needed' });
    expect(cancelled).toMatchObject({ id, action: { name: 'cancel' } });
    expect(await client.wait(id, { timeout: 60_000 })).toMatchObject({ status: 'cancelled' });
  });
});

describe('POST /api/jobs/cancel', () => {
  const cancel = (body: object) => service.request('POST', '/api/jobs/cancel', body);

  it('withdraws a start that SQL enqueued and that has not been checked yet', async () => {
    await enqueue('later/1', `, start_at => now() + interval '1 hour'`);
    expect(await cancel({ type: 'archiveFile', key: 'later/1', reason: 'a test' })).toMatchObject({
      status: 202,
      body: { id: 'archive-file:later/1', status: 'cancelled' },
    });
  });

  it('responds with 404 if the job does not exist, and names invalid fields', async () => {
    expect((await cancel({ type: 'archiveFile', key: 'none' })).status).toBe(404);
    expect(await cancel({ type: 'archive', key: 'a\nb', why: 1 })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'type' }, { path: 'key' }, { path: 'why' }] },
    });
  });
});

it('lists jobs by keys with any letters', async () => {
  await enqueue('Ordner/ä', `, start_at => now() + interval '1 hour'`);
  await relay();
  const query = `businessKey=${encodeURIComponent('Ordner/ä')}`;
  // The engine's list is a moment behind.
  await eventually(async () =>
    expect((await service.request('GET', `/api/jobs?${query}`)).body).toMatchObject({
      items: [{ links: { self: escaped('Ordner/ä') } }],
    }),
  );
});

it.each(['a%2F..%2Fb', '..%2F..%2Fprocess-order:1', 'a%5C.', '%2E'])(
  'refuses %s as a key in a path, which leads elsewhere for those who decode first',
  async (key) => {
    const { status } = await service.request('GET', `/api/jobs/archive-file:${key}`);
    expect(status).toBe(400);
  },
);

import { jobs } from '../../contracts/catalogue.ts';
import { describe, expect, it } from 'vitest';
import { scheduleDefinition } from '../../packages/durable-jobs/src/schedules/definition.ts';
import { loadDefinitions } from '../../schedules/definitions.ts';
import { eventually } from '../support/jobs.ts';
import { createOlderSchedule, newKey, passRetention, withKeys } from '../support/key-rotation.ts';
import { startApi, startWorker, type ServiceProcess } from '../support/processes.ts';
import { runCommand } from '../support/run-command.ts';
import { request, useService } from '../support/service.ts';

interface ScheduleBody {
  id: string;
  owner: string | null;
  unreadable: boolean;
  input: object;
  paused: boolean;
  stateNote: string | null;
  recentRuns: { outcome: string; jobId: string }[];
  counts: { started: number };
}

const [k1, k2] = [newKey('k1'), newKey('k2')];
const definition = (id: string, change: object = {}) =>
  scheduleDefinition(jobs).parse({ id, job: 'deleteExpired', cron: '30 3 1 1 *', ...change });
const declared = loadDefinitions('UTC');

describe('a rotation of payload keys', () => {
  const service = useService({ workers: false });
  let processes: ServiceProcess[] = [];

  const restart = async (PAYLOAD_KEYS: string, PAYLOAD_ENCRYPTION = 'any'): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
    processes = await Promise.all([
      startApi(service, { PAYLOAD_KEYS, PAYLOAD_ENCRYPTION }),
      startWorker(service, { PAYLOAD_KEYS, PAYLOAD_ENCRYPTION }),
    ]);
  };
  const api = async (method: string, path: string, status: number, body?: unknown): Promise<unknown> => {
    const answer = await request(processes[0]?.url ?? '', method, path, body);
    expect(answer, `${method} ${path}`).toMatchObject({ status });
    return answer.body;
  };
  const schedule = (id: string) => api('GET', `/api/schedules/${id}`, 200) as Promise<ScheduleBody>;
  const jobInStatus = (id: string, status: string) =>
    eventually(
      async () => expect(await api('GET', `/api/jobs/${id}`, 200)).toMatchObject({ status }),
      60_000,
    );
  /** Triggers a schedule, which may also be due by itself at that moment, and waits until the triggered run has completed. */
  const triggered = async (id: string): Promise<void> => {
    const { triggered: run } = await eventually(
      async () =>
        (await api('POST', `/api/schedules/${id}/trigger`, 202)) as { triggered: { jobId: string } },
    );
    await eventually(async () => {
      const { recentRuns } = await schedule(id);
      expect(recentRuns).toContainEqual(expect.objectContaining({ jobId: run.jobId, outcome: 'completed' }));
    });
  };
  const apply = (PAYLOAD_KEYS: string) =>
    runCommand(service, 'schedules/main.ts', ['apply'], { PAYLOAD_KEYS });
  const keys = (PAYLOAD_KEYS: string, ...args: string[]) =>
    runCommand(service, 'packages/durable-jobs/src/cli/payload-keys-main.ts', args, { PAYLOAD_KEYS });
  /** Simulates the passing of so much time that no process can still be using a key. */
  const letUseEnd = () =>
    service.db
      .updateTable('payloadKeys')
      .set({ lastUsedAt: new Date(Date.now() - 600_000) })
      .where('id', '=', 'k1')
      .execute();

  it(
    'goes as docs/security.md says, and nothing needs the old key afterwards',
    { timeout: 600_000 },
    async () => {
      const refreshCache = declared.find(({ id }) => id === 'refresh-cache');
      if (!refreshCache) throw new Error('refresh-cache is declared no more');
      await restart(k1);
      // Two schedules of the previous release: their owner is only in an encrypted memo.
      await createOlderSchedule(service, k1, refreshCache, 'declared');
      await createOlderSchedule(service, k1, definition('older'), 'api');
      expect((await apply(k1)).out).toContain('5 to create, 1 to update, 0 to remove, 0 unchanged');
      await api('POST', '/api/schedules', 201, {
        id: 'by-rest',
        job: 'startBulkJob',
        input: { task: 'reprice-orders', query: 'open-orders' },
        cron: '30 3 1 1 *',
      });
      await triggered('older');
      await api('POST', '/api/schedules/older/pause', 200, { note: 'for the winter' });
      await eventually(() => api('POST', '/api/services/outbox-relay/pause', 202));
      await eventually(async () =>
        expect(await api('GET', '/api/services/outbox-relay', 200)).toMatchObject({ state: 'paused' }),
      );
      const { jobId: delayed } = (await api('POST', '/api/jobs', 202, {
        type: 'deleteExpired',
        input: {},
        delay: '10d',
        dedupeKey: 'delayed',
      })) as { jobId: string };
      const { id: userId } = (await api('POST', '/api/auth/register', 201, {
        email: 'ada@example.com',
        name: 'Ada',
        password: 'correct horse',
      })) as { id: string };
      const { id: orderId, jobId: waiting } = (await api('POST', '/api/orders', 201, {
        userId,
        currency: 'EUR',
        items: [{ sku: 'tea', quantity: 1, unitAmount: 1_000 }],
        paymentMethod: 'pm_card_chargeDeclined',
      })) as { id: string; jobId: string };
      await jobInStatus(waiting, 'waiting');

      // 1 and 2: the new key last, then first, with a restart each time.
      await restart(`${k1},${k2}`);
      await restart(`${k2},${k1}`);

      // 3: the schedules' and people's keys, and the services.
      const outdated = await runCommand(service, 'schedules/main.ts', ['check'], {
        PAYLOAD_KEYS: `${k2},${k1}`,
      });
      expect(outdated).toMatchObject({
        code: 1,
        out: expect.stringContaining('"outdated" -> "current"') as string,
      });
      expect((await keys('', 'forget', 'k1')).err).toContain('"k1" was in use at');
      await letUseEnd();
      const tooEarly = await keys('', 'forget', 'k1');
      expect(tooEarly).toMatchObject({ code: 1, out: '' });
      expect(tooEarly.err).toMatch(/Schedules, such as .*: run/);
      const rewrapped = await keys(`${k2},${k1}`, 'rewrap');
      expect(rewrapped).toMatchObject({ code: 0, err: '' });
      expect(rewrapped.out).toContain('Schedules re-encrypted with "k2": 8\n');
      expect(rewrapped.out).toMatch(/Hosted services renewed with "k2": [1-9]/);
      expect(await schedule('older')).toMatchObject({
        owner: 'api',
        unreadable: false,
        paused: true,
        stateNote: 'for the winter',
        counts: { started: 1 },
      });
      expect((await apply(`${k2},${k1}`)).out).toContain('6 unchanged');

      // 4: what still needs the old key is named.
      await letUseEnd();
      const needed = await keys('', 'forget', 'k1');
      expect(needed).toMatchObject({ code: 1, out: '' });
      expect(needed.err).toContain('"k1" is still needed:');
      expect(needed.err).toMatch(new RegExp(`Open jobs, such as ${delayed}: wait`));
      expect(needed.err).toMatch(/Closed jobs, such as .*: wait until the retention/);
      expect(needed.err).not.toMatch(/Schedules|people/);

      await api('DELETE', `/api/jobs/${delayed}`, 202);
      await jobInStatus(delayed, 'cancelled');
      // The engine lists the job as open for a moment.
      await eventually(async () => {
        await letUseEnd();
        const { err } = await keys('', 'forget', 'k1');
        expect(err).toContain('"k1" is still needed:');
        expect(err).not.toContain('Open jobs');
      });
      await passRetention(service);
      expect(await keys('', 'forget', 'k1')).toMatchObject({
        code: 0,
        out: 'The key "k1" is forgotten: remove it from PAYLOAD_KEYS everywhere.\n',
      });

      // 5: without the old key. No payload of the older form is left either, so that form may be refused.
      await restart(k2, 'bound');
      const { items } = (await api('GET', '/api/schedules?limit=100', 200)) as { items: ScheduleBody[] };
      expect(items.map(({ id }) => id)).toEqual([...declared.map(({ id }) => id), 'by-rest', 'older'].sort());
      for (const item of items) expect(item).toMatchObject({ unreadable: false });
      expect(await schedule('by-rest')).toMatchObject({
        input: { task: 'reprice-orders', query: 'open-orders' },
        owner: 'api',
      });
      await triggered('by-rest');
      await triggered('refresh-cache');
      await api('POST', '/api/services/outbox-relay/resume', 202);
      await eventually(async () =>
        expect(await api('GET', '/api/services/outbox-relay', 200)).toMatchObject({ state: 'running' }),
      );
      // A person's job is encrypted with the person's key, and continues.
      await api('PUT', `/api/orders/${orderId}/payment-method`, 202, { paymentMethod: 'pm_card_visa' });
      await jobInStatus(waiting, 'completed');
      expect(await apply(k2)).toMatchObject({
        code: 0,
        out: expect.stringContaining('6 unchanged') as string,
      });
      await Promise.all(processes.map((process) => process.stop()));
    },
  );
});

describe('a schedule whose key is gone', () => {
  const service = useService({ workers: false, payloadKeys: k2 });
  const [firstDeclared] = declared;
  const read = (id: string) => service.request('GET', `/api/schedules/${id}`);

  it('is listed as unreadable beside the others, and can be replaced, applied or deleted', async () => {
    if (!firstDeclared) throw new Error('nothing is declared');
    await createOlderSchedule(service, k1, firstDeclared, 'declared');
    for (const id of ['gone-a', 'gone-b']) await createOlderSchedule(service, k1, definition(id), 'api');
    // A schedule of another program that this service cannot read either.
    await withKeys(service, undefined, (client) =>
      client.schedule.create({
        scheduleId: 'not-ours',
        spec: { intervals: [{ every: '1d' }] },
        action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other', args: [1] },
        memo: { managedBy: 'another program' },
      }),
    );
    expect(
      (await service.request('POST', '/api/schedules', { id: 'fine', job: 'deleteExpired', every: '1d' }))
        .status,
    ).toBe(201);
    await eventually(async () => {
      const { status, body } = await service.request('GET', '/api/schedules');
      expect(status).toBe(200);
      const seen = (body as { items: ScheduleBody[] }).items.map(({ id, unreadable, owner }) => [
        id,
        unreadable,
        owner,
      ]);
      expect(seen).toEqual(
        [
          ['fine', false, 'api'],
          ['gone-a', true, null],
          ['gone-b', true, null],
          [firstDeclared.id, true, null],
        ].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      );
    });
    expect((await service.request('GET', '/')).status).toBe(200);

    expect((await service.request('DELETE', '/api/schedules/gone-a')).status).toBe(204);
    expect((await service.request('PATCH', '/api/schedules/gone-b', { note: 'x' })).body).toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'input', message: 'is required' }],
    });
    const replaced = await service.request('PATCH', '/api/schedules/gone-b', { input: {} });
    expect(replaced).toMatchObject({ status: 200, body: { unreadable: false } });

    const applied = await runCommand(service, 'schedules/main.ts', ['apply'], { PAYLOAD_KEYS: k2 });
    expect(applied).toMatchObject({
      code: 0,
      out: expect.stringContaining('5 to create, 1 to update') as string,
    });
    await eventually(async () => {
      expect((await read(firstDeclared.id)).body).toMatchObject({ unreadable: false, owner: 'declared' });
      expect((await read('gone-b')).body).toMatchObject({ unreadable: false, owner: 'api' });
    });
  });

  it('does not keep the lost key from being forgotten on request', async () => {
    await service.db.insertInto('payloadKeys').values({ id: 'lost', fingerprint: 'x' }).execute();
    const forget = (...args: string[]) =>
      runCommand(service, 'packages/durable-jobs/src/cli/payload-keys-main.ts', ['forget', 'lost', ...args]);
    expect(await forget()).toMatchObject({ code: 1 });
    expect(await forget('--lost')).toMatchObject({ code: 0 });
  });
});

describe('an encrypted schedule after encryption was turned off', () => {
  const service = useService({ workers: false });

  it('is listed as unreadable, and hides no other', async () => {
    await createOlderSchedule(service, k1, definition('gone'), 'api');
    const fine = { id: 'fine', job: 'deleteExpired', every: '1d' };
    expect((await service.request('POST', '/api/schedules', fine)).status).toBe(201);
    await eventually(async () =>
      expect(await service.request('GET', '/api/schedules')).toMatchObject({
        status: 200,
        body: {
          items: [
            { id: 'fine', unreadable: false, owner: 'api' },
            { id: 'gone', unreadable: true, owner: null },
          ],
        },
      }),
    );
    expect((await service.request('DELETE', '/api/schedules/gone')).status).toBe(204);
  });
});

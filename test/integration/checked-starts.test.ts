import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LOCAL_API_KEY } from '../../packages/durable-jobs/src/config/config.ts';
import { enqueueGroup, startOf } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue-group.ts';
import { enqueue } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue.ts';
import { watchEndsOnce } from '../../packages/durable-jobs/src/jobs/flow/watch-ends.ts';
import { JobKeyError } from '../../packages/durable-jobs/src/jobs/job-key.ts';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { act } from '../support/job-actions.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { startDeps } from '../support/start-deps.ts';
import { useService } from '../support/service.ts';
import { watchEnds } from '../support/watch-ends.ts';

/** Inputs that jobs have received, by their names. */
const received = new Map<string, object[]>();
const failing = new Set<string>();
const receive = (name: string, input: object): void => {
  received.set(name, [...(received.get(name) ?? []), input]);
};

/** A second parse of its input fails, or changes it. */
const charge = defineJob({
  type: 'chargeAmount',
  input: z.strictObject({
    name: z.string().transform((name) => `<${name}>`),
    amount: z.string().transform(Number),
    currency: z.string().default('EUR'),
  }),
  key: ({ name, amount }) => `${name}:${amount}`,
  retry: { delays: [] },
  run(input) {
    receive(input.name, input);
    return failing.has(input.name)
      ? Promise.reject(new Error('declined'))
      : Promise.resolve({ charged: true });
  },
});
const report = defineJob({
  type: 'reportCharges',
  input: z.strictObject({
    name: z.string().transform((name) => `<${name}>`),
    counts: z
      .record(z.string(), z.int())
      .transform(({ total = 0, completed = 0 }) => `${completed} of ${total}`),
  }),
  key: ({ name }) => name,
  run(input) {
    receive(input.name, input);
    return Promise.resolve();
  },
});
/** Its key is whatever its input says. */
const keyed = defineJob({
  type: 'keyedWork',
  input: z.strictObject({ key: z.unknown() }),
  key: ({ key }) => key as string,
  run: () => Promise.resolve(),
});

/** Their types are not in camelCase. */
const others = ['send_mail', 'mail.send', 'SendMail'].map((type) =>
  defineJob({
    type,
    input: z.strictObject({ name: z.string() }),
    key: ({ name }) => name,
    run: () => Promise.resolve(),
  }),
);

const service = useService({ jobs: [charge, report, keyed, ...others] });
const deps = startDeps(service, [charge, report, keyed, ...others]);

let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(() => program.end());
beforeEach(async () => {
  await service.db.deleteFrom('jobGroups').execute();
  await service.db.deleteFrom('outbox').execute();
});

/** Sends a request that the API document of the tests does not describe, as it knows only the jobs of the application. */
const request = async (method: string, path: string, body: object) => {
  const headers = { Authorization: `Bearer ${LOCAL_API_KEY}`, 'Content-Type': 'application/json' };
  const response = await fetch(`${service.url}${path}`, { method, headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
};

const newName = () => `n-${randomUUID()}`;
const relay = () => relayStarts(deps);
const watch = () => watchEnds(deps);
const entries = () => service.db.selectFrom('outbox').selectAll().orderBy('id').execute();
const bySql = async (args: string, values: unknown[] = []): Promise<number> => {
  const { rows } = await program.query<{ id: string }>(`SELECT durable_jobs.enqueue(${args}) AS id`, values);
  return Number(rows[0]?.id);
};
const entry = (id: number) =>
  service.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('an input with a transform', () => {
  const ways: [string, (input: { name: string; amount: string }) => Promise<string>][] = [
    ['enqueue', async (input) => (await enqueue(program, charge, input)).jobId],
    [
      'enqueueStart',
      async (input) => {
        const { jobId } = await service.db.transaction().execute((trx) => enqueueStart(trx, charge, input));
        return jobId;
      },
    ],
    [
      'enqueueGroup',
      async (input) => {
        const onCompletion = {
          job: report,
          input: { name: newName(), counts: {} },
          countsAs: 'counts',
        } as const;
        const { jobIds } = await enqueueGroup(program, [startOf(charge, input)], { onCompletion });
        return jobIds[0] ?? '';
      },
    ],
    [
      'SQL',
      async (input) => {
        await bySql(`'chargeAmount', $1`, [JSON.stringify(input)]);
        return `charge-amount:<${input.name}>:${Number(input.amount)}`;
      },
    ],
    [
      'REST',
      async (input) => {
        const body = { type: 'chargeAmount', input, dedupeKey: input.name };
        const answer = await request('POST', '/api/jobs', body);
        expect(answer.status).toBe(202);
        return (answer.body as { jobId: string }).jobId;
      },
    ],
  ];

  it.each(ways)('is parsed once by %s, and determines the id', async (way, start) => {
    const name = newName();
    const jobId = await start({ name, amount: '17.50' });
    expect(jobId).toBe(way === 'REST' ? `charge-amount:${name}` : `charge-amount:<${name}>:17.5`);
    if (way !== 'REST')
      await service.db
        .updateTable('outbox')
        .set({ nextAttemptAt: sql<Date>`now()` })
        .where('isHeld', '=', false)
        .execute();
    await relay();
    await jobWithStatus(service, encodeURIComponent(jobId), 'completed');
    expect(received.get(`<${name}>`)).toEqual([{ name: `<${name}>`, amount: 17.5, currency: 'EUR' }]);
  });

  it('is not parsed again by a retry', async () => {
    const name = newName();
    failing.add(`<${name}>`);
    const { jobId } = await enqueue(program, charge, { name, amount: '3' });
    await relay();
    await jobWithStatus(service, encodeURIComponent(jobId), 'failed');
    failing.delete(`<${name}>`);
    expect((await act(service, encodeURIComponent(jobId), 'retry')).status).toBe(202);
    await eventually(() => expect(received.get(`<${name}>`)).toHaveLength(2));
    expect(received.get(`<${name}>`)?.[1]).toEqual({ name: `<${name}>`, amount: 3, currency: 'EUR' });
  });

  it('is parsed with the counts of its group, once', async () => {
    const name = newName();
    const member = newName();
    const { completionJobId } = await enqueueGroup(
      program,
      [startOf(charge, { name: member, amount: '1' })],
      {
        onCompletion: { job: report, input: { name, counts: {} }, countsAs: 'counts' },
      },
    );
    expect(completionJobId).toBe(`report-charges:<${name}>`);
    await relay();
    await jobWithStatus(service, encodeURIComponent(`charge-amount:<${member}>:1`), 'completed');
    await watch();
    await relay();
    await eventually(() => expect(received.get(`<${name}>`)).toHaveLength(1));
    expect(received.get(`<${name}>`)).toEqual([{ name: `<${name}>`, counts: '1 of 1' }]);
  });

  it('of a schedule is not parsed again when the schedule is changed', async () => {
    const id = `s-${randomUUID()}`;
    const path = `/api/schedules/${id}`;
    const input = { name: 'a', amount: '5' };
    const created = await request('POST', '/api/schedules', {
      id,
      job: 'chargeAmount',
      input,
      every: '1h',
    });
    expect(created.status).toBe(201);
    const parsed = { name: '<a>', amount: 5, currency: 'EUR' };
    for (const patch of [{ note: 'hourly' }, { input: parsed, note: 'as it was shown' }]) {
      const changed = await request('PATCH', path, patch);
      expect(changed).toMatchObject({ status: 200, body: { input: parsed, note: patch.note } });
    }
    expect(await request('PATCH', path, { input: { name: 'b', amount: '6' } })).toMatchObject({
      status: 200,
      body: { input: { name: '<b>', amount: 6 } },
    });
    await service.request('DELETE', path);
  });
});

describe('a key', () => {
  const wrong: [string, unknown][] = [
    ['empty', ''],
    ['with a line break', 'a\nb'],
    ['that turns text', 'a\u202eb'],
    ['with more than 900 characters', 'x'.repeat(901)],
    ['that makes the id too long', 'é'.repeat(250)],
    ['that is a number', 17],
    ['that is absent', null],
  ];

  it.each(wrong)('%s is refused by code, and nothing is written', async (_what, key) => {
    await expect(enqueue(program, keyed, { key })).rejects.toBeInstanceOf(JobKeyError);
    const transaction = service.db.transaction();
    await expect(transaction.execute((trx) => enqueueStart(trx, keyed, { key }))).rejects.toBeInstanceOf(
      JobKeyError,
    );
    expect(await entries()).toEqual([]);
  });

  it.each(wrong)('%s is refused over REST with its field', async (_what, key) => {
    const answer = await request('POST', '/api/jobs', { type: 'keyedWork', input: { key } });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'input' }] },
    });
    expect(await entries()).toEqual([]);
  });

  it.each(wrong)('%s turns a start by SQL into a dead start, with its reason', async (_what, key) => {
    const id = await bySql(`'keyedWork', $1`, [JSON.stringify({ key })]);
    await relay();
    expect(await entry(id)).toMatchObject({
      outcome: 'dead',
      deadCode: 'invalid_key',
      jobId: null,
      lastError: expect.stringContaining('The key of the job keyedWork must') as string,
    });
    expect(await service.request('GET', '/api/dead-starts?code=invalid_key')).toMatchObject({
      body: { items: [{ id: String(id) }] },
    });
  });

  it('that is just short enough is accepted in every way, and its job completes', async () => {
    const key = `${randomUUID()}${'x'.repeat(208)}`;
    const { jobId } = await enqueue(program, keyed, { key });
    expect(jobId).toBe(`keyed-work:${key}`);
    await relay();
    await jobWithStatus(service, jobId, 'completed');
    const answer = await request('POST', '/api/jobs', { type: 'keyedWork', input: { key } });
    expect(answer.status).toBe(202);
    const { jobId: own } = answer.body as { jobId: string };
    expect(own).toHaveLength(255);
    expect(own.slice(0, 200)).toBe(jobId.slice(0, 200));
    await jobWithStatus(service, own, 'completed');
  });

  it.each([
    [`dedupe_key => ''`, 'dedupe_key must not be empty'],
    [`dedupe_key => repeat('é', 600)`, 'the key must be shorter'],
    [`job_id => 'nonsense'`, 'job_id must be a job id'],
    [`after_job => 'nonsense'`, 'after_job must be a job id'],
    [`after_job => ''`, 'after_job must be a job id'],
  ])('%s is refused by the function', async (args, message) => {
    await expect(bySql(`'keyedWork', ${args}`)).rejects.toThrow(message);
  });

  it('of a caller that reverses text turns a start by SQL into a dead start', async () => {
    const id = await bySql(`'keyedWork', '{"key":"a"}', dedupe_key => U&'a\\202Eb'`);
    await relay();
    expect(await entry(id)).toMatchObject({ outcome: 'dead', deadCode: 'invalid_key', jobId: null });
  });
});

describe('a type that is not in camelCase', () => {
  it.each(others)('can be started in every way, and awaited: $type', async (job) => {
    const [first, second, third] = [newName(), newName(), newName()];
    const { jobId } = await enqueue(program, job, { name: first });
    const next = await enqueue(program, job, { name: second }, { after: { job: jobId } });
    await bySql('$1, $2, after_job => $3', [job.type, JSON.stringify({ name: third }), next.jobId]);
    await eventually(async () => {
      await relay();
      await watch();
      expect((await entries()).map(({ outcome }) => outcome)).toEqual(['started', 'started', 'started']);
    });
    for (const { jobId: id } of await entries()) await jobWithStatus(service, String(id), 'completed');
    const body = { type: job.type, input: { name: newName() } };
    expect((await request('POST', '/api/jobs', body)).status).toBe(202);
  });
});

describe('a wrong job_id by SQL', () => {
  it('is corrected, also for the group of the job', async () => {
    const groupId = randomUUID();
    const name = newName();
    await bySql(`'chargeAmount', $1, group_id => $2, job_id => 'charge-amount:wrong'`, [
      JSON.stringify({ name: 'member', amount: '1' }),
      groupId,
    ]);
    // A member that can't be started counts as such.
    await bySql(`'keyedWork', '{"key":""}', group_id => $1, job_id => 'keyed-work:wrong'`, [groupId]);
    await enqueueGroup(program, [], {
      groupId,
      onCompletion: { job: report, input: { name, counts: {} }, countsAs: 'counts' },
    });
    await relay();
    await jobWithStatus(service, encodeURIComponent('charge-amount:<member>:1'), 'completed');
    await watch();
    expect((await service.request('GET', `/api/groups/${groupId}`)).body).toMatchObject({
      completedAt: expect.any(String) as string,
      counts: { total: 2, pending: 0, completed: 1, notStarted: 1 },
    });
    await relay();
    await eventually(() =>
      expect(received.get(`<${name}>`)).toEqual([{ name: `<${name}>`, counts: '1 of 2' }]),
    );
  });
});

describe('a wait that cannot end', () => {
  /** Starts a run in the engine as another program does, and waits until it can be found. */
  const openRun = async (workflowId: string): Promise<void> => {
    await service.client.workflow.start('unknownWork', { workflowId, taskQueue: 'unpolled', args: [] });
    await eventually(async () => {
      const query = `WorkflowId = '${workflowId}'`;
      expect(await service.client.workflow.count(query)).toMatchObject({ count: 1 });
    });
  };
  const start = (key: string, after: string) => enqueue(program, keyed, { key }, { after: { job: after } });

  it('for itself makes a dead start', async () => {
    const key = newName();
    await start(key, `keyed-work:${key}`);
    await watch();
    expect(await entries()).toMatchObject([{ outcome: 'dead', deadCode: 'invalid_after' }]);
  });

  it('by SQL for itself makes a dead start', async () => {
    const key = newName();
    await bySql(`'keyedWork', $1, after_job => $2`, [JSON.stringify({ key }), `keyed-work:${key}`]);
    await watch();
    expect(await entries()).toMatchObject([{ outcome: 'dead', deadCode: 'invalid_after' }]);
  });

  it('because of a circle makes the start that closes it a dead one', async () => {
    const [a, b, c] = [newName(), newName(), newName()];
    await start(a, `keyed-work:${b}`);
    await start(b, `keyed-work:${c}`);
    await watch();
    expect(await entries()).toMatchObject([{ outcome: null }, { outcome: null }]);
    await start(c, `keyed-work:${a}`);
    await watch();
    expect((await entries()).map(({ outcome, deadCode }) => [outcome, deadCode])).toEqual([
      [null, null],
      [null, null],
      ['dead', 'invalid_after'],
    ]);
  });

  it('because a group waits for its own completion job makes that a dead start', async () => {
    const name = newName();
    const after = { job: `report-charges:<${name}>` };
    await enqueueGroup(program, [startOf(keyed, { key: newName() }, { after })], {
      onCompletion: { job: report, input: { name, counts: {} }, countsAs: 'counts' },
    });
    await watch();
    expect((await entries()).map(({ jobType, deadCode }) => [jobType, deadCode])).toEqual([
      ['keyedWork', null],
      ['reportCharges', 'invalid_after'],
    ]);
  });

  it('for a type that stays unknown makes a dead start after 15 minutes', async () => {
    await start(newName(), 'nobody-knows:1');
    await watch();
    expect(await entries()).toMatchObject([{ outcome: null }]);
    await service.db
      .updateTable('awaitedJobs')
      .set({ createdAt: sql<Date>`now() - interval '16 minutes'` })
      .execute();
    await watch();
    expect(await entries()).toMatchObject([{ outcome: 'dead', deadCode: 'invalid_after' }]);
  });

  it('is none if its job has a run, whatever its type and however long the engine was away', async () => {
    const job = `nobody-knows:${newName()}`;
    await openRun(job);
    await start(newName(), job);
    await service.db
      .updateTable('awaitedJobs')
      .set({ createdAt: sql<Date>`now() - interval '16 minutes'` })
      .execute();
    await watch();
    expect(await entries()).toMatchObject([{ outcome: null, isHeld: true }]);
  });

  it('is none if one job of the circle has a run whose wait is still to be checked', async () => {
    const [a, b, c, d] = [newName(), newName(), newName(), newName()];
    await openRun(`keyed-work:${c}`);
    await start(a, `keyed-work:${d}`);
    await start(b, `keyed-work:${c}`);
    await start(c, `keyed-work:${a}`);
    await start(d, `keyed-work:${b}`);
    await service.db
      .updateTable('awaitedJobs')
      .set({ nextCheckAt: sql<Date>`now() + interval '1 hour'` })
      .where('jobId', '=', `keyed-work:${c}`)
      .execute();
    await watchEndsOnce(deps);
    expect((await entries()).map(({ outcome }) => outcome)).toEqual([null, null, null, null]);
    await watch();
    expect((await entries()).map(({ outcome }) => outcome)).toEqual([null, null, null, null]);
  });

  it('does not keep other jobs from ending if the search for it fails', async () => {
    const name = newName();
    await start(newName(), `keyed-work:${newName()}`);
    await enqueue(program, keyed, { key: name });
    await relay();
    await jobWithStatus(service, `keyed-work:${name}`, 'completed');
    const { jobId } = await start(newName(), `keyed-work:${name}`);
    const unreadable = Object.defineProperty({ ...deps.jobs }, 'all', {
      get: () => {
        throw new Error('as it is meant to');
      },
    });
    const { db, client } = deps;
    await watchEnds({ ...deps, db, client, jobs: unreadable });
    const released = (await entries()).find((one) => one.jobId === jobId);
    expect(released).toMatchObject({ isHeld: false, outcome: null });
  });

  it('is none if the job has run before, or is started otherwise', async () => {
    const [a, b] = [newName(), newName()];
    await enqueue(program, keyed, { key: b });
    await start(a, `keyed-work:${b}`);
    await start(b, `keyed-work:${a}`);
    await eventually(async () => {
      await relay();
      await watch();
      expect((await entries()).map(({ outcome }) => outcome)).toEqual(['started', 'started', 'started']);
    });
  });
});

import { runInThisContext } from 'node:vm';
import express from 'express';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { z } from 'zod';
import { createDurableJobs, defineJob, enqueue, enqueueGroup, startOf, type DurableJobs } from 'durable-jobs';
import { createTestDatabase } from '../support/database.ts';
import { isForShell, readBlocks } from '../support/docs/pages.ts';
import { listen } from '../support/listen.ts';
import { registerNamespace } from '../support/namespace.ts';

/** Those for the shell are pasted by paste.test.ts. */
const blocks = readBlocks('docs/flow.md').filter((block) => !isForShell(block));

/** Returns the only block of the page that contains the text. */
function block(language: string, part: string): string {
  const found = blocks.filter(
    (candidate) => candidate.language === language && candidate.code.includes(part),
  );
  expect(found, `${language} blocks with ${part}`).toHaveLength(1);
  taken.add(found[0]?.code ?? '');
  return found[0]?.code ?? '';
}
/** The blocks that tests have used: none may be left. */
const taken = new Set<string>();

/** Runs the statements of a block, which may use the names of the scope, and returns its declarations. */
async function run(code: string, scope: object, returned: string[] = []): Promise<Record<string, unknown>> {
  const statements = code.replace(/^import .*$/gm, '');
  const source = `(async ({ ${Object.keys(scope).join(', ')} }) => { ${statements}; return { ${returned.join(', ')} }; })`;
  const made = runInThisContext(source) as (scope: object) => Promise<Record<string, unknown>>;
  return made(scope);
}

/** A job of the page, by the field that is its key. */
const named = (type: string, field: string, more: z.ZodRawShape = {}) =>
  defineJob({
    type,
    input: z.strictObject({ [field]: z.string(), ...more }),
    key: (input) => String(input[field]),
    run: () => Promise.resolve(null),
  });
const sendReminder = named('sendReminder', 'meetingId');
const chargeCard = named('chargeCard', 'invoiceId');
const sendReceipt = named('sendReceipt', 'invoiceId');
const informSupport = named('informSupport', 'invoiceId');
const importFile = named('importFile', 'fileId');
const mailImportReport = named('mailImportReport', 'importId', {
  counts: z.record(z.string(), z.int()).optional(),
});
const runDailyReport = named('runDailyReport', 'day');

describe('the TypeScript and SQL of docs/flow.md', () => {
  const closers: (() => unknown)[] = [];
  let jobs: DurableJobs;
  let client: pg.Client;
  let url = '';

  beforeAll(async () => {
    const { url: databaseUrl, drop } = await createTestDatabase('template0');
    closers.push(drop);
    const temporalAddress = inject('temporalAddress');
    const { namespace, close } = await registerNamespace(temporalAddress);
    closers.push(close);
    jobs = createDurableJobs({
      jobs: [
        sendReminder,
        chargeCard,
        sendReceipt,
        informSupport,
        importFile,
        mailImportReport,
        runDailyReport,
      ],
      env: {
        NODE_ENV: 'test',
        LOG_LEVEL: 'warn',
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        TEMPORAL_NAMESPACE: namespace,
      },
    });
    await jobs.migrate();
    client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    closers.push(() => client.end());
    url = await listen(express().use(jobs.router()), closers);
    closers.push(() => jobs.close());
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  /** How long after its start time the newest start of a job with this input expires. */
  async function expiry(type: string, input: object): Promise<string> {
    const { rows } = await client.query<{ after: string }>(
      `SELECT (expires_at - coalesce(start_at, created_at))::text AS after FROM durable_jobs.outbox
        WHERE job_type = $1 AND input = $2 ORDER BY id DESC LIMIT 1`,
      [type, input],
    );
    return rows[0]?.after ?? '';
  }

  /** The jobs that the start of a job with this input waits for, each by its id or its start, with the awaited outcome. */
  async function waitsFor(type: string, input: object): Promise<unknown[]> {
    const { rows } = await client.query<{ job: string; end: string }>(
      `SELECT coalesce(awaited.job_id, start.job_type || start.input::text) AS job, awaited.awaited_end AS end
        FROM durable_jobs.awaited_jobs awaited
        JOIN durable_jobs.outbox held ON held.id = awaited.held_entry_id AND held.job_type = $1 AND held.input = $2
        LEFT JOIN durable_jobs.outbox start ON start.id = awaited.up_to_entry_id`,
      [type, input],
    );
    return rows;
  }

  it('let starts expire', async () => {
    const begins = new Date(Date.now() + 7_200_000);
    const meeting = { remindAt: new Date(begins.getTime() - 600_000), begins };
    const code = block('ts', 'sendReminder, { meetingId }');
    const [first = '', second = ''] = code.split('\n').filter((line) => line.startsWith('await'));
    await run(first, { enqueue, client, sendReminder, meetingId: '16', meeting });
    expect(await expiry('sendReminder', { meetingId: '16' })).toBe('00:10:00');
    await run(second, { enqueue, client, sendReminder, meetingId: '18' });
    expect(await expiry('sendReminder', { meetingId: '18' })).toBe('00:10:00');
    await client.query(block('sql', "'sendReminder'"));
    expect(await expiry('sendReminder', { meetingId: '17' })).toBe('00:10:00');
  });

  it('start a job after another', async () => {
    await run(block('ts', 'chargeCard'), {
      enqueue,
      client,
      chargeCard,
      sendReceipt,
      informSupport,
      invoiceId: '16',
    });
    expect(await waitsFor('sendReceipt', { invoiceId: '16' })).toEqual([
      { job: 'charge-card:16', end: 'completes' },
    ]);
    expect(await waitsFor('informSupport', { invoiceId: '16' })).toEqual([
      { job: 'charge-card:16', end: 'fails' },
    ]);
    await client.query(block('sql', 'after_start'));
    expect(await waitsFor('sendReceipt', { invoiceId: '17' })).toEqual([
      { job: 'chargeCard{"invoiceId": "17"}', end: 'completes' },
    ]);
    expect(await waitsFor('informSupport', { invoiceId: '17' })).toEqual([
      { job: 'charge-card:17', end: 'fails' },
    ]);
  });

  it('complete groups', async () => {
    const code = block('ts', 'enqueueGroup').replace(/^import .*$/gm, '');
    const files = [{ id: 'a' }, { id: 'b' }];
    const scope = { enqueueGroup, startOf, client, files, importFile, mailImportReport, importId: '16' };
    const { groupId } = await run(code, scope, ['groupId']);
    const jobsOf = async (id: string): Promise<unknown> => {
      const response = await fetch(`${url}/api/groups/${id}`, {
        headers: { authorization: 'Bearer local-dev-key' },
      });
      return response.json();
    };
    expect(await jobsOf(String(groupId))).toMatchObject({
      state: 'running',
      counts: { total: 2 },
      completion: { jobId: 'mail-import-report:16' },
    });
    await client.query('CREATE TEMPORARY TABLE files AS SELECT generate_series(1, 3)::text AS id');
    await client.query(block('sql', 'complete_group'));
    expect(await jobsOf('import-17')).toMatchObject({
      state: 'running',
      counts: { total: 3 },
      completion: { type: 'mailImportReport' },
    });
  });

  it('report progress', async () => {
    const code = block('ts', 'heartbeat({').replace('…', '');
    const files = ['a', 'b', 'c'];
    const { job } = await run(`const job = { ${code} }`, { files }, ['job']);
    const definition = defineJob({
      type: 'importFiles',
      input: z.strictObject({ importId: z.string() }),
      key: ({ importId }) => importId,
      run: (job as { run: () => Promise<null> }).run,
    });
    const heartbeat = vi.fn();
    await (definition.run as (input: object, context: object) => Promise<unknown>)(
      { importId: '17' },
      { heartbeat, progress: undefined },
    );
    expect(heartbeat.mock.calls).toEqual(files.map((_, done) => [{ done, total: 3 }]));
  });

  it('are all of those: the privileges have a test of their own', () => {
    taken.add(block('sql', 'GRANT'));
    expect(blocks.map(({ code }) => code).filter((code) => !taken.has(code))).toEqual([]);
  });
});

import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resultOf } from '../../packages/durable-jobs/src/application/job-result.ts';
import { isOpen } from '../../packages/durable-jobs/src/engine/run-status.ts';
import { enqueue } from '../../packages/durable-jobs/src/jobs/enqueue/enqueue.ts';
import { createJobRegistry } from '../../packages/durable-jobs/src/jobs/registry.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { waitForResult } from '../../packages/durable-jobs/src/jobs/wait-for-result.ts';
import { gate, type Gate } from '../support/gate.ts';
import { eventually } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const gates = new Map<string, Gate>();

const work = defineJob({
  type: 'work',
  input: z.strictObject({ name: z.string(), returns: z.unknown().optional(), bytes: z.int().optional() }),
  key: ({ name }) => name,
  retry: { delays: [] },
  async run({ name, returns, bytes }, { heartbeat }) {
    if (gates.has(name)) heartbeat({ done: 1, total: 3 });
    await gates.get(name)?.opened;
    return bytes === undefined ? returns : 'x'.repeat(bytes);
  },
});

const service = useService({ jobs: [work], hostedServices: ['outbox-relay'] });
let program: pg.Client;
beforeAll(async () => {
  program = new pg.Client({ connectionString: service.databaseUrl });
  await program.connect();
});
afterAll(() => program.end());

const start = async (more: { returns?: unknown; bytes?: number }, name = randomUUID()): Promise<string> =>
  (await enqueue(program, work, { name, returns: more.returns, ...more })).jobId;
const result = (id: string, wait: string) => service.request('GET', `/api/jobs/${id}/result?wait=${wait}`);

/** A client of the same engine whose long polls never end, unless the run had ended before. */
function clientWithoutLongPoll(): Client {
  const { connection, options, workflow, workflowService } = service.client;
  const getWorkflowExecutionHistory = async (
    request: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryRequest,
  ): Promise<unknown> => {
    const { workflowId, runId } = request.execution ?? {};
    const run = workflow.getHandle(workflowId ?? '', runId ?? '');
    if (request.waitNewEvent && isOpen(await run.describe())) return new Promise(() => undefined);
    return workflowService.getWorkflowExecutionHistory(request);
  };
  const withoutLongPoll: unknown = Object.create(workflowService, {
    getWorkflowExecutionHistory: { value: getWorkflowExecutionHistory },
  });
  return new Client({
    namespace: options.namespace,
    connection: Object.create(connection, {
      workflowService: { value: withoutLongPoll },
    }) as Client['connection'],
  });
}

describe('the result of a job', () => {
  it.each([[{ a: [1, null] }], [[]], ['text'], [0], [false], [null]])('%j is waited for', async (returns) => {
    expect(await result(await start({ returns }), '60s')).toMatchObject({
      status: 200,
      body: { status: 'completed', result: returns, failure: null },
    });
  });

  it('that is too large is a failure that says so', async () => {
    expect(await result(await start({ bytes: 2_000_000 }), '60s')).toMatchObject({
      status: 200,
      body: { status: 'failed', result: null, failure: { code: 'ResultTooLarge' } },
    });
    expect(await result(await start({ bytes: 1_000_000 }), '60s')).toMatchObject({
      body: { status: 'completed', result: 'x'.repeat(1_000_000) },
    });
  });

  it('is not there yet while the job runs, whose progress is', async () => {
    const name = randomUUID();
    gates.set(name, gate());
    const id = await start({ returns: 'done' }, name);
    const progress = { done: 1, total: 3 };
    await eventually(async () => {
      expect((await service.request('GET', `/api/jobs/${id}`)).body).toMatchObject({
        status: 'running',
        progress,
      });
    });
    expect((await service.request('GET', `/api/jobs/${id}/why`)).body).toMatchObject({ progress });
    expect(await result(id, '1s')).toMatchObject({ status: 202, body: { status: 'running', result: null } });
    const waiting = result(id, '60s');
    gates.get(name)?.open();
    expect(await waiting).toMatchObject({ status: 200, body: { status: 'completed', result: 'done' } });
    expect((await service.request('GET', `/api/jobs/${id}`)).body).toMatchObject({ progress: null });
  });

  it('is not waited for without a limit because an option was misspelt', async () => {
    const { db } = service;
    const reading = { db, temporal: clientWithoutLongPoll(), jobs: createJobRegistry([work]) };
    await expect(resultOf(reading, 'work:1', { timout: '1s' } as object)).rejects.toThrow('timout');
  });

  it('of a job that is not there is not found, and no wait is longer than a minute', async () => {
    expect((await result('work:none', '1s')).status).toBe(404);
    expect((await result('work:none', '2m')).status).toBe(400);
  });

  it.each(['the API', 'the library'])(
    'is returned by %s if the engine does not report its end',
    async (caller) => {
      const name = randomUUID();
      const opening = gate();
      gates.set(name, opening);
      const id = await start({ returns: 'done' }, name);
      const client = clientWithoutLongPoll();
      const { db } = service;
      const jobs = createJobRegistry([work]);
      await eventually(async () => {
        expect((await service.request('GET', `/api/jobs/${id}`)).body).toMatchObject({ status: 'running' });
      });
      const waiting =
        caller === 'the API'
          ? waitForResult({ db, client, jobs, uiUrl: '' }, id, {
              waitMs: 60_000,
              signal: new AbortController().signal,
            }).then((found) => found?.result)
          : resultOf({ db, temporal: client, jobs }, id, { timeout: '60s' });
      opening.open();
      expect(await waiting).toBe('done');
    },
  );
});

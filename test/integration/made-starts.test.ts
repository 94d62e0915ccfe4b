import type { Client } from '@temporalio/client';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { createDispatcher } from '../../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import { enqueueOwn, type OutboxEntry } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { createOutcomeRecorder } from '../../packages/durable-jobs/src/jobs/outbox/outcome-recorder.ts';
import { withdrawStarts } from '../../packages/durable-jobs/src/jobs/outbox/withdraw.ts';
import { holdRows } from '../support/hold-rows.ts';
import { startApi } from '../support/processes.ts';
import { request, useService } from '../support/service.ts';

const service = useService({ workers: false });

const commit = (): Promise<OutboxEntry> =>
  service.db.transaction().execute((trx) => enqueueOwn(trx, deleteExpired, {}, {}));
const rowOf = ({ id }: OutboxEntry) =>
  service.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('the record of starts that were made', () => {
  it('does not wait for a row that another transaction has locked', async () => {
    const [locked, free] = [await commit(), await commit()];
    const recorder = createOutcomeRecorder(service.db);
    const release = await holdRows(service.db, (trx) =>
      trx.selectFrom('outbox').select('id').where('id', '=', locked.id).forUpdate().execute(),
    );
    try {
      const outcomes = [locked, free].map((entry) =>
        recorder.record(entry, { kind: 'started', runId: `run-${entry.id}` }),
      );
      // The lock is held until both have ended.
      expect(await Promise.all(outcomes)).toEqual([false, true]);
    } finally {
      await release();
    }
    expect(await rowOf(locked)).toMatchObject({ dispatchedAt: null, outcome: null });
    expect(await rowOf(free)).toMatchObject({ outcome: 'started', runId: `run-${free.id}` });
  });
});

describe('the run of a start that was withdrawn while it was made', () => {
  it('is cancelled by calls with a time limit', async () => {
    const entry = await commit();
    const limits: number[] = [];
    const client = Object.create(service.client, {
      withDeadline: {
        value: async <T>(deadline: number, call: () => Promise<T>): Promise<T> => {
          limits.push(deadline - Date.now());
          const result = await service.client.withDeadline(deadline, call);
          if (limits.length === 1)
            await service.db.transaction().execute((trx) => withdrawStarts(trx, entry.jobId));
          return result;
        },
      },
    }) as Client;
    const logger = pino({ level: 'silent' });
    const dispatcher = createDispatcher({
      db: service.db,
      client,
      jobs,
      jobRules,
      logger,
      timeoutMs: 20_000,
    });
    dispatcher.start([entry]);
    await dispatcher.drain();
    expect(limits).toHaveLength(2);
    expect(Math.max(...limits)).toBeLessThanOrEqual(10_000);
    const { body } = await service.request('GET', `/api/jobs/${entry.jobId}`);
    expect((body as { cancelRequestedAt: string | null }).cancelRequestedAt).not.toBeNull();
  });
});

describe('a job while the engine is away', () => {
  it('is shown by its start, unless a later one may have a run', async () => {
    const api = await startApi(service, { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    try {
      const entry = await commit();
      const path = `/api/jobs/${entry.jobId}`;
      expect(await request(api.url, 'GET', path)).toMatchObject({
        status: 200,
        body: { id: entry.jobId, runId: null, status: 'scheduled' },
      });
      expect(await request(api.url, 'GET', `${path}/why`)).toMatchObject({
        status: 200,
        body: { code: 'engine_away' },
      });
      const later = await commit();
      await service.db
        .updateTable('outbox')
        .set({ jobId: entry.jobId, dispatchedAt: new Date(), outcome: 'started', runId: 'a-run' })
        .where('id', '=', later.id)
        .execute();
      expect(await request(api.url, 'GET', path)).toMatchObject({ status: 503 });
    } finally {
      await api.stop();
    }
  });
});

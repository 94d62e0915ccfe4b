import { pino } from 'pino';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { jobs } from '../../contracts/catalogue.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { defineBulkTask } from '../../packages/durable-jobs/src/bulk/define-task.ts';
import { processChunk } from '../../packages/durable-jobs/src/bulk/process-chunk.ts';
import { createBulkUploads } from '../../packages/durable-jobs/src/bulk/uploads.ts';
import { defineWorkItem } from '../../packages/durable-jobs/src/work-queue/define-work-item.ts';
import { enqueueWork } from '../../packages/durable-jobs/src/work-queue/enqueue.ts';
import { createWorkQueueService } from '../../packages/durable-jobs/src/work-queue/service.ts';
import { createWorkKinds } from '../../packages/durable-jobs/src/work-queue/work-kinds.ts';
import { eventually } from '../support/jobs.ts';
import { runService } from '../support/service-scope.ts';
import { useService } from '../support/service.ts';

const service = useService();

/** A second parse of it fails. */
const charge = z.strictObject({
  amount: z.string().transform(Number),
  at: z.coerce.date(),
  word: z.string().default('please'),
});
const given = { amount: '17.50', at: '2026-03-01T10:00:00.000Z' };
const parsed = { amount: 17.5, at: new Date(given.at), word: 'please' };

it('the payload of a work item is stored as it was given, and parsed by each attempt', async () => {
  const received: object[] = [];
  const kind = defineWorkItem({
    kind: 'charge',
    description: 'Charges an amount.',
    payload: charge,
    policy: { initialIntervalMs: 1, maximumIntervalMs: 1 },
    perform(payload) {
      received.push(payload);
      return received.length === 1 ? Promise.reject(new Error('declined')) : Promise.resolve(undefined);
    },
  });
  const { item } = await enqueueWork(service.db, kind, given);
  expect(item.payload).toEqual(given);
  await expect(enqueueWork(service.db, kind, { ...given, amount: 17 } as never)).rejects.toBeInstanceOf(
    z.ZodError,
  );
  const kinds = createWorkKinds([kind]);
  const running = runService(
    'work-queue',
    createWorkQueueService({ kinds, concurrency: 1, pollMs: 100 }),
    service,
  );
  try {
    await eventually(() => expect(received).toEqual([parsed, parsed]));
  } finally {
    await running.stop();
  }
});

it('an item of a bulk job is stored as it was given, and parsed when it is processed', async () => {
  const received: object[] = [];
  const task = defineBulkTask({
    name: 'charge-all',
    description: 'Charges amounts.',
    item: charge,
    perform(item) {
      received.push(item);
      return Promise.resolve(undefined);
    },
  });
  const { id } = await createBulkUploads({ db: service.db, logger: pino({ level: 'silent' }) }).receive({
    task,
    // eslint-disable-next-line @typescript-eslint/require-await -- items arrive asynchronously
    async *open() {
      yield { path: '[0]', value: given };
    },
    maxItems: 1,
    caller: { isStillValid: () => Promise.resolve(true) },
  });
  const { payload } = await service.db
    .selectFrom('bulkItems')
    .select('payload')
    .where('bulkJobId', '=', id)
    .executeTakeFirstOrThrow();
  expect(payload).toEqual(given);
  await processChunk(
    { db: service.db, temporal: service.client, jobs, jobRules },
    { id, task },
    { from: 0, to: 0 },
  );
  expect(received).toEqual([parsed]);
});

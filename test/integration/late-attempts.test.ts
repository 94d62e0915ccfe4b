import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { openLink, type Link } from '../crash/matrix/link.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

let link: Link;
/** The engine, past the link. */
let direct: Connection;
beforeAll(async () => {
  const address = inject('temporalAddress');
  link = await openLink(Number(address.split(':').at(-1)));
  direct = await Connection.connect({ address });
});
// Before that of the service, so that it runs after it.
afterAll(async () => {
  await direct.close();
  await link.close();
});

/** The attempts that have begun. */
const begun: number[] = [];

/** During its first attempt, the link becomes silent: what the engine sends from then on arrives late, and it gives up each attempt. */
const callBack = defineJob({
  type: 'callBack',
  input: z.strictObject({}),
  key: () => 'all',
  retry: { delays: Array.from({ length: 60 }, () => '1s' as const) },
  timeout: '2s',
  run(_input, { attempt }) {
    begun.push(attempt);
    if (attempt === 1) link.set({ kind: 'silent' });
    return Promise.resolve({ attempt });
  },
});

const service = useService({ jobs: [callBack], temporalAddress: () => `127.0.0.1:${link.port}` });

it('an attempt that reaches its worker after the engine has given it up does not begin', async () => {
  const { jobId, ...entry } = await service.db
    .transaction()
    .execute((trx) => enqueueStart(trx, callBack, {}));
  // Its response may not arrive any more.
  void service.dispatcher.dispatch({ jobId, ...entry });
  const past = new Client({ connection: direct, namespace: service.namespace });
  await eventually(async () => {
    const { raw } = await past.workflow.getHandle(jobId).describe();
    expect(raw.pendingActivities?.[0]?.attempt).toBeGreaterThanOrEqual(4);
  });
  expect(begun).toEqual([1]);
  link.set({ kind: 'open' });
  const { result } = await jobWithStatus(service, jobId, 'completed');
  // The one that was current when the link opened may have been given up a moment later.
  expect(begun.filter((attempt) => attempt > 1 && attempt < 4)).toEqual([]);
  expect(begun.at(-1)).toBe((result as { attempt: number }).attempt);
});

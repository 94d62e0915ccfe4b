import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { defineJob } from '../../packages/durable-jobs/src/jobs/run/define-job.ts';
import { openLink, type Link } from '../crash/matrix/link.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

/** The attempts that have begun. */
const begun: number[] = [];

/** Its first attempt fails; an attempt that the engine has started ends within two seconds, or is given up. */
const callBack = defineJob({
  type: 'callBack',
  input: z.strictObject({}),
  key: () => 'all',
  retry: { delays: ['3s', '1s', '1s', '1s', '1s', '1s', '1s', '1s', '1s', '1s'] },
  timeout: '2s',
  run(_input, { attempt }) {
    begun.push(attempt);
    return attempt === 1 ? Promise.reject(new Error('engaged')) : Promise.resolve({ attempt });
  },
});

let link: Link;
/** The engine, past the link. */
let direct: Connection;
beforeAll(async () => {
  const address = inject('temporalAddress');
  link = await openLink(Number(address.split(':').at(-1)));
  direct = await Connection.connect({ address });
});
const service = useService({
  jobs: [callBack],
  temporalAddress: () => `127.0.0.1:${link.port}`,
});
afterAll(async () => {
  await direct.close();
  await link.close();
});

it('an attempt that reaches its worker after the engine has given it up does not begin', async () => {
  const entry = await service.db.transaction().execute((trx) => enqueueStart(trx, callBack, {}));
  await service.dispatcher.dispatch(entry);
  const { jobId } = entry;
  await jobWithStatus(service, jobId, 'retrying');
  expect(begun).toEqual([1]);
  // What the engine sends from now on arrives late.
  link.set({ kind: 'silent' });
  const past = new Client({ connection: direct, namespace: service.namespace });
  await eventually(async () => {
    const { raw } = await past.workflow.getHandle(jobId).describe();
    expect(raw.pendingActivities?.[0]?.attempt).toBeGreaterThanOrEqual(4);
  });
  link.set({ kind: 'open' });
  const { result } = await jobWithStatus(service, jobId, 'completed');
  expect(begun).toEqual([1, (result as { attempt: number }).attempt]);
  expect(begun[1]).toBeGreaterThanOrEqual(4);
});

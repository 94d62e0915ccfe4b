import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { Client } from '@temporalio/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { jobs } from '../../contracts/catalogue.ts';
import { deleteExpired } from '../../contracts/jobs/delete-expired.ts';
import { sendPasswordReset } from '../../contracts/jobs/send-password-reset.ts';
import { jobRules } from '../../domain/job-rules.ts';
import { enqueueOwn, enqueueStart } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import { createTemporalClient } from '../../packages/durable-jobs/src/engine/client.ts';
import {
  createAdaptiveLimit,
  type AdaptiveLimit,
} from '../../packages/durable-jobs/src/process/adaptive-limit.ts';
import { eventually } from '../support/jobs.ts';
import { gate } from '../support/gate.ts';
import { useOwnEngine } from '../support/own-engine.ts';
import { useService, type Service } from '../support/service.ts';

/** Makes no start itself: only the relay does. */
const commit = (service: Service, count: number) =>
  service.db.transaction().execute(async (trx) => {
    const entries = [];
    for (let n = 0; n < count; n++) entries.push(await enqueueOwn(trx, deleteExpired, {}, {}));
    return entries;
  });

const makeDue = (service: Service) =>
  service.db.updateTable('outbox').set({ nextAttemptAt: new Date() }).execute();

const depsOf = (service: Service, client: Client = service.client) => ({
  db: service.db,
  client,
  jobs,
  jobRules,
  logger: pino({ level: 'silent' }),
});

/** A client whose starts wait for `around`, which has the id of the workflow and the argument of the signal that starts it. */
function withStarts(
  client: Client,
  around: (workflowId: string, argument: unknown) => Promise<void>,
): Client {
  const { workflow } = client;
  const start: typeof workflow.start = async (type, options) => {
    await around(options.workflowId, undefined);
    return workflow.start(type, options);
  };
  const signalWithStart: typeof workflow.signalWithStart = async (type, options) => {
    await around(options.workflowId, options.signalArgs?.[0]);
    return workflow.signalWithStart(type, options);
  };
  return replace(client, { workflow: replace(workflow, { start, signalWithStart }) });
}

/** An object with some properties replaced. */
function replace<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (name in replaced) return Reflect.get(replaced, name) as unknown;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const always = (current: number): AdaptiveLimit => ({
  current,
  succeeded: () => undefined,
  overloaded: () => undefined,
});

describe('starts that the relay makes at once', () => {
  const service = useService({ workers: false });
  beforeEach(() => service.db.deleteFrom('outbox').execute());

  it('are as many as their limit permits', async () => {
    await commit(service, 9);
    await makeDue(service);
    let inProgress = 0;
    const seen: number[] = [];
    const opened = gate();
    const client = withStarts(service.client, async () => {
      seen.push(++inProgress);
      await opened.opened;
      inProgress--;
    });
    const pass = relayOnce(depsOf(service, client), { atOnce: always(4) });
    await eventually(() => expect(inProgress).toBe(4));
    opened.open();
    expect(await pass).toMatchObject({ made: 9, failed: 0, more: false });
    expect(Math.max(...seen)).toBe(4);
  });

  it('do not wait for one that the engine does not answer', async () => {
    const entries = await commit(service, 6);
    await makeDue(service);
    const stuck = entries[0]?.jobId;
    const opened = gate();
    const client = withStarts(service.client, async (workflowId) => {
      if (workflowId === stuck) await opened.opened;
    });
    const pass = relayOnce(depsOf(service, client), { atOnce: always(2) });
    await eventually(async () => {
      const left = await service.db
        .selectFrom('outbox')
        .select('jobId')
        .where('dispatchedAt', 'is', null)
        .execute();
      expect(left).toEqual([{ jobId: stuck }]);
    });
    opened.open();
    expect(await pass).toMatchObject({ made: 6 });
  });

  it('are those of different jobs: those of one job are made one after another, in their order', async () => {
    const accountKey = randomBytes(16).toString('hex');
    const requests = Array.from({ length: 4 }, () => randomUUID());
    await service.db.transaction().execute(async (trx) => {
      for (const requestId of requests) {
        const requestedAt = new Date().toISOString();
        await enqueueStart(trx, sendPasswordReset, { accountKey, requestId, requestedAt, delayMs: 300_000 });
      }
    });
    await commit(service, 3);
    await makeDue(service);
    const begun: string[] = [];
    const ofJob: string[] = [];
    let inProgress = 0;
    const client = withStarts(service.client, async (workflowId, argument) => {
      begun.push(workflowId);
      if (!workflowId.endsWith(accountKey)) return;
      ofJob.push((argument as { requestId: string }).requestId);
      expect(++inProgress).toBe(1);
      // Meanwhile, those of the other jobs are begun.
      await eventually(() => expect(begun.length).toBeGreaterThanOrEqual(4));
      inProgress--;
    });
    expect(await relayOnce(depsOf(service, client), { atOnce: always(16) })).toMatchObject({
      made: 7,
      failed: 0,
    });
    expect(ofJob).toEqual(requests);
  });
});

describe('an engine with too much to do', () => {
  const engine = useOwnEngine(['frontend.namespaceRPS=4', 'frontend.namespaceBurstRatio=1']);
  const service = useService({ workers: false, temporalAddress: engine.address });

  it('ends the pass of the relay, which blames no start for it, and makes all of them in the end', async () => {
    await commit(service, 30);
    await makeDue(service);
    const { client, close } = createTemporalClient(
      { connection: { address: engine.address() }, namespace: service.namespace },
      'test',
    );
    const atOnce = createAdaptiveLimit(16);
    let refused = 0;
    try {
      await eventually(async () => {
        const pass = await relayOnce(depsOf(service, client), { atOnce });
        expect(pass.failed).toBe(0);
        if (pass.engineAway !== undefined) {
          refused++;
          expect(pass.engineAway).toMatchObject({
            cause: { details: expect.stringContaining('limit') as string },
          });
        }
        const rows = await service.db.selectFrom('outbox').select(['attempts', 'dispatchedAt']).execute();
        expect(rows.every(({ attempts }) => attempts === 0)).toBe(true);
        expect(rows.every(({ dispatchedAt }) => dispatchedAt !== null)).toBe(true);
      });
    } finally {
      await close();
    }
    expect(refused).toBeGreaterThan(0);
  });
});

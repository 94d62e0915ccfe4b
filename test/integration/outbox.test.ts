import { jobRules } from '../../domain/job-rules.ts';
import { jobs } from '../../contracts/catalogue.ts';
import { sendWelcomeEmail } from '../../contracts/jobs/send-welcome-email.ts';
import { returnPayment } from '../../contracts/jobs/return-payment.ts';
import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import pg from 'pg';
import { pino } from 'pino';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAdaptiveLimit } from '../../packages/durable-jobs/src/process/adaptive-limit.ts';
import { createPace } from '../../packages/durable-jobs/src/process/pace.ts';
import { createDispatcher } from '../../packages/durable-jobs/src/jobs/outbox/dispatcher.ts';
import { enqueueStart, GRACE_MS, leaveToRelay } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { relayOnce } from '../../packages/durable-jobs/src/jobs/outbox/relay.ts';
import { createTemporalClient, type TemporalClient } from '../../packages/durable-jobs/src/engine/client.ts';
import { eventually, jobWithStatus } from '../support/jobs.ts';
import { relayStarts } from '../support/relay-starts.ts';
import { useService } from '../support/service.ts';

const service = useService();
const logger = pino({ level: 'silent' });

/** Commits the start of a welcome email, and leaves it like a process that died right after the commit. */
async function commitStart(): Promise<{ jobId: string; email: string }> {
  const email = `ada-${randomUUID()}@example.com`;
  return service.db.transaction().execute(async (trx) => {
    const { id: userId } = await trx
      .insertInto('users')
      .values({ email, name: 'Ada', passwordHash: '' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { jobId } = await enqueueStart(trx, sendWelcomeEmail, { userId });
    return { jobId, email };
  });
}

/** Ends the time during which the relay leaves an entry to its request. */
const makeDue = () =>
  service.db
    .updateTable('outbox')
    .set({ nextAttemptAt: sql<Date>`now()` })
    .execute();

const relay = async (): Promise<number> =>
  (await relayStarts({ db: service.db, client: service.client, jobs, jobRules, logger })).made;
const undispatched = () =>
  service.db.selectFrom('outbox').selectAll().where('dispatchedAt', 'is', null).orderBy('id').execute();

beforeEach(() => service.db.deleteFrom('outbox').execute());

describe('the outbox relay', () => {
  it('starts a job whose process died after the commit, once the time of its request is over', async () => {
    const { jobId, email } = await commitStart();
    expect(await jobWithStatus(service, jobId, 'scheduled')).toMatchObject({ type: 'sendWelcomeEmail' });
    const [entry] = await undispatched();
    expect((entry?.nextAttemptAt.getTime() ?? 0) - (entry?.createdAt.getTime() ?? 0)).toBe(GRACE_MS);
    // A busy machine may need as long for the next line.
    await service.db
      .updateTable('outbox')
      .set({ nextAttemptAt: sql<Date>`now() + interval '1 hour'` })
      .execute();
    expect(await relay()).toBe(0);
    await makeDue();
    expect(await relay()).toBe(1);
    await jobWithStatus(service, jobId, 'completed');
    expect(service.mail.to(email)).toHaveLength(1);
    expect(await relay()).toBe(0);
  });

  it('makes a start that was made and not marked without doing anything twice', async () => {
    const { jobId, email } = await commitStart();
    await makeDue();
    await relay();
    await jobWithStatus(service, jobId, 'completed');
    await service.db.updateTable('outbox').set({ dispatchedAt: null }).execute();
    // The process that claimed it may still be making it.
    expect(await relay()).toBe(0);
    await makeDue();
    expect(await relay()).toBe(1);
    await jobWithStatus(service, jobId, 'completed');
    expect(service.mail.to(email)).toHaveLength(1);
  });

  it('shares the entries with concurrent relays: each start is made by one of them', async () => {
    const jobs = await Promise.all(Array.from({ length: 30 }, commitStart));
    await makeDue();
    let made = 0;
    // A pass of a busy machine ends before it has made all that it has claimed.
    await eventually(async () => {
      const passes = await Promise.all([relay(), relay(), relay(), relay()]);
      made += passes.reduce((sum, count) => sum + count, 0);
      expect(await undispatched()).toEqual([]);
    });
    expect(made).toBe(30);
    await Promise.all(jobs.map(({ jobId }) => jobWithStatus(service, jobId, 'completed')));
    expect(jobs.flatMap(({ email }) => service.mail.to(email))).toHaveLength(30);
  });

  it('leaves an entry that cannot be made for later, and makes those behind it', async () => {
    await service.db
      .insertInto('outbox')
      .values({
        jobType: 'gone',
        jobId: 'gone:1',
        input: '{}',
        nextAttemptAt: new Date(),
      })
      .execute();
    const { jobId } = await commitStart();
    await makeDue();
    expect(await relay()).toBe(1);
    await jobWithStatus(service, jobId, 'completed');
    expect(await undispatched()).toMatchObject([
      { jobType: 'gone', attempts: 1, lastError: 'the job type gone does not exist' },
    ]);
  });

  it('leaves entries to the pass that claims them while it is frozen', async () => {
    const unknown = { jobType: 'gone', jobId: 'gone:1', input: '{}', nextAttemptAt: new Date() };
    await service.db.insertInto('outbox').values(unknown).execute();
    await commitStart();
    await makeDue();
    const claimed = { attempts: 7, nextAttemptAt: new Date(Date.now() + 3_600_000) };
    const stop = new AbortController();
    let starts = 0;
    const pace = async () => {
      if (starts++ === 0) await service.db.updateTable('outbox').set(claimed).execute();
      else stop.abort();
    };
    const deps = { db: service.db, client: service.client, jobs, jobRules, logger };
    expect(await relayOnce(deps, { pace, signal: stop.signal })).toMatchObject({ made: 0, failed: 1 });
    expect(await undispatched()).toMatchObject([claimed, claimed]);
  });
});

describe('a start that its request leaves to the relay', () => {
  it('is due at once, and wakes the relay', async () => {
    const listener = new pg.Client({ connectionString: service.databaseUrl });
    await listener.connect();
    const channels: string[] = [];
    listener.on('notification', ({ channel }) => channels.push(channel));
    await listener.query('LISTEN outbox');
    try {
      const { jobId } = await commitStart();
      expect(channels).toEqual([]);
      const [entry] = await undispatched();
      await leaveToRelay(service.db, entry?.id ?? 0);
      await eventually(() => expect(channels).toEqual(['outbox']));
      expect(await relay()).toBe(1);
      await jobWithStatus(service, jobId, 'completed');
      // Entries that no process makes.
      await leaveToRelay(service.db, entry?.id ?? 0);
      expect(await relay()).toBe(0);
    } finally {
      await listener.end();
    }
  });

  it('includes one that an activity commits, from its commit on', async () => {
    const orderId = randomUUID();
    await service.db
      .transaction()
      .execute((trx) =>
        enqueueStart(trx, returnPayment, { orderId, reason: 'order_cancelled' }, { by: 'relay' }),
      );
    expect(await relay()).toBe(1);
  });
});

it('makes starts in the order of their commits, at no more than its pace', async () => {
  const jobIds: string[] = [];
  for (let n = 0; n < 12; n++) jobIds.push((await commitStart()).jobId);
  await makeDue();
  const pace = createPace(20);
  const begin = performance.now();
  expect(
    await relayStarts(
      { db: service.db, client: service.client, jobs, jobRules, logger },
      // Of two that are made at once, either may reach the engine first.
      { pace, atOnce: createAdaptiveLimit(1) },
    ),
  ).toMatchObject({
    made: 12,
    more: false,
  });
  // The first one immediately, and 50 ms for each of the others.
  expect(performance.now() - begin).toBeGreaterThanOrEqual(11 * 50 - 10);
  const started = await Promise.all(
    jobIds.map(async (jobId) => {
      const { startTime } = await service.client.workflow.getHandle(jobId).describe();
      return { jobId, at: startTime.getTime() };
    }),
  );
  expect(started.toSorted((a, b) => a.at - b.at).map(({ jobId }) => jobId)).toEqual(jobIds);
});

describe('while the engine is unavailable', () => {
  let away: TemporalClient;
  let stall: { port: number; close: () => void };

  beforeAll(async () => {
    // It accepts connections and never responds, which is the worst kind of outage.
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stall = {
      port: (server.address() as AddressInfo).port,
      close: () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    };
    away = createTemporalClient(
      { connection: { address: `127.0.0.1:${stall.port}` }, namespace: 'default' },
      'test',
    );
  });
  afterAll(async () => {
    stall.close();
    await away.close();
  });

  it('a request waits for its time and no longer, and the relay starts the job afterwards', async () => {
    const dispatcher = createDispatcher({
      db: service.db,
      client: away.client,
      jobs,
      jobRules,
      logger,
      timeoutMs: 200,
    });
    const email = `ada-${randomUUID()}@example.com`;
    const { entry, jobId } = await service.db.transaction().execute(async (trx) => {
      const { id: userId } = await trx
        .insertInto('users')
        .values({ email, name: 'Ada', passwordHash: '' })
        .returning('id')
        .executeTakeFirstOrThrow();
      const made = await enqueueStart(trx, sendWelcomeEmail, { userId });
      return { entry: made, jobId: made.jobId };
    });
    expect(await dispatcher.dispatch(entry)).toBeUndefined();
    expect(await undispatched()).toHaveLength(1);
    await makeDue();
    expect(await relay()).toBe(1);
    await jobWithStatus(service, jobId, 'completed');
    // Its call must not outlive the client.
    await dispatcher.drain();
  });

  it('the relay holds no lock while it waits for it, blames no entry, and leaves them in their order', async () => {
    for (let n = 0; n < 3; n++) await commitStart();
    await makeDue();
    const passing = relayOnce({ db: service.db, client: away.client, jobs, jobRules, logger });
    await eventually(async () => {
      const leased = await undispatched();
      expect(leased.every((row) => row.nextAttemptAt.getTime() > Date.now() + 30_000)).toBe(true);
    });
    await service.db.transaction().execute(async (trx) => {
      const rows = await trx.selectFrom('outbox').select('id').forUpdate().noWait().execute();
      expect(rows).toHaveLength(3);
    });
    const pass = await passing;
    expect(pass).toMatchObject({ made: 0, failed: 0, more: true });
    expect(pass.engineAway).toBeInstanceOf(Error);
    const rows = await undispatched();
    expect(rows.map(({ attempts }) => attempts)).toEqual([0, 0, 0]);
    expect(rows.map(({ lastError }) => lastError !== null)).toEqual([true, false, false]);
    expect(await relay()).toBe(3);
  });
});

it('commits nothing for input that does not fit the job', async () => {
  const bad = service.db
    .transaction()
    .execute((trx) => enqueueStart(trx, sendWelcomeEmail, { userId: 'not a uuid' }));
  await expect(bad).rejects.toThrow();
  expect(await undispatched()).toEqual([]);
});

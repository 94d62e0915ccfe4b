import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { pino } from 'pino';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDispatcher } from '../../platform/outbox/dispatcher.ts';
import { enqueueStart } from '../../platform/outbox/enqueue.ts';
import { relayOnce } from '../../platform/outbox/relay.ts';
import { createTemporalClient, type TemporalClient } from '../../platform/temporal.ts';
import { jobWithStatus } from '../support/jobs.ts';
import { useService } from '../support/service.ts';

const service = useService();
const logger = pino({ level: 'silent' });

/** Commits the start of a welcome email, and leaves it as a process would that died right after the commit. */
async function commitStart(): Promise<{ jobId: string; email: string }> {
  const email = `ada-${randomUUID()}@example.com`;
  return service.db.transaction().execute(async (trx) => {
    const { id: userId } = await trx
      .insertInto('users')
      .values({ email, name: 'Ada', password_hash: '' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { jobId } = await enqueueStart(trx, 'sendWelcomeEmail', { userId });
    return { jobId, email };
  });
}

/** Ends the time that the relay leaves an entry to its request. */
const makeDue = () =>
  service.db
    .updateTable('outbox')
    .set({ next_attempt_at: sql<Date>`now()` })
    .execute();

const relay = (client = service.client) => relayOnce({ db: service.db, client, logger });
const undispatched = () =>
  service.db.selectFrom('outbox').selectAll().where('dispatched_at', 'is', null).orderBy('id').execute();

beforeEach(() => service.db.deleteFrom('outbox').execute());

describe('the outbox relay', () => {
  it('starts a job whose process died after the commit, once the time of its request is over', async () => {
    const { jobId, email } = await commitStart();
    expect(await jobWithStatus(service, jobId, 'scheduled')).toMatchObject({ type: 'sendWelcomeEmail' });
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
    await service.db.updateTable('outbox').set({ dispatched_at: null }).execute();
    expect(await relay()).toBe(1);
    await jobWithStatus(service, jobId, 'completed');
    expect(service.mail.to(email)).toHaveLength(1);
  });

  it('shares the entries with relays beside it: each start is made by one of them', async () => {
    const jobs = await Promise.all(Array.from({ length: 30 }, commitStart));
    await makeDue();
    const made = await Promise.all([relay(), relay(), relay(), relay()]);
    expect(made.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(await undispatched()).toEqual([]);
    await Promise.all(jobs.map(({ jobId }) => jobWithStatus(service, jobId, 'completed')));
    expect(jobs.flatMap(({ email }) => service.mail.to(email))).toHaveLength(30);
  });

  it('leaves an entry that can not be made for later, and makes those behind it', async () => {
    await service.db
      .insertInto('outbox')
      .values({
        job_type: 'gone',
        job_id: 'gone:1',
        input: '{}',
        next_attempt_at: new Date(),
      })
      .execute();
    const { jobId } = await commitStart();
    await makeDue();
    expect(await relay()).toBe(1);
    await jobWithStatus(service, jobId, 'completed');
    expect(await undispatched()).toMatchObject([
      { job_type: 'gone', attempts: 1, last_error: 'there is no job type gone' },
    ]);
  });
});

describe('while the engine is away', () => {
  let away: TemporalClient;
  let stall: { port: number; close: () => void };

  beforeAll(async () => {
    // Takes connections and never answers: the worst way of being away.
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
    const dispatcher = createDispatcher({ db: service.db, client: away.client, logger, timeoutMs: 200 });
    const email = `ada-${randomUUID()}@example.com`;
    const { entry, jobId } = await service.db.transaction().execute(async (trx) => {
      const { id: userId } = await trx
        .insertInto('users')
        .values({ email, name: 'Ada', password_hash: '' })
        .returning('id')
        .executeTakeFirstOrThrow();
      const made = await enqueueStart(trx, 'sendWelcomeEmail', { userId });
      return { entry: made, jobId: made.jobId };
    });
    expect(await dispatcher.dispatch(entry)).toBe(false);
    expect(await undispatched()).toHaveLength(1);
    await makeDue();
    expect(await relay()).toBe(1);
    await jobWithStatus(service, jobId, 'completed');
    // Its call must not outlive the client.
    await dispatcher.drain();
  });
});

it('commits nothing for input that does not fit the job', async () => {
  const bad = service.db
    .transaction()
    .execute((trx) => enqueueStart(trx, 'sendWelcomeEmail', { userId: 'not a uuid' }));
  await expect(bad).rejects.toThrow();
  expect(await undispatched()).toEqual([]);
});

import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response } from 'express';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../../packages/durable-jobs/src/database/connect.ts';
import { setCaller } from '../../packages/durable-jobs/src/http/caller.ts';
import { Problem } from '../../packages/durable-jobs/src/http/problem.ts';
import { createOnceWith, type Creation } from '../../packages/durable-jobs/src/jobs/create-once.ts';
import type { OutboxEntry } from '../../packages/durable-jobs/src/jobs/outbox/enqueue.ts';
import { createSecrets } from '../../packages/durable-jobs/src/process/secrets.ts';
import { openTestDatabase } from '../support/database.ts';
import { gate } from '../support/gate.ts';
import { untilLocksAreAwaited } from '../support/hold-rows.ts';
import { listen } from '../support/listen.ts';

const secrets = createSecrets('a secret of the tests, with more than 32 characters');
const closers: (() => unknown)[] = [];
let db: Db;
let url: string;

/** The starts that were made. */
let started: OutboxEntry[] = [];
let creations = 0;
/** Called in the transaction of a creation. */
let onCreate: () => Promise<unknown>;

/** The start that the creation with this number makes. */
const startOf = (number: number) => ({ jobId: `thing:${number}` }) as OutboxEntry;

beforeAll(async () => {
  const database = await openTestDatabase();
  ({ db } = database);
  closers.push(database.close);
  const start = (entries: readonly OutboxEntry[]): void => void started.push(...entries);
  const createOnce = createOnceWith({ db, dispatcher: { start } as never, secrets });
  const app = express()
    .use(express.json())
    .use((request, _response, next) => {
      const keyId = request.get('x-caller');
      if (keyId !== undefined) setCaller(request, { keyId } as Parameters<typeof setCaller>[1]);
      next();
    })
    .post('/:scope', (request, response) =>
      createOnce(request, response, request.params.scope, async (): Promise<Creation> => {
        const number = ++creations;
        await onCreate();
        return {
          response: { status: 201, headers: { Location: `/things/${number}` }, body: { number } },
          jobs: [startOf(number)],
        };
      }),
    )
    .use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
      if (!(error instanceof Problem)) {
        next(error);
        return;
      }
      const { code, status } = error.kind;
      response.status(status).json({ code, detail: error.detail, errors: error.errors });
    });
  url = await listen(app, closers);
});

afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

beforeEach(() => {
  started = [];
  creations = 0;
  onCreate = () => Promise.resolve();
});

interface Sent {
  key?: string;
  caller?: string;
  scope?: string;
  body?: unknown;
}

const thing = { name: 'one', size: 2 };

async function post({ key, caller, scope = 'things', body: sent = thing }: Sent) {
  const response = await fetch(`${url}/${scope}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
      ...(caller !== undefined && { 'x-caller': caller }),
    },
    body: JSON.stringify(sent),
  });
  const body: unknown = await response.json().catch(() => undefined);
  return {
    status: response.status,
    location: response.headers.get('location'),
    replayed: response.headers.get('idempotency-replayed'),
    body,
  };
}

const created = (number: number) => ({
  status: 201,
  location: `/things/${number}`,
  replayed: null,
  body: { number },
});
const replay = (number: number) => ({ ...created(number), replayed: 'true' });
const reused = {
  status: 422,
  body: { code: 'idempotency_key_reused', detail: 'Use a new key for a request with a different body.' },
};

describe('a request without a key', () => {
  it('creates something each time', async () => {
    const keys = await db.selectFrom('idempotencyKeys').select('key').execute();
    expect([await post({}), await post({})]).toEqual([created(1), created(2)]);
    expect(started).toEqual([startOf(1), startOf(2)]);
    expect(await db.selectFrom('idempotencyKeys').select('key').execute()).toHaveLength(keys.length);
  });
});

describe('a request that is repeated with its key', () => {
  it('has the first response, headers included, and starts nothing again', async () => {
    const key = randomUUID();
    expect([await post({ key }), await post({ key })]).toEqual([created(1), replay(1)]);
    expect(creations).toBe(1);
    expect(started).toEqual([startOf(1)]);
  });

  it('is the same with its fields in another order, and refused with others', async () => {
    const key = randomUUID();
    await post({ key });
    expect(await post({ key, body: { size: 2, name: 'one' } })).toEqual(replay(1));
    expect(await post({ key, body: { ...thing, size: 3 } })).toMatchObject(reused);
    expect(creations).toBe(1);
  });

  it('is another request on another route, and of another caller', async () => {
    const key = randomUUID();
    await post({ key, caller: 'ada' });
    expect(await post({ key, caller: 'ada', scope: 'others' })).toEqual(created(2));
    expect(await post({ key, caller: 'eve' })).toEqual(created(3));
    expect(await post({ key, caller: 'ada' })).toEqual(replay(1));
    expect(await post({ key, caller: 'ada', body: {} })).toMatchObject(reused);
  });

  /** Sends a request twice, the second one while the first is creating something, which then ends like this. */
  async function postTwice(end: () => Promise<void>) {
    const key = randomUUID();
    const [begun, ended] = [gate(), gate()];
    onCreate = async () => {
      onCreate = () => Promise.resolve();
      begun.open();
      await ended.opened;
      await end();
    };
    const first = post({ key });
    await begun.opened;
    const second = post({ key });
    try {
      await untilLocksAreAwaited(db, 1);
    } finally {
      ended.open();
    }
    return [await first, await second];
  }

  it('waits for the first one, and repeats what that has committed', async () => {
    expect(await postTwice(() => Promise.resolve())).toEqual([created(1), replay(1)]);
    expect(started).toEqual([startOf(1)]);
  });

  it('waits for the first one, and creates what that did not, because it failed', async () => {
    const [first, second] = await postTwice(() => Promise.reject(new Error('the database is gone')));
    expect(first?.status).toBe(500);
    expect(second).toEqual(created(2));
    expect(started).toEqual([startOf(2)]);
  });

  it('creates what the first one did not, because it failed', async () => {
    const key = randomUUID();
    onCreate = () => Promise.reject(new Error('the database is gone'));
    expect((await post({ key })).status).toBe(500);
    expect(started).toEqual([]);
    onCreate = () => Promise.resolve();
    expect(await post({ key })).toEqual(created(2));
    expect(started).toEqual([startOf(2)]);
  });

  it('creates something again after a day, and has the response of that from then on', async () => {
    const key = randomUUID();
    await post({ key });
    await expireIn(key, '1 minute');
    expect(await post({ key })).toEqual(replay(1));
    await expireIn(key, '-1 minute');
    const body = { name: 'of the next day' };
    expect(await post({ key, body })).toEqual(created(2));
    expect(await post({ key, body })).toEqual(replay(2));
    const { hours } = await db
      .selectFrom('idempotencyKeys')
      .select(sql<number>`extract(epoch FROM expires_at - created_at)::float8 / 3600`.as('hours'))
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    expect(hours).toBe(24);
  });
});

describe('a key that a release up to 0.1 stored', () => {
  const stored = { status: 201, headers: { Location: '/things/7' }, body: { number: 7 } };
  const keep = async (key: string, expires: string) => {
    const fingerprint = secrets.earlierFingerprint(thing);
    const expiresAt = sql<Date>`now() + ${expires}::interval`;
    await db
      .insertInto('idempotencyKeys')
      .values({ scope: 'things', key, fingerprint, response: JSON.stringify(stored), expiresAt })
      .execute();
  };

  it.each([{ caller: 'ada' }, {}])('is known: %o', async (who) => {
    const key = randomUUID();
    await keep(key, '1 hour');
    expect(await post({ key, ...who })).toEqual(replay(7));
    expect(await post({ key, ...who, body: {} })).toMatchObject(reused);
    expect(creations).toBe(0);
  });

  it('is a new one once it has expired', async () => {
    const key = randomUUID();
    await keep(key, '-1 minute');
    expect(await post({ key, caller: 'ada' })).toEqual(created(1));
  });
});

describe('a key that is not valid', () => {
  it.each([
    ['with a space', 'with space'],
    ['beyond ASCII', 'é'],
    ['that is empty', ''],
    ['of 256 characters', 'x'.repeat(256)],
  ])('is refused: one %s', async (_, key) => {
    expect(await post({ key })).toMatchObject({
      status: 400,
      body: {
        code: 'validation_failed',
        detail: 'The Idempotency-Key header is not valid.',
        errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' }],
      },
    });
    expect(creations).toBe(0);
  });
});

it('a key of 255 characters is accepted', async () => {
  expect((await post({ key: 'x'.repeat(255) })).status).toBe(201);
});

async function expireIn(key: string, expires: string): Promise<void> {
  await db
    .updateTable('idempotencyKeys')
    .set({ expiresAt: sql<Date>`now() + ${expires}::interval` })
    .where('key', '=', key)
    .execute();
}

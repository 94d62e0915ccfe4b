import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeApiKey, parseApiKey } from './api-key.ts';
import * as rows from './api-keys.ts';
import type { ApiKey } from './api-keys.ts';
import { createKeyDirectory, ENVIRONMENT_KEY_ID } from './key-directory.ts';
import type { Db } from '../database/connect.ts';
import { currentBounds, withBounds } from '../database/bounds.ts';

vi.mock('./api-keys.ts');
const { findApiKey, listUsableKeyIds, touchApiKey } = vi.mocked(rows);

const lines: Record<string, unknown>[] = [];
const logger = pino({}, { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
const stored = new Map<string, ApiKey>();

beforeEach(() => {
  // The caches count by the clock that they found when they were loaded.
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now());
  stored.clear();
  lines.splice(0);
  findApiKey.mockImplementation((_db, id) => Promise.resolve(stored.get(id)));
  listUsableKeyIds.mockImplementation(() => Promise.resolve([...stored.keys()]));
  touchApiKey.mockResolvedValue(undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.resetAllMocks();
});

const create = () => createKeyDirectory({ db: {} as Db, logger, apiKey: 'key of the environment' });

function addKey(more: Partial<ApiKey> = {}): ApiKey & { text: string } {
  const { id, key, secretHash } = makeApiKey();
  const row = {
    id,
    name: 'a key',
    role: 'viewer' as const,
    secretHash,
    expiresAt: null,
    revokedAt: null,
    ...more,
  };
  stored.set(id, row);
  return { ...row, text: key };
}

const unknown = (): string => makeApiKey().key;

describe('a key', () => {
  it('has a form that secret scanners find, and is parsed in that form alone', () => {
    const { id, key } = makeApiKey();
    expect(key).toMatch(/^djk_[0-9a-f]{12}_[\w-]{43}$/);
    expect(parseApiKey(key)).toEqual({ id, secret: key.slice(17) });
    for (const other of [`x${key}`, `${key}x`, key.slice(1), key.slice(0, -1), ''])
      expect(parseApiKey(other)).toBeUndefined();
  });

  it('is valid with its secret alone', async () => {
    const { text, id } = addKey();
    const directory = create();
    expect(await directory.verify(text)).toMatchObject({ id, role: 'viewer' });
    expect(await directory.verify(`djk_${id}_${'A'.repeat(43)}`)).toBeUndefined();
    expect(await directory.verify(unknown())).toBeUndefined();
    // The secret of no key at all.
    expect(await directory.verify('')).toBeUndefined();
    expect(await directory.verify(id)).toBeUndefined();
  });

  it('that a signature names needs no secret', async () => {
    const { id } = addKey();
    expect(await create().findSigned(id)).toMatchObject({ id });
    expect(await create().findSigned('nobody')).toBeUndefined();
  });

  it.each([
    ['is revoked', { revokedAt: new Date(0) }],
    ['has expired', { expiresAt: new Date(0) }],
  ])('is not valid if it %s', async (_what, more) => {
    const { text, id } = addKey(more);
    expect(await create().verify(text)).toBeUndefined();
    expect(await create().findSigned(id)).toBeUndefined();
  });

  it('is valid until the moment at which it expires', async () => {
    const { text } = addKey({ expiresAt: new Date(Date.now() + 1_000) });
    const directory = create();
    expect(await directory.verify(text)).toBeDefined();
    await vi.advanceTimersByTimeAsync(999);
    expect(await directory.verify(text)).toBeDefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(await directory.verify(text)).toBeUndefined();
  });

  it('is looked up once for all requests of five seconds, and then again', async () => {
    const key = addKey();
    const { text, id } = key;
    const directory = create();
    await Promise.all(Array.from({ length: 20 }, () => directory.verify(text)));
    await vi.advanceTimersByTimeAsync(4_000);
    await directory.verify(text);
    expect(findApiKey).toHaveBeenCalledTimes(1);
    stored.set(id, { ...key, revokedAt: new Date() });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await directory.verify(text)).toBeUndefined();
  });

  it('is looked up for all, although the request that caused this may be abandoned', async () => {
    const { text } = addKey();
    const seen: unknown[] = [];
    findApiKey.mockImplementation((_db, id) => {
      seen.push(currentBounds());
      return Promise.resolve(stored.get(id));
    });
    await withBounds(new AbortController().signal, () => create().verify(text));
    expect(seen).toEqual([undefined]);
  });

  it('notes its use once a minute', async () => {
    const { text, id } = addKey();
    const directory = create();
    await directory.verify(text);
    await directory.verify(text);
    await directory.verify(`djk_${addKey().id}_${'A'.repeat(43)}`);
    expect(touchApiKey.mock.calls.map(([, touched]) => touched)).toEqual([id]);
    await vi.advanceTimersByTimeAsync(61_000);
    await directory.verify(text);
    expect(touchApiKey).toHaveBeenCalledTimes(2);
  });

  it('is accepted although its use cannot be noted, which is logged', async () => {
    touchApiKey.mockRejectedValue(new Error('the database is gone'));
    const { text, id } = addKey();
    expect(await create().verify(text)).toBeDefined();
    expect(lines).toMatchObject([
      {
        keyId: id,
        err: { message: 'the database is gone' },
        msg: 'the last use of a key could not be recorded',
      },
    ]);
  });
});

describe("the environment's key", () => {
  const environment = { id: ENVIRONMENT_KEY_ID, name: 'API_KEY', role: 'operator', expiresAt: null };

  it('is an operator’s, and needs no database', async () => {
    const directory = create();
    expect(directory.verifyEnvironment('key of the environment')).toMatchObject(environment);
    expect(await directory.verify('key of the environment')).toMatchObject(environment);
    expect(await directory.findSigned('environment')).toMatchObject(environment);
    expect(directory.verifyEnvironment('another key')).toBeUndefined();
    expect(findApiKey).not.toHaveBeenCalled();
  });

  it('is not named by a signature of the other keys', async () => {
    const { secretHash } = create().verifyEnvironment('key of the environment') ?? {};
    const other = createKeyDirectory({ db: {} as Db, logger, apiKey: 'another key' });
    expect((await other.findSigned('environment'))?.secretHash).not.toBe(secretHash);
  });
});

describe('a flood of made-up keys', () => {
  const flood = async (directory: ReturnType<typeof create>, count: number): Promise<unknown[]> => {
    const answers = await Promise.allSettled(
      Array.from({ length: count }, () => directory.verify(unknown())),
    );
    return answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  };

  it('reaches the database a hundred times a second, and the list of keys once', async () => {
    const directory = create();
    const refused = await flood(directory, 150);
    expect(findApiKey).toHaveBeenCalledTimes(100);
    expect(refused).toHaveLength(50);
    expect(refused[0]).toMatchObject({
      status: 429,
      message: 'Too many unknown keys were sent.',
      headers: { 'Retry-After': '1' },
    });
    expect(listUsableKeyIds).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await flood(directory, 1)).toEqual([]);
  });

  it('refuses no key that was used before or is named by a signature, even if the list lacks it', async () => {
    const directory = create();
    const used = addKey();
    listUsableKeyIds.mockResolvedValue([]);
    await directory.verify(used.text);
    await vi.advanceTimersByTimeAsync(6_000);
    const [fresh, signed] = [addKey(), addKey()];
    await flood(directory, 150);
    expect(await directory.verify(used.text)).toBeDefined();
    expect(await directory.findSigned(signed.id)).toBeDefined();
    await expect(directory.verify(fresh.text)).rejects.toMatchObject({ status: 429 });
  });

  it('refuses no key that exists and is used for the first time', async () => {
    const directory = create();
    await flood(directory, 150);
    await vi.advanceTimersByTimeAsync(1_001);
    const fresh = addKey();
    await flood(directory, 150);
    expect(await directory.verify(fresh.text)).toBeDefined();
  });

  it('gains nothing by sending the same ones again', async () => {
    const directory = create();
    const made = Array.from({ length: 80 }, unknown);
    for (const text of made) await directory.verify(text);
    await vi.advanceTimersByTimeAsync(6_000);
    findApiKey.mockClear();
    await Promise.allSettled(made.map((text) => directory.verify(text)));
    await flood(directory, 80);
    expect(findApiKey).toHaveBeenCalledTimes(100);
  });

  it('learns of a key that was created during it within a second', async () => {
    const directory = create();
    await flood(directory, 101);
    const { text } = addKey();
    await vi.advanceTimersByTimeAsync(999);
    await flood(directory, 101);
    await vi.advanceTimersByTimeAsync(500);
    await flood(directory, 101);
    expect(await directory.verify(text)).toBeDefined();
  });
});

import type pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BoundedPool } from './pool.ts';
import { statementName, withPrepared } from './prepared.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('has a connection forget the plans of its prepared statements once a minute, while it executes some', async () => {
  const sent: string[] = [];
  const query = (statement: string | { text: string; name: string }): Promise<object> => {
    sent.push(typeof statement === 'string' ? statement : 'prepared');
    return Promise.resolve({ rows: [] });
  };
  const connection = { query, release: () => undefined };
  const pool = { connect: () => Promise.resolve(connection) } as unknown as pg.Pool;
  const client = await withPrepared(() => new BoundedPool(pool, { size: 1, waitMs: 1_000 }).connect());
  const run = async (): Promise<string[]> => {
    sent.length = 0;
    await client.query('SELECT $1::text AS planned', ['a']);
    return [...sent];
  };
  for (let times = 0; times < 3; times++) expect(await run()).toEqual(['SELECT $1::text AS planned']);
  expect(await run()).toEqual(['prepared']);
  vi.advanceTimersByTime(59_000);
  expect(await run()).toEqual(['prepared']);
  vi.advanceTimersByTime(1_000);
  expect(await run()).toEqual(['DISCARD PLANS', 'prepared']);
  expect(await run()).toEqual(['prepared']);
});

it.each([
  {
    what: 'sends an outdated statement again outside of a transaction',
    status: 'I',
    sent: ['prepared', 'plain'],
  },
  {
    what: 'leaves an outdated statement to the transaction that ends with it',
    status: 'T',
    sent: ['prepared'],
  },
])('$what', async ({ status, sent }) => {
  const text = `SELECT $1::text AS outdated_${status}`;
  const seen: string[] = [];
  const outdated = Object.assign(new Error('cached plan must not change result type'), { code: '0A000' });
  const query = (statement: string | { text: string; name: string }): Promise<object> => {
    seen.push(typeof statement === 'string' ? 'plain' : 'prepared');
    return typeof statement === 'string' ? Promise.resolve({ rows: [] }) : Promise.reject(outdated);
  };
  const connection = { query, release: () => undefined, getTransactionStatus: () => status };
  const pool = { connect: () => Promise.resolve(connection) } as unknown as pg.Pool;
  const client = await withPrepared(() => new BoundedPool(pool, { size: 1, waitMs: 1_000 }).connect());
  for (let times = 0; times < 3; times++) await client.query(text, ['a']);
  seen.length = 0;
  const last = client.query(text, ['a']);
  await (status === 'I' ? last : expect(last).rejects.toBe(outdated));
  expect(seen).toEqual(sent);
  // It is prepared under another name once it is repeated again.
  expect(statementName(text)).toBeUndefined();
});

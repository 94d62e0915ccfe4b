import type pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { BoundedPool } from './pool.ts';
import { withPrepared } from './prepared.ts';

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

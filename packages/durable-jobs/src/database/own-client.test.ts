import pg from 'pg';
import { expect, it } from 'vitest';
import { OwnClient, OwnPool } from './own-client.ts';
import { isDatabaseUnavailable } from './unavailable.ts';

/** No server listens there. */
const nowhere = { host: '127.0.0.1', port: 1 };

/** Calls a function that takes a callback, and returns the error that the callback gets. */
const errorOf = (call: (done: (error: Error | undefined) => void) => unknown): Promise<unknown> =>
  new Promise((resolve) => void call(resolve));

it.each<[string, () => Promise<unknown>]>([
  ['a client', () => new OwnClient(nowhere).connect()],
  ['a client with a callback', () => errorOf((done) => new OwnClient(nowhere).connect(done)).then(fail)],
  ['a pool', () => new OwnPool(nowhere).connect()],
  ['a pool with a callback', () => errorOf((done) => new OwnPool(nowhere).connect(done)).then(fail)],
  ['a query of a pool', () => new OwnPool(nowhere).query('SELECT 1')],
  [
    'a query of a pool with a callback',
    () => errorOf((done) => new OwnPool(nowhere).query('SELECT 1', done)).then(fail),
  ],
])('the error of %s is noted', async (_what, connect) => {
  const error: unknown = await connect().catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  expect(isDatabaseUnavailable(error)).toBe(true);
});

it('the error of any other pool is not noted', async () => {
  const error: unknown = await new pg.Pool(nowhere).query('SELECT 1').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  expect(isDatabaseUnavailable(error)).toBe(false);
});

function fail(error: unknown): never {
  throw error;
}

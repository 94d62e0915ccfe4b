import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import express from 'express';
import { pino } from 'pino';
import { pinoHttp } from 'pino-http';
import { expect, it } from 'vitest';
import { waitUntil } from '../../dev/wait.ts';
import { currentBounds } from '../../database/bounds.ts';
import { noteDatabaseError } from '../../database/unavailable.ts';
import { ClientLeftError } from '../client-left.ts';
import { boundReads } from './bound-reads.ts';
import { defineProblems } from '../problem-kinds.ts';
import { errorHandler, type UpdateRefusals } from './errors.ts';

const closed = new Error('Connection terminated');
noteDatabaseError(closed);

it.each([
  ['a query that ends because the client left', undefined, 'info'],
  ['a connection that is closed for it', closed, 'info'],
  ['an upload whose client left', new ClientLeftError(), 'info'],
  ['a fault of the service', new TypeError('x is undefined'), 'error'],
])('logs %s as what it is', async (_what, failure, level) => {
  const logged: { level: string; msg: string }[] = [];
  const logger = pino(
    { formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => logged.push(JSON.parse(line) as (typeof logged)[number]) },
  );
  const app = express();
  app.use(pinoHttp({ logger, autoLogging: false }), boundReads);
  const leave = new AbortController();
  app.get('/', async () => {
    const bounds = currentBounds();
    if (!bounds) throw new Error('the read has no bounds');
    leave.abort();
    await once(bounds, 'abort');
    throw failure ?? bounds.reason;
  });
  app.use(errorHandler());
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(fetch(url, { signal: leave.signal })).rejects.toThrow();
    await waitUntil(() => Promise.resolve(logged.length > 0), { what: 'it is logged', timeoutMs: 5_000 });
    expect(logged).toMatchObject([{ level }]);
    // The stack says nothing about a client that disconnected.
    expect(JSON.stringify(logged).includes('stack')).toBe(level === 'error');
  } finally {
    server.close();
  }
});

/** Sends a request whose handler throws. */
async function answerTo(
  failure: Error,
  updateRefusals?: UpdateRefusals,
): Promise<{ status: number; body: string }> {
  const app = express();
  app.use(pinoHttp({ logger: pino({ level: 'silent' }) }));
  app.get('/', () => {
    throw failure;
  });
  app.use(errorHandler(updateRefusals));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return { status: response.status, body: await response.text() };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

it.each([
  ['a value that only the database refuses', '22003', 400, 'validation_failed'],
  ['a query that is wrong', '22012', 500, 'internal_error'],
])('answers %s as what it is, and tells nothing of it', async (_what, sqlState, status, code) => {
  const answer = await answerTo(Object.assign(new Error('Eve'), { code: sqlState }));
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ code });
  expect(answer.body).not.toContain('Eve');
});

it('answers a refused update with the problem that the application has for its failure', async () => {
  const refusal = (type: string): Error =>
    new WorkflowUpdateFailedError('refused', ApplicationFailure.nonRetryable('It is cold.', type));
  const problems = defineProblems({ teaIsCold: { status: 409, title: 'The tea is cold' } });
  const updateRefusals = { TeaIsCold: problems.teaIsCold };
  const known = await answerTo(refusal('TeaIsCold'), updateRefusals);
  expect(JSON.parse(known.body)).toMatchObject({
    status: 409,
    code: 'tea_is_cold',
    title: 'The tea is cold',
    detail: 'It is cold.',
  });
  expect((await answerTo(refusal('CupIsBroken'), updateRefusals)).status).toBe(500);
});

import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorHandler } from './middleware/errors.ts';
import { representationFor } from './representation.ts';

const app = express();
app.get('/report', (request, response) => {
  const type = representationFor(request, response, 'A report', [
    'application/json',
    'text/html',
    'text/csv',
  ]);
  response.type(type).send('{}');
});
app.use(errorHandler());

const server = app.listen(0, '127.0.0.1');
beforeAll(async () => {
  if (!server.listening) await once(server, 'listening');
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

/** Sends exactly these headers; `fetch` would add an `Accept` of its own. */
async function get(
  accept: string | undefined,
): Promise<{ status: number; type: string; vary: string; body: string }> {
  const { port } = server.address() as AddressInfo;
  const headers = accept === undefined ? {} : { accept };
  const sent = send({ host: '127.0.0.1', port, path: '/report', headers }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    type: (response.headers['content-type'] ?? '').split(';')[0] ?? '',
    vary: response.headers.vary ?? '',
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

describe('the representation that a request gets', () => {
  it.each([
    [undefined, 'application/json'],
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['text/*', 'text/html'],
    ['text/html', 'text/html'],
    ['text/html, application/json', 'text/html'],
    ['application/json, text/html', 'application/json'],
    ['text/html;q=0.5, application/json', 'application/json'],
    ['application/json;q=0.5, text/html', 'text/html'],
    ['application/json;q=0, */*', 'text/html'],
    ['text/html;q=0.5, */*;q=0.1', 'text/html'],
    ['image/png, text/csv;q=0.2', 'text/csv'],
    // What browsers send when a person opens a link.
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8', 'text/html'],
  ])('for Accept: %s is %s', async (accept, type) => {
    expect(await get(accept)).toMatchObject({ status: 200, type, vary: 'Accept' });
  });

  it.each(['image/png', 'text/html;q=0', '*/*;q=0'])('does not exist for Accept: %s', async (accept) => {
    const answer = await get(accept);
    expect(answer).toMatchObject({ status: 406, type: 'application/problem+json', vary: 'Accept' });
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'not_acceptable',
      detail: 'A report is available as application/json, text/html, and text/csv.',
    });
  });
});

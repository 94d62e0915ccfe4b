import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerUnreadable } from '../../packages/durable-jobs/src/http/answer-unreadable.ts';
import { problemJson } from '../../packages/durable-jobs/src/http/problem.ts';

let server: Server;
beforeAll(async () => {
  server = createServer((_request, response) => response.end('fine'));
  answerUnreadable(server, pino({ level: 'silent' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** Sends bytes unchanged, and reads the response to its end. */
async function send(request: string): Promise<{ status: number; type: string; body: unknown }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(request);
  const answer = await text(socket);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]),
    type: /^content-type: (.*)$/im.exec(head)?.[1] ?? '',
    body: problemJson.parse(JSON.parse(body)),
  };
}

describe('a request that the parser of HTTP refuses', () => {
  it.each([
    [
      'whose line is too long',
      `GET /api/orders?${'x'.repeat(40_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'whose headers are too large',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Reason: ${'x'.repeat(40_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    ['that is not HTTP', 'hello\r\n\r\n', 400, 'validation_failed'],
    [
      'that says two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      400,
      'validation_failed',
    ],
  ])('%s is answered with problem+json', async (_what, request, status, code) => {
    expect(await send(request)).toMatchObject({
      status,
      type: 'application/problem+json; charset=utf-8',
      body: { status, code },
    });
  });
});

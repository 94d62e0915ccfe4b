import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { createLastAnswers } from './last-answers.ts';
import { oweAnswer } from './owed-answers.ts';

/** Sends pipelined requests on one connection, and returns what it receives until the connection closes. */
async function pipelined(
  paths: readonly string[],
  answerAll: (responses: readonly ServerResponse[], announce: () => void) => void,
): Promise<string> {
  const lastAnswers = createLastAnswers();
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    oweAnswer(response);
    lastAnswers.begin(response);
    responses.push(response);
    if (responses.length === paths.length) answerAll(responses, () => lastAnswers.announce());
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`).join(''));
  return text(socket);
}

it('the last response that a connection owes closes it, and those before it arrive', async () => {
  const received = await pipelined(['/1', '/2'], (responses, announce) => {
    announce();
    for (const [index, response] of responses.entries()) response.end(`answer ${index + 1}`);
  });
  const [, first, second] = received.split('HTTP/1.1 200 OK');
  expect(first).toContain('Connection: keep-alive');
  expect(first).toContain('answer 1');
  expect(second).toContain('Connection: close');
  expect(second).toContain('answer 2');
});

it('a response that has begun is left as it is', async () => {
  const received = await pipelined(['/'], (responses, announce) => {
    const [response] = responses;
    response?.write('begun, ');
    announce();
    response?.end('ended', () => response.req.socket.end());
  });
  expect(received).toContain('Connection: keep-alive');
  expect(received).toContain('begun, ');
  expect(received).toContain('ended');
});

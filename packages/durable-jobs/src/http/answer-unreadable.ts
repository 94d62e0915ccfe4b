import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { Logger } from '../telemetry/logger.ts';
import { owedAnswers } from './owed-answers.ts';
import { Problem } from './problem.ts';

/** Error codes of Node's HTTP parser, see https://nodejs.org/api/http.html#event-clienterror. */
const HEADERS_TOO_LARGE = 'HPE_HEADER_OVERFLOW';
const TIMED_OUT = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Answers what Node's HTTP parser refuses with problem+json, like every other invalid request. */
export function answerUnreadable(server: Server, logger: Logger): void {
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy(error);
      return;
    }
    // The parser repeats its error for everything that follows.
    if (refused.has(socket)) return;
    refused.add(socket);
    const problem = problemOf(error.code);
    logger.info({ code: error.code, status: problem.status }, 'a request could not be read');
    answerInTurn(socket, problem);
  });
  // Without a listener, Node closes the connection without an answer.
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined);
    socket.end(
      answerOf(new Problem('validationFailed', 'This server is not a proxy: CONNECT is not supported.')),
    );
  });
}

/**
 * Answers after the earlier requests of the connection, because a client takes the first response that arrives as that of its first
 * request. A request whose body cannot be read gets this response as its own.
 */
function answerInTurn(socket: Socket, problem: Problem): void {
  const [next, ...others] = owedAnswers(socket);
  if (next === undefined || (others.length === 0 && !next.req.complete)) {
    // In the middle of a response, another one would be read as a part of it.
    if (next?.headersSent === true) socket.destroy();
    else socket.end(answerOf(problem));
    return;
  }
  next.once('close', () => {
    if (socket.writable) answerInTurn(socket, problem);
  });
}

function problemOf(code: string | undefined): Problem {
  if (code === HEADERS_TOO_LARGE) {
    return new Problem('headersTooLarge', 'The request line and headers must not exceed 16 KiB.');
  }
  if (code === TIMED_OUT) return new Problem('uploadStalled', 'The request did not arrive in time.');
  return new Problem('validationFailed', 'The request is not valid HTTP.');
}

function answerOf(problem: Problem): string {
  const body = JSON.stringify(problem.toJSON('', ''));
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

import { STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '../platform/logger.ts';
import { Problem } from './problem.ts';

/** What Node's parser says of a request, see https://nodejs.org/api/http.html#event-clienterror. */
const HEADERS_TOO_LARGE = 'HPE_HEADER_OVERFLOW';
const TIMED_OUT = 'ERR_HTTP_REQUEST_TIMEOUT';

/** Answers requests that never become one, as Node's HTTP parser refuses them, with problem+json as any other. */
export function answerUnreadable(server: Server, logger: Logger): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // There is nobody left to answer, or an answer is on its way.
    if (error.code === 'ECONNRESET' || !socket.writable || hasAnswered(socket)) {
      socket.destroy(error);
      return;
    }
    const problem = problemOf(error.code);
    logger.info({ code: error.code, status: problem.status }, 'a request could not be read');
    socket.end(answerOf(problem));
  });
}

function problemOf(code: string | undefined): Problem {
  if (code === HEADERS_TOO_LARGE) {
    return new Problem('headersTooLarge', 'Together they may have 16 KiB.');
  }
  if (code === TIMED_OUT) return new Problem('uploadStalled', 'The request was not there in time.');
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

/** Whether an earlier answer has begun on this connection: another one in the middle of it would be read as its body. */
function hasAnswered(socket: Socket): boolean {
  const { _httpMessage: message } = socket as { _httpMessage?: { headersSent?: boolean } | null };
  return message?.headersSent === true;
}

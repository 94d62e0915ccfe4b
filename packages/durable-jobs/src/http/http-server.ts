import { createServer, type RequestListener, type Server } from 'node:http';
import type { Logger } from '../telemetry/logger.ts';
import { answerUnreadable } from './answer-unreadable.ts';
import { oweAnswer } from './owed-answers.ts';

/** Time limit from a connection's first byte to the end of its headers: a slower client only occupies the connection. */
const LONGEST_HEADERS_MS = 15_000;
/** How often connections are checked for this limit. */
const CHECK_MS = 5_000;
/** Time limit from a request's first byte to its last. Node's default of five minutes would cut off a large upload over a slow line. */
const LONGEST_REQUEST_MS = 3_600_000;

/** Creates the server that the API listens with. What Node itself refuses is also answered with problem+json. */
export function createHttpServer(
  answer: RequestListener,
  {
    logger,
    headersTimeoutMs = LONGEST_HEADERS_MS,
    checkMs = CHECK_MS,
  }: { logger: Logger; headersTimeoutMs?: number; checkMs?: number },
): Server {
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: LONGEST_REQUEST_MS,
    connectionsCheckingInterval: checkMs,
    // Node's own response has no body; see middleware/one-host.ts.
    requireHostHeader: false,
  });
  // Node drops headers beyond 2,000 without an error, for example an Idempotency-Key. Their total size is limited
  // anyway.
  server.maxHeadersCount = 0;
  const listener: RequestListener = (request, response) => {
    oweAnswer(response);
    answer(request, response);
  };
  server.on('request', listener);
  // An expectation other than 100-continue may be ignored (RFC 9110, 10.1.1); Node's own response has no body.
  server.on('checkExpectation', listener);
  answerUnreadable(server, logger);
  return server;
}

import type { ServerResponse } from 'node:http';
import { owedAnswers } from './owed-answers.ts';

/** Closes the connections of a server that stops, each after a response that tells its client so. */
export interface LastAnswers {
  /** Is called with each response before it is sent. */
  begin: (response: ServerResponse) => void;
  /** From now on, each connection closes after the last response that it owes, or after its next one. */
  announce: () => void;
}

/**
 * Creates {@link LastAnswers}. A client that keeps its connection busy would keep a stopping process alive, and one that keeps it idle could
 * send its next request at the moment when the connection is closed.
 */
export function createLastAnswers(): LastAnswers {
  const open = new Set<ServerResponse>();
  let announced = false;
  const announceIn = (response: ServerResponse): void => {
    if (!response.headersSent) response.setHeader('Connection', 'close');
  };
  return {
    begin(response) {
      if (announced) announceIn(response);
      open.add(response);
      response.once('close', () => open.delete(response));
    },
    announce() {
      announced = true;
      // Responses behind it, to pipelined requests, would not be sent.
      for (const response of open) {
        if (owedAnswers(response.req.socket).at(-1) === response) announceIn(response);
      }
    },
  };
}

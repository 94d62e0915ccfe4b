import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The unfinished responses of each connection, in the order in which they will be sent. */
const owed = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Records that a connection has an unfinished response. Requests may be pipelined, and Node queues the responses behind the first. When the
 * connection closes, Node emits `close` only for the first. This emits it for the others, so that their resources are released.
 */
export function oweAnswer(response: ServerResponse): void {
  const { socket } = response.req;
  const answers = owed.get(socket) ?? new Set();
  if (!owed.has(socket)) {
    owed.set(socket, answers);
    socket.once('close', () => {
      for (const queued of [...answers].filter((answer) => answer.socket === null)) abandon(queued);
    });
  }
  answers.add(response);
  response.once('close', () => answers.delete(response));
}

/** Returns the unfinished responses of a connection, in order. */
export function owedAnswers(socket: Socket): ServerResponse[] {
  return [...(owed.get(socket) ?? [])];
}

/** Does what Node does with the response that is being sent. */
function abandon(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The answers of each connection that are not finished, in the order in which they will be sent. */
const owed = new WeakMap<Socket, Set<ServerResponse>>();

/**
 * Records that a connection owes an answer. Requests may be pipelined, and Node queues the answers behind the first; when the
 * connection closes, it emits `close` for the first one alone. This emits it for the others, so that what they hold is released.
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

/** The answers that a connection owes, the next one first. */
export function owedAnswers(socket: Socket): ServerResponse[] {
  return [...(owed.get(socket) ?? [])];
}

/** As Node does with the answer that is being sent. */
function abandon(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}

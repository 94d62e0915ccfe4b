import type { Fault } from './faults.ts';

/** One /v1 call, as it was answered. */
export type LoggedRequest = {
  at: string;
  requestId: string;
  method: string;
  path: string;
  idempotencyKey: string | null;
  status: number | 'dropped';
  /** Whether the answer was the one saved under the key. */
  replayed: boolean;
  fault: Fault['kind'] | null;
};

const LIMIT = 1000;

/** The last thousand calls, in memory. */
export class RequestLog {
  #requests: LoggedRequest[] = [];

  /** Adds a call, and lets go of the oldest. */
  add(request: LoggedRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > LIMIT) this.#requests.shift();
  }

  /** The latest calls, oldest of them first. */
  latest(limit: number): LoggedRequest[] {
    return this.#requests.slice(-limit);
  }

  /** Forgets all. */
  clear(): void {
    this.#requests = [];
  }
}
